import { mean, normalInterval, standardError } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";

/**
 * Triplet accuracy: of three rows drawn at random, how often does the first see the other two in the same order in both spaces? 1 = always, 1/2 at
 * random (Wang et al. 2021, "random triplet accuracy"). Lengths that tie in one space alone count half.
 *
 * From 40,000 triplets drawn independently, with replacement, of all rows, whether an audit is exact or not; normal interval. Geodesics
 * are known from anchors alone: there each anchor is the first of as many triplets, and the interval is that of their means.
 * Cost: 80,000 (d_x + d_z).
 */
export function tripletAccuracy({ triplets }: Comparison): Score {
  const { x, z, each } = triplets!;
  const values = new Float64Array(x.length / each);
  x.forEach((sign, t) => {
    values[Math.floor(t / each)]! += agreement(sign, z[t]!) / each;
  });
  const value = mean(values);
  return {
    value,
    interval: normalInterval(value, standardError(values), [0, 1]),
    n: x.length,
    unit: "triplets",
    exact: false,
    sampled: { kind: "triplets", m: x.length },
    ideal: 1,
    null: 0.5,
    baseline: null,
  };
}

/** 1 where both spaces see the same order, 1/2 where lengths tie in one alone, else 0. */
function agreement(x: number, z: number): number {
  if (x === z) return 1;
  return x === 0 || z === 0 ? 0.5 : 0;
}
