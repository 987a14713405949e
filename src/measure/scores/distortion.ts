import { exactOrder, isSquared, lengthOf } from "../../neighbors/index.ts";
import { binnedQuantile, binStart } from "../bins.ts";
import type { Comparison } from "../compare.ts";
import type { RatioPair } from "../extremes.ts";
import type { DistortionScore } from "../result.ts";
import { countOf, samplingOf } from "./sampling.ts";

/**
 * Bi-Lipschitz distortion: how many times longer the most stretched pair becomes than the most shrunk one, max(dz / dx) max(dx / dz),
 * 1 ... infinity (Linial, London & Rabinovich 1995, section 1). 1 = an isometry up to scale; 1 + e for every pair is what a theorem about embeddings promises.
 * Infinite where a pair is torn or collapsed.
 *
 * The worst of all pairs is at least the worst that was seen, so the interval of a sampled value is open above. It hangs on one pair: `covering` gives the
 * same over the middle 99, 95 and 90 % of pairs. Chance: from extreme value theory, as if pairs were independent, to some 10 %.
 */
export function distortion(comparison: Comparison): DistortionScore {
  const { bins, counts } = comparison.pairs!;
  const exact = comparison.layout.kind === "all";
  const total = counts.special[2]!;
  const at = (p: number) => binnedQuantile(bins.ratio, counts.ratio, total, p);
  const covering = (share: number) => at(0.5 + share / 2) / at(0.5 - share / 2);
  const median = at(0.5);
  const unit = comparison.spaces.x.unit / comparison.spaces.z.unit;
  const torn = counts.special[0]! > 0;
  const collapsed = counts.special[1]! > 0;
  const largest = torn
    ? Number.POSITIVE_INFINITY
    : extremeOf(comparison, counts.extremes.largest.pairs, Math.max);
  const smallest = collapsed ? 0 : extremeOf(comparison, counts.extremes.smallest.pairs, Math.min);
  const value = largest / smallest;
  return {
    value,
    interval: exact ? [value, value] : [value, Number.POSITIVE_INFINITY],
    n: countOf(comparison, "pairs"),
    unit: "pairs",
    ...samplingOf(comparison),
    ideal: 1,
    null: chance(comparison),
    baseline: null,
    expansion: largest / (median * unit),
    contraction: (median * unit) / smallest,
    covering: { "0.99": covering(0.99), "0.95": covering(0.95), "0.9": covering(0.9) },
  };
}

/** Of unrelated lengths: the expected largest ratio over the expected smallest. */
function chance(comparison: Comparison): number {
  const [x, z] = [lengthsOf(comparison, "x"), lengthsOf(comparison, "z")];
  return chanceLargest(z, x) * chanceLargest(x, z);
}

/** The most extreme ratio dz / dx of some pairs, measured exactly. */
function extremeOf(
  { spaces: { x, z } }: Comparison,
  pairs: readonly RatioPair[],
  most: (...ratios: number[]) => number,
): number {
  const xOrder = exactOrder(x, x);
  const zOrder = exactOrder(z, z);
  return most(...pairs.map(({ a, b }) => lengthOf(zOrder(a, b), z) / lengthOf(xOrder(a, b), x)));
}

/** Lengths by bin, ascending, and how many pairs have them; zeros apart. */
interface Lengths {
  readonly values: readonly number[];
  readonly counts: readonly number[];
  readonly zeros: number;
  readonly total: number;
}

function lengthsOf({ pairs, spaces }: Comparison, side: "x" | "z"): Lengths {
  const bins = pairs!.bins[side];
  const histogram = pairs!.counts[side];
  const squared = isSquared(spaces[side].metric);
  const values: number[] = [];
  const counts: number[] = [];
  // Zeros, and numbers too small to be told from them, are in the first bin.
  for (let bin = 1; bin < bins.count; bin++) {
    if (histogram[bin] === 0) continue;
    const order = (binStart(bins, bin) + binStart(bins, bin + 1)) / 2;
    values.push(squared ? Math.sqrt(order) : order);
    counts.push(histogram[bin]!);
  }
  const total = counts.reduce((sum, count) => sum + count, histogram[0]!);
  return { values, counts, zeros: histogram[0]!, total };
}

/**
 * Expected largest ratio a / b when every length of `a` may meet every one of `b`: that which e^-gamma of N pairs are expected to exceed
 * (the mean of a Gumbel law), by bisection on its logarithm.
 */
function chanceLargest(a: Lengths, b: Lengths): number {
  if (b.zeros > 0) return Number.POSITIVE_INFINITY;
  let low = Math.log(a.values[0]! / b.values.at(-1)!);
  let high = Math.log(a.values.at(-1)! / b.values[0]!);
  for (let step = 0; step < 40; step++) {
    const middle = (low + high) / 2;
    if (expectedAbove(a, b, Math.exp(middle)) > EULER) low = middle;
    else high = middle;
  }
  return Math.exp((low + high) / 2);
}

/** e^-gamma */
const EULER = 0.5614594835668851;

/** How many of N pairs are expected to have a ratio above t. */
function expectedAbove(a: Lengths, b: Lengths, t: number): number {
  let above = a.total - a.zeros;
  let p = 0;
  let expected = 0;
  for (let q = 0; q < b.values.length && above > 0; q++) {
    for (; p < a.values.length && a.values[p]! <= t * b.values[q]!; p++) above -= a.counts[p]!;
    expected += (b.counts[q]! * above) / a.total;
  }
  return expected;
}
