import type { Rng } from "../../base/index.ts";
import { measuresAnyPair } from "../../neighbors/index.ts";
import { binnedQuantile, binOf, bitsOf } from "../bins.ts";
import { certificate } from "../certificate.ts";
import type { Comparison, PairEvidence } from "../compare.ts";
import { MOMENTS, RANK_SUMS } from "../pairs.ts";
import { STRETCH_LEVELS, type StretchScore } from "../result.ts";
import { totalMoments } from "./distance.ts";
import { nullStretch } from "./null.ts";
import { countOf, samplingOf } from "./sampling.ts";
import { binnedBand, nearBand, quantilesInterval, rankSumsOf } from "./stretch-bands.ts";

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
  const below05 = rankSumsOf(comparison, RANK_SUMS.below05);
  const slots = below05 && {
    count: below05.map(() => comparison.layout.rows - 1),
    below05,
    below95: rankSumsOf(comparison, RANK_SUMS.below95)!,
  };
  return {
    value,
    interval: quantilesInterval(comparison, value, slots, (p) => ratioQuantile(pairs, p)),
    n: countOf(comparison, "pairs"),
    unit: "pairs",
    ...samplingOf(comparison),
    ideal: 1,
    null: nullStretch(comparison),
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
    middle: binnedBand(comparison, "middle", median),
    far: binnedBand(comparison, "far", median),
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
