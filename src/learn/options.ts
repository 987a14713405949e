import type { ModelSource } from "../engine/index.ts";
import type { DescentOptions, Schedule } from "../optim/index.ts";
import type { Activation, ImageShape, Normalisation, Output } from "./networks/index.ts";
import type { PenaltyName } from "./penalties/index.ts";
import type { PenaltyNumbers } from "./penalties/penalty.ts";

/** A penalty as a user asks for it. */
export interface IsometryUse {
  readonly name: PenaltyName;
  /** Left out: balanced, so that its gradient is as long as that of what the model is for. */
  readonly weight?: number;
  /** Its own numbers, where they are not the defaults. */
  readonly numbers?: PenaltyNumbers;
}

/** How a rate changes, in epochs. */
export type EpochSchedule =
  | { readonly kind: "constant" }
  | { readonly kind: "step"; readonly every: number; readonly factor: number }
  | { readonly kind: "cosine"; readonly floor: number };

/** What networks are made of. */
export interface NetworkOptions {
  /** Default mlp. */
  readonly network?: "mlp" | "conv";
  /** Widths of the hidden layers of the encoder; the decoder is its mirror image. Default [256, 256]. */
  readonly hidden?: readonly number[];
  /** Of the convolutions. Default [32, 64]. */
  readonly channels?: readonly number[];
  readonly imageShape?: ImageShape;
  /** Rows have the colours of each pixel side by side, as files of pictures do. Default: channel by channel. */
  readonly hasChannelsLast?: boolean;
  /** Default elu. */
  readonly activation?: Activation;
  /** Default none. */
  readonly normalisation?: Normalisation;
  readonly residual?: boolean;
  /** What the decoder ends with. Default none. */
  readonly output?: Output;
  /** Networks to go on from, instead. */
  readonly encoder?: ModelSource;
  readonly decoder?: ModelSource;
  /** Keeps that encoder as it is and trains a linear layer behind it. */
  readonly frozen?: boolean;
  /** Weights that networks begin with: random, or such that the encoder is PCA and the decoder its inverse (mlp alone). Default random. */
  readonly init?: "random" | "pca";
}

/** How it is trained. */
export interface FitOptions {
  /** Penalties, or our own recipe. Default: none. */
  readonly isometry?: readonly IsometryUse[] | "auto";
  /** Default 100. */
  readonly epochs?: number;
  /** Default 256, or all rows. */
  readonly batchSize?: number;
  /** Default .001. */
  readonly learningRate?: number;
  /** Default adam. */
  readonly descent?: DescentOptions;
  /** Default: falls by a cosine to a hundredth. */
  readonly schedule?: EpochSchedule;
  /** Epochs in which the rate rises. Default 0. */
  readonly warmup?: number;
  /** Largest length of a gradient. Default: any. */
  readonly clip?: number | null;
  /** What is done to data first: centred and divided by one scale (distances stay, up to that), by one for each column, or nothing. Default scale. */
  readonly standardize?: Standardize;
  /** k of the neighbour graph of geodesic penalties, and of what counts as near. Default 10. */
  readonly nNeighbors?: number;
  /** Default 0. */
  readonly seed?: number;
}

export type Standardize = "scale" | "columns" | "none";

/** The schedule in steps. */
export function scheduleInSteps(
  schedule: EpochSchedule,
  {
    warmup = 0,
    epochs,
    stepsPerEpoch,
  }: { readonly warmup?: number | undefined; readonly epochs: number; readonly stepsPerEpoch: number },
): Schedule {
  const own = warmup > 0 ? { warmup: Math.round(warmup * stepsPerEpoch) } : {};
  switch (schedule.kind) {
    case "constant":
      return { kind: "constant", ...own };
    case "step":
      return { kind: "step", every: schedule.every * stepsPerEpoch, factor: schedule.factor, ...own };
    case "cosine":
      return { kind: "cosine", over: epochs * stepsPerEpoch, floor: schedule.floor, ...own };
  }
}
