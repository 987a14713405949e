import { checkSameRows, type Matrix, type Points, type Watch } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";
import { makeSpace, type StraightMetric } from "../neighbors/index.ts";
import type { CompareOptions } from "./compare.ts";
import type { NamedLatent } from "./options.ts";
import type { Score, ScoreName, Scores } from "./result.ts";
import { evidenceFor } from "./scores/index.ts";
import { scoreAll } from "./scoring.ts";

/*
 * What the scores of a latent are compared with: a baseline, measured as the latent is; and a map of some rows that shows what is achievable.
 */

/** Another latent of the same original that scores are compared with, under euclidean distance. */
export interface BaselineLatent {
  readonly name: string;
  readonly latent: Points;
}

/** A latent of some rows of the original, fitted to their distances: what a map to as many dimensions can reach there. */
export interface AchievableMap {
  readonly name: string;
  /** Row numbers, m of them, at least 3. */
  readonly rows: Int32Array;
  /** m x d, compared under euclidean distance. */
  readonly latent: Matrix;
}

/** Scores that some rows have by themselves as all rows do, and that take little time. */
const OF_SOME_ROWS: readonly ScoreName[] = [
  "trustworthiness",
  "continuity",
  "neighborRecall",
  "lcmc",
  "mrreFalse",
  "mrreMissing",
  "firstNeighborRank",
  "aucLogRnx",
  "distancePearson",
  "distanceSpearman",
  "stretch",
  "stress",
  "stressNormalized",
  "sammon",
  "distortion",
];

/** The scores with those of a baseline beside them. */
export function withBaseline(own: Scores, name: string, baseline: Scores): Scores {
  return mapScores(own, (key, score) => {
    const value = baseline[key]?.value;
    return { ...score, baseline: value === undefined ? null : { name, value } };
  });
}

/** The scores with what a map of some rows reaches, and what the latent has on the same rows. */
export function withAchievable(
  own: Scores,
  { name, rows }: AchievableMap,
  { reached, here }: { readonly reached: Scores; readonly here: Scores },
): Scores {
  return mapScores(own, (key, score) => {
    const [value, mine] = [reached[key]?.value, here[key]?.value];
    if (value === undefined || mine === undefined) return score;
    return { ...score, achievable: { name, m: rows.length, value, here: mine } };
  });
}

function mapScores(scores: Scores, change: (name: ScoreName, score: Score) => Score): Scores {
  const entries = Object.entries(scores) as [ScoreName, Score][];
  return Object.fromEntries(entries.map(([name, score]) => [name, change(name, score)]));
}

/**
 * Scores among some rows, all pairs of them: of a map, and of latents. k is as it was where that is below half of the rows. Those of a latent whose metric
 * knows no lengths among a few rows alone (geodesics) are left out.
 */
export async function achievableScores(
  original: Points,
  metric: StraightMetric,
  map: AchievableMap,
  latents: readonly NamedLatent[],
  names: readonly ScoreName[],
  how: CompareOptions,
): Promise<{ readonly reached: Scores; readonly here: readonly Scores[] }> {
  const { name, rows, latent } = map;
  const m = rows.length;
  checkSameRows({ rows: m }, latent, ["the landmarks", name]);
  const { engine } = how;
  const x = await makeSpace(gatherPoints(original, rows), metric, { engine, name: "the original" });
  const zs = [await makeSpace(latent, "euclidean", { engine, name })];
  for (const each of latents) {
    const points = gatherPoints(each.latent, rows);
    zs.push(
      await makeSpace(points, (each.metric ?? "euclidean") as StraightMetric, { engine, name: each.name }),
    );
  }
  const wanted = names.filter((score) => OF_SOME_ROWS.includes(score));
  const scored = await scoreAll(x, zs, wanted, {
    ...how,
    layout: { kind: "all", rows: m },
    k: Math.min(how.k, Math.ceil(m / 2) - 1),
    wants: evidenceFor(wanted),
    classes: null,
    watch: renamed(how.watch, "achievable"),
  });
  const [reached, ...here] = scored.map(({ scores }) => scores);
  return { reached: reached!, here };
}

/** The same watch, all stages told under one name. */
function renamed({ signal, onProgress }: Watch, stage: string): Watch {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage }) }),
  };
}
