import {
  bootstrapInterval,
  type Interval,
  mean,
  meanInterval,
  normalInterval,
  type Rng,
  standardError,
} from "../../base/index.ts";
import { slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";

/** The part of a score that says how it was sampled. */
export function samplingOf({ layout }: Comparison): Pick<Score, "exact" | "sampled"> {
  return layout.kind === "all"
    ? { exact: true }
    : { exact: false, sampled: { kind: "anchors", m: slotsOf(layout) } };
}

/** How many rows the slots of a comparison stand for: what its intervals are about. */
export function populationOf({ layout }: Comparison): number {
  return layout.kind === "anchors" ? (layout.population ?? layout.rows) : layout.rows;
}

/** How many points, or pairs, a comparison looked at. */
export function countOf({ layout }: Comparison, unit: "points" | "pairs"): number {
  if (unit === "points") return slotsOf(layout);
  return layout.kind === "all" ? (layout.rows * (layout.rows - 1)) / 2 : layout.slots * (layout.rows - 1);
}

/** What is known of a score beforehand. */
export interface Known {
  readonly ideal: number;
  readonly null: number;
  readonly range: Interval;
}

/** A score that is the mean of one number per slot; interval within `range` (see `meanInterval`), normal where that has no end. */
export function meanScore(comparison: Comparison, local: Float64Array, known: Known): Score {
  const value = mean(local);
  const population = populationOf(comparison);
  const interval = Number.isFinite(known.range[1])
    ? meanInterval(local, population, known.range)
    : normalInterval(value, standardError(local, population), known.range);
  return {
    value,
    interval: comparison.layout.kind === "all" ? [value, value] : interval,
    n: countOf(comparison, "points"),
    unit: "points",
    ...samplingOf(comparison),
    ideal: known.ideal,
    null: known.null,
    baseline: null,
  };
}

/** `[value, value]` when exact, else the bootstrap interval over anchors. */
export function intervalBy(
  comparison: Comparison,
  value: number,
  statistic: (weights: Int32Array) => number,
  rng: Rng,
  range: Interval,
): Interval {
  const { layout } = comparison;
  if (layout.kind === "all") return [value, value];
  const population = populationOf(comparison);
  return bootstrapInterval(layout.slots, statistic, { rng, population, estimate: value, range });
}

/**
 * `[value, value]` when exact, else value +- 1.96 se, where se is that of the mean of the anchors'
 * influences: the linear part of how the score moves with each anchor.
 */
export function intervalByInfluence(
  comparison: Comparison,
  value: number,
  influence: Float64Array,
  range: Interval,
): Interval {
  if (comparison.layout.kind === "all") return [value, value];
  return normalInterval(value, standardError(influence, populationOf(comparison)), range);
}
