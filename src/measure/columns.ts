import { type Rng, ranges, sampleWithoutReplacement, sharedFloat64, sharedInt32 } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { exactOrder, type Layout, type Space, slotRow, slotsOf, tileModel } from "../neighbors/index.ts";
import type { ColumnSums, ColumnsResult, ColumnsSetup } from "./columns.kernel.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import type { FurthestSetup, FurthestTask } from "./furthest.kernel.ts";

/** The widths that densities are summed for, in the order of `ColumnEvidence.densities`. */
export const SIGMAS = [1, 0.1, 0.01] as const;

/** What whole columns tell: all rows, seen from some of them, in both spaces. */
export interface ColumnEvidence {
  /** Which rows were looked from: all, or anchors. */
  readonly layout: Layout;
  /** By rank r, 1 ... n - 1 (place 0 stays empty): of how many pairs (slot, other row) r is the larger of the two ranks. */
  readonly counts: Float64Array;
  /** Each slot's share of the area under R_NX: their mean is the area. */
  readonly shares: Float64Array;
  /** `slots x 3`: sum over all rows of exp(-(d / largest d)^2 / sigma), for each of SIGMAS. */
  readonly densities: { readonly x: Float64Array; readonly z: Float64Array };
}

/** More rows than this are seen from anchors only. */
const MOST_ROWS = 10_000;

/** Pairs (anchor, row) looked at: as many as of the largest space that is seen whole. */
const MOST_PAIRS = MOST_ROWS ** 2;

/** Fewer anchors than this say little. */
const FEWEST_ANCHORS = 50;

/** Orders held by a worker for all spaces together: 64 MB. */
const STRIP_ORDERS = 2 ** 24;

/** More slots at once do not make products faster. */
const MOST_WIDE = 256;

/**
 * Looks at whole columns: from each anchor all other rows, in all spaces, a strip of anchors at a time. What the latents share is made once.
 *
 * Cost: m n (d_x + d_z) multiplications and m sorts of n numbers in each space, once more without the sorts where the largest distance was not
 * guessed. A worker holds at most 64 MB, or 4 bytes for each row and space if that is more, and some 40 bytes per row.
 */
export async function gatherColumns(
  swept: readonly SweptEvidence[],
  options: CompareOptions,
): Promise<readonly ColumnEvidence[]> {
  const spaces = [swept[0]!.spaces.x, ...swept.map((each) => each.spaces.z)];
  const layout = anchorsOf(swept[0]!.layout, options.rng.split("columns"));
  const slots = slotsOf(layout);
  const weights = sharedFloat64(layout.rows + 1);
  weights.set(areaWeights(layout.rows));
  const guessed = await guessFurthest(spaces, Math.min(MOST_WIDE, Math.max(16, slots >> 3)), options);
  const first = await sweepColumns({ spaces, layout, furthest: guessed, weights }, options);
  const surprised = first.furthest.some((seen, i) => seen > guessed[i]! * (1 + TOLERANCE));
  const furthest = first.furthest.map((seen, i) => Math.max(seen, guessed[i]!));
  const { densities } = surprised
    ? await sweepColumns({ spaces, layout, furthest, weights: null }, options)
    : first;
  return swept.map((_, l) => ({
    layout: slots === layout.rows ? { kind: "all", rows: layout.rows } : layout,
    // The last is the slot itself.
    counts: first.counts[l]!.subarray(0, layout.rows),
    shares: first.shares[l]!.map((sum) => sum - 1),
    densities: { x: densities[0]!, z: densities[l + 1]! },
  }));
}

/** A largest order that is off by less changes no density that is printed. */
const TOLERANCE = 1e-6;

/** The rows to look from: all, or so many anchors that the pairs stay within bounds, drawn from those of the audit. */
function anchorsOf(swept: Layout, rng: Rng): Layout {
  const { rows } = swept;
  const available = slotsOf(swept);
  const most = rows <= MOST_ROWS ? rows : Math.max(FEWEST_ANCHORS, Math.floor(MOST_PAIRS / rows));
  const slots = Math.min(available, most);
  if (slots === rows) return { kind: "anchors", rows, slots, index: null };
  const index = sharedInt32(slots);
  const drawn = sampleWithoutReplacement(rng, available, slots);
  index.set(drawn.map((slot) => slotRow(swept, slot)));
  return { kind: "anchors", rows, slots, index };
}

/**
 * What a pair whose larger rank is r adds to the area under R_NX of its slot, less 1: sum over K = r ... n - 2 of
 * (n - 1) / (H K^2 (n - 1 - K)), where H = sum over K of 1 / K. Follows from the definition of R_NX (see `aucLogRnx`).
 */
export function areaWeights(n: number): Float64Array {
  const weights = new Float64Array(n + 1);
  let harmonic = 0;
  for (let size = 1; size <= n - 2; size++) harmonic += 1 / size;
  for (let r = n - 2; r >= 1; r--) weights[r] = weights[r + 1]! + (n - 1) / (r * r * (n - 1 - r)) / harmonic;
  return weights;
}

/**
 * A guess of the largest order of each space: from the rows furthest from the centre to those furthest from them, and on once more.
 * Never too large; often right.
 */
async function guessFurthest(
  spaces: readonly Space[],
  starts: number,
  options: CompareOptions,
): Promise<readonly number[]> {
  // Of a table the largest length is looked up, and nothing is searched.
  const rows = spaces.map((space) => (space.table ? new Int32Array(0) : outermost(space, starts)));
  const largest = spaces.map(({ table }) => table?.lengths.reduce((most, l) => Math.max(most, l), 0) ?? 0);
  for (let round = 0; round < 2; round++) {
    const setup: FurthestSetup = { spaces, model: tileModel() };
    const tasks = rows.flatMap((from, space): FurthestTask[] =>
      from.length > 0 ? [{ space, rows: from }] : [],
    );
    const { results } = await runBlocks<FurthestTask, Int32Array, null>({
      ...options.watch,
      engine: options.engine,
      kernel: kernelUrl("./furthest.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "largest distances",
    });
    tasks.forEach(({ space, rows: from }, t) => {
      const order = exactOrder(spaces[space]!, spaces[space]!);
      from.forEach((i, slot) => {
        largest[space] = Math.max(largest[space]!, order(i, results[t]![slot]!));
      });
      rows[space] = distinct(results[t]!);
    });
  }
  return largest;
}

function distinct(ids: Int32Array): Int32Array {
  return Int32Array.from(new Set(ids)).sort();
}

/** About the `count` rows furthest from the centre. */
function outermost({ squaredNorms, rows }: Space, count: number): Int32Array {
  const least = squaredNorms.slice().sort()[Math.max(0, rows - count)]!;
  const ids: number[] = [];
  for (let i = 0; i < rows && ids.length < count; i++) if (squaredNorms[i]! >= least) ids.push(i);
  return Int32Array.from(ids);
}

interface Columns {
  /** For each latent. */
  readonly counts: readonly Float64Array[];
  readonly shares: readonly Float64Array[];
  /** For each space. */
  readonly densities: readonly Float64Array[];
  readonly furthest: readonly number[];
}

async function sweepColumns(
  work: Pick<ColumnsSetup, "spaces" | "layout" | "furthest" | "weights">,
  { engine, watch }: CompareOptions,
): Promise<Columns> {
  const { spaces, layout, weights } = work;
  const slots = slotsOf(layout);
  const fitting = Math.max(1, Math.floor(STRIP_ORDERS / spaces.length / layout.rows));
  const width = Math.min(MOST_WIDE, fitting, Math.ceil(slots / 4));
  const setup: ColumnsSetup = { ...work, model: tileModel(), width };
  const tasks = ranges(slots, width);
  const { results, states } = await runBlocks<
    readonly [number, number],
    ColumnsResult,
    readonly Float64Array[]
  >({
    ...watch,
    engine,
    kernel: kernelUrl("./columns.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: weights ? "all ranks" : "densities",
  });
  const latents = weights ? spaces.slice(1) : [];
  const sums = (i: number) => results.map((result) => result.sums[i]!);
  return {
    counts: latents.map((_, l) => addCounts(states.map((state) => state[l]!))),
    shares: latents.map((_, l) => joined(results.map(({ shares }) => shares[l]!))),
    densities: spaces.map((_, i) => joined(sums(i).map(({ densities }) => densities))),
    furthest: spaces.map((space, i) => furthestOf(sums(i), space)),
  };
}

/** The exact order of the pair of the largest one that was seen. */
function furthestOf(sums: readonly ColumnSums[], space: Space): number {
  const best = sums.map(({ furthest }) => furthest).reduce((a, b) => (b.order > a.order ? b : a));
  return exactOrder(space, space)(best.a, best.b);
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function addCounts(parts: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(parts[0]!.length);
  for (const part of parts) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  return sum;
}
