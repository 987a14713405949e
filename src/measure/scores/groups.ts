import { mean, normalInterval, standardError } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import type { GroupLosses } from "../groups.ts";
import type { Score } from "../result.ts";

/**
 * Steadiness: are groups of the latent groups in the original too? 1 = yes; it falls where the latent shows false groups (Jeon et al. 2021, "Measuring
 * and explaining the inter-cluster reliability of multidimensional projections").
 *
 * Rows are as similar as the neighbours that they share, among the sqrt(m) nearest. From random seeds, groups spread over the latent's graph by
 * chance; HDBSCAN says which parts each falls into in the original. The score is 1 less the mean over pairs of parts, weighed by their sizes, of how much
 * farther they are apart there, in units of the largest such difference between two rows; pairs that are nearer do not count.
 *
 * Among at most 1,000 landmarks: k and so the size of groups that is looked at depend on their number, and values of different numbers of
 * rows do not compare. Interval: over the 300 random groups, for these landmarks (held the mean of all groups in 92 to 96 % of 600 resamples on maps of
 * digits). At random: 30 groups, one shuffle.
 */
export function steadiness({ groups }: Comparison): Score | null {
  return groups && groupScore(groups.latent, groups.latentShuffled, groups.rows);
}

/** Cohesiveness: do groups of the original stay together in the latent? Steadiness with the two spaces exchanged: it falls where groups are torn. */
export function cohesiveness({ groups }: Comparison): Score | null {
  return groups && groupScore(groups.original, groups.originalShuffled, groups.rows);
}

function groupScore(losses: GroupLosses, shuffled: GroupLosses, rows: number): Score {
  const value = 1 - lossOf(losses);
  return {
    value,
    interval: normalInterval(value, errorOf(losses), [0, 1]),
    n: rows,
    unit: "points",
    exact: false,
    sampled: { kind: "walks", m: losses.length },
    ideal: 1,
    null: 1 - lossOf(shuffled),
    baseline: null,
  };
}

/** Losses over weights of all groups; 0 where no pair of parts is farther apart. */
function lossOf(groups: GroupLosses): number {
  const weights = mean(groups.map(([, weight]) => weight));
  return weights > 0 ? mean(groups.map(([loss]) => loss)) / weights : 0;
}

/** Standard error of that ratio, linearised (Cochran 1977, chapter 6). */
function errorOf(groups: GroupLosses): number {
  const weights = mean(groups.map(([, weight]) => weight));
  if (!(weights > 0)) return 0;
  const ratio = lossOf(groups);
  return standardError(groups.map(([loss, weight]) => (loss - ratio * weight) / weights));
}
