/**
 * How distance is measured. Lengths are: euclidean |a - b|; cosine the chord
 * sqrt(2 - 2 cos), so that the order is that of 1 - cos; manhattan sum |a_k - b_k|.
 */
export type Metric = "euclidean" | "cosine" | "manhattan";

export const METRICS: readonly Metric[] = ["euclidean", "cosine", "manhattan"];
