import type { Comparison } from "../compare.ts";
import type { SpacesScore } from "../result.ts";
import type { Separation } from "../separation.ts";

/*
 * How far classes lie apart in each space by itself, from their centroids: of points as the metric places them, directions under cosine. Exact, of all rows.
 * Null without classes, with more than 1,000, or with geodesics, which have no centroids.
 */

/**
 * Distance consistency: the share of rows that are nearer to the centroid of their own class than to any other (Sips et al. 2009). 0 to 1; ideal is that of the
 * original. At random: one shuffle of the latent's rows. A row as near to another as to its own counts half.
 */
export function distanceConsistency(comparison: Comparison): SpacesScore | null {
  return separationScore(comparison, ({ consistency }) => consistency);
}

/**
 * Davies-Bouldin index: mean over classes of the largest (s_a + s_b) / |c_a - c_b| beside another class, with s the mean distance of a class from its centroid c
 * (Davies & Bouldin 1979). From 0, less is better apart; ideal is that of the original. At random: one shuffle. Infinite where two classes share a centroid (scikit-learn: 0).
 */
export function daviesBouldin(comparison: Comparison): SpacesScore | null {
  return separationScore(comparison, (of) => of.daviesBouldin);
}

/**
 * Calinski-Harabasz index: squared distances of the centroids from the mean, each as often as its class has rows, over those of rows from their centroids, per degree of
 * freedom: (B / (C - 1)) / (W / (n - C)) (Calinski & Harabasz 1974). From 0, more is better apart, and grows with n; ideal is that of the original. At
 * random 1: both sides then have the same mean. Infinite where every class is a point (scikit-learn: 1).
 */
export function calinskiHarabasz(comparison: Comparison): SpacesScore | null {
  return separationScore(comparison, (of) => of.calinskiHarabasz, 1);
}

function separationScore(
  { classes, layout }: Comparison,
  of: (separation: Separation) => number,
  chance?: number,
): SpacesScore | null {
  if (!classes?.separations) return null;
  const { x, z, shuffled } = classes.separations;
  const value = of(z);
  return {
    value,
    original: of(x),
    interval: [value, value],
    n: layout.rows,
    unit: "points",
    exact: true,
    ideal: of(x),
    null: chance ?? of(shuffled),
    baseline: null,
  };
}

/**
 * Cluster agreement: adjusted Rand index of the classes and as many clusters found by k-means, -1/2 to 1 (Hubert & Arabie 1985, eq. 5). 1 = the same parts, 0 at random; ideal is that of
 * the original.
 *
 * The clusters are the best of 4 runs among 2,000 rows, to whose centroids all rows go: another seed may find others. So it says as much of k-means, which looks for round parts,
 * as of the space. Null with more than 100 classes.
 */
export function clusterAgreement({ classes, layout }: Comparison): SpacesScore | null {
  if (!classes?.agreement) return null;
  const { x, z } = classes.agreement;
  return {
    value: z,
    original: x,
    interval: [z, z],
    n: layout.rows,
    unit: "points",
    exact: true,
    ideal: x,
    null: 0,
    baseline: null,
  };
}
