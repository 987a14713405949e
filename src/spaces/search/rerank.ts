import type { Matrix } from "../../base/index.ts";

export type SearchMetric = "cosine" | "euclidean";

/** Rows in the order of their distance from a query. */
export interface Ranked {
  /** n row numbers, nearest first; of equal distances the lower number first. */
  readonly order: Int32Array;
  /** n distances in that order; under cosine chords, sqrt(2 - 2 cos). */
  readonly distances: Float64Array;
}

/**
 * Orders rows by their distance from one query, measured in float64. Cost n D.
 *
 * @param query D numbers
 * @param rows n x D
 */
export function rankByDistance(query: ArrayLike<number>, rows: Matrix, metric: SearchMetric): Ranked {
  const lengths = Float64Array.from({ length: rows.rows }, (_, i) => lengthTo(query, rows, i, metric));
  const order = Int32Array.from(lengths.keys()).sort((a, b) => lengths[a]! - lengths[b]! || a - b);
  return { order, distances: Float64Array.from(order, (i) => lengths[i]!) };
}

function lengthTo(
  query: ArrayLike<number>,
  { data, cols }: Matrix,
  row: number,
  metric: SearchMetric,
): number {
  let [square, dot, norm, other] = [0, 0, 0, 0];
  for (let k = 0; k < cols; k++) {
    const [a, b] = [query[k]!, data[row * cols + k]!];
    square += (a - b) ** 2;
    dot += a * b;
    norm += a * a;
    other += b * b;
  }
  if (metric === "euclidean") return Math.sqrt(square);
  // Vectors without a direction are refused where they are read.
  return Math.sqrt(Math.max(0, 2 - (2 * dot) / Math.sqrt(norm * other)));
}
