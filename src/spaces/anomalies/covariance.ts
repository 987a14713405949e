import { IsometerError, type Matrix, ranges, row } from "../../base/index.ts";
import { type Algebra, cholesky, type Dense, PCA_COLS } from "../../linalg/index.ts";
import type { Fitted } from "./model.ts";
import { columnMeans } from "./scaling.ts";

/** sqrt((x - m)' S^-1 (x - m)) (Mahalanobis 1936) with S = (1 - shrinkage) C + shrinkage tr(C)/d I. */
export interface MahalanobisModel {
  readonly method: "mahalanobis";
  readonly mean: Float64Array;
  /** W, d x d, lower triangular: W S W' = I. */
  readonly whitening: Float64Array;
  /** In [0, 1] (Ledoit & Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", section 3). */
  readonly shrinkage: number;
}

/** Rows whose products are made at once. */
export const BLOCK_ROWS = 2048;

/**
 * Mean and shrunk covariance in float64; as scikit-learn's LedoitWolf. Cost 2 n d^2 and d^3 / 3.
 *
 * @throws bad-value d > 2048, or rows that are all equal
 */
export async function fitMahalanobis(rows: Matrix, algebra: Algebra): Promise<Fitted<MahalanobisModel>> {
  const d = rows.cols;
  if (d > PCA_COLS) {
    throw new IsometerError(
      "bad-value",
      `the Mahalanobis distance holds a covariance matrix: at most ${PCA_COLS} dimensions, got ${d}`,
      { hint: "Reduce the rows first (isometer reduce), or use knn or lof." },
    );
  }
  const centre = columnMeans(rows);
  const { covariance, fourth } = await momentsAround(rows, centre, algebra);
  const shrinkage = shrinkageOf(covariance, fourth, rows.rows, d);
  const spread = trace(covariance, d) / d;
  const shrunk = covariance.map((value) => (1 - shrinkage) * value);
  for (let k = 0; k < d; k++) shrunk[k * d + k]! += shrinkage * spread;
  const lower = cholesky(shrunk, d);
  if (!lower) {
    throw new IsometerError(
      "bad-value",
      "normal rows do not vary in some direction: no covariance to divide by",
      {
        hint: "Leave constant columns out, or use knn or lof.",
      },
    );
  }
  const whitening = inverseLower(lower, d);
  const model: MahalanobisModel = { method: "mahalanobis", mean: centre, whitening, shrinkage };
  return { model, own: () => mahalanobisScores(model, rows, algebra) };
}

/** The lengths of W (x - m). Cost n d^2. */
export async function mahalanobisScores(
  { mean, whitening: data }: MahalanobisModel,
  points: Matrix,
  algebra: Algebra,
): Promise<Float64Array> {
  const d = points.cols;
  const whitening: Dense = { data, rows: d, cols: d };
  const scores = new Float64Array(points.rows);
  for (const [start, end] of ranges(points.rows, BLOCK_ROWS)) {
    const white = await algebra.multiply(centred(points, mean, start, end), whitening, { transB: true });
    for (let i = start; i < end; i++) scores[i] = lengthAt(white.data, (i - start) * d, d);
  }
  return scores;
}

/** What each dimension adds to the squared distance: (x - m)_k (S^-1 (x - m))_k. They sum to it; some may be negative. */
export function mahalanobisParts(
  { mean, whitening }: MahalanobisModel,
  point: ArrayLike<number>,
): Float64Array {
  const d = mean.length;
  const away = mean.map((value, k) => point[k]! - value);
  const solved = new Float64Array(d);
  for (let i = 0; i < d; i++) {
    let white = 0;
    for (let k = 0; k <= i; k++) white += whitening[i * d + k]! * away[k]!;
    for (let k = 0; k <= i; k++) solved[k]! += whitening[i * d + k]! * white;
  }
  return solved.map((value, k) => value * away[k]!);
}

/** Rows `[start, end)` without their mean, in float64. */
export function centred(points: Matrix, mean: Float64Array, start: number, end: number): Dense {
  const data = new Float64Array((end - start) * points.cols);
  for (let i = start; i < end; i++) {
    const values = row(points, i);
    for (let k = 0; k < points.cols; k++) data[(i - start) * points.cols + k] = values[k]! - mean[k]!;
  }
  return { data, rows: end - start, cols: points.cols };
}

/** The length of `data[at ... at + count)`. */
export function lengthAt(data: Float64Array, at: number, count: number): number {
  let sum = 0;
  for (let p = at; p < at + count; p++) sum += data[p]! * data[p]!;
  return Math.sqrt(sum);
}

/** Covariance (divisor n), and the sum over rows of |x - m|^4. */
async function momentsAround(rows: Matrix, mean: Float64Array, algebra: Algebra) {
  const d = rows.cols;
  const covariance = new Float64Array(d * d);
  let fourth = 0;
  for (const [start, end] of ranges(rows.rows, BLOCK_ROWS)) {
    const block = centred(rows, mean, start, end);
    const product = await algebra.multiply(block, block, { transA: true });
    for (let p = 0; p < covariance.length; p++) covariance[p]! += product.data[p]! / rows.rows;
    for (let r = 0; r < block.rows; r++) fourth += lengthAt(block.data, r * d, d) ** 4;
  }
  return { covariance, fourth };
}

/** min(b^2, d^2) / d^2 with d^2 = |C - mu I|^2 / d and b^2 = mean over rows of |x x' - C|^2 / (n d). */
function shrinkageOf(covariance: Float64Array, fourth: number, n: number, d: number): number {
  const mu = trace(covariance, d) / d;
  const squares = covariance.reduce((sum, value) => sum + value * value, 0);
  const delta = squares / d - mu * mu;
  const beta = Math.min((fourth / n - squares) / (n * d), delta);
  return beta > 0 ? beta / delta : 0;
}

function trace(a: Float64Array, d: number): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += a[k * d + k]!;
  return sum;
}

/** L^-1, row by row. Cost d^3 / 6. */
function inverseLower(lower: Float64Array, d: number): Float64Array {
  const inverse = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    const own = inverse.subarray(i * d, (i + 1) * d);
    own[i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * d + k]!;
      const other = inverse.subarray(k * d, k * d + k + 1);
      for (let j = 0; j <= k; j++) own[j]! -= factor * other[j]!;
    }
    for (let j = 0; j <= i; j++) own[j]! /= lower[i * d + i]!;
  }
  return inverse;
}
