import type { Interval, Rng } from "../../base/index.ts";
import { rankDeviation } from "../bins.ts";
import type { Comparison, PairEvidence } from "../compare.ts";
import { MOMENTS, MOMENTS_WIDTH, RANK_SUMS, RANK_SUMS_WIDTH } from "../pairs.ts";
import type { Score } from "../result.ts";
import { normalizedStress, nullStress, nullStressNormalized } from "./null.ts";
import { countOf, intervalBy, intervalByInfluence, samplingOf } from "./sampling.ts";

/** Sums over pairs of dx, dz, dx^2, dz^2, dx dz and 1. */
type Moments = Float64Array;

/** Pearson correlation of the distances of all pairs in both spaces, -1..1. 1 = latent distances are a linear function of the originals. */
export function distancePearson(comparison: Comparison, rng: Rng): Score {
  return momentScore(
    comparison,
    { of: pearson, chance: () => 0, range: [-1, 1], ideal: 1 },
    rng.split("distancePearson"),
  );
}

/**
 * Stress at the best scale: sqrt(1 - (sum dx dz)^2 / (sum dx^2 sum dz^2)), 0..1. 0 = all distances right up to one scale.
 * It is min over c of sqrt(sum (dx - c dz)^2 / sum dx^2), scale-normalised stress (Smelser et al. 2024, eq. 4).
 */
export function stress(comparison: Comparison, rng: Rng): Score {
  return momentScore(
    comparison,
    { of: stressOf, chance: nullStress, range: [0, 1], ideal: 0 },
    rng.split("stress"),
  );
}

/**
 * Normalised stress with no scale fitted: sqrt(sum (dx - dz)^2 / sum dx^2). 0 = every distance is kept as it is. Sensitive to scale: a map that
 * doubles all lengths scores 1. Compare maps by `stress`; this is for those who want strict isometry.
 */
export function stressNormalized(comparison: Comparison, rng: Rng): Score {
  const { x, z } = comparison.spaces;
  const factor = x.unit / z.unit;
  const rule: MomentRule = {
    of: (m) => normalizedStress(m[MOMENTS.dxdx]!, m[MOMENTS.dxdz]! * factor, m[MOMENTS.dzdz]! * factor ** 2),
    chance: (m) => nullStressNormalized(m, factor),
    range: [0, Number.POSITIVE_INFINITY],
    ideal: 0,
  };
  return momentScore(comparison, rule, rng.split("stressNormalized"));
}

function pearson(m: Moments): number {
  const n = m[MOMENTS.count]!;
  const xx = m[MOMENTS.dxdx]! - m[MOMENTS.dx]! ** 2 / n;
  const zz = m[MOMENTS.dzdz]! - m[MOMENTS.dz]! ** 2 / n;
  const xz = m[MOMENTS.dxdz]! - (m[MOMENTS.dx]! * m[MOMENTS.dz]!) / n;
  return Math.max(-1, Math.min(1, xz / Math.sqrt(xx * zz)));
}

function stressOf(m: Moments): number {
  return Math.sqrt(Math.max(0, 1 - m[MOMENTS.dxdz]! ** 2 / (m[MOMENTS.dxdx]! * m[MOMENTS.dzdz]!)));
}

/** Sums over all slots, each counted `weights[slot]` times. */
export function totalMoments({ moments }: PairEvidence, weights?: Int32Array): Moments {
  const total = new Float64Array(MOMENTS_WIDTH);
  for (let slot = 0; slot * MOMENTS_WIDTH < moments.length; slot++) {
    const weight = weights ? weights[slot]! : 1;
    if (weight === 0) continue;
    for (let s = 0; s < MOMENTS_WIDTH; s++) total[s]! += weight * moments[slot * MOMENTS_WIDTH + s]!;
  }
  return total;
}

/** A score that is a function of moments: its formula, what that gives by chance, its range and where an isometry lies. */
interface MomentRule {
  of(m: Moments): number;
  chance(m: Moments): number;
  readonly range: Interval;
  readonly ideal: 0 | 1;
}

function momentScore(comparison: Comparison, { of, chance, range, ideal }: MomentRule, rng: Rng): Score {
  const pairs = comparison.pairs!;
  const total = totalMoments(pairs);
  const value = of(total);
  return {
    value,
    interval: intervalBy(comparison, value, (weights) => of(totalMoments(pairs, weights)), rng, range),
    n: countOf(comparison, "pairs"),
    unit: "pairs",
    ...samplingOf(comparison),
    ideal,
    null: chance(total),
    baseline: null,
  };
}

/**
 * Spearman correlation of the distances of all pairs, -1..1. 1 = latent distances are in the right order. Representational similarity
 * analysis (RSA; Kriegeskorte et al. 2008) compares two distance matrices by this number.
 *
 * Ranks come from histograms of the distances' float bits: distances that agree to about 5 digits share
 * their mean rank, which moves the result by less than 1e-8. Interval: normal, from the anchors' influence
 * (Croux & Dehon 2010, section 3).
 */
export function distanceSpearman(comparison: Comparison): Score {
  const { counts, tables, rankSums } = comparison.pairs!;
  const total = countOf(comparison, "pairs");
  const deviation = rankDeviation(counts.x, tables.x, total) * rankDeviation(counts.z, tables.z, total);
  let product = 0;
  for (let at = RANK_SUMS.product; at < rankSums!.length; at += RANK_SUMS_WIDTH) product += rankSums![at]!;
  const value = Math.max(-1, Math.min(1, (product / total - 0.25) / deviation));
  const others = comparison.layout.rows - 1;
  const influence = Float64Array.from({ length: rankSums!.length / RANK_SUMS_WIDTH }, (_, slot) => {
    return rankSums![slot * RANK_SUMS_WIDTH + RANK_SUMS.influence]! / others / deviation;
  });
  return {
    value,
    interval: intervalByInfluence(comparison, value, influence, [-1, 1]),
    n: total,
    unit: "pairs",
    ...samplingOf(comparison),
    ideal: 1,
    null: 0,
    baseline: null,
  };
}
