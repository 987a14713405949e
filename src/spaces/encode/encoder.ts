import type { Matrix, Warning, Watch } from "../../base/index.ts";
import type { EncoderDtype } from "../../data/encoder-layout.ts";
import type { FindEncoder } from "../../data/node-encoder.ts";
import type { EngineInfo, EngineOptions } from "../../engine/index.ts";

/** What an encoder turns into vectors. */
export type Encodes = "text" | "image" | "rows";

/** How the vectors of tokens become one. */
export type Pooling = "mean" | "cls" | "max" | "last";

export const POOLINGS: readonly Pooling[] = ["mean", "cls", "max", "last"];

export interface EncoderOptions extends FindEncoder, EngineOptions {
  /** Default: found by `threads` and `provider`. */
  readonly engine?: EngineInfo;
  /** What is to be encoded. Default: what the model is for, by its inputs. */
  readonly takes?: Encodes | undefined;
  /** Default: as 1_Pooling/config.json beside the model says, else "mean". Only where the model gives a vector for each token. */
  readonly pooling?: Pooling | undefined;
  /** Whether vectors are scaled to length 1. Default: as modules.json beside the model says, else false. */
  readonly normalize?: boolean | undefined;
  /** What is put before every text, such as "query: ". Default: nothing. */
  readonly prompt?: string | undefined;
  /** The output of the model that counts; for rows, any value inside it. Default: the first of the usual names that it has. */
  readonly layer?: string | undefined;
  /** Numbers of a row, where the model leaves it open. */
  readonly cols?: number | undefined;
  /** Pixels. Default: as preprocessor_config.json says, or the input of the model. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
  /** A value v of 0 to 255 becomes (v imageScale - imageMean) / imageStd. Defaults: preprocessor_config.json, else 1/255, 0 and 1; of models that Isometer made, scale 1. */
  readonly imageScale?: number | undefined;
  /** One number, or one for each channel. */
  readonly imageMean?: readonly number[] | undefined;
  readonly imageStd?: readonly number[] | undefined;
}

/** Options with the engine that was found. */
export type ReadyOptions = EncoderOptions & { readonly engine: EngineInfo };

/** What is done before and behind the model: with its weights, this is what makes a vector. */
export interface Preparation {
  readonly output: string;
  /** Null where the model gives one vector by itself. */
  readonly pooling: Pooling | null;
  readonly normalize: boolean;
  readonly text: { readonly prompt: string; readonly maxTokens: number | null } | null;
  readonly image: {
    readonly height: number;
    readonly width: number;
    readonly channels: 1 | 3;
    readonly resize: readonly [number, number] | number | null;
    readonly kernel: string;
    readonly scale: number;
    readonly mean: readonly number[];
    readonly std: readonly number[];
    readonly layout: "chw" | "hwc";
  } | null;
}

/** Vectors, and what is to be said of them. */
export interface Encoded {
  /** n x dims */
  readonly vectors: Matrix;
  /** Texts that were longer than the model takes, by their places. */
  readonly cut: readonly number[];
}

/** Turns texts, pictures or rows into vectors. */
export interface Encoder {
  /** As it was asked for: a path, or a name of the hub. */
  readonly name: string;
  /** Path of the model that runs. */
  readonly path: string;
  readonly dtype: EncoderDtype | null;
  /** Numbers of a vector. */
  readonly dims: number;
  /** Fingerprint of the weights and of all that is done around them: what a store's map version is compared with. */
  readonly version: string;
  readonly takes: Encodes;
  readonly preparation: Preparation;
  readonly warnings: readonly Warning[];
  /**
   * Texts, paths of pictures, or rows (n x d), as `takes` says; vectors in their order.
   *
   * @throws bad-value for other things than it takes, or rows of another width; non-finite; missing-file, bad-format and too-large for pictures; unsupported-model where the model fails; aborted
   */
  encode(items: readonly string[] | Matrix, watch?: Watch): Promise<Encoded>;
  /** Frees the memory of the engine. */
  close(): Promise<void>;
}
