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

/**
 * Neighbour dissimilarity: how differently rows share neighbours. With S the number of rows that both of two rows are joined to, in the graph that joins each row with its k nearest, and
 * D = (S_X - S_Z) / k over all ordered pairs: the larger of the norms of D's positive and of its negative part (Fujiwara et al. 2023, "Feature learning for nonlinear
 * dimensionality reduction toward maximal extraction of hidden patterns"). 0 = shared alike.
 *
 * Among at most 1,000 landmarks, with k = sqrt(m): it grows with the number of rows, and values of different numbers do not compare. Interval: normal, from the landmarks'
 * influences, for what as many landmarks have on average. At random: one shuffle.
 */
export function neighborDissimilarity({ groups, spaces }: Comparison): Score | null {
  if (!groups) return null;
  const { less, more, shuffled } = groups.sharing;
  const m = groups.rows;
  const side = mean(less) > mean(more) ? less : more;
  const value = Math.sqrt(mean(side) * m);
  const isExact = m === spaces.x.rows;
  const influence = side.map((own) => (value > 0 ? value * (own / mean(side) - 1) : 0));
  const interval = normalInterval(value, standardError(influence, spaces.x.rows), [
    0,
    Number.POSITIVE_INFINITY,
  ]);
  return {
    value,
    interval: isExact ? [value, value] : interval,
    n: m,
    unit: "points",
    ...(isExact ? { exact: true } : { exact: false, sampled: { kind: "landmarks", m } }),
    ideal: 0,
    null: Math.sqrt(shuffled),
    baseline: null,
  };
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
