import { type Interval, jackknifeInterval, mean } from "../../base/index.ts";
import { crossNorm } from "../gram.ts";
import type { Estimate } from "../result.ts";
import { GRAM_GROUPS, JACKKNIFED, outside, type SpaceMoments } from "../space-moments.ts";

/**
 * Effective rank: exp of the entropy of p_i = s_i / sum s, s the singular values of the centred rows (not the variances, their squares; Roy & Vetterli 2007).
 * 1 ... d: of so many directions of equal size the entropy would be the same. Eigenvalues within the rounding of float32 products count as 0.
 *
 * In more than 2,048 dimensions from at most 1,000 landmark rows. Of fewer rows than dimensions the value comes out too small; the interval
 * (delete-a-group jackknife, its relative error taken from 400 of them) does not know of that.
 */
export function effectiveRank(moments: SpaceMoments, rows: number): Estimate | null {
  if (!moments.eigenvalues) return null;
  const value = rankOf(moments.eigenvalues);
  if (Number.isNaN(value)) return null;
  if (moments.kind === "covariance") return exact(value, rows);
  const m = moments.rows;
  const without = moments.without.map(rankOf);
  const factor = Math.sqrt(Math.min(1, JACKKNIFED / m)) / mean(without);
  return sampled(
    value,
    without.map((rank) => value * rank * factor),
    m,
    rows,
  );
}

/**
 * Participation ratio: (tr C)^2 / tr C^2, C the covariance matrix. 1 ... d: how many directions of equal variance would share it like that. In more than 2,048
 * dimensions from landmark rows, tr C^2 by a U-statistic.
 */
export function participationRatio(moments: SpaceMoments, rows: number): Estimate | null {
  if (moments.kind === "covariance") {
    const value = ratioOf(trace(moments.matrix, moments.cols), squaresOf(moments.matrix));
    return Number.isNaN(value) ? null : exact(value, rows);
  }
  const { matrix, rows: landmarks } = moments;
  const ratio = (kept: readonly number[]) => {
    const total = kept.reduce((sum, r) => sum + matrix[r * landmarks + r]!, 0) / kept.length;
    return ratioOf(total, crossNorm(matrix, matrix, landmarks, kept, rows));
  };
  const value = ratio(Array.from({ length: landmarks }, (_, r) => r));
  if (Number.isNaN(value)) return null;
  if (landmarks === rows) return exact(value, rows);
  const without = Array.from({ length: GRAM_GROUPS }, (_, group) => ratio(outside(group, landmarks)));
  return sampled(value, without, landmarks, rows);
}

function rankOf(eigenvalues: Float64Array): number {
  const total = eigenvalues.reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return Number.NaN;
  const floor = (ROUNDING * total) / Math.sqrt(eigenvalues.length);
  const sizes = eigenvalues.filter((value) => value > floor).map(Math.sqrt);
  const sum = sizes.reduce((all, size) => all + size, 0);
  return Math.exp(sizes.reduce((entropy, size) => entropy - (size / sum) * Math.log(size / sum), 0));
}

/** Rounding of float32 products: spread over D x D elements it makes eigenvalues of up to about this share of the trace over sqrt(D). */
const ROUNDING = 4 * 2 ** -23;

function trace(matrix: Float64Array, cols: number): number {
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += matrix[k * cols + k]!;
  return sum;
}

function squaresOf(matrix: Float64Array): number {
  return matrix.reduce((sum, value) => sum + value * value, 0);
}

function ratioOf(total: number, squares: number): number {
  return squares > 0 ? total ** 2 / squares : Number.NaN;
}

function exact(value: number, n: number): Estimate {
  return { value, interval: [value, value], n, exact: true };
}

function sampled(value: number, without: readonly number[], m: number, rows: number): Estimate {
  if (without.length === 0) return exact(value, rows);
  const range: Interval = [1, Number.POSITIVE_INFINITY];
  return {
    value,
    interval: jackknifeInterval(value, without, { units: m, population: rows, range }),
    n: m,
    exact: false,
    sampled: { kind: "landmarks", m },
  };
}
