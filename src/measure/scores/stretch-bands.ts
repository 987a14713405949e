import { mean, quantile } from "../../base/index.ts";
import { exactOrder, lengthOf, slotRow, slotsOf } from "../../neighbors/index.ts";
import { binnedQuantile } from "../bins.ts";
import type { Comparison } from "../compare.ts";
import { RANK_SUMS, RANK_SUMS_WIDTH } from "../pairs.ts";
import { STRETCH_LEVELS, type StretchBand } from "../result.ts";
import { logShares, nullRatio, sharesOf } from "./null.ts";
import { intervalByInfluence } from "./sampling.ts";

/*
 * Stretch by distance in the original: of the k nearest neighbours, of the upper third of all distances, and of the others.
 */

/** For each slot: pairs of a band, and those of them whose ratio is at most about the band's 5 % and 95 % quantiles. */
export interface SlotCounts {
  readonly count: Float64Array;
  readonly below05: Float64Array;
  readonly below95: Float64Array;
}

/**
 * Interval of q95 / q05 when sampled: normal for its logarithm, from the anchors' influence on both quantiles (Bahadur's representation), which are
 * quantiles of a ratio of sums.
 *
 * @param at the p-quantile of r
 */
export function quantilesInterval(
  comparison: Comparison,
  value: number,
  counts: SlotCounts | null,
  at: (p: number) => number,
): readonly [number, number] {
  if (!counts) return [value, value];
  const { count, below05, below95 } = counts;
  const each = mean(count);
  const [share05, share95] = [mean(below05) / each, mean(below95) / each];
  // Density of ln r, from the quantiles 1 % to either side. Infinite where they coincide.
  const density = (p: number) => 0.02 / Math.log(at(p + 0.01) / at(p - 0.01));
  const [density05, density95] = [density(0.05), density(0.95)];
  const influence = count.map((own, slot) => {
    const low = (below05[slot]! - share05 * own) / each / density05;
    return low - (below95[slot]! - share95 * own) / each / density95;
  });
  const range = [0, Number.POSITIVE_INFINITY] as const;
  const [low, high] = intervalByInfluence(comparison, Math.log(value), influence, range);
  return [Math.exp(low), Math.exp(high)];
}

/** One number of each slot's record; null when every pair was seen. */
export function rankSumsOf({ pairs, layout }: Comparison, field: number): Float64Array | null {
  if (layout.kind === "all") return null;
  const sums = pairs!.rankSums!;
  return new Float64Array(sums.length / RANK_SUMS_WIDTH).map(
    (_, slot) => sums[slot * RANK_SUMS_WIDTH + field]!,
  );
}

/** Stretch of far pairs or of those between, in units of the scale `c` of scaled ratios. */
export function binnedBand(comparison: Comparison, which: "far" | "middle", c: number): StretchBand {
  const { bins, counts, far, tables } = comparison.pairs!;
  const histogram = which === "far" ? far! : counts.ratio.map((count, bin) => count - far![bin]!);
  const n = histogram.reduce((sum, count) => sum + count, 0);
  const at = (p: number) => binnedQuantile(bins.ratio, histogram, n, p) / c;
  const value = at(0.95) / at(0.05);
  const fields = RANK_SUMS[which];
  const count = rankSumsOf(comparison, fields.count);
  const slots = count && {
    count,
    below05: rankSumsOf(comparison, fields.below05)!,
    below95: rankSumsOf(comparison, fields.below95)!,
  };
  const range = which === "far" ? ([tables.farFrom, Infinity] as const) : ([0, tables.farFrom] as const);
  return {
    value,
    quantiles: STRETCH_LEVELS.map(at),
    n,
    interval: quantilesInterval(comparison, value, slots, at),
    null: nullRatio(logShares(comparison, "x", range), logShares(comparison, "z")),
  };
}

/** Stretch of the k nearest neighbours in the original, exactly measured, in units of the scale `c`. */
export function nearBand(comparison: Comparison, c: number): StretchBand {
  const { neighbors, spaces, layout, k } = comparison;
  const { ids, orders } = neighbors!.x;
  const zOrder = exactOrder(spaces.z, spaces.z);
  const lengths: number[] = [];
  const slots: number[] = [];
  const logs: number[] = [];
  for (let at = 0; at < ids.length; at++) {
    const slot = Math.floor(at / k);
    const dx = lengthOf(orders[at]!, spaces.x);
    const dz = lengthOf(zOrder(slotRow(layout, slot), ids[at]!), spaces.z);
    if (dx <= 0 || dz <= 0) continue;
    lengths.push(Math.log(dx));
    logs.push(Math.log(dz / (c * dx)));
    slots.push(slot);
  }
  const sorted = Float64Array.from(logs).sort();
  const at = (p: number) => (sorted.length > 0 ? Math.exp(quantile(sorted, p)) : Number.NaN);
  const value = at(0.95) / at(0.05);
  const counts =
    layout.kind === "all" ? null : slotCounts(slotsOf(layout), slots, logs, [at(0.05), at(0.95)]);
  return {
    value,
    quantiles: STRETCH_LEVELS.map(at),
    n: sorted.length,
    interval: quantilesInterval(comparison, value, counts, at),
    null: nullRatio(sharesOf(Float64Array.from(lengths).sort()), logShares(comparison, "z")),
  };
}

/** Of each slot how many pairs it has, and how many of them at most each of two quantiles. */
function slotCounts(
  slots: number,
  slotOf: readonly number[],
  logs: readonly number[],
  [q05, q95]: readonly [number, number],
): SlotCounts {
  const counts = {
    count: new Float64Array(slots),
    below05: new Float64Array(slots),
    below95: new Float64Array(slots),
  };
  logs.forEach((log, p) => {
    const slot = slotOf[p]!;
    counts.count[slot]!++;
    if (log <= Math.log(q05)) counts.below05[slot]!++;
    if (log <= Math.log(q95)) counts.below95[slot]!++;
  });
  return counts;
}
