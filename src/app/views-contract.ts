/*
 * What the explorer asks of the server about two or more spaces of the same rows. Small answers are JSON; arrays are raw little-endian typed arrays.
 *
 * POST /api/views                                   ViewRequest -> View (the same view for the same request and files)
 * GET  /api/views/ID                                View
 * GET  /api/views/ID/positions?latent=L             Float32Array, rows x 2: where each row is drawn
 * GET  /api/views/ID/columns/NAME                   Float32Array (number; NaN: no value) or Uint16Array (category; 65535: none), one value per row
 * GET  /api/views/ID/columns.parquet?latent=L       a table: id, row, where L draws it, and every column; a file to save
 * GET  /api/views/ID/names?rows=3,7,...             { names: string[] }: ids, or row numbers
 * GET  /api/views/ID/find?text=...&limit=20         { rows: number[] }: rows whose id or category holds the text
 * GET  /api/views/ID/picture?row=R                  PNG of the row, where the original is a set of images
 * GET  /api/views/ID/neighbors?latent=L&row=R&k=K   NeighborLists
 * GET  /api/views/ID/distances?row=R                Float32Array: distance of every row to R in the original; with latent=L in that latent
 * GET  /api/views/ID/pairs?latent=L&count=N&seed=S  Arrow stream of PairColumns: pairs of rows drawn at random, for the Shepard plot; all pairs where there are no more.
 *                                                   x-isometer-scale: what latent lengths were multiplied by; x-isometer-every-pair: whether these are all
 * GET  /api/views/ID/ellipses?latent=L              Float32Array, rows x 3: Tissot, see Ellipse; NaN where there is none. Of more than 20,000 rows as many are drawn;
 *                                                   x-isometer-rows: how many were looked at; x-isometer-n-neighbors: how many neighbours a fit takes
 * POST /api/views/ID/selection                      SelectionRequest -> SelectionAnswer
 * POST /api/views/ID/distortion?latent=L            {} -> View (202): starts the per-point scores; View.latents[L].distortion says how far it is and which columns there are then
 * DELETE /api/views/ID/distortion?latent=L          View: stops them, "none" again; what is done stays done
 * GET  /api/views/ID/audits                         { audits: KeptAudit[] }: what the project of the folder keeps of its latents and is up to date
 * GET  /api/views/ID/limits                         { limits: KeptLimits | null }: the latest result of `limits` in the folder that is about the original
 *
 * Sizes of arrays stand in x-isometer-shape: ROWS or ROWS,COLS. Errors are as everywhere: { error: { code, message, hint ... } }, 404 for a view that was put away: ask for it again.
 */

import type { Progress } from "../base/index.ts";
import type { AuditResult, LimitsResult } from "../report/index.ts";
import type { Failure } from "./server/messages.ts";

/** Latents that a view shows at most. */
export const MOST_LATENTS = 3;

export interface ViewRequest {
  /** Path of the data below the folder. */
  readonly original: string;
  /** Paths of one to three latents of the same rows. */
  readonly latent: readonly string[];
  /** Labels: a file, or a column of the original. */
  readonly labels?: string;
  readonly id?: string;
  /** Column, array or tensor that holds the vectors, where there are several; of the latents where theirs has another name. */
  readonly vector?: string;
  readonly latentVector?: string;
  /** "euclidean" (default), "cosine" or "manhattan". */
  readonly metric?: string;
  readonly latentMetric?: string;
  /** "28x28": to this size pictures of a folder are brought; elsewhere rows are pictures of it. */
  readonly imageSize?: string;
  readonly imageMode?: "grey" | "colour";
}

export interface View {
  readonly id: string;
  readonly request: ViewRequest;
  readonly rows: number;
  readonly original: {
    readonly path: string;
    readonly dims: number;
    readonly metric: string;
    /** Size to which the pictures of a folder were brought. */
    readonly imageSize?: string;
  };
  readonly latents: readonly ViewLatent[];
  /** What points can be coloured by. */
  readonly columns: readonly ViewColumn[];
  /** Height and width of a row as a picture; null where rows are none. */
  readonly picture: { readonly height: number; readonly width: number; readonly channels: 1 | 3 } | null;
}

export interface ViewLatent {
  readonly path: string;
  readonly name: string;
  readonly dims: number;
  /** How rows x dims became two numbers: "as is"; "one line", spread across it at random; or "PCA to 2", with the share of variance that is seen. */
  readonly drawn: { readonly how: "as is" | "one line" | "PCA to 2"; readonly variance: number };
  readonly distortion: DistortionState;
}

/** How far the measuring of what the map does to each row is. Ask for the view again to see more. */
export interface DistortionState {
  readonly state: "none" | "running" | "done" | "failed";
  /** While it runs. */
  readonly progress: Progress | null;
  /** Rows that have a value: all of up to 50,000, else the anchors of an audit. */
  readonly rows: number | null;
  /** Names among View.columns: "trust:0" for that of latent 0. */
  readonly columns: readonly string[];
  readonly error: Failure | null;
}

export type ViewColumn =
  | {
      readonly name: string;
      readonly kind: "category";
      /** In order of their codes. */
      readonly categories: readonly string[];
      readonly latent: null;
    }
  | {
      readonly name: string;
      readonly kind: "number";
      readonly min: number;
      readonly max: number;
      /** Number of the latent that a distortion is of; null for columns of the data. */
      readonly latent: number | null;
      /** Of a distortion: which way is better, and the value of an isometry. */
      readonly better?: "higher" | "lower" | "middle";
      readonly ideal?: number;
    };

/** The neighbourhood of a row in both spaces, nearest first. */
export interface NeighborLists {
  readonly row: number;
  readonly k: number;
  readonly original: readonly NeighborEntry[];
  readonly latent: readonly NeighborEntry[];
}

export interface NeighborEntry {
  readonly row: number;
  readonly name: string;
  /** In the space of the list, and in the other one. */
  readonly distance: number;
  readonly otherDistance: number;
  /** Place among all neighbours in the other space, 1 the nearest. */
  readonly otherRank: number;
  /** Among the k nearest of both. */
  readonly shared: boolean;
}

/** Columns of /pairs: a, b (int32 rows), original, latent (float32 lengths, the latent's in units of the best single scale). */
export interface PairColumns {
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly original: Float32Array;
  readonly latent: Float32Array;
}

/**
 * The local map from picture to original, fitted to the nearest rows in the picture: half axes of the ellipse in the picture whose points are equally far in the original.
 * [a, b, angle]: half axes in units of the picture, a >= b, scaled so that their median over all rows of sqrt(a b) is 1; the angle of a in radians.
 */
export type Ellipse = readonly [number, number, number];

/** Rows by number, or, as a request has a megabyte at most, one bit each: bit R % 8 of byte R / 8, base64. */
export interface SelectionRequest {
  readonly latent: number;
  readonly rows?: readonly number[];
  readonly mask?: string;
}

/** How far a set of rows can be trusted, measured on a sample of it. */
export interface SelectionAnswer {
  readonly rows: number;
  /** Rows that were sought; all where there are few. */
  readonly sampled: number;
  readonly k: number;
  /** Share of shown neighbours that are real, of real ones that are shown; and over all rows of the view, sampled alike. */
  readonly recall: Estimate;
  readonly trustworthiness: Estimate;
  readonly continuity: Estimate;
  /** Latent length by original length of pairs within the selection, in units of the best single scale: median, and 5 % and 95 % points; null where no pair has lengths. */
  readonly stretch: {
    readonly median: number;
    readonly low: number;
    readonly high: number;
    readonly pairs: number;
  } | null;
  readonly milliseconds: number;
}

export interface Estimate {
  readonly value: number;
  readonly interval: readonly [number, number];
  /** The same over all rows. */
  readonly whole: number;
}

/** The audit of a latent that `isometer refresh` keeps, of the files as they are. */
export interface KeptAudit {
  /** Number of the latent. */
  readonly latent: number;
  /** Below the folder. */
  readonly file: string;
  /** When that file was written, ISO 8601. */
  readonly written: string;
  readonly audit: AuditResult;
}

/** A result of `limits` that lies in the folder. */
export interface KeptLimits {
  /** Below the folder. */
  readonly file: string;
  /** When that file was written, ISO 8601. */
  readonly written: string;
  readonly result: LimitsResult;
}
