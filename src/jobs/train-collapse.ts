import type { Matrix } from "../base/index.ts";
import type { Collapse } from "../report/index.ts";

/** Means of the columns, and their covariance (divisor n), d x d. In float64. */
export function centredMoments({ data, rows, cols }: Matrix): {
  readonly mean: Float64Array;
  readonly covariance: Float64Array;
} {
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++) for (let c = 0; c < cols; c++) mean[c]! += data[i * cols + c]! / rows;
  const covariance = new Float64Array(cols * cols);
  const row = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < cols; c++) row[c] = data[i * cols + c]! - mean[c]!;
    for (let a = 0; a < cols; a++)
      for (let b = 0; b <= a; b++) covariance[a * cols + b]! += (row[a]! * row[b]!) / rows;
  }
  for (let a = 0; a < cols; a++)
    for (let b = 0; b < a; b++) covariance[b * cols + a] = covariance[a * cols + b]!;
  return { mean, covariance };
}

/** A column with a smaller share of the largest variance is not in use. */
const ACTIVE = 0.01;

/** How many directions of some codes are in use. */
export async function collapseOf(codes: Matrix): Promise<Collapse> {
  const { symmetricEigenvalues } = await import("../linalg/index.ts");
  const { cols } = codes;
  const { covariance } = centredMoments(codes);
  const own = Array.from({ length: cols }, (_, c) => covariance[c * cols + c]!);
  const largest = Math.max(...own);
  const values = Array.from(symmetricEigenvalues(covariance, cols), (value) => Math.max(0, value));
  const total = values.reduce((a, b) => a + b, 0);
  const shares = values.map((value) => (total > 0 ? value / total : 0));
  const entropy = shares.reduce((sum, share) => sum - (share > 0 ? share * Math.log(share) : 0), 0);
  return {
    columns: cols,
    active: largest > 0 ? own.filter((value) => value > ACTIVE * largest).length : 0,
    effectiveRank: total > 0 ? Math.exp(entropy) : 0,
    shares,
  };
}
