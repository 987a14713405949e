import { mean, normalInterval, type Rng, standardError } from "../../base/index.ts";
import { exactOrder } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";

/** Triplets drawn: the interval is at most half a percent to either side. */
const TRIPLETS = 40_000;

/**
 * Triplet accuracy: of three rows drawn at random, how often does the first see the other two in the same order in both spaces? 1 = always, 1/2 at
 * random (Wang et al. 2021, "random triplet accuracy"). Lengths that tie in one space alone count half.
 *
 * From 40,000 triplets drawn independently, with replacement, of all rows, whether an audit is exact or not; normal interval.
 * Cost: 80,000 (d_x + d_z).
 */
export function tripletAccuracy({ spaces, layout: { rows } }: Comparison, rng: Rng): Score {
  const random = rng.split("tripletAccuracy");
  const xOrder = exactOrder(spaces.x, spaces.x);
  const zOrder = exactOrder(spaces.z, spaces.z);
  const agreement = new Float64Array(TRIPLETS).map(() => {
    const [i, j, k] = threeOf(rows, random);
    const x = Math.sign(xOrder(i, j) - xOrder(i, k));
    const z = Math.sign(zOrder(i, j) - zOrder(i, k));
    if (x === z) return 1;
    return x === 0 || z === 0 ? 0.5 : 0;
  });
  const value = mean(agreement);
  return {
    value,
    interval: normalInterval(value, standardError(agreement), [0, 1]),
    n: TRIPLETS,
    unit: "triplets",
    exact: false,
    sampled: { kind: "triplets", m: TRIPLETS },
    ideal: 1,
    null: 0.5,
    baseline: null,
  };
}

/** Three different rows. */
function threeOf(rows: number, random: Rng): readonly [number, number, number] {
  const i = random.integer(rows);
  const second = random.integer(rows - 1);
  const j = second < i ? second : second + 1;
  const [low, high] = i < j ? [i, j] : [j, i];
  let k = random.integer(rows - 2);
  if (k >= low) k++;
  if (k >= high) k++;
  return [i, j, k];
}
