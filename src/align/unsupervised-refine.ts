import { gatherRows, type Matrix, permutation, type Rng, row, throwIfAborted } from "../base/index.ts";
import { type Algebra, type Dense, toUnitRows } from "../linalg/index.ts";
import { drawn } from "./unsupervised-cloud.ts";
import { type Matching, matchMutually, type Products } from "./unsupervised-match.ts";

/** What refinement works with. */
export interface Refining {
  readonly algebra: Algebra;
  readonly products: Products;
  readonly signal?: AbortSignal;
}

/** A rotation between two clouds that nobody paired, and what it matches. */
export interface Refined extends Matching {
  /** `r x s` with orthonormal columns, or rows where it is wide. */
  readonly rotation: Dense;
  /** Its mutual neighbours, as a share of the rows of the smaller side. */
  readonly mutualShare: number;
}

/** Two clouds and the profiles of their rows. */
export interface Start {
  readonly from: Matrix;
  readonly to: Matrix;
  readonly fromProfiles: Matrix;
  readonly toProfiles: Matrix;
}

/** Of each side's rows, those whose profiles a run compares: runs then begin apart. */
const START_SHARE = 0.8;

/** In how many groups the rows are dealt, in turn, and how often each. Groups hold this many rows at least. */
const GROUPS = [8, 4, 2] as const;
const TURNS = 4;
const LEAST_GROUP = 20;

/** Steps with all rows: some at least, no more than so many, until the criterion rises by less. */
const STEPS = { least: 3, most: 15, gain: 1e-4 } as const;

/**
 * Self-learning: rows with like profiles are a first dictionary; from it a rotation (orthogonal Procrustes), from that the mutual nearest neighbours under CSLS, which are the next
 * dictionary, and so on (Artetxe, Labaka & Agirre 2018, section 3.3). Their dropout, which hides a share of all pairs at random and less and less of it, is done by dealing: the
 * rows of both sides are dealt anew into 8, then 4, then 2 groups, and seek neighbours within their group alone, which also costs that much less.
 *
 * Against another run's map it begins with the half of its first pairs that this map contradicts most: where the spaces are symmetric that leads to another map as good, else to the same or to none.
 *
 * Cost n m r a step with all rows, some 10 of them; memory: the cosines of all pairs, `n x m` in float32.
 */
export async function selfLearn(
  start: Start,
  random: Rng,
  refining: Refining,
  against: Refined | null = null,
): Promise<Refined> {
  const { from, to } = start;
  const first = await firstPairs(start, random.split("start"), refining);
  const chosen = against ? contradicted(first, start, against.rotation) : first;
  let rotation = await procrustes(from, to, chosen, refining);
  const deal = random.split("deal");
  for (const wanted of GROUPS) {
    const groups = Math.max(1, Math.min(wanted, Math.floor(Math.min(from.rows, to.rows) / LEAST_GROUP)));
    for (let turn = 0; turn < TURNS; turn++) {
      const pairs = await matchInGroups(turned(from, rotation), to, groups, deal, refining);
      rotation = await procrustes(from, to, pairs, refining);
    }
  }
  let best: Refined | null = null;
  for (let step = 0; step < STEPS.most; step++) {
    throwIfAborted(refining.signal);
    const own = await matchAll(from, to, rotation, refining);
    if (best && step >= STEPS.least && own.criterion <= best.criterion + STEPS.gain) break;
    if (!best || own.criterion > best.criterion) best = own;
    rotation = await procrustes(from, to, own, refining);
  }
  return best!;
}

type Dictionary = Pick<Matching, "from" | "to">;

async function firstPairs(
  { fromProfiles, toProfiles }: Start,
  random: Rng,
  { products }: Refining,
): Promise<Dictionary> {
  const [a, b] = [drawn(fromProfiles, START_SHARE, random), drawn(toProfiles, START_SHARE, random)];
  const found = matchMutually(await products.between(a.rows, b.rows), a.which.length, b.which.length);
  return { from: found.from.map((i) => a.which[i]!), to: found.to.map((i) => b.which[i]!) };
}

/** The half of the pairs that a rotation lays least upon each other. */
function contradicted({ from, to }: Dictionary, start: Start, rotation: Dense): Dictionary {
  const [x, y] = [turned(gatherRows(start.from, from), rotation), gatherRows(start.to, to)];
  const cosines = Float64Array.from(from, (_, p) => {
    const other = row(y, p);
    return row(x, p).reduce((sum, value, k) => sum + value * other[k]!, 0);
  });
  const order = Array.from(cosines.keys()).sort((a, b) => cosines[a]! - cosines[b]! || a - b);
  const least = order.slice(0, Math.ceil(order.length / 2));
  return { from: Int32Array.from(least, (p) => from[p]!), to: Int32Array.from(least, (p) => to[p]!) };
}

async function matchAll(from: Matrix, to: Matrix, rotation: Dense, { products }: Refining): Promise<Refined> {
  const cosines = await products.between(turned(from, rotation), to);
  const found = matchMutually(cosines, from.rows, to.rows);
  return { ...found, rotation, mutualShare: found.from.length / Math.min(from.rows, to.rows) };
}

async function matchInGroups(
  a: Matrix,
  b: Matrix,
  groups: number,
  random: Rng,
  { products, signal }: Refining,
): Promise<Dictionary> {
  throwIfAborted(signal);
  const [orderA, orderB] = [permutation(random, a.rows), permutation(random, b.rows)];
  const group = (order: Int32Array, g: number) =>
    order.subarray(Math.floor((g * order.length) / groups), Math.floor(((g + 1) * order.length) / groups));
  const [from, to]: [number[], number[]] = [[], []];
  for (let g = 0; g < groups; g++) {
    const [mine, theirs] = [group(orderA, g), group(orderB, g)];
    const cosines = await products.between(gatherRows(a, mine), gatherRows(b, theirs));
    const found = matchMutually(cosines, mine.length, theirs.length);
    found.from.forEach((i, p) => {
      from.push(mine[i]!);
      to.push(theirs[found.to[p]!]!);
    });
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to) };
}

/** The rotation of largest inner product over the pairs: the polar factor of X'Y, not centred (clouds are). */
async function procrustes(x: Matrix, y: Matrix, pairs: Dictionary, { algebra }: Refining): Promise<Dense> {
  const wide = (m: Matrix, rows: Int32Array): Dense => ({
    data: Float64Array.from(gatherRows(m, rows).data),
    rows: rows.length,
    cols: m.cols,
  });
  const cross = await algebra.multiply(wide(x, pairs.from), wide(y, pairs.to), { transA: true });
  return (await algebra.polar(cross)).factor;
}

/** Rows turned, at length 1. */
export function turned({ data, rows, cols }: Matrix, { data: q, cols: width }: Dense): Matrix {
  const out = new Float32Array(rows * width);
  const sum = new Float64Array(width);
  for (let i = 0; i < rows; i++) {
    sum.fill(0);
    for (let a = 0; a < cols; a++) {
      const value = data[i * cols + a]!;
      for (let k = 0; k < width; k++) sum[k]! += value * q[a * width + k]!;
    }
    out.set(sum, i * width);
  }
  toUnitRows(out, width);
  return { data: out, rows, cols: width };
}
