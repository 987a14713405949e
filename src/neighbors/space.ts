import {
  IsometerError,
  listRows,
  nonFinite,
  type PointRows,
  type Points,
  pointRows,
  powerOfTwoNear,
  ranges,
  sharedFloat64,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, openPlaces, runBlocks, scanRows } from "../engine/index.ts";
import { isSquared, type Metric, type StraightMetric } from "./metric.ts";
import type { LengthTable } from "./table.ts";

/**
 * Points made ready for distances. Plain data on shared memory: workers see the same arrays.
 *
 * The *order* of a pair is the number that neighbours are ranked by: the squared length for
 * euclidean and cosine, the length itself for manhattan and geodesic. With p = x (euclidean) or x/|x| (cosine),
 * orders are sums over k of (p_ik - p_jk)^2, so any one `centre` may be taken off every p.
 */
export interface Space extends PointRows {
  readonly metric: Metric;
  readonly rows: number;
  /** What each row is multiplied by: `unit`, and for cosine 1/|x| besides. */
  readonly scales: Float64Array;
  /** A power of two that brings the largest |x| near 1, so that no square leaves float32's range. 1 for cosine. */
  readonly unit: number;
  /** Subtracted before products, `cols`, in scaled units: data far from the origin would lose digits. */
  readonly centre: Float64Array;
  /** |p - centre|^2 of each row, in scaled units. */
  readonly squaredNorms: Float64Array;
  /** Index of the first equal row, of each row; null when all rows differ or nobody looked. */
  readonly duplicates: Int32Array | null;
  /** Geodesic: the lengths, from some rows to all. Null where any two rows can be measured. */
  readonly table: LengthTable | null;
}

/** Rows looked at to choose the centre and unit. They only steer rounding, so an estimate will do. */
const SAMPLED_ROWS = 256;

/** Beyond this many units the chosen unit is too small for float32 squares. */
const LARGEST_NORM = 2 ** 50;

/**
 * Prepares points for distances. Cost O(n d), one pass; no second copy of the data.
 *
 * @throws non-finite when a point has a NaN or infinite value; zero-vector under cosine
 */
export async function makeSpace(
  points: Points,
  metric: StraightMetric,
  options: SpaceOptions,
): Promise<Space> {
  const { rows } = points;
  const where = pointRows(points);
  const { like, duplicates = null, engine, later = false } = options;
  const sample = like ?? centreAndUnit(where, rows, metric);
  const place = async (unit: number, centre: Float64Array): Promise<Space> => {
    const scales =
      metric === "cosine" ? inverseNorms(where, rows, options.name) : sharedFloat64(rows).fill(unit);
    const squaredNorms = sharedFloat64(rows);
    const base = { metric, rows, ...where, scales, unit, centre, squaredNorms, duplicates };
    const space: Space = { ...base, table: null };
    if (!later) await writeNorms(space, engine);
    return space;
  };
  const space = await place(sample.unit, sample.centre);
  if (later) return space;
  const largest = largestNorm(space, options.name);
  if (like || largest < LARGEST_NORM) return space;
  const shrink = powerOfTwoNear(largest);
  return place(
    sample.unit * shrink,
    sample.centre.map((c) => c * shrink),
  );
}

/** The largest |p| of a space. @throws non-finite when a point has a NaN or infinite value */
function largestNorm(space: Space, name: string): number {
  // Math.max keeps a NaN, whatever comes after it.
  const largest = space.squaredNorms.reduce((most, n) => Math.max(most, n), 0);
  if (!Number.isFinite(largest)) checkRows(space, name);
  return Math.sqrt(largest);
}

/** @throws non-finite when a row has a NaN or infinite value */
function checkRows(space: Space, name: string): void {
  const { values, place } = openPlaces(space);
  const bad: number[] = [];
  for (let i = 0; i < space.rows; i++) {
    const at = place(i);
    if (!values.subarray(at, at + space.cols).every(Number.isFinite)) bad.push(i);
  }
  if (bad.length > 0) throw nonFinite(name, bad, bad.length);
}

/**
 * Whether a space made with `later`, after all its tiles were made, was sound: its norms fit the unit chosen from a sample.
 *
 * @throws non-finite when a point has a NaN or infinite value
 */
export function isSound(space: Space, name: string): boolean {
  return largestNorm(space, name) < LARGEST_NORM;
}

/** How to prepare a space. */
export interface SpaceOptions {
  readonly engine: EngineInfo;
  /** What to call the points in an error. */
  readonly name: string;
  /** The space that will be searched: its centre and unit are used, so that the two are comparable. */
  readonly like?: Space;
  /** Leave the norms to the tiles, which write those of their rows. Spares a pass where they are not needed before. */
  readonly later?: boolean;
  readonly duplicates?: Int32Array | null;
}

/** Fills in the squared norms, on all threads. */
async function writeNorms(space: Space, engine: EngineInfo): Promise<void> {
  const tasks = ranges(space.rows, Math.max(64, Math.ceil(space.rows / 16)));
  const kernel = kernelUrl("./norms.kernel.js", import.meta.url);
  await runBlocks({ engine, kernel, setup: space, tasks, stage: "preparing" });
}

/** The mean and the size of some evenly spaced rows. */
function centreAndUnit(
  where: PointRows,
  rows: number,
  metric: Metric,
): { centre: Float64Array; unit: number } {
  const { cols } = where;
  const { values, place } = openPlaces(where);
  const step = Math.max(1, Math.floor(rows / SAMPLED_ROWS));
  const centre = sharedFloat64(cols);
  let largest = 0;
  let count = 0;
  for (let i = 0; i < rows; i += step, count++) {
    const at = place(i);
    const norm = normOf(values, at, cols);
    largest = Math.max(largest, norm);
    const weight = metric === "cosine" ? 1 / norm : 1;
    for (let k = 0; k < cols; k++) centre[k]! += values[at + k]! * weight;
  }
  const unit = metric === "cosine" ? 1 : powerOfTwoNear(largest);
  for (let k = 0; k < cols; k++) centre[k]! *= unit / count;
  return { centre, unit };
}

function normOf(data: Float32Array, start: number, cols: number): number {
  let sum = 0;
  for (let p = start; p < start + cols; p++) sum += data[p]! * data[p]!;
  return Math.sqrt(sum);
}

function inverseNorms(where: PointRows, rows: number, name: string): Float64Array {
  const inverse = sharedFloat64(rows);
  const zero: number[] = [];
  scanRows(where, rows, (block, start, count) => {
    for (let r = 0; r < count; r++) {
      const norm = normOf(block, r * where.cols, where.cols);
      if (norm === 0) zero.push(start + r);
      inverse[start + r] = 1 / norm;
    }
  });
  if (zero.length === 0) return inverse;
  throw new IsometerError("zero-vector", `${name} has no direction in ${listRows(zero)}: all values are 0`, {
    hint: "Cosine needs a direction: remove these rows from both inputs, or use --metric euclidean.",
  });
}

/** The length, in the units of the data, of a pair whose order is `order`. */
export function lengthOf(order: number, space: Space): number {
  return (isSquared(space.metric) ? Math.sqrt(order) : order) / space.unit;
}
