import { mean, normalInterval, type Rng, standardError } from "../../base/index.ts";
import { exactOrder, measuresAnyPair, slotRow, slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";

/** Triplets drawn: the interval is at most half a percent to either side. */
const TRIPLETS = 40_000;

/**
 * Triplet accuracy: of three rows drawn at random, how often does the first see the other two in the same order in both spaces? 1 = always, 1/2 at
 * random (Wang et al. 2021, "random triplet accuracy"). Lengths that tie in one space alone count half.
 *
 * From 40,000 triplets drawn independently, with replacement, of all rows, whether an audit is exact or not; normal interval. Geodesics
 * are known from anchors alone: there each anchor is the first of as many triplets, and the interval is that of their means.
 * Cost: 80,000 (d_x + d_z).
 */
export function tripletAccuracy(comparison: Comparison, rng: Rng): Score {
  const random = rng.split("tripletAccuracy");
  const { x, z } = comparison.spaces;
  const agreement = measuresAnyPair(x, z) ? ofRows(comparison, random) : ofAnchors(comparison, random);
  const value = mean(agreement.values);
  return {
    value,
    interval: normalInterval(value, standardError(agreement.values), [0, 1]),
    n: agreement.triplets,
    unit: "triplets",
    exact: false,
    sampled: { kind: "triplets", m: agreement.triplets },
    ideal: 1,
    null: 0.5,
    baseline: null,
  };
}

/** Independent numbers whose mean is the score, and the triplets behind them. */
interface Agreement {
  readonly values: Float64Array;
  readonly triplets: number;
}

function ofRows(comparison: Comparison, random: Rng): Agreement {
  const { rows } = comparison.layout;
  const agrees = agreementOf(comparison);
  const values = new Float64Array(TRIPLETS).map(() => {
    const i = random.integer(rows);
    return agrees(i, ...twoBut(i, rows, random));
  });
  return { values, triplets: TRIPLETS };
}

function ofAnchors(comparison: Comparison, random: Rng): Agreement {
  const { layout } = comparison;
  const agrees = agreementOf(comparison);
  const each = Math.ceil(TRIPLETS / slotsOf(layout));
  const values = new Float64Array(slotsOf(layout)).map((_, slot) => {
    const i = slotRow(layout, slot);
    let sum = 0;
    for (let t = 0; t < each; t++) sum += agrees(i, ...twoBut(i, layout.rows, random));
    return sum / each;
  });
  return { values, triplets: each * values.length };
}

/** Whether row i sees rows j and k in the same order in both spaces: 1, 0, or 1/2 for ties in one alone. */
function agreementOf({ spaces }: Comparison): (i: number, j: number, k: number) => number {
  const xOrder = exactOrder(spaces.x, spaces.x);
  const zOrder = exactOrder(spaces.z, spaces.z);
  return (i, j, k) => {
    const x = Math.sign(xOrder(i, j) - xOrder(i, k));
    const z = Math.sign(zOrder(i, j) - zOrder(i, k));
    if (x === z) return 1;
    return x === 0 || z === 0 ? 0.5 : 0;
  };
}

/** Two different rows, neither of them row i. */
function twoBut(i: number, rows: number, random: Rng): readonly [number, number] {
  const second = random.integer(rows - 1);
  const j = second < i ? second : second + 1;
  const [low, high] = i < j ? [i, j] : [j, i];
  let k = random.integer(rows - 2);
  if (k >= low) k++;
  if (k >= high) k++;
  return [j, k];
}
