import { mean, normalInterval, type Rng, standardError } from "../../base/index.ts";
import { type Neighbors, slotRow, slotsOf } from "../../neighbors/index.ts";
import { shuffledClasses } from "../clusters.ts";
import type { Comparison } from "../compare.ts";
import type { Score, SpacesScore } from "../result.ts";
import type { Separation } from "../separation.ts";
import { meanScore } from "./sampling.ts";

/*
 * Scores of classes: labels that were given, or clusters that were found in the original. Null without.
 */

/**
 * Neighbourhood hit: mean share of the k nearest that are of a row's own class (Paulovich et al. 2008). 0 to 1; ideal is that of the
 * original. At random sum over classes of p_c (n_c - 1) / (n - 1), with p_c = n_c / n.
 */
export function neighborhoodHit(comparison: Comparison): SpacesScore | null {
  const { neighbors, classes: evidence } = comparison;
  if (!evidence) return null;
  const { classes, sizes } = evidence;
  const hits = (side: Neighbors) => ownShare(comparison, side, classes);
  const n = classes.length;
  const chance = sizes.reduce((sum, size) => sum + (size / n) * ((size - 1) / (n - 1)), 0);
  const original = mean(hits(neighbors!.x));
  const known = { ideal: original, null: chance, range: [0, 1] } as const;
  return { ...meanScore(comparison, hits(neighbors!.z), known), original };
}

/** Shuffles that the chance of k nearest neighbours is the mean of. */
const SHUFFLES = 8;

/**
 * Accuracy of k nearest neighbours: share of rows whose k nearest, without themselves, vote for the row's own class (Cover & Hart 1967). Of
 * classes with as many votes the one of the nearest neighbour wins, so that the numbers of classes do not matter (scikit-learn: the smallest). 0 to 1;
 * ideal is that of the original. At random: mean over 8 shuffles of the latent's rows.
 */
export function knnAccuracy(comparison: Comparison, rng: Rng): SpacesScore | null {
  const { neighbors, classes: evidence } = comparison;
  if (!evidence) return null;
  const random = rng.split("knnAccuracy");
  const right = (side: Neighbors, classes: Int32Array) => ownVotes(comparison, side, classes);
  const chance = Array.from({ length: SHUFFLES }, (_, s) =>
    mean(right(neighbors!.z, shuffledClasses({ rows: evidence.classes }, random.split(`shuffle ${s}`)))),
  );
  const original = mean(right(neighbors!.x, evidence.classes));
  const known = { ideal: original, null: mean(chance), range: [0, 1] } as const;
  return { ...meanScore(comparison, right(neighbors!.z, evidence.classes), known), original };
}

/**
 * Silhouette: mean of (b - a) / max(a, b), with a the mean length to the other rows of a row's class and b the least mean length to the rows of
 * another class (Rousseeuw 1987). -1 to 1; ideal is that of the original. At random: one shuffle of the latent's rows.
 *
 * Of 2e7 / n anchors (at least 200; all rows up to 4,472) among all rows, whatever the sample of other scores. Interval: normal.
 */
export function silhouette({ classes, layout: { rows } }: Comparison): SpacesScore | null {
  if (!classes) return null;
  const { x, z, shuffled } = classes.silhouettes;
  const value = mean(z);
  const original = mean(x);
  const exact = z.length === rows;
  return {
    value,
    original,
    interval: exact ? [value, value] : normalInterval(value, standardError(z, rows), [-1, 1]),
    n: z.length,
    unit: "points",
    ...(exact ? { exact } : { exact, sampled: { kind: "anchors", m: z.length } }),
    ideal: original,
    null: mean(shuffled),
    baseline: null,
  };
}

/**
 * Label trustworthiness: do classes stay apart as far as they are in the original? 1 - mean over pairs of classes of max(0, DSC_X - DSC_Z):
 * 1 unless the latent mixes classes more than the original does (Jeon et al. 2023, "Classes are not clusters").
 *
 * DSC, distance consistency, is the share of the rows of both classes that are nearer to the centroid of their own (Sips et al. 2009);
 * euclidean, of directions under cosine. 0 to 1; exact on all rows. At random: one shuffle of the latent's rows.
 */
export function labelTrustworthiness(comparison: Comparison): Score | null {
  return labelScore(comparison, (x, z) => x - z);
}

/**
 * Label continuity: the same with the two spaces exchanged, 1 - mean of max(0, DSC_Z - DSC_X): 1 unless the latent parts classes that overlap in
 * the original. A shuffle mixes all classes and parts none, so that chance is near 1 as well: it says something beside label trustworthiness only.
 */
export function labelContinuity(comparison: Comparison): Score | null {
  return labelScore(comparison, (x, z) => z - x);
}

function labelScore({ classes, layout }: Comparison, loss: (x: number, z: number) => number): Score | null {
  if (!classes?.separations) return null;
  const { x, z, shuffled } = classes.separations;
  const scoreOf = ({ pairs }: Separation) =>
    1 - mean(x.pairs.map((own, pair) => Math.max(0, loss(own, pairs[pair]!))));
  const value = scoreOf(z);
  return {
    value,
    interval: [value, value],
    n: layout.rows,
    unit: "points",
    exact: true,
    ideal: 1,
    null: scoreOf(shuffled),
    baseline: null,
  };
}

/** For each slot the share of its neighbours that are of its own class. */
function ownShare({ layout }: Comparison, { ids, k }: Neighbors, classes: Int32Array): Float64Array {
  return new Float64Array(slotsOf(layout)).map((_, slot) => {
    const own = classes[slotRow(layout, slot)]!;
    let hits = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) if (classes[ids[q]!] === own) hits++;
    return hits / k;
  });
}

/** For each slot 1 where its neighbours vote for its own class, else 0. */
function ownVotes({ layout }: Comparison, { ids, k }: Neighbors, classes: Int32Array): Float64Array {
  const votes = new Map<number, number>();
  return new Float64Array(slotsOf(layout)).map((_, slot) => {
    votes.clear();
    for (let q = slot * k; q < (slot + 1) * k; q++) {
      const c = classes[ids[q]!]!;
      votes.set(c, (votes.get(c) ?? 0) + 1);
    }
    // A map keeps the order in which its keys came: of equal votes the class that came first is that of the nearest.
    let best = -1;
    let most = 0;
    for (const [c, count] of votes) {
      if (count > most) {
        best = c;
        most = count;
      }
    }
    return best === classes[slotRow(layout, slot)] ? 1 : 0;
  });
}
