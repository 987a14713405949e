import type { Rng } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import { MOMENTS } from "../pairs.ts";
import type { Estimate } from "../result.ts";
import { totalMoments } from "../scores/distance.ts";
import { countOf, intervalBy, samplingOf } from "../scores/sampling.ts";

/**
 * Concentration of distances: their standard deviation over their mean, over all pairs (relative variance; Francois et al. 2007). Falls towards 0 as dimensions
 * grow: all rows are then nearly as far from each other, and nearest means little. Interval by bootstrap over anchors. Null where all rows are equal.
 */
export function concentration(comparison: Comparison, side: "x" | "z", rng: Rng): Estimate | null {
  const pairs = comparison.pairs!;
  const [sum, squares] = side === "x" ? [MOMENTS.dx, MOMENTS.dxdx] : [MOMENTS.dz, MOMENTS.dzdz];
  const of = (m: Float64Array) => {
    const mean = m[sum]! / m[MOMENTS.count]!;
    return Math.sqrt(Math.max(0, m[squares]! / m[MOMENTS.count]! - mean * mean)) / mean;
  };
  const value = of(totalMoments(pairs));
  if (!Number.isFinite(value)) return null;
  const statistic = (weights: Int32Array) => of(totalMoments(pairs, weights));
  const random = rng.split(`concentration ${side}`);
  return {
    value,
    interval: intervalBy(comparison, value, statistic, random, [0, Number.POSITIVE_INFINITY]),
    n: countOf(comparison, "pairs"),
    ...samplingOf(comparison),
  };
}
