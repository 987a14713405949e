/**
 * How straight distance is measured. Lengths are: euclidean |a - b|; cosine the chord
 * sqrt(2 - 2 cos), so that the order is that of 1 - cos; manhattan sum |a_k - b_k|.
 */
export type StraightMetric = "euclidean" | "cosine" | "manhattan";

/** Straight, or along the data: a geodesic is the shortest path in the graph of nearest neighbours, whose edges are euclidean. */
export type Metric = StraightMetric | "geodesic";

export const STRAIGHT_METRICS: readonly StraightMetric[] = ["euclidean", "cosine", "manhattan"];

export const METRICS: readonly Metric[] = [...STRAIGHT_METRICS, "geodesic"];

/** Whether the order of a pair is its squared length; else it is the length (see `Space`). */
export function isSquared(metric: Metric): boolean {
  return metric === "euclidean" || metric === "cosine";
}
