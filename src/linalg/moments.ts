import { ranges, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Moments, MomentsSetup } from "./moments.kernel.ts";
import type { PlacedRows, Sums } from "./placed-rows.ts";

export type { PlacedRows } from "./placed-rows.ts";

export interface MomentsOptions extends Watch {
  readonly engine: EngineInfo;
  /** What the work is called in progress. */
  readonly stage: string;
}

/** Bytes of sums that wait for their turn to be added. */
const WAITING = 2 ** 27;

/** A task of fewer rows takes longer to hand over its sums than to make them. */
const TASK_ROWS = 2048;

/**
 * Mean, and covariance (divisor n), in scaled units. Float32 products of 512 rows are added in float64. Tasks are few and their sums added in
 * order: the same bits on any number of threads. Cost: n D^2 multiplications, one pass.
 */
export async function covarianceOf(
  points: PlacedRows,
  options: MomentsOptions,
): Promise<{ readonly mean: Float64Array; readonly covariance: Float64Array }> {
  const { mean, matrices } = await momentsOf({ left: points, right: null, orders: [null] }, options);
  return { mean, covariance: matrices[0]! };
}

/** Covariances (divisor n) between the columns of two sets of rows, in scaled units. */
export interface CrossCovariances {
  /** `D x d`, by order. */
  readonly matrices: readonly Float64Array[];
  /** Sum of the variances of all columns of either. */
  readonly variances: { readonly left: number; readonly right: number };
}

/**
 * Covariances between the columns of two sets of n rows, as `covarianceOf`; row r of `left` goes with row `order[r]` of `right`, by every one of
 * `orders`. Cost: n D d each, one pass.
 */
export async function crossCovariancesOf(
  left: PlacedRows,
  right: PlacedRows,
  orders: readonly (Int32Array | null)[],
  options: MomentsOptions,
): Promise<CrossCovariances> {
  const { matrices, variances } = await momentsOf({ left, right, orders }, options);
  return { matrices, variances };
}

async function momentsOf(setup: MomentsSetup, { stage, ...options }: MomentsOptions) {
  const { left, right, orders } = setup;
  const { rows } = left;
  const [wide, high] = [left.cols, (right ?? left).cols];
  const waiting = Math.floor(WAITING / (8 * wide * high * orders.length));
  const tasks = Math.max(2, Math.min(16, waiting, Math.floor(rows / TASK_ROWS)));
  const { results } = await runBlocks<readonly [number, number], Moments, null>({
    ...options,
    kernel: kernelUrl("./moments.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.ceil(rows / tasks)),
    stage,
  });
  const ofLeft = average(
    results.map((part) => part.left),
    rows,
  );
  const ofRight = orders.map((_, o) =>
    average(
      results.map((part) => part.right[o]!),
      rows,
    ),
  );
  const matrices = orders.map((_, o) => {
    const matrix = new Float64Array(wide * high);
    for (const { products } of results) {
      for (let i = 0; i < matrix.length; i++) matrix[i]! += products[o]![i]! / rows;
    }
    for (let i = 0; i < wide; i++) {
      for (let k = 0; k < high; k++) matrix[i * high + k]! -= ofLeft.mean[i]! * ofRight[o]!.mean[k]!;
    }
    return matrix;
  });
  const variances = { left: ofLeft.variance, right: ofRight[0]!.variance };
  return { mean: placed(ofLeft.mean, left), matrices, variances };
}

/** Mean, and sum of the variances of all columns, of `rows` rows whose sums lie in parts. */
function average(parts: readonly Sums[], rows: number): { mean: Float64Array; variance: number } {
  const mean = new Float64Array(parts[0]!.values.length);
  let variance = 0;
  for (const { values, square } of parts) {
    for (let k = 0; k < mean.length; k++) mean[k]! += values[k]! / rows;
    variance += square / rows;
  }
  for (const value of mean) variance -= value * value;
  return { mean, variance };
}

function placed(mean: Float64Array, { centre }: PlacedRows): Float64Array {
  return mean.map((value, k) => value + centre[k]!);
}
