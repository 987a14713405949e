import { IsometerError } from "../../base/index.ts";
import { cholesky, solveLower, solveUpper } from "../../linalg/index.ts";

/** A logistic regression: the chance of a row x is 1 / (1 + exp(-(w0 + w x))), x standardised. */
export interface Logistic {
  /** d: taken off each feature, and what it is divided by. */
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** d + 1, the intercept first. */
  readonly weights: Float64Array;
  /** (d + 1)^2: covariance of the weights between samples of groups of rows. */
  readonly covariance: Float64Array;
  readonly converged: boolean;
}

/** Squared length of the weights, times this, is added to the loss of all rows: only keeps features that say the same apart. */
const PENALTY = 1e-3;
const MOST_STEPS = 50;
const STILL = 1e-10;

/**
 * Maximum likelihood by Newton's steps (iteratively reweighted least squares), with a slight ridge. The covariance of the weights is the sandwich estimate by groups (Liang & Zeger 1986,
 * eq. 9, independence working): rows of one group, such as the hits of one query, may depend on each other in any way.
 *
 * Cost n d^2 a step.
 *
 * @param features n x d, row-major
 * @param labels n, 0 or 1
 * @param groups n: the group of each row, from 0 on
 */
export function fitLogistic(
  features: Float64Array,
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
): Logistic {
  const n = labels.length;
  const d = n > 0 ? features.length / n : 0;
  const { mean, scale, rows } = standardised(features, n, d);
  const width = d + 1;
  let weights = new Float64Array(width);
  let converged = false;
  for (let step = 0; step < MOST_STEPS && !converged; step++) {
    const { gradient, curvature } = derivatives(rows, labels, weights);
    const change = solverOf(curvature, width)(gradient);
    weights = weights.map((value, k) => value + change[k]!);
    converged = change.every((value) => Math.abs(value) < STILL * (1 + Math.max(...weights.map(Math.abs))));
  }
  return { mean, scale, weights, covariance: sandwich(rows, labels, groups, weights), converged };
}

/** The chance of one row, and the standard error of its logit. */
export function predict(
  { mean, scale, weights, covariance }: Logistic,
  row: ArrayLike<number>,
): { readonly logit: number; readonly error: number } {
  const width = weights.length;
  const x = Float64Array.from({ length: width }, (_, k) =>
    k === 0 ? 1 : (row[k - 1]! - mean[k - 1]!) / scale[k - 1]!,
  );
  let [logit, variance] = [0, 0];
  for (let i = 0; i < width; i++) {
    logit += weights[i]! * x[i]!;
    for (let k = 0; k < width; k++) variance += x[i]! * covariance[i * width + k]! * x[k]!;
  }
  return { logit, error: Math.sqrt(Math.max(0, variance)) };
}

export const chance = (logit: number): number => 1 / (1 + Math.exp(-logit));

/** Rows [1, x], each feature of mean 0 and deviation 1. */
function standardised(features: Float64Array, n: number, d: number) {
  const [mean, scale] = [new Float64Array(d), new Float64Array(d)];
  for (let at = 0; at < features.length; at++) mean[at % d]! += features[at]! / n;
  for (let at = 0; at < features.length; at++) scale[at % d]! += (features[at]! - mean[at % d]!) ** 2 / n;
  for (let k = 0; k < d; k++) scale[k] = Math.sqrt(scale[k]!) || 1;
  const rows = new Float64Array(n * (d + 1));
  for (let i = 0; i < n; i++) {
    rows[i * (d + 1)] = 1;
    for (let k = 0; k < d; k++) rows[i * (d + 1) + k + 1] = (features[i * d + k]! - mean[k]!) / scale[k]!;
  }
  return { mean, scale, rows };
}

function derivatives(rows: Float64Array, labels: ArrayLike<number>, weights: Float64Array) {
  const width = weights.length;
  const gradient = weights.map((value, k) => (k === 0 ? 0 : -PENALTY * labels.length * value));
  const curvature = new Float64Array(width * width);
  for (let k = 1; k < width; k++) curvature[k * (width + 1)] = PENALTY * labels.length;
  curvature[0] = 1e-12;
  for (let i = 0; i < labels.length; i++) {
    const from = i * width;
    const p = chance(logitOf(rows, from, weights));
    for (let a = 0; a < width; a++) {
      gradient[a]! += (labels[i]! - p) * rows[from + a]!;
      for (let b = 0; b < width; b++)
        curvature[a * width + b]! += p * (1 - p) * rows[from + a]! * rows[from + b]!;
    }
  }
  return { gradient, curvature };
}

function logitOf(rows: Float64Array, from: number, weights: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < weights.length; k++) sum += weights[k]! * rows[from + k]!;
  return sum;
}

/** H^-1 (sum over groups of s s') H^-1, s the sum of a group's gradients. */
function sandwich(
  rows: Float64Array,
  labels: ArrayLike<number>,
  groups: ArrayLike<number>,
  weights: Float64Array,
): Float64Array {
  const width = weights.length;
  const solve = solverOf(derivatives(rows, labels, weights).curvature, width);
  const sums = new Map<number, Float64Array>();
  for (let i = 0; i < labels.length; i++) {
    const own = sums.get(groups[i]!) ?? new Float64Array(width);
    const left = labels[i]! - chance(logitOf(rows, i * width, weights));
    for (let k = 0; k < width; k++) own[k]! += left * rows[i * width + k]!;
    sums.set(groups[i]!, own);
  }
  const covariance = new Float64Array(width * width);
  for (const own of sums.values()) {
    const part = solve(own);
    for (let a = 0; a < width; a++)
      for (let b = 0; b < width; b++) covariance[a * width + b]! += part[a]! * part[b]!;
  }
  return covariance;
}

/** A small symmetric positive definite matrix, factored once; gives A^-1 b. */
function solverOf(matrix: Float64Array, n: number): (right: Float64Array) => Float64Array {
  const lower = cholesky(matrix, n);
  if (!lower)
    throw new IsometerError("internal", "logistic regression: the curvature is not positive definite");
  return (right) => {
    const x = right.slice();
    solveLower(lower, n, x);
    solveUpper(lower, n, x);
    return x;
  };
}
