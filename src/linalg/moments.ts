import { ranges, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Moments, MomentsSetup, PlacedRows } from "./moments.kernel.ts";

export type { PlacedRows } from "./moments.kernel.ts";

export interface MomentsOptions extends Watch {
  readonly engine: EngineInfo;
  /** What the work is called in progress. */
  readonly stage: string;
}

/** Bytes of sums that wait for their turn to be added. */
const WAITING = 2 ** 27;

/**
 * Mean, and covariance (divisor n), in scaled units. Float32 products of 512 rows are added in float64. Tasks are few and their sums added in
 * order: the same bits on any number of threads. Cost: n D^2 multiplications, one pass.
 */
export async function covarianceOf(
  points: PlacedRows,
  options: MomentsOptions,
): Promise<{ readonly mean: Float64Array; readonly covariance: Float64Array }> {
  const { means, matrix } = await momentsOf({ left: points, right: null, order: null }, options);
  return { mean: means.left, covariance: matrix };
}

/** Covariances (divisor n) between the columns of two sets of rows, in scaled units. */
export interface CrossCovariance {
  /** `D x d`. */
  readonly matrix: Float64Array;
  /** Sum of the variances of all columns of either. */
  readonly variances: { readonly left: number; readonly right: number };
}

/** Covariances between the columns of two sets of n rows, as `covarianceOf`; row r of `left` goes with row `order[r]` of `right`. Cost: n D d. */
export async function crossCovarianceOf(
  left: PlacedRows,
  right: PlacedRows,
  order: Int32Array | null,
  options: MomentsOptions,
): Promise<CrossCovariance> {
  const { matrix, variances } = await momentsOf({ left, right, order }, options);
  return { matrix, variances };
}

async function momentsOf(setup: MomentsSetup, { stage, ...options }: MomentsOptions) {
  const { left, right } = setup;
  const { rows } = left;
  const [wide, high] = [left.cols, (right ?? left).cols];
  const tasks = Math.max(2, Math.min(16, Math.floor(WAITING / (8 * wide * high))));
  const { results } = await runBlocks<readonly [number, number], Moments, null>({
    ...options,
    kernel: kernelUrl("./moments.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.ceil(rows / tasks)),
    stage,
  });
  const sums = { left: new Float64Array(wide), right: new Float64Array(high) };
  const matrix = new Float64Array(wide * high);
  const variances = { left: 0, right: 0 };
  for (const part of results) {
    for (const side of ["left", "right"] as const) {
      for (let k = 0; k < sums[side].length; k++) sums[side][k]! += part.sums[side][k]! / rows;
      variances[side] += part.squares[side] / rows;
    }
    for (let i = 0; i < matrix.length; i++) matrix[i]! += part.products[i]! / rows;
  }
  for (let i = 0; i < wide; i++) {
    for (let k = 0; k < high; k++) matrix[i * high + k]! -= sums.left[i]! * sums.right[k]!;
  }
  for (const side of ["left", "right"] as const)
    for (const mean of sums[side]) variances[side] -= mean * mean;
  const means = { left: placed(sums.left, left), right: placed(sums.right, right ?? left) };
  return { means, matrix, variances };
}

function placed(mean: Float64Array, { centre }: PlacedRows): Float64Array {
  return mean.map((value, k) => value + centre[k]!);
}
