import { IsometerError } from "../../base/index.ts";
import type { Activation, Output } from "./activation.ts";
import { convDecoder, convEncoder, type ImageShape } from "./conv.ts";
import { type Layer, sequence } from "./layer.ts";
import { mlp } from "./mlp.ts";
import type { Normalisation } from "./normalisation.ts";
import { type Standard, standardise, unstandardise } from "./standardise.ts";

/** An autoencoder, by what its networks are made of. */
export interface AutoencoderOptions {
  /** Numbers of a row of data. */
  readonly inputs: number;
  /** Numbers of a code: what the decoder takes. */
  readonly outputs: number;
  /** Numbers that the encoder gives, where they are not the code alone: 2 d for mean and variance. Default: `outputs`. */
  readonly encoded?: number;
  readonly kind: "mlp" | "conv";
  /** Widths of the hidden layers of the encoder; conv: of those between convolutions and code. */
  readonly hidden: readonly number[];
  /** Of each convolution; conv alone. */
  readonly channels?: readonly number[];
  readonly kernel?: 3 | 4;
  /** What a row is an image of; conv alone. */
  readonly imageShape?: ImageShape;
  readonly activation: Activation;
  readonly normalisation?: Normalisation;
  readonly residual?: boolean;
  /** Of the decoder. */
  readonly output?: Output;
  /** What data are brought to before the encoder, and back from after the decoder. A decoder with an `output` gives data as they are: it ends within (0, 1) or (-1, 1). */
  readonly standardise?: Standard;
}

/** Data to codes and back; parameters are called "encoder. ..." and "decoder. ...". */
export interface Autoencoder {
  readonly encoder: Layer;
  readonly decoder: Layer;
}

/** An encoder and the decoder that is its mirror image. @throws bad-option where images do not fit */
export function buildAutoencoder(options: AutoencoderOptions): Autoencoder {
  const { output = "none", standardise: standard } = options;
  const { encoder, decoder } = options.kind === "mlp" ? dense(options) : convolutional(options);
  const isBack = standard && output === "none";
  return {
    encoder: standard ? sequence([standardise(standard), encoder]) : encoder,
    decoder: isBack ? sequence([decoder, unstandardise(standard)]) : decoder,
  };
}

function dense({ inputs, outputs, encoded = outputs, hidden, ...options }: AutoencoderOptions): Autoencoder {
  return {
    encoder: mlp("encoder", [inputs, ...hidden, encoded], { ...options, output: "none" }),
    decoder: mlp("decoder", [outputs, ...hidden.toReversed(), inputs], options),
  };
}

function convolutional({ inputs, outputs, encoded = outputs, ...options }: AutoencoderOptions): Autoencoder {
  const { imageShape, channels = [] } = options;
  if (!imageShape || imageShape.reduce((all, dim) => all * dim, 1) !== inputs) {
    throw new IsometerError("bad-option", "rows are no images of the shape that is given", {
      needed: `channels x height x width = ${inputs}`,
      got: imageShape?.join(" x ") ?? "no shape",
    });
  }
  const own = { ...options, imageShape, channels };
  return {
    encoder: convEncoder("encoder", encoded, { ...own, output: "none" }),
    decoder: convDecoder("decoder", outputs, own),
  };
}
