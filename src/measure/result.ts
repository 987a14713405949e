import type { Interval, Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Metric } from "../neighbors/metric.ts";
import type { Picture } from "./picture.ts";
import type { PointColumns } from "./points.ts";

/** The scores of an audit. The names are the JSON keys. */
export type ScoreName =
  | "trustworthiness"
  | "continuity"
  | "neighborRecall"
  | "lcmc"
  | "mrreFalse"
  | "mrreMissing"
  | "distancePearson"
  | "distanceSpearman"
  | "stretch"
  | "stress"
  | "stressNormalized"
  | "stressNonMetric"
  | "sammon"
  | "distortion"
  | "distanceKendall"
  | "tripletAccuracy"
  | "firstNeighborRank"
  | "aucLogRnx"
  | "densityCorrelation"
  | "klDensity"
  | "rtdLite"
  | "mstOverlap"
  | "linearCka"
  | "procrustes"
  | "steadiness"
  | "cohesiveness"
  | "neighborhoodHit"
  | "knnAccuracy"
  | "silhouette"
  | "labelTrustworthiness"
  | "labelContinuity"
  | "topographicProduct"
  | "neighborDissimilarity"
  | "localProcrustes"
  | "densityDistance"
  | "classTrustworthiness"
  | "classContinuity"
  | "distanceConsistency"
  | "daviesBouldin"
  | "calinskiHarabasz"
  | "clusterAgreement";

/**
 * What was looked at instead of everything: `m` anchors, drawn without replacement and compared with all rows; `m` landmarks, drawn without
 * replacement and compared with each other; `m` pairs or triplets, drawn independently; `m` random walks in each space.
 */
export interface Sampled {
  readonly kind: "anchors" | "landmarks" | "pairs" | "triplets" | "walks";
  readonly m: number;
}

/** One score, with what is known about it. */
export interface Score {
  /** The headline number. */
  readonly value: number;
  /** 95 % interval for the value over all rows; `[value, value]` when exact. */
  readonly interval: Interval;
  /** How many points (neighbourhood scores), pairs (distance scores) or triplets went into it. */
  readonly n: number;
  readonly unit: "points" | "pairs" | "triplets";
  readonly exact: boolean;
  /** Absent when exact. */
  readonly sampled?: Sampled;
  /** Where an isometry scores: 1 for most, 0 for errors and stress. */
  readonly ideal: number;
  /** Chance: what the score is expected to be once the rows of the latent are shuffled. Below or above it there is structure. */
  readonly null: number;
  /** The same score of a baseline: what an audit was given to compare with, usually PCA to as many dimensions. Null without one. */
  readonly baseline: { readonly name: string; readonly value: number } | null;
  /** The best of the latents, and of their baselines, that were audited together; null or absent where one latent was audited alone. */
  readonly best?: { readonly name: string; readonly value: number } | null;
  /** What a map made for it can reach, on some rows. Absent where an audit was given none, or the score is not one of distances or neighbours. */
  readonly achievable?: Achievable;
}

/**
 * A map to as many dimensions that was fitted to the distances between m rows alone, and the latent on the same rows: `value` compares with `here`,
 * not with the score of all rows. Neighbours are the k nearest among the m rows, so they lie farther out than those of all rows. The map is
 * fitted to distances: for scores of neighbours it is an example, no bound.
 */
export interface Achievable {
  readonly name: string;
  readonly m: number;
  readonly value: number;
  readonly here: number;
}

/** Quantile levels reported for ln stretch. */
export const STRETCH_LEVELS = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99] as const;

/** Distribution of the stretch s = dz / (c dx) over a set of pairs. */
export interface StretchBand {
  /** q95 / q05 of s over the band: 1 for an isometry up to scale. */
  readonly value: number;
  /** s at `STRETCH_LEVELS`, with the scale c of all pairs: so `quantiles[3]` of a band tells whether it is shrunk or stretched as a whole. */
  readonly quantiles: readonly number[];
  readonly n: number;
  /** Of `value`, as that of the score. */
  readonly interval: Interval;
  /** `value` with the rows of the latent shuffled. */
  readonly null: number;
}

/**
 * What holds for all pairs, from pairs that were drawn independently (unlike those of anchors, which share rows): with 95 %
 * confidence at most the share `atMost[e]` of pairs has a stretch outside of [1/(1+e), 1+e]. Torn and collapsed pairs count as outside.
 */
export interface Certificate {
  readonly pairs: number;
  readonly confidence: 0.95;
  readonly atMost: { readonly "0.1": number; readonly "0.25": number; readonly "0.5": number };
}

/** `value` = q95 / q05 of the stretch over all pairs. 1 = isometry up to scale; larger is worse. */
export interface StretchScore extends Score {
  readonly quantiles: readonly number[];
  readonly levels: readonly number[];
  /** The scale c: exp(median ln dz/dx), and the least-squares one beside it. */
  readonly scale: { readonly median: number; readonly leastSquares: number };
  /** Share of pairs with 1/(1+e) <= s <= 1+e, for e = 10 %, 25 % and 50 %. */
  readonly within: { readonly "0.1": number; readonly "0.25": number; readonly "0.5": number };
  /** Null when exact: `within` is then no estimate. Null for a group of rows, and with geodesics: these are known of anchors alone, whose pairs are not independent. */
  readonly certificate: Certificate | null;
  /** Pairs of equal originals with different latents, and of different originals with equal latents. */
  readonly torn: number;
  readonly collapsed: number;
  /** The k nearest neighbours in the original only. */
  readonly near: StretchBand;
  /** Pairs of the lower two thirds of the original distances, and of the upper third. */
  readonly middle: StretchBand;
  readonly far: StretchBand;
}

/** Bi-Lipschitz distortion. `value` is the worst case over the pairs that were seen: when sampled, of all pairs it is at least that. */
export interface DistortionScore extends Score {
  /** Largest dz / dx over its median, and largest dx / dz over the inverse: their product is `value`. */
  readonly expansion: number;
  readonly contraction: number;
  /** The same over the middle 99, 95 and 90 % of pairs. */
  readonly covering: { readonly "0.99": number; readonly "0.95": number; readonly "0.9": number };
}

/** A score with the curve that it is the area under. */
export interface CurveScore extends Score {
  /** Neighbourhood sizes K at which the curves are given: all of 1 ... 10, then about evenly in ln K, to n - 2. */
  readonly sizes: readonly number[];
  /** Q_NX(K): mean overlap of the K nearest; and R_NX(K), the same scaled so that chance is 0 and all right is 1. */
  readonly qnx: readonly number[];
  readonly rnx: readonly number[];
}

/** `value` is at sigma = 0.1. */
export interface KlScore extends Score {
  readonly sigmas: { readonly "0.01": number; readonly "0.1": number; readonly "1": number };
}

/** A score that each space has by itself. `value` is that of the latent, `original` (= `ideal`) that of the original. */
export interface SpacesScore extends Score {
  readonly original: number;
}

/** `value` is the mean bar, in units of the mean edge of a minimum spanning tree. */
export interface RtdScore extends Score {
  /** As published: lengths in units of their .9-quantile, the mean of both directions' sums of bars. Grows with m. */
  readonly published: number;
}

/** `value` is how far the product is from 0, either way. */
export interface TopographicScore extends Score {
  /** Below 0 where neighbours of the original are torn apart, above 0 where neighbours of the latent are false. */
  readonly product: number;
}

export interface Scores {
  readonly trustworthiness?: Score;
  readonly continuity?: Score;
  readonly neighborRecall?: Score;
  readonly lcmc?: Score;
  readonly mrreFalse?: Score;
  readonly mrreMissing?: Score;
  readonly distancePearson?: Score;
  readonly distanceSpearman?: Score;
  readonly stretch?: StretchScore;
  readonly stress?: Score;
  readonly stressNormalized?: Score;
  readonly stressNonMetric?: Score;
  readonly sammon?: Score;
  readonly distortion?: DistortionScore;
  readonly distanceKendall?: Score;
  readonly tripletAccuracy?: Score;
  readonly firstNeighborRank?: Score;
  readonly aucLogRnx?: CurveScore;
  readonly densityCorrelation?: Score;
  readonly klDensity?: KlScore;
  readonly rtdLite?: RtdScore;
  readonly mstOverlap?: Score;
  readonly linearCka?: Score;
  readonly procrustes?: Score;
  readonly steadiness?: Score;
  readonly cohesiveness?: Score;
  readonly neighborhoodHit?: SpacesScore;
  readonly knnAccuracy?: SpacesScore;
  readonly silhouette?: SpacesScore;
  readonly labelTrustworthiness?: Score;
  readonly labelContinuity?: Score;
  readonly topographicProduct?: TopographicScore;
  readonly neighborDissimilarity?: Score;
  readonly localProcrustes?: Score;
  readonly densityDistance?: Score;
  readonly classTrustworthiness?: Score;
  readonly classContinuity?: Score;
  readonly distanceConsistency?: SpacesScore;
  readonly daviesBouldin?: SpacesScore;
  readonly calinskiHarabasz?: SpacesScore;
  readonly clusterAgreement?: SpacesScore;
}

/** A pair of rows behind the stretch score: among the most stretched or the most shrunk that were seen. */
export interface WitnessPair {
  readonly a: number;
  readonly b: number;
  /** Distance in the original, and in the latent. */
  readonly original: number;
  readonly latent: number;
  /** dz / (c dx): above 1 torn apart, below 1 pushed together. */
  readonly stretch: number;
}

/** A row whose neighbourhood the latent gets most wrong. */
export interface WitnessPoint {
  readonly row: number;
  /** The row's own share of trustworthiness and continuity, on the same scale (1 = right). */
  readonly trustworthiness: number;
  readonly continuity: number;
  /** Overlap of its k nearest neighbours in both spaces, 0..1. */
  readonly recall: number;
}

export interface Witnesses {
  readonly stretched: readonly WitnessPair[];
  readonly shrunk: readonly WitnessPair[];
  readonly points: readonly WitnessPoint[];
}

/** A number that a space has by itself, with what is known about it. */
export interface Estimate {
  readonly value: number;
  /** 95 % interval; `[value, value]` when exact, except for the intrinsic dimension, of which even all rows are but a sample. */
  readonly interval: Interval;
  /** How many points or pairs went into it. */
  readonly n: number;
  readonly exact: boolean;
  /** Absent when exact. */
  readonly sampled?: Sampled;
}

/** Some of what was found, and how much there is in all. */
export interface Listed<T> {
  readonly count: number;
  /** The first hundred. */
  readonly first: readonly T[];
}

/** The shape of one space by itself. Null where it was not asked for, or where there is no such number. */
export interface SpaceShape {
  /** From the k nearest neighbours. Null without them. */
  readonly intrinsicDimension: {
    readonly twoNN: Estimate | null;
    readonly mle: Estimate | null;
    /** Anchors that have an equal row, at distance 0. */
    readonly duplicates: number;
  } | null;
  /** Skewness of the number of rows that have a row among their k nearest. */
  readonly hubness: Estimate | null;
  /** Exponential of the entropy of the singular values, 1 ... d. */
  readonly effectiveRank: Estimate | null;
  /** (sum of variances)^2 / sum of squared variances along the principal axes, 1 ... d. */
  readonly participationRatio: Estimate | null;
  /** Mean cosine of two different rows, about the origin. */
  readonly anisotropy: Estimate | null;
  /** Rows of zeros, which have no direction: left out of `anisotropy`. */
  readonly zeroRows: number;
  /** Standard deviation over mean of the distances of all pairs. */
  readonly concentration: Estimate | null;
  /** Connected components of the graph that joins each row with its k nearest. Null where not every row is an anchor. */
  readonly components: number | null;
  readonly collapse: {
    /** All rows are the same. */
    readonly constant: boolean;
    /** Columns whose standard deviation is 0, or below 1e-6 of the largest. */
    readonly deadDimensions: Listed<number>;
    /** Pairs of other columns with |correlation| > 1 - 1e-6. Null where no covariance matrix was made. */
    readonly duplicateDimensions: Listed<readonly [number, number]> | null;
  };
}

/**
 * Rows that the map never saw beside rows that it saw, by the scores that come from the sweep over pairs. Intervals say how far the choice of
 * rows alone may move a score. Where held-out rows were not drawn at random, a difference may also be one of the data.
 */
export interface Holdout {
  /** Rows held out. */
  readonly rows: number;
  /** Anchors of each group, compared with all rows. */
  readonly anchors: number;
  readonly heldOut: Scores;
  readonly seen: Scores;
  /** Scores that are worse for rows held out, beyond chance: the two intervals do not meet, and the values differ by more than 1e-4. */
  readonly worse: readonly ScoreName[];
}

/** Where the classes of rows came from, and how many there are. */
export interface ClassRecord {
  readonly from: "labels" | "k-means of the original";
  readonly count: number;
}

/** What `audit` returns: frozen plain data. */
export interface Audit {
  readonly rows: number;
  readonly cols: readonly [original: number, latent: number];
  readonly options: {
    readonly metric: Metric;
    readonly latentMetric: Metric;
    readonly nNeighbors: number;
    /** k of the graphs that geodesics run in; null without geodesics. */
    readonly graphNeighbors: number | null;
    /** Number of anchors, or "exact": every row is an anchor. */
    readonly sample: number | "exact";
    readonly seed: number;
    readonly scores: readonly ScoreName[];
    /** Name of the baseline that every score is compared with, or null. */
    readonly baseline: string | null;
    /** Name of the map that shows what is achievable, or null. */
    readonly achievable: string | null;
  };
  readonly engine: EngineInfo;
  /** The classes that scores of classes are about; null when no such score was asked for. */
  readonly classes: ClassRecord | null;
  readonly scores: Scores;
  readonly shape: {
    readonly original: SpaceShape;
    readonly latent: SpaceShape;
    readonly baseline: SpaceShape | null;
  };
  readonly witnesses: Witnesses;
  readonly warnings: readonly Warning[];
  /** Drawn pairs, and the latent as a map: present where `picture` was asked for. */
  readonly picture?: Picture;
  /** Present where rows were held out. */
  readonly holdout?: Holdout;
  /** Present where `points` was asked for. */
  readonly points?: PointColumns;
}
