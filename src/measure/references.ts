import { checkSameRows, gatherRows, type Matrix, type Rng, type Watch } from "../base/index.ts";
import { type Metric, makeSpace, type Space } from "../neighbors/index.ts";
import { type CompareOptions, type Comparison, compare, type Evidence } from "./compare.ts";
import type { Score, ScoreName, Scores } from "./result.ts";
import { SCORES } from "./scores/index.ts";

/*
 * What the scores of a latent are compared with: a baseline, measured as the latent is; and a map of some rows that shows what is achievable.
 */

/** Another latent of the same original that scores are compared with, under euclidean distance. */
export interface BaselineLatent {
  readonly name: string;
  readonly latent: Matrix;
}

/** A latent of some rows of the original, fitted to their distances: what a map to as many dimensions can reach there. */
export interface AchievableMap {
  readonly name: string;
  /** Row numbers, m of them, at least 3. */
  readonly rows: Int32Array;
  /** m x d, compared under euclidean distance. */
  readonly latent: Matrix;
}

/** One of several latents of the same original. */
export interface NamedLatent {
  readonly name: string;
  /** n x d */
  readonly latent: Matrix;
  /** Default euclidean. */
  readonly metric?: Metric;
  readonly duplicates?: Int32Array | null;
  /** The same object may stand for several latents: it is then measured once. */
  readonly baseline?: BaselineLatent;
  /** As for `baseline`. */
  readonly achievable?: AchievableMap;
}

/** Scores that some rows have by themselves as all rows do. */
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
  "distanceKendall",
  "stretch",
  "stress",
  "stressNormalized",
  "stressNonMetric",
  "sammon",
  "distortion",
  "tripletAccuracy",
];

/** The evidence that scores are functions of. */
export function evidenceFor(names: readonly ScoreName[]): ReadonlySet<Evidence> {
  return new Set(names.flatMap((name) => SCORES[name]!.needs));
}

export async function compareLatent(x: Space, each: NamedLatent, how: CompareOptions): Promise<Comparison> {
  const { name, latent, metric = "euclidean", duplicates = null } = each;
  const z = await makeSpace(latent, metric, { engine: how.engine, name, duplicates });
  return compare(x, z, how);
}

export function scoresOf(comparison: Comparison, names: readonly ScoreName[], random: Rng): Scores {
  const known = names.flatMap((name) => {
    const score = SCORES[name]!.of(comparison, random);
    return score ? [[name, score] as const] : [];
  });
  return Object.fromEntries(known);
}

/** A function that puts the references of a latent beside its scores. What several latents share is measured once. */
export function openReferences(
  original: Matrix,
  x: Space,
  names: readonly ScoreName[],
  how: CompareOptions,
): (own: Scores, each: NamedLatent) => Promise<Scores> {
  const baselines = new Map<BaselineLatent, Promise<Scores>>();
  const maps = new Map<AchievableMap, ReturnType<typeof openSome>>();
  return async (own, { latent, metric, baseline, achievable }) => {
    let scores = own;
    if (baseline) {
      const { name } = baseline;
      const theirs = await once(baselines, baseline, () => baselineScores(x, baseline, how, names));
      scores = mapScores(scores, (key, score) => {
        const value = theirs[key]?.value;
        return { ...score, baseline: value === undefined ? null : { name, value } };
      });
    }
    if (achievable) {
      const { name, rows } = achievable;
      const some = await once(maps, achievable, () => openSome(original, x.metric, achievable, names, how));
      const here = await some.score({
        name: "the latent",
        latent: gatherRows(latent, rows),
        ...(metric && { metric }),
      });
      scores = mapScores(scores, (key, score) => {
        const [own, reached] = [here[key]?.value, some.reached[key]?.value];
        if (own === undefined || reached === undefined) return score;
        return { ...score, achievable: { name, m: rows.length, value: reached, here: own } };
      });
    }
    return scores;
  };
}

function once<K, V>(known: Map<K, V>, key: K, make: () => V): V {
  if (!known.has(key)) known.set(key, make());
  return known.get(key)!;
}

function mapScores(scores: Scores, change: (name: ScoreName, score: Score) => Score): Scores {
  const entries = Object.entries(scores) as [ScoreName, Score][];
  return Object.fromEntries(entries.map(([name, score]) => [name, change(name, score)]));
}

/** The scores of a baseline, by the same anchors; its stages are told apart. */
async function baselineScores(
  x: Space,
  { name, latent }: BaselineLatent,
  how: CompareOptions,
  names: readonly ScoreName[],
): Promise<Scores> {
  checkSameRows(x, latent, ["the original", name]);
  const watch = renamed(how.watch, (stage) => `baseline: ${stage}`);
  return scoresOf(await compareLatent(x, { name, latent }, { ...how, watch }), names, how.rng);
}

/** Scores among some rows: all pairs of them, k as it was where that is below half of the rows. */
async function openSome(
  original: Matrix,
  metric: Metric,
  { name, rows, latent }: AchievableMap,
  names: readonly ScoreName[],
  how: CompareOptions,
) {
  const m = rows.length;
  checkSameRows({ rows: m }, latent, ["the landmarks", name]);
  const x = await makeSpace(gatherRows(original, rows), metric, { engine: how.engine, name: "the original" });
  const wanted = names.filter((score) => OF_SOME_ROWS.includes(score));
  const small: CompareOptions = {
    ...how,
    layout: { kind: "all", rows: m },
    k: Math.min(how.k, Math.ceil(m / 2) - 1),
    wants: evidenceFor(wanted),
    classes: null,
    watch: renamed(how.watch, () => "achievable"),
  };
  const score = async (each: NamedLatent) => scoresOf(await compareLatent(x, each, small), wanted, how.rng);
  return { score, reached: await score({ name, latent }) };
}

/** The same watch, stages told under other names. */
function renamed({ signal, onProgress }: Watch, rename: (stage: string) => string): Watch {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: rename(p.stage) }) }),
  };
}
