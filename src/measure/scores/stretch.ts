import { quantile, type Rng } from "../../base/index.ts";
import { exactOrder, lengthOf, measuresAnyPair, slotRow } from "../../neighbors/index.ts";
import { binnedQuantile, binOf, bitsOf } from "../bins.ts";
import { certificate } from "../certificate.ts";
import type { Comparison, PairEvidence } from "../compare.ts";
import { MOMENTS, RANK_SUMS, RANK_SUMS_WIDTH } from "../pairs.ts";
import { STRETCH_LEVELS, type StretchBand, type StretchScore } from "../result.ts";
import { totalMoments } from "./distance.ts";
import { nullStretch } from "./null.ts";
import { countOf, intervalByInfluence, samplingOf } from "./sampling.ts";

/**
 * Stretch: how unequally distances are scaled. With r = dz / dx over pairs where both are > 0 and the scale
 * c = exp(median ln r), a pair's stretch is s = r / c; the score is q95 / q05 of s: 1 = an isometry up to scale, and a
 * value of 3 means that of two pairs of the same length one may come out three times as long.
 *
 * Quantiles are read from a histogram of the ratios' float bits (relative width 2^-14 or finer). Interval: normal for
 * ln(value), from the anchors' influence on both quantiles (Bahadur's representation).
 */
export function stretch(comparison: Comparison, rng: Rng): StretchScore {
  const pairs = comparison.pairs!;
  const { x, z } = comparison.spaces;
  // Ratios were gathered in scaled units; powers of two, so nothing is rounded here.
  const unit = x.unit / z.unit;
  const median = ratioQuantile(pairs, 0.5);
  const quantiles = STRETCH_LEVELS.map((p) => ratioQuantile(pairs, p) / median);
  const moments = totalMoments(pairs);
  const value = ratioQuantile(pairs, 0.95) / ratioQuantile(pairs, 0.05);
  return {
    value,
    interval: stretchInterval(comparison, value),
    n: countOf(comparison, "pairs"),
    unit: "pairs",
    ...samplingOf(comparison),
    ideal: 1,
    null: nullStretch(pairs, comparison),
    baseline: null,
    quantiles,
    levels: STRETCH_LEVELS,
    scale: { median: median * unit, leastSquares: (moments[MOMENTS.dxdz]! / moments[MOMENTS.dxdx]!) * unit },
    within: {
      "0.1": within(pairs, median, 0.1),
      "0.25": within(pairs, median, 0.25),
      "0.5": within(pairs, median, 0.5),
    },
    // Of all pairs: not where slots stand for a group of rows.
    certificate:
      comparison.layout.kind === "all" || comparison.layout.population !== undefined || !measuresAnyPair(x, z)
        ? null
        : certificate(comparison.spaces, median * unit, rng.split("certificate")),
    torn: pairs.counts.special[0]!,
    collapsed: pairs.counts.special[1]!,
    near: nearBand(comparison, median * unit),
    middle: binnedBand(
      pairs,
      pairs.counts.ratio.map((count, bin) => count - pairs.far![bin]!),
      median,
    ),
    far: binnedBand(pairs, pairs.far!, median),
  };
}

/** The scale c = exp(median ln r), latent per original units. */
export function scaleOf({ pairs, spaces: { x, z } }: Comparison): number {
  return (ratioQuantile(pairs!, 0.5) * x.unit) / z.unit;
}

/** The p-quantile of r in scaled units. */
function ratioQuantile({ bins, counts }: PairEvidence, p: number): number {
  return binnedQuantile(bins.ratio, counts.ratio, counts.special[2]!, p);
}

/** Share of pairs with 1 / (1 + e) <= r / c <= 1 + e, to the width of a bin. Torn and collapsed pairs count as outside. */
function within({ bins, counts }: PairEvidence, c: number, e: number): number {
  const low = binOf(bins.ratio, bitsOf(c / (1 + e)));
  const high = binOf(bins.ratio, bitsOf(c * (1 + e)));
  let inside = 0;
  for (let bin = low; bin <= high; bin++) inside += counts.ratio[bin]!;
  return inside / (counts.special[0]! + counts.special[1]! + counts.special[2]!);
}

function stretchInterval(comparison: Comparison, value: number): readonly [number, number] {
  const { rankSums } = comparison.pairs!;
  if (comparison.layout.kind === "all") return [value, value];
  const others = comparison.layout.rows - 1;
  const slots = rankSums!.length / RANK_SUMS_WIDTH;
  const density05 = logDensity(comparison.pairs!, 0.05);
  const density95 = logDensity(comparison.pairs!, 0.95);
  const influence = Float64Array.from({ length: slots }, (_, slot) => {
    const below05 = rankSums![slot * RANK_SUMS_WIDTH + RANK_SUMS.below05]! / others;
    const below95 = rankSums![slot * RANK_SUMS_WIDTH + RANK_SUMS.below95]! / others;
    return below05 / density05 - below95 / density95;
  });
  const [low, high] = intervalByInfluence(comparison, Math.log(value), influence, [
    0,
    Number.POSITIVE_INFINITY,
  ]);
  return [Math.exp(low), Math.exp(high)];
}

/** Density of ln r at its p-quantile, from the quantiles 1 % to either side. Infinite where they coincide. */
function logDensity(pairs: PairEvidence, p: number): number {
  return 0.02 / Math.log(ratioQuantile(pairs, p + 0.01) / ratioQuantile(pairs, p - 0.01));
}

/** Stretch of the pairs of a histogram of ratios, in units of the scale `c`. */
function binnedBand({ bins }: PairEvidence, histogram: Float64Array, c: number): StretchBand {
  const n = histogram.reduce((sum, count) => sum + count, 0);
  const at = (p: number) => binnedQuantile(bins.ratio, histogram, n, p) / c;
  return { value: at(0.95) / at(0.05), quantiles: STRETCH_LEVELS.map(at), n };
}

/** Stretch of the k nearest neighbours in the original, exactly measured. */
function nearBand({ neighbors, spaces, layout, k }: Comparison, c: number): StretchBand {
  const { ids, orders } = neighbors!.x;
  const zOrder = exactOrder(spaces.z, spaces.z);
  const logs: number[] = [];
  for (let at = 0; at < ids.length; at++) {
    const dx = lengthOf(orders[at]!, spaces.x);
    const dz = lengthOf(zOrder(slotRow(layout, Math.floor(at / k)), ids[at]!), spaces.z);
    if (dx > 0 && dz > 0) logs.push(Math.log(dz / (c * dx)));
  }
  const sorted = Float64Array.from(logs).sort();
  const at = (p: number) => (sorted.length > 0 ? Math.exp(quantile(sorted, p)) : Number.NaN);
  return { value: at(0.95) / at(0.05), quantiles: STRETCH_LEVELS.map(at), n: sorted.length };
}
