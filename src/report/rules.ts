import type { Achievable, Score, ScoreName, Scores, StretchScore } from "../measure/result.ts";
import { count, percent, plural, significant, times } from "./numbers.ts";
import type { Style } from "./text.ts";

/** How far a score is from that of an isometry, in three steps. */
export type Grade = Extract<Style, "good" | "fair" | "bad">;

/** The scores that reports judge; the others are for those who know them, and stand beside in one line. */
export type JudgedName = Extract<
  ScoreName,
  | "trustworthiness"
  | "continuity"
  | "neighborRecall"
  | "distanceSpearman"
  | "distancePearson"
  | "stress"
  | "stretch"
>;

interface ScoreGroup {
  readonly title: string;
  readonly names: readonly JudgedName[];
  readonly others: readonly ScoreName[];
}

/** Scores in the order of reports, by what they look at. */
export const SCORE_GROUPS: readonly ScoreGroup[] = [
  {
    title: "Neighbourhoods",
    names: ["trustworthiness", "continuity", "neighborRecall"],
    others: [
      "lcmc",
      "mrreFalse",
      "mrreMissing",
      "firstNeighborRank",
      "aucLogRnx",
      "topographicProduct",
      "neighborDissimilarity",
      "localProcrustes",
    ],
  },
  {
    title: "Distances",
    names: ["distanceSpearman", "distancePearson", "stress", "stretch"],
    others: [
      "stressNormalized",
      "stressNonMetric",
      "sammon",
      "distortion",
      "distanceKendall",
      "tripletAccuracy",
    ],
  },
  { title: "Density", names: [], others: ["densityCorrelation", "klDensity", "densityDistance"] },
  { title: "Topology", names: [], others: ["rtdLite", "mstOverlap"] },
  { title: "Representation", names: [], others: ["linearCka", "procrustes"] },
  {
    title: "Clusters",
    names: [],
    others: [
      "steadiness",
      "cohesiveness",
      "neighborhoodHit",
      "knnAccuracy",
      "silhouette",
      "labelTrustworthiness",
      "labelContinuity",
      "classTrustworthiness",
      "classContinuity",
      "distanceConsistency",
      "daviesBouldin",
      "calinskiHarabasz",
      "clusterAgreement",
    ],
  },
];

/** The scores that reports judge, in report order. */
export const JUDGED_NAMES: readonly JudgedName[] = SCORE_GROUPS.flatMap((group) => group.names);

/** All score names, in report order. */
export const SCORE_NAMES: readonly ScoreName[] = SCORE_GROUPS.flatMap(({ names, others }) => [
  ...names,
  ...others,
]);

/**
 * Where a score stops being good, and where it starts being bad. A convention, stated once.
 *
 * Stretch and stress fall with quality, the others rise. Trustworthiness and continuity of a random
 * layout are near 0.5, hence the high bars.
 */
export const GRADES: Readonly<Record<JudgedName, { good: number; bad: number }>> = {
  trustworthiness: { good: 0.95, bad: 0.85 },
  continuity: { good: 0.95, bad: 0.85 },
  neighborRecall: { good: 0.7, bad: 0.3 },
  distanceSpearman: { good: 0.9, bad: 0.7 },
  distancePearson: { good: 0.9, bad: 0.7 },
  stress: { good: 0.1, bad: 0.3 },
  stretch: { good: 1.5, bad: 3 },
};

/** True for scores where less is better. */
export function lessIsBetter(name: ScoreName): boolean {
  return LESS.includes(name);
}

const LESS: readonly ScoreName[] = [
  "stretch",
  "stress",
  "stressNormalized",
  "stressNonMetric",
  "sammon",
  "distortion",
  "mrreFalse",
  "mrreMissing",
  "firstNeighborRank",
  "klDensity",
  "rtdLite",
  "procrustes",
  "topographicProduct",
  "neighborDissimilarity",
  "localProcrustes",
  "densityDistance",
  "daviesBouldin",
];

/** Good, fair or bad by `GRADES`. What is no number is bad. */
export function grade(name: JudgedName, value: number): Grade {
  const { good, bad } = GRADES[name];
  if (lessIsBetter(name)) return value <= good ? "good" : value < bad ? "fair" : "bad";
  return value >= good ? "good" : value > bad ? "fair" : "bad";
}

/** Length of a score's bar, 0..1: full for an isometry. Stress counts down from 1, stretch as 1 / value. */
export function fullness(name: JudgedName, value: number): number {
  const full = name === "stretch" ? 1 / value : name === "stress" ? 1 - value : value;
  return Number.isFinite(full) ? Math.min(1, Math.max(0, full)) : 0;
}

const MEANINGS: Readonly<Record<JudgedName, Readonly<Record<Grade, string>>>> = {
  trustworthiness: {
    good: "neighbours shown are real",
    fair: "some neighbours are false",
    bad: "many neighbours are false",
  },
  continuity: {
    good: "real neighbours stay close",
    fair: "some neighbours are lost",
    bad: "many neighbours are lost",
  },
  neighborRecall: { good: "", fair: "", bad: "" },
  distanceSpearman: {
    good: "far is far, near is near",
    fair: "order of distances blurred",
    bad: "order of distances lost",
  },
  distancePearson: {
    good: "distances are proportional",
    fair: "distances bend away",
    bad: "distances weakly related",
  },
  stress: {
    good: "little distance is wrong",
    fair: "some distance is wrong",
    bad: "much distance is wrong",
  },
  stretch: { good: "", fair: "", bad: "" },
};

/** Below this rank correlation distances say little, however narrow their stretch: in many dimensions all are nearly equal. */
const LOST_ORDER = 0.5;

/** What a score means, in about five words. `k`: neighbours per row. */
export function meaning(name: JudgedName, value: number, k: number): string {
  if (name === "neighborRecall")
    return `${significant(value * k, value * k < 10 ? 2 : 3)} of ${k} neighbours kept`;
  if (name === "stretch") {
    return value <= 1.005 ? "every pair keeps its length" : `middle 90 % vary ${times(value)}`;
  }
  return MEANINGS[name][grade(name, value)];
}

/**
 * The headline. Neighbourhoods are judged by the lesser of trustworthiness and continuity (bars of
 * `GRADES`), and are right only in the large when less than half of the k neighbours are kept.
 * Distances are judged by stretch: kept to 1.1, nearly to 1.5, roughly to 3, else not to be trusted; where that of
 * near pairs is within 1.1, they are kept locally; where their order is lost, stretch up to 3 is no credit.
 */
export function headline(scores: Scores, k: number): string {
  if (isChance(scores)) {
    return `No sign of the original in this latent: neighbourhoods (${trust(scores)}) and the order of distances (rank correlation ${scores.distanceSpearman!.value.toFixed(3)}) agree no better than chance. Are the rows of both in the same order?`;
  }
  const near = neighbourhoods(scores, k);
  const far = scores.stretch === undefined ? undefined : distances(scores.stretch, scores.distanceSpearman);
  if (near?.isometric && far?.isometric) {
    return `This latent is an isometry of the original: every distance is ${significant(far.scale)} times the original one.`;
  }
  if (near && far) {
    const link = near.positive === far.positive ? "and" : near.positive ? "but" : "although";
    return `${near.text}, ${link} ${far.text}.`;
  }
  const only = near?.text ?? far?.text ?? "Nothing was scored";
  return `${only.charAt(0).toUpperCase()}${only.slice(1)}.`;
}

/** Nothing in common: what rows of two unrelated sets score. Trustworthiness and continuity are 0.5 then, correlation 0. */
export function isChance({ trustworthiness, continuity, distanceSpearman }: Scores): boolean {
  if (!trustworthiness || !continuity || !distanceSpearman) return false;
  return Math.max(trustworthiness.value, continuity.value) < 0.55 && distanceSpearman.value < 0.1;
}

function trust({ trustworthiness }: Scores): string {
  return `trustworthiness ${trustworthiness!.value.toFixed(3)}`;
}

interface Clause {
  readonly text: string;
  readonly positive: boolean;
  readonly isometric: boolean;
}

function neighbourhoods(scores: Scores, k: number): Clause | undefined {
  const known = (["trustworthiness", "continuity"] as const)
    .map((name) => ({ name, score: scores[name] }))
    .filter((entry): entry is { name: "trustworthiness" | "continuity"; score: Score } => !!entry.score)
    .sort((a, b) => a.score.value - b.score.value)[0];
  if (!known) return undefined;
  const { name, score } = known;
  const value = `${name} ${score.value.toFixed(3)}`;
  const recall = scores.neighborRecall?.value;
  // Rows at equal distances may swap places: whole numbers turned by a rotation do.
  const isometric = score.value >= 0.9999 && (recall ?? 1) >= 0.99;
  const result = grade(name, score.value);
  if (result === "bad")
    return { text: `Neighbourhoods cannot be trusted (${value})`, positive: false, isometric };
  if (result === "fair")
    return { text: `Neighbourhoods are only roughly right (${value})`, positive: false, isometric };
  if (recall !== undefined && recall < 0.5) {
    const kept = `${significant(recall * k, 2)} of ${k} neighbours are the same`;
    const text = `Neighbourhoods are right in the large (${value}) but not in detail (${kept})`;
    return { text, positive: false, isometric };
  }
  return { text: `Neighbourhoods can be trusted (${value})`, positive: true, isometric };
}

function distances(stretch: StretchScore, order: Score | undefined): Clause & { readonly scale: number } {
  const factor = times(stretch.value);
  const scale = stretch.scale.median;
  const isometric = stretch.value <= 1.001;
  const spread = `over the middle 90 % of pairs the stretch varies by a factor of ${factor.slice(0, -1)}`;
  if (stretch.value <= 1.1) {
    const kept = percent(stretch.within["0.1"]);
    return { text: `distances are kept (${kept} of pairs within 10 %)`, positive: true, isometric, scale };
  }
  if (stretch.value <= 1.5)
    return { text: `distances are nearly kept: ${spread}`, positive: true, isometric, scale };
  if (stretch.near.value <= 1.1 && stretch.near.n > 0) {
    const near = "distances are kept only between near neighbours";
    return { text: `${near}: ${spread}`, positive: false, isometric, scale };
  }
  if (stretch.value <= 3 && order && order.value < LOST_ORDER) {
    const text = `the order of distances is lost (rank correlation ${order.value.toFixed(2)})`;
    return { text, positive: false, isometric, scale };
  }
  if (stretch.value <= 3)
    return { text: `distances are only rough: ${spread}`, positive: false, isometric, scale };
  return { text: `distances cannot be trusted: ${spread}`, positive: false, isometric, scale };
}

/** The stretch of near pairs in words: "Near pairs are shrunk 2.1x relative to all pairs.", and whether it is an isometry. */
export function nearWords(stretch: StretchScore): string {
  const median = stretch.near.quantiles[stretch.levels.indexOf(0.5)] ?? Number.NaN;
  if (!Number.isFinite(median) || median <= 0) return "Near pairs have no finite stretch.";
  const factor = median >= 1 ? median : 1 / median;
  const local =
    stretch.value > 1.1 && stretch.near.value <= 1.1
      ? " Among themselves they keep their lengths: locally this is an isometry."
      : "";
  if (factor < 1.05) return `Near pairs keep the same scale as all pairs.${local}`;
  return `Near pairs are ${median > 1 ? "stretched" : "shrunk"} ${times(factor)} relative to all pairs.${local}`;
}

/** Stress of the best map known, beyond which a latent has room to be better: a tenth, and half a hundredth where both are small. */
function hasRoom({ value, here }: Achievable): boolean {
  return here > 1.1 * value && here - value > 0.005;
}

/** Whether a better map of the same dimension is possible, in a sentence, judged by stress. Null where no map was fitted. */
export function achievableWords({ stress }: Scores, rows: number, to: number | undefined): string | null {
  const known = stress?.achievable;
  if (!known || to === undefined || !Number.isFinite(known.value) || !Number.isFinite(known.here))
    return null;
  const on = known.m === rows ? `On all ${count(rows)} rows` : `On ${count(known.m)} landmarks`;
  const dimensions = plural(to, "dimension");
  const values = `stress ${known.value.toFixed(3)}, this latent ${known.here.toFixed(3)}`;
  return hasRoom(known)
    ? `${on} the best map found to ${dimensions} (SMACOF) has ${values}.`
    : `${on} no map found to ${dimensions} keeps distances much better: SMACOF, fitted to them alone, has ${values}.`;
}

/**
 * How a latent compares with its baseline, in a sentence: neighbourhoods by the lesser of trustworthiness and continuity, distances by stress,
 * to the digits that are printed. Null where there is no baseline, or the two are level.
 */
export function baselineWords(scores: Scores): string | null {
  const { trustworthiness: t, continuity: c, stress: s } = scores;
  const name = t?.baseline?.name;
  if (!t?.baseline || !c?.baseline || !s?.baseline || !name) return null;
  const round = (value: number) => Number(value.toFixed(3));
  const near = {
    own: round(Math.min(t.value, c.value)),
    base: round(Math.min(t.baseline.value, c.baseline.value)),
  };
  const far = { own: round(s.value), base: round(s.baseline.value) };
  const nearText = `the lesser of trustworthiness and continuity ${near.base.toFixed(3)} against ${near.own.toFixed(3)}`;
  const farText = `stress ${far.base.toFixed(3)} against ${far.own.toFixed(3)}`;
  const nearBetter = near.base > near.own;
  const farBetter = far.base < far.own;
  const subject = `${name} dimensions, a linear map,`;
  if (near.base === near.own && far.base === far.own) return null;
  if (nearBetter && farBetter)
    return `${subject} keeps both neighbourhoods (${nearText}) and distances (${farText}) better than this latent.`;
  if (farBetter) return `${subject} keeps distances better (${farText}), neighbourhoods not (${nearText}).`;
  if (nearBetter) return `${subject} keeps neighbourhoods better (${nearText}), distances not (${farText}).`;
  return `${subject} keeps neither neighbourhoods (${nearText}) nor distances (${farText}) better.`;
}
