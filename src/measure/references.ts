import { checkSameRows, type Matrix, type Points, type Watch } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";
import { makeSpace, type Space, type StraightMetric } from "../neighbors/index.ts";
import type { CompareOptions, Evidence } from "./compare.ts";
import { drawLandmarks, sameNumbers } from "./landmarks.ts";
import type { NamedLatent } from "./options.ts";
import type { Score, ScoreName, Scores } from "./result.ts";
import { evidenceFor, SCORES } from "./scores/index.ts";
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
  /** m x m: lengths between the rows in the original, in the units of the data, where whoever fitted the map has them. */
  readonly lengths?: Float64Array;
}

/** The scores with those of a baseline beside them. */
export function withBaseline(own: Scores, name: string, baseline: Scores): Scores {
  return mapScores(own, (key, score) => {
    const value = baseline[key]?.value;
    return { ...score, baseline: value === undefined ? null : { name, value } };
  });
}

/** What a map of some rows reaches there, and what a latent has on the same rows. */
export interface Reached {
  readonly reached: Scores;
  readonly here: Scores;
  /** Scores that are of the very same rows by themselves: the latent's own say what it has there. */
  readonly same: readonly ScoreName[];
}

/** The scores with what a map of some rows reaches, and what the latent has on the same rows. */
export function withAchievable(
  own: Scores,
  { name, rows }: AchievableMap,
  { reached, here, same }: Reached,
): Scores {
  return mapScores(own, (key, score) => {
    const value = reached[key]?.value;
    const mine = same.includes(key) ? score.value : here[key]?.value;
    if (value === undefined || mine === undefined) return score;
    return { ...score, achievable: { name, m: rows.length, value, here: mine } };
  });
}

function mapScores(scores: Scores, change: (name: ScoreName, score: Score) => Score): Scores {
  const entries = Object.entries(scores) as [ScoreName, Score][];
  return Object.fromEntries(entries.map(([name, score]) => [name, change(name, score)]));
}

/** Evidence of landmarks alone. */
const OF_LANDMARKS: readonly Evidence[] = ["landmarks", "orders", "groups"];

/**
 * Scores among some rows, all pairs of them: of a map, and of latents, by latent. k is as it was where that is below half of the rows. Not for metrics that know no
 * lengths among a few rows alone (geodesics).
 */
export async function achievableScores(
  original: Points,
  metric: StraightMetric,
  map: AchievableMap,
  latents: readonly NamedLatent[],
  names: readonly ScoreName[],
  how: CompareOptions,
): Promise<readonly Reached[]> {
  const { name, rows, latent, lengths } = map;
  const all = Int32Array.from({ length: rows.length }, (_, i) => i);
  checkSameRows({ rows: rows.length }, latent, ["the landmarks", name]);
  const { engine } = how;
  const spaceOf = (points: Points, metric: StraightMetric, name: string) =>
    makeSpace(points, metric, { engine, name });
  const x = await spaceOf(gatherPoints(original, rows), metric, "the original");
  const ofMap = await spaceOf(latent, "euclidean", name);
  const spaces: Space[] = [];
  for (const { latent, metric = "euclidean", name } of latents) {
    spaces.push(await spaceOf(gatherPoints(latent, rows), metric as StraightMetric, name));
  }
  const classes = how.classes && classesAmong(how.classes, rows);
  const scoresOf = async (zs: readonly Space[], wanted: readonly ScoreName[]) => {
    const scored = await scoreAll(x, zs, wanted, {
      ...how,
      layout: { kind: "all", rows: rows.length },
      k: Math.min(how.k, Math.ceil(rows.length / 2) - 1),
      wants: evidenceFor(wanted),
      classes,
      known: lengths ? { of: x, covariance: null, lengths: { rows: all, lengths } } : null,
      watch: renamed(how.watch, "achievable"),
    });
    return scored.map(({ scores }) => scores);
  };
  const same = names.filter((score) => isOf(rows, score, how));
  const others = names.filter((score) => !same.includes(score));
  const [[reached], [both, ...here]] = await Promise.all([
    scoresOf([ofMap], same),
    scoresOf([ofMap, ...spaces], others),
  ]);
  return here.map((own) => ({ reached: { ...reached, ...both }, here: own, same }));
}

/** Whether a score of the audit is of just these rows. */
function isOf(rows: Int32Array, score: ScoreName, { layout, rng }: CompareOptions): boolean {
  if (rows.length === layout.rows) return layout.kind === "all";
  const { needs } = SCORES[score];
  if (!needs.every((kind) => OF_LANDMARKS.includes(kind))) return false;
  return sameNumbers(rows, drawLandmarks(layout.rows, rng));
}

/** Classes of some rows, numbered by themselves. */
async function classesAmong(
  classes: Int32Array | Promise<Int32Array>,
  rows: Int32Array,
): Promise<Int32Array> {
  const all = await classes;
  const numbers = new Map<number, number>();
  return rows.map((row) => {
    const own = all[row]!;
    const known = numbers.get(own) ?? numbers.size;
    numbers.set(own, known);
    return known;
  });
}

/** The same watch, all stages told under one name. */
function renamed({ signal, onProgress }: Watch, stage: string): Watch {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage }) }),
  };
}
