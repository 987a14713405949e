import { IsometerError } from "../base/index.ts";
import { DTYPES } from "../data/encoder-layout.ts";
import type { EngineInfo } from "../engine/info.ts";
import { type EncoderOptions, type Encodes, POOLINGS } from "../spaces/encode/encoder.ts";
import * as common from "./common.ts";
import { choice, flag, kebab, number, text, type Values } from "./define.ts";
import { parseImageSize } from "./open.ts";

/** How an encoder is opened, for all jobs that have one. */
export const ENCODER_OPTIONS = {
  encoder: text({
    group: common.GROUPS.encoder,
    about:
      "an ONNX model, a folder of a model (config.json, tokenizer.json, onnx/model.onnx), or its name on the Hugging Face Hub: makes vectors of texts, images or rows",
    placeholder: "MODEL",
  }),
  pooling: choice({
    group: common.GROUPS.encoder,
    about: "how the vectors of tokens become one",
    placeholder: "NAME",
    choices: POOLINGS,
    otherwise: "as 1_Pooling/config.json beside the model says, else mean",
  }),
  normalize: flag({
    group: common.GROUPS.encoder,
    about: "scale vectors to length 1, also where modules.json beside the model does not say so",
  }),
  prompt: text({
    group: common.GROUPS.encoder,
    about: 'words before every text, such as "query: "',
    placeholder: "TEXT",
    prose: true,
  }),
  layer: text({
    group: common.GROUPS.encoder,
    about: "output of the model that counts",
    placeholder: "NAME",
    otherwise: "sentence_embedding, text_embeds, image_embeds or last_hidden_state, else its first",
  }),
  dtype: choice({
    group: common.GROUPS.encoder,
    about: "how the weights of a folder's model are stored, by the ending of its file",
    placeholder: "NAME",
    choices: DTYPES,
    otherwise: "fp32",
  }),
  download: flag({
    group: common.GROUPS.encoder,
    about: "fetch a model of the hub that is not on this machine; without it no request leaves the machine",
    network: true,
  }),
  imageSize: {
    ...common.imageSize,
    group: common.GROUPS.encoder,
    about: "size that images are resized to",
    otherwise: "that of the model, or of preprocessor_config.json beside it",
  },
  imageScale: number({
    group: common.GROUPS.encoder,
    about: "a pixel v of 0 to 255 becomes (v scale - mean) / std",
    otherwise: "as preprocessor_config.json says, else 1/255; 1 for models of isometer train",
  }),
  imageMean: text({
    group: common.GROUPS.encoder,
    about: "mean of the pixels, one number or three with commas between",
    placeholder: "X,X,X",
    otherwise: "as preprocessor_config.json says, else 0",
  }),
  imageStd: text({
    group: common.GROUPS.encoder,
    about: "standard deviation of the pixels, one number or three",
    placeholder: "X,X,X",
    otherwise: "as preprocessor_config.json says, else 1",
  }),
};

export type EncoderValues = Values<typeof ENCODER_OPTIONS>;

/** Refuses options of encoders where there is none. @throws bad-option */
export function checkEncoderOptions(options: EncoderValues): void {
  if (options.encoder !== undefined) return;
  for (const name of Object.keys(ENCODER_OPTIONS) as (keyof EncoderValues)[]) {
    const value = options[name];
    if (value === undefined || value === false) continue;
    throw new IsometerError("bad-option", `--${kebab(name)} is for encoders, and there is none`, {
      got: String(value),
      hint: "Name the model with --encoder, or leave it out.",
    });
  }
}

/**
 * The options as the library has them.
 *
 * @param both whether texts and images are encoded: what is for the others is left out then, and refused otherwise
 * @throws bad-option
 */
export function encoderOptions(
  options: EncoderValues,
  engine: EngineInfo,
  takes: Encodes,
  both = false,
): EncoderOptions {
  const { pooling, normalize, prompt, layer, dtype, download, imageScale } = options;
  const size = options.imageSize === undefined ? undefined : parseImageSize(options.imageSize);
  const image = {
    imageSize: size,
    imageScale,
    imageMean: numbersOf("--image-mean", options.imageMean),
    imageStd: numbersOf("--image-std", options.imageStd),
  };
  return {
    ...{ engine, takes, pooling, layer, dtype, download },
    // False says nothing: models may ask for it themselves.
    normalize: normalize || undefined,
    ...(!(both && takes === "image") && { prompt }),
    ...(!(both && takes === "text") && image),
  };
}

function numbersOf(flagName: string, value: string | undefined): readonly number[] | undefined {
  if (value === undefined) return undefined;
  const numbers = value.split(",").map((part) => (part.trim() === "" ? Number.NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new IsometerError(
    "bad-option",
    `${flagName} needs numbers with commas between, got ${JSON.stringify(value)}`,
    {
      got: value,
      hint: `For instance ${flagName} 0.485,0.456,0.406.`,
    },
  );
}
