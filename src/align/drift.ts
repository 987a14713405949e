import {
  checkInteger,
  checkSameRows,
  mean,
  meanInterval,
  normalInterval,
  type Points,
  permutation,
  quantile,
  ranges,
  rng,
  standardError,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, kernelUrl, runBlocks } from "../engine/index.ts";
import {
  findNearest,
  type Layout,
  lengthOf,
  makeSpace,
  type Neighbors,
  type Space,
  type StraightMetric,
  slotRow,
  slotsOf,
} from "../neighbors/index.ts";
import { type DriftPart, type DriftSetup, FAR, ROW, ROW_WIDTH } from "./drift.kernel.ts";
import { regionsOf } from "./drift-regions.ts";
import { DRIFT_LEVELS, type Drift, type DriftRows, type DriftScore } from "./drift-result.ts";

export * from "./drift-result.ts";

export interface DriftOptions extends EngineOptions, Watch {
  /** Of both spaces: two versions of one. Default euclidean. */
  readonly metric?: StraightMetric;
  /** k, 1 ... n - 2. Default 10. */
  readonly nNeighbors?: number;
  /** Numbers of the rows that are looked at, ascending; default all. Each is compared with all rows. */
  readonly anchors?: Int32Array | null;
  /** Region of each row, numbered from 0 without gaps. Default: all rows are one. */
  readonly groups?: Int32Array | null;
  /** Seed of the rows that chance and shift are taken from. Default 0. */
  readonly seed?: number;
  /** What to call both in errors. */
  readonly names?: readonly [string, string];
}

/** A row whose movement is this much left its neighbours: half way to chance, on the scale of logarithms. A convention, stated once. */
export const LEFT = 0.5;

/** Rows nearer to each other than this share of the median neighbourhood's radius are at the same place. */
const SAME_PLACE = 0.1;

/**
 * How far each row moved relative to its neighbours, between two versions of a space of the same items.
 *
 * With d and d' the distances before and after, N and N' the k nearest of row i before and after, r and r' its distance to the kth of them:
 *
 *   c           = exp(median over i of ln(r'(i) / r(i)))                         the scale that all share
 *   g(i)        = minmod(median over pairs of N, median over pairs of N')        of ln(d' / (c d)), the row itself left out
 *   m(i)        = median over j in N and N' of |ln(d'(i, j) / (c d(i, j))) - g(i)|        exp m(i) is `factor`
 *   movement(i) = m(i) / C,  C = median of m over rows that are put at the place of another row
 *
 * Distances alone are looked at, so rotations, mirror images, shifts and the scale of all are no movement, the widths may differ, and a region that moves as a whole keeps the
 * distances within it: its rows did not move. Nor did those of a region that grew or shrank, by g: what the old and the new neighbourhood agree on (minmod: the one nearer to 0,
 * and 0 where they differ in sign, as neighbours do that scatter). Were all m(i) = 0, every row would lie among its neighbours as it did. Medians, so that a row does not
 * move because a neighbour did. 0 = with its neighbours, 1 = chance; more where rows went to where none were. Distances below a tenth of the median radius count as that.
 *
 *   shift(i)    = median over 16 rows j of other regions of |ln(d'(i, j) / (c' d(i, j)))| / C'
 *
 * asks the same of rows far away, c' being the median over all of these pairs and C' the median once rows are shuffled: a region that moved together has no movement and much shift.
 *
 * Kin: the neighbours in common of Gonen et al. 2020 (`overlap`), and the local neighbourhood measure of Hamilton, Leskovec & Jurafsky 2016, which compares
 * similarities to N and N' by their cosine; ours compares distances, for its zero and its chance to be known.
 *
 * Cost: the k nearest of m rows in both spaces, m n (D + d) multiplications (half when exact), and some 6 k + 300 distances a row. Memory O(m k + n) beyond the data.
 *
 * @param before n x D
 * @param after n x d, row i is the same item as row i of `before`
 * @throws row-count-mismatch; bad-option k; non-finite; zero-vector under cosine; aborted
 */
export async function drift(before: Points, after: Points, options: DriftOptions = {}): Promise<Drift> {
  const { metric = "euclidean", nNeighbors = 10, seed = 0, groups = null } = options;
  const engine = await findEngine(options);
  const setup = await setUp(before, after, { ...options, engine });
  const { layout, scale } = setup;
  const { results } = await runBlocks<readonly [number, number], DriftPart, null>({
    ...options,
    engine,
    kernel: kernelUrl("./drift.kernel.js", import.meta.url),
    setup,
    tasks: ranges(slotsOf(layout), Math.max(64, Math.ceil(slotsOf(layout) / 64))),
    stage: "movement",
  });
  const { points, chance, nulls } = summed(results, setup);
  const sampling = { population: layout.rows, isExact: layout.kind === "all" };
  const shifts = points.shift.filter((value) => !Number.isNaN(value));
  return {
    rows: layout.rows,
    cols: [before.cols, after.cols],
    options: { metric, nNeighbors, sample: sampling.isExact ? "exact" : slotsOf(layout), seed },
    engine,
    scale,
    chance: { movement: Math.exp(chance.movement), shift: Math.exp(chance.shift) },
    scores: {
      movement: meanScore(points.movement, nulls.movement, sampling),
      moved: shareScore(points.movement, nulls.moved, sampling),
      shift: shifts.length === 0 ? null : meanScore(shifts, nulls.shift, sampling),
    },
    quantiles: {
      movement: quantilesOf(points.movement),
      overlap: quantilesOf(points.overlap),
      shift: quantilesOf(shifts),
    },
    regions: groups ? regionsOf(points, groups, LEFT) : [],
    points,
  };
}

/** Checks what was asked for, and finds the neighbours in both spaces. */
async function setUp(
  before: Points,
  after: Points,
  { engine, ...options }: DriftOptions & { readonly engine: EngineInfo },
): Promise<DriftSetup> {
  const { metric = "euclidean", nNeighbors: k = 10, seed = 0, groups = null, anchors = null } = options;
  const { names = ["the old space", "the new space"] } = options;
  checkSameRows(before, after, names);
  checkInteger("nNeighbors", k, 1, before.rows - 2);
  const { rows } = before;
  const layout: Layout =
    anchors === null || anchors.length === rows
      ? { kind: "all", rows }
      : { kind: "anchors", rows, slots: anchors.length, index: anchors };
  const sized = async (points: Points, name: string) => {
    const space = await makeSpace(points, metric, { engine, name });
    const places = { slots: space, searched: space, layout, selfless: true };
    const lists = await findNearest(places, k, engine, options);
    return { space, lists, radii: radiiOf(lists, space) };
  };
  const old = await sized(before, names[0]);
  const now = await sized(after, names[1]);
  const scale = scaleOf(old, now);
  return {
    before: old.space,
    after: now.space,
    layout,
    near: { before: old.lists, after: now.lists },
    scale,
    floor: floorOf(old, now, scale),
    groups,
    seed,
  };
}

/** Distance of each slot to the last of its neighbours. */
function radiiOf({ orders, k }: Neighbors, space: Space): Float64Array {
  return Float64Array.from({ length: orders.length / k }, (_, slot) =>
    lengthOf(orders[slot * k + k - 1]!, space),
  );
}

/** Root mean square distance of rows from the centre: a size where neighbourhoods have none, every row having as many copies. */
function spreadOf({ squaredNorms, unit }: Space): number {
  return Math.sqrt(mean(squaredNorms)) / unit;
}

/** A space, and the radius of each slot's neighbourhood. */
interface Sized {
  readonly space: Space;
  readonly radii: Float64Array;
}

/** c: median ratio of radii. */
function scaleOf(old: Sized, now: Sized): number {
  const logs = old.radii.map((radius, s) => Math.log(now.radii[s]! / radius)).filter(Number.isFinite);
  if (logs.length > 0) return Math.exp(medianOf(logs));
  const ratio = spreadOf(now.space) / spreadOf(old.space);
  return Number.isFinite(ratio) && ratio > 0 ? ratio : 1;
}

/** Distances in the old space below which two rows are at the same place: from the larger of the median radii. */
function floorOf(old: Sized, now: Sized, scale: number): number {
  const radius = Math.max(medianOf(old.radii), medianOf(now.radii) / scale);
  return SAME_PLACE * (radius > 0 ? radius : SAME_PLACE * spreadOf(old.space) || 1);
}

/** Parts put together, in units of chance. */
function summed(parts: readonly DriftPart[], { layout, near, seed }: DriftSetup) {
  const slots = slotsOf(layout);
  const column = (at: number) => {
    const values = parts.flatMap(({ rows }) => Array.from(rows.filter((_, p) => p % ROW_WIDTH === at)));
    return Float64Array.from(values);
  };
  const moved = column(ROW.moved);
  const byChance = column(ROW.chance);
  const far = shiftsOf(parts, slots, seed);
  const chance = { movement: medianOf(byChance), shift: far.chance };
  // Where near and far rows are equally far apart nothing can be told from chance.
  const unit = chance.movement > 0 ? chance.movement : 1;
  const points: DriftRows = {
    row: Int32Array.from({ length: slots }, (_, slot) => slotRow(layout, slot)),
    movement: moved.map((log) => log / unit),
    factor: moved.map(Math.exp),
    stretch: column(ROW.stretch).map(Math.exp),
    overlap: overlapOf(near.before, near.after),
    shift: far.shift,
    before: near.before.ids,
    after: near.after.ids,
  };
  const drawn = byChance.map((log) => log / unit);
  const nulls = { movement: mean(drawn), moved: shareOf(drawn), shift: far.null };
  return { points, chance, nulls };
}

/** Shift of each slot, and what it is once the rows after are shuffled. */
function shiftsOf(parts: readonly DriftPart[], slots: number, seed: number) {
  const join = (key: "farBefore" | "farAfter") => {
    const all = new Float32Array(slots * FAR);
    let at = 0;
    for (const part of parts) {
      all.set(part[key], at);
      at += part[key].length;
    }
    return all;
  };
  const [before, after] = [join("farBefore"), join("farAfter")];
  const logs = Float64Array.from(after, (value, p) => value - before[p]!).filter((log) => !Number.isNaN(log));
  if (logs.length === 0) {
    return { shift: new Float64Array(slots).fill(Number.NaN), chance: 0, null: Number.NaN };
  }
  const scale = medianOf(logs);
  const others = permutation(rng(seed).split("drift shuffled"), slots * FAR);
  const changes = (from: (p: number) => number) =>
    Float64Array.from({ length: slots }, (_, slot) => {
      const own = Float64Array.from({ length: FAR }, (_, f) => {
        const p = slot * FAR + f;
        return Math.abs(after[from(p)]! - before[p]! - scale);
      });
      const known = own.filter((value) => !Number.isNaN(value));
      return known.length === 0 ? Number.NaN : medianOf(known);
    });
  const shuffled = changes((p) => others[p]!).filter((value) => !Number.isNaN(value));
  const chance = medianOf(shuffled);
  const unit = chance > 0 ? chance : 1;
  return { shift: changes((p) => p).map((log) => log / unit), chance, null: mean(shuffled) / unit };
}

/** Share of the k nearest before that are among the k nearest after. */
function overlapOf(before: Neighbors, after: Neighbors): Float64Array {
  const { k } = before;
  return Float64Array.from({ length: before.ids.length / k }, (_, slot) => {
    const now = after.ids.subarray(slot * k, (slot + 1) * k);
    let kept = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) if (now.includes(before.ids[q]!)) kept++;
    return kept / k;
  });
}

interface Sampling {
  readonly population: number;
  readonly isExact: boolean;
}

function scoreOf(
  value: number,
  interval: readonly [number, number],
  n: number,
  chance: number,
  { isExact }: Sampling,
): DriftScore {
  return {
    value,
    interval: isExact ? [value, value] : interval,
    n,
    unit: "points",
    ...(isExact ? { exact: true } : { exact: false, sampled: { kind: "anchors", m: n } }),
    ideal: 0,
    null: chance,
    baseline: null,
  };
}

function meanScore(values: Float64Array, chance: number, sampling: Sampling): DriftScore {
  const value = mean(values);
  const interval = normalInterval(value, standardError(values, sampling.population), [0, Infinity]);
  return scoreOf(value, interval, values.length, chance, sampling);
}

function shareScore(movement: Float64Array, chance: number, sampling: Sampling): DriftScore {
  const left = movement.map((value) => Number(value >= LEFT));
  const interval = meanInterval(left, sampling.population, [0, 1]);
  return scoreOf(mean(left), interval, left.length, chance, sampling);
}

function shareOf(movement: Float64Array): number {
  return mean(movement.map((value) => Number(value >= LEFT)));
}

function medianOf(values: Float64Array): number {
  return quantile(values.toSorted(), 0.5);
}

function quantilesOf(values: Float64Array): number[] {
  const sorted = values.toSorted();
  return sorted.length === 0 ? [] : DRIFT_LEVELS.map((level) => quantile(sorted, level));
}
