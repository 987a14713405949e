import type { Points, Watch } from "../base/index.ts";
import type { EngineOptions } from "../engine/index.ts";
import type { Metric } from "../neighbors/index.ts";
import type { AchievableMap, BaselineLatent } from "./references.ts";
import type { ScoreName } from "./result.ts";

/** Options of an audit of several latents: those that belong to one latent are in `NamedLatent`. */
export type SharedOptions = Omit<
  AuditOptions,
  "latentMetric" | "duplicates" | "baseline" | "achievable" | "names"
> & {
  readonly original?: {
    /** What to call it in errors. */
    readonly name?: string;
    /** Index of the first equal row of each row. */
    readonly duplicates?: Int32Array | null;
    /** `D x D` (divisor n), of its rows as the metric places them: of directions under cosine. Spares a pass where PCA has found it. */
    readonly covariance?: Float64Array | null;
  };
};

/** One of several latents of the same original. */
export interface NamedLatent {
  readonly name: string;
  /** n x d */
  readonly latent: Points;
  /** Default euclidean. */
  readonly metric?: Metric;
  readonly duplicates?: Int32Array | null;
  /** The same object may stand for several latents: it is then measured once. */
  readonly baseline?: BaselineLatent;
  /** As for `baseline`. */
  readonly achievable?: AchievableMap;
}

export interface AuditOptions extends EngineOptions, Watch {
  /** Distance in the original. Default euclidean. */
  readonly metric?: Metric;
  /** Distance in the latent. Default euclidean. */
  readonly latentMetric?: Metric;
  /** k of the neighbourhood scores: at least 1, below n / 2. Default 15. */
  readonly nNeighbors?: number;
  /** k of the graphs of nearest neighbours that geodesics run in, 1 to n - 1. Default 10. */
  readonly graphNeighbors?: number;
  /**
   * Number of anchors: rows drawn at random and compared with all rows. Default 2,000 above 10,000 rows, 1e9 / n (at least 100) above 500,000; with
   * geodesics 500 above 2,000, fewer of more than 134,000, and at most 100,000,000 / n.
   */
  readonly sample?: number;
  /** Look at every pair, however many rows; with geodesics of at most 10,000. */
  readonly exact?: boolean;
  /** Seed of everything drawn. Default 0. */
  readonly seed?: number;
  /** Which scores. Default all. */
  readonly scores?: readonly ScoreName[];
  /** Index of the first equal row of each row, in the original and in the latent: spares work where many rows repeat. */
  readonly duplicates?: { readonly original?: Int32Array | null; readonly latent?: Int32Array | null };
  /**
   * Another latent of the same original that every score is compared with, under euclidean distance; usually `pca` and `project` to as
   * many dimensions, the linear map that keeps the most variance. The command line gives that. Costs what one more latent does: the
   * original is swept once for all.
   */
  readonly baseline?: BaselineLatent;
  /** A map of some rows that shows what is achievable there; usually by SMACOF. The command line gives that. */
  readonly achievable?: AchievableMap;
  /** Class of each row, for the scores of classes: any names. */
  readonly labels?: readonly string[] | null;
  /** Gather what is known of single rows: see `Audit.points`. Default false. */
  readonly points?: boolean;
  /** Numbers of rows that the map never saw, at least 20 and all but 20 at most: see `Audit.holdout`. Costs two sampled audits more. */
  readonly holdout?: ArrayLike<number> | null;
  /** Gather what the figures of a report show: see `Audit.picture`. Default false. */
  readonly picture?: boolean;
  /** What to call the inputs in errors. Default "the original" and "the latent". */
  readonly names?: readonly [string, string];
}
