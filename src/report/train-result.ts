import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { GeometryScores } from "../measure/geometry/result.ts";
import type { Scores } from "../measure/result.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** What a model is trained for. */
export const TRAIN_MODELS = ["ae", "vae", "contrastive", "distill"] as const;

export type TrainModel = (typeof TRAIN_MODELS)[number];

/** A penalty as it was used; `weight` null: balanced, so that its gradient is as long as that of the first loss. */
export interface IsometryRecord {
  readonly name: string;
  readonly weight: number | null;
  /** Its own numbers, defaults filled in. */
  readonly numbers: Readonly<Record<string, number>>;
}

/** The options of a training as they were resolved; null where nothing was given and nothing was needed. */
export interface TrainOptions {
  readonly to: number;
  readonly model: TrainModel;
  /** "auto": pairs along the data first, then singular values of the decoder as well. */
  readonly isometry: "auto" | readonly IsometryRecord[];
  /** The distance that is kept, and that models are judged by: of the data, along its neighbour graph, or of the teacher's embeddings. */
  readonly metric: "euclidean" | "geodesic" | "teacher";
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly optimizer: "adam" | "adamw" | "sgd" | "lbfgs";
  readonly weightDecay: number;
  /** Of sgd. */
  readonly momentum: number | null;
  readonly schedule: "cosine" | "step" | "constant" | "plateau";
  /** Epochs in which the rate rises. */
  readonly warmup: number;
  readonly clip: number | null;
  readonly network: "mlp" | "conv";
  readonly hidden: readonly number[];
  /** Of convolutions. */
  readonly channels: readonly number[] | null;
  readonly activation: string;
  readonly normalization: string;
  readonly residual: boolean;
  readonly output: string;
  readonly standardize: "scale" | "columns" | "none";
  readonly init: "random" | "pca";
  readonly nNeighbors: number;
  /** Of vae. */
  readonly beta: number | null;
  readonly freeBits: number | null;
  /** Of contrastive. */
  readonly loss: string | null;
  readonly positives: string | null;
  readonly temperature: number | null;
  readonly labels: string | null;
  readonly pairs: string | null;
  readonly teacher: string | null;
  readonly encoder: string | null;
  readonly decoder: string | null;
  readonly frozen: boolean;
  /** Share of the rows; 0: looks were at rows that were trained on. */
  readonly holdout: number;
  readonly patience: number | null;
  readonly lookEvery: number;
  readonly seed: number;
  readonly rows: string | null;
  readonly id: string | null;
  readonly vector: string | null;
  readonly imageSize: string | null;
  readonly imageMode: "grey" | "colour";
  readonly imageShape: string | null;
}

/** What a look at the model found on rows that it was not trained on; null where there is none, or it was not looked at. */
export interface TrainLook {
  /** Scale-normalised stress over all pairs: sqrt(1 - (sum dx dz)^2 / (sum dx^2 sum dz^2)). The best model has least. */
  readonly stress: number;
  /** q95 / q05 of dz / dx over pairs. */
  readonly stretch: number;
  /** Share of the nearest neighbours among these rows that stayed so. */
  readonly recall: number;
  /** Mean squared error over all elements, in the units of the data. */
  readonly reconstruction: number | null;
  /** Mean condition number of the pullback metric of the decoder. */
  readonly conditionNumber: number | null;
  /** Directions of the codes that are in use: exp of the entropy of the shares of variance along principal directions, 1 to d. */
  readonly effectiveRank: number;
}

/** An epoch that is over. */
export interface TrainEpoch {
  /** From 1. */
  readonly epoch: number;
  /** Which part of the recipe, from 0. */
  readonly phase: number;
  /** Means over its steps: losses, penalties without their weights, and what the objective shows. */
  readonly terms: Readonly<Record<string, number>>;
  /** Of penalties. */
  readonly weights: Readonly<Record<string, number>>;
  readonly learningRate: number;
  /** Null: nobody looked after this epoch. */
  readonly look: TrainLook | null;
}

/** What comes back of rows through encoder and decoder. */
export interface Reconstruction {
  /** Mean squared error over all elements, in the units of the data. */
  readonly error: number;
  /** That over the variance about the mean of the rows trained on: 0 is perfect, 1 knows the mean alone. */
  readonly unexplained: number;
  /** PCA to as many dimensions, fitted to the rows trained on, on the same rows. */
  readonly baseline: { readonly name: "PCA"; readonly error: number; readonly unexplained: number };
}

/** How many directions of the latent are in use. */
export interface Collapse {
  /** Columns of the codes, and those with more than a hundredth of the largest variance. */
  readonly columns: number;
  readonly active: number;
  /** See `TrainLook`. */
  readonly effectiveRank: number;
  /** Variance along principal directions, largest first, as shares of all. */
  readonly shares: readonly number[];
}

/** Something to know about the space that was learned: words for a person, from the numbers of the result. */
export interface TrainFinding {
  readonly code: "bad-space" | "collapse" | "folded" | "overfitting";
  readonly message: string;
}

/** The result of job `train`. */
export interface TrainResult {
  readonly schema: "isometer/train/1";
  readonly job: "train";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  /** `heldOut` 0: the scores are of rows that were trained on. */
  readonly rows: { readonly train: number; readonly heldOut: number };
  readonly model: TrainModel;
  /** What it is trained for, in a few words. */
  readonly about: string;
  readonly options: TrainOptions;
  readonly network: { readonly parameters: number; readonly inputs: number; readonly outputs: number };
  /** A network that somebody had, before it was trained on. Null: both began anew. */
  readonly before: TrainLook | null;
  /** Every epoch in order, those before a resume too. */
  readonly epochs: readonly TrainEpoch[];
  /** The model that was kept: the one with the least held-out stress among those looked at, or the least `bracketDistortion` where lengths along the data are kept (of the last phase of a recipe). */
  readonly best: { readonly epoch: number; readonly score: number };
  readonly stopped: "finished" | "early" | "interrupted";
  readonly steps: number;
  /** Which rows the scores are of: held out; all, where distances are along the data, whose graph needs them all; trained on, where none are held out. */
  readonly scored: "held-out" | "all" | "trained-on";
  /** Of the codes of these rows, beside PCA fitted to the rows trained on. */
  readonly scores: Scores;
  /** Of held-out rows. Null: there is no decoder. */
  readonly reconstruction: Reconstruction | null;
  /** Of the decoder at codes of held-out rows. Null: there is none, or it could not be looked at. */
  readonly geometry: GeometryScores | null;
  readonly collapse: Collapse;
  readonly findings: readonly TrainFinding[];
  /** What was written. */
  readonly files: readonly { readonly what: TrainFile; readonly path: string }[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

export type TrainFile = "encoder" | "decoder" | "codes" | "report" | "page" | "checkpoint";

/** The latent at one look, on the plane of its first two principal directions, turned and scaled to the frame before it. */
export interface LatentFrame {
  readonly epoch: number;
  /** n x 2, row by row. A latent of one dimension has 0 in the second column. */
  readonly at: readonly number[];
}

/** What the page of a training is drawn from beside its result. */
export interface TrainEvidence {
  /** Rows of the frames, by their numbers in the data; at most 1,000. */
  readonly rows: readonly number[];
  /** Their labels; null: none were given. */
  readonly labels: readonly string[] | null;
  /** In order; the last is of the model that was kept. */
  readonly frames: readonly LatentFrame[];
}
