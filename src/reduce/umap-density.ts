import type { NearestResult } from "../neighbors/index.ts";
import { symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";

/** Added to the variance of radii in the layout: one that has hardly any would be all noise (the authors' dens_var_shift). */
const VARIANCE_SHIFT = 0.1;

/** Added to squared radii in the layout, whose unit is the width of a neighbourhood: those of rows at one place have a logarithm too. */
const LEAST = 1e-8;

/** Variance of logarithms that rounding can make. */
const ROUNDING = 1e-12;

/**
 * How large the surroundings of rows are in the data, as standard scores: of r_i = ln(sum_j w_ij D_ij^2 / sum_j w_ij) over the edges of row i, D_ij their lengths (Narayan, Berger & Cho
 * 2021). NaN of rows that lie where all their neighbours are, and have no logarithm; null where radii do not vary. Cost: the edges.
 */
export function radiusScores(
  found: Pick<NearestResult, "k" | "ids" | "distances">,
  graph: WeightedGraph,
): Float64Array | null {
  // The same edges in the same order; some of them are not in the graph.
  const whole = symmetricGraph(found, Float32Array.from(found.distances), Math.max);
  const logs = new Float64Array(graph.starts.length - 1);
  for (let i = 0; i < logs.length; i++) {
    let [sum, total, edge] = [0, 0, whole.starts[i]!];
    for (let at = graph.starts[i]!; at < graph.starts[i + 1]!; at++) {
      while (whole.ids[edge] !== graph.ids[at]) edge++;
      sum += graph.weights[at]! * whole.weights[edge]! ** 2;
      total += graph.weights[at]!;
    }
    logs[i] = Math.log(sum / total);
  }
  const [mean, variance] = meanAndVariance(logs);
  if (!(variance > ROUNDING)) return null;
  return logs.map((log) => (Number.isFinite(log) ? (log - mean) / Math.sqrt(variance) : Number.NaN));
}

/** Of finite values alone. */
function meanAndVariance(values: Float64Array): readonly [number, number] {
  let [count, sum, squares] = [0, 0, 0];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    sum += value;
    count++;
  }
  const mean = sum / count;
  for (const value of values) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  return [mean, squares / count];
}

/** The radii of a layout, and how they go with those of the data. */
export interface RadiusMoments {
  /** R_i = ln(mean of s by v), NaN where row i has no score. */
  readonly logs: Float64Array;
  readonly mean: number;
  readonly variance: number;
  /** With the scores, whose variance is 1. */
  readonly covariance: number;
  /** Rows that have a score. */
  readonly rows: number;
}

/**
 * R_i = ln(sum_j v_ij s_ij / sum_j v_ij) over the edges of row i, at squared distances s and v = 1 / (1 + a s^b): far ones weigh less.
 *
 * @param sums rows x 2, of each row sum v and sum v s / sum v
 */
export function radiusMoments(scores: Float64Array, sums: Float32Array): RadiusMoments {
  const logs = new Float64Array(scores.length);
  let [covariance, rows] = [0, 0];
  for (let i = 0; i < logs.length; i++) {
    const score = scores[i]!;
    logs[i] = Number.isNaN(score) ? score : Math.log(LEAST + sums[2 * i + 1]!);
    if (Number.isNaN(score)) continue;
    covariance += score * logs[i]!;
    rows++;
  }
  // The mean score is 0.
  const [mean, variance] = meanAndVariance(logs);
  return { logs, mean, variance, covariance: covariance / rows, rows };
}

/** Pearson correlation of the logarithms of radii; 0 where those of the layout do not vary. */
export function radiusCorrelation({ covariance, variance }: RadiusMoments): number {
  return variance > ROUNDING ? covariance / Math.sqrt(variance) : 0;
}

/** What the layout raises: C = cov(score, R) / sqrt(var R + shift). */
export function shiftedCorrelation({ covariance, variance }: RadiusMoments): number {
  return covariance / Math.sqrt(variance + VARIANCE_SHIFT);
}

/**
 * What edges need for dC / ds, `scale` times: with m_i the mean of s by v, P_i the sum of v,
 *
 *     dC / dR_i  = (score_i - cov (R_i - mean R) / (var R + shift)) / (n sqrt(var R + shift))
 *     dR_i / ds  = v (1 - b (1 - v) + a b s^(b - 1) v m_i) / (P_i m_i)    for each edge of row i
 *     dC / ds_ij = v (1 - b (1 - v)) (g_i + g_j) + v (a b s^(b - 1) v) (g_i m_i + g_j m_j),    g_i = dC / dR_i / (P_i m_i)
 *
 * and the gradient by the place of row i is the sum over its edges of 2 (y_i - y_j) dC / ds_ij.
 *
 * @param out rows x 2, of each row g and g m
 */
export function radiusSlopes(
  scores: Float64Array,
  sums: Float32Array,
  { logs, mean, variance, covariance, rows }: RadiusMoments,
  scale: number,
  out: Float32Array,
): void {
  const shifted = variance + VARIANCE_SHIFT;
  const factor = scale / (rows * Math.sqrt(shifted));
  for (let i = 0; i < scores.length; i++) {
    const [score, total, radius] = [scores[i]!, sums[2 * i]!, sums[2 * i + 1]!];
    const byLog = factor * (score - (covariance * (logs[i]! - mean)) / shifted);
    const slope = Number.isNaN(score) ? 0 : byLog / (total * (LEAST + radius));
    out[2 * i] = slope;
    out[2 * i + 1] = slope * radius;
  }
}
