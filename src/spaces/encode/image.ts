import { IsometerError } from "../../base/index.ts";
import type { EncoderFiles, Settings } from "../../data/node-encoder.ts";
import type { ImagePlan } from "../../data/node-encoder-images.ts";
import { type ModelEnd, type ModelEnds, metadataOf, type Tensor } from "../../graph/index.ts";
import type { EncoderOptions } from "./encoder.ts";
import type { Batch } from "./opened.ts";

/** Pictures in one run at most, and numbers of them. */
const MOST_IMAGES = 8;
const MOST_NUMBERS = 2 ** 23;
/** Values of one picture at most. */
const MOST_VALUES = 2 ** 26;

/** How pictures become the input of a model. */
export interface ImageInput {
  readonly plan: ImagePlan;
  readonly input: ModelEnd;
  /** Sizes of one picture as the model has them. */
  readonly shape: readonly number[];
  readonly together: number;
}

/** Pillow's filters by their numbers, as sharp calls them. */
const KERNELS: Readonly<Record<number, ImagePlan["kernel"]>> = {
  0: "nearest",
  1: "lanczos3",
  2: "linear",
  3: "cubic",
};

/** What preprocessor_config.json may ask for and is not done here. */
const UNKNOWN = [
  "do_pad",
  "do_thumbnail",
  "do_crop_margin",
  "keep_aspect_ratio",
  "do_align_long_axis",
  "do_flip_channel_order",
];

/**
 * How pictures are prepared: by what was given, else preprocessor_config.json beside the model, else the model's input.
 *
 * @throws bad-value (no encoder of pictures), bad-option (a size is missing, or does not fit), unsupported-model, bad-format, too-large
 */
export function planImages(files: EncoderFiles, ends: ModelEnds, options: EncoderOptions): ImageInput {
  const input = imageInput(ends, files);
  const config = files.preprocessor;
  checkConfig(files);
  const asked = options.imageSize ?? configSize(config, "crop") ?? configSize(config, "size");
  const { height, width, channels, layout, flat } = sizesOf(input, asked, files);
  if (height * width * channels > MOST_VALUES) {
    throw new IsometerError("too-large", `${files.name} takes images of ${height} x ${width} pixels`, {
      needed: `at most ${MOST_VALUES} values`,
    });
  }
  const plan: ImagePlan = {
    ...{ height, width, channels, layout },
    ...resizing(config, options, [height, width]),
    ...scaling(files, options, channels),
  };
  const sizes = layout === "chw" ? [channels, height, width] : [height, width, channels];
  const shape = flat ? [height * width * channels] : input.shape!.length === 3 ? [height, width] : sizes;
  const most = Math.max(1, Math.floor(MOST_NUMBERS / (height * width * channels)));
  return { plan, input, shape, together: files.mixesBatch ? 1 : Math.min(MOST_IMAGES, most) };
}

function imageInput({ inputs }: ModelEnds, { name }: EncoderFiles): ModelEnd {
  const [first, ...others] = inputs;
  if (first && others.length === 0 && first.type === "float" && first.shape && first.shape.length >= 2)
    return first;
  const isText = inputs.some((input) => input.name === "input_ids");
  throw new IsometerError("bad-value", `${name} is no encoder of images`, {
    needed: "one input of float32 pixels",
    got: inputs.map((input) => `${input.name} (${input.type ?? "another type"})`).join(", "),
    hint: isText
      ? "Give texts with --text; models of texts and images come in two files: name onnx/vision_model.onnx."
      : "Export it with float32 pixels as its one input.",
  });
}

function checkConfig({ name, preprocessor }: EncoderFiles): void {
  const asked = UNKNOWN.filter((key) => preprocessor?.[key] === true);
  if (asked.length === 0) return;
  throw new IsometerError(
    "unsupported-model",
    `${name} wants its images prepared in a way that is not known here`,
    {
      got: asked.join(", "),
      hint: "Prepare them with the model's own processor, and give vectors with --queries.",
    },
  );
}

/** A size of preprocessor_config.json: { height, width }, one number for a square, or the shorter side. */
function configSize(config: Settings | null, which: "crop" | "size"): readonly [number, number] | undefined {
  if (!config || (which === "crop" && config.do_center_crop !== true)) return undefined;
  const value = which === "crop" ? config.crop_size : config.size;
  if (typeof value === "number") return [value, value];
  const { height, width } = (value ?? {}) as { height?: unknown; width?: unknown };
  return typeof height === "number" && typeof width === "number" ? [height, width] : undefined;
}

interface Sizes {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  readonly layout: "chw" | "hwc";
  /** Whether a picture is one row of numbers. */
  readonly flat: boolean;
}

function sizesOf(
  { shape, name }: ModelEnd,
  asked: readonly [number, number] | undefined,
  files: EncoderFiles,
): Sizes {
  const dims = shape!;
  const needsSize = () =>
    new IsometerError("bad-option", `${files.name} leaves the size of its images open`, {
      got: `${name}: ${dims.join(" x ")}`,
      needed: "height and width in pixels",
      hint: "Give --image-size, such as --image-size 224x224, or put its preprocessor_config.json beside it.",
    });
  if (dims.length === 2) {
    if (!asked) throw needsSize();
    const [height, width] = asked;
    const numbers = typeof dims[1] === "number" ? dims[1] : height * width;
    const channels = numbers / (height * width);
    if (channels !== 1 && channels !== 3) throw wrongSize(files, asked, `${numbers} numbers`);
    return { height, width, channels, layout: "hwc", flat: true };
  }
  const isChannels = (dim: number | string | undefined): dim is 1 | 3 => dim === 1 || dim === 3;
  const [first, second, third] = dims.slice(1);
  const layout = !isChannels(first) && isChannels(third) ? "hwc" : "chw";
  const channels = dims.length === 3 ? 1 : layout === "chw" ? first : third;
  const own = dims.length === 3 ? [first, second] : layout === "chw" ? [second, third] : [first, second];
  const known = typeof channels === "string" ? 3 : channels;
  if (dims.length > 4 || !isChannels(known)) {
    throw new IsometerError(
      "unsupported-model",
      `${files.name} takes ${dims.join(" x ")}: no images of 1 or 3 channels`,
    );
  }
  const [height, width] = own.map((dim, k) => (typeof dim === "number" ? dim : asked?.[k]));
  if (height === undefined || width === undefined) throw needsSize();
  if (asked && (height !== asked[0] || width !== asked[1]))
    throw wrongSize(files, asked, `${height} x ${width} pixels`);
  return { height, width, channels: known, layout, flat: false };
}

function wrongSize({ name }: EncoderFiles, asked: readonly [number, number], needed: string): IsometerError {
  return new IsometerError(
    "bad-option",
    `${name} takes images of ${needed}, not ${asked.join(" x ")} pixels`,
    {
      needed,
      got: asked.join(" x "),
      hint: "Give --image-size as the model has it, or leave it out.",
    },
  );
}

/** With preprocessor_config.json as it says; without, to the model's size whatever the sides, as `--image-size` does elsewhere. */
function resizing(
  config: Settings | null,
  { imageSize }: EncoderOptions,
  own: readonly [number, number],
): Pick<ImagePlan, "resize" | "kernel"> {
  const resample = typeof config?.resample === "number" ? config.resample : 2;
  const kernel = config ? (KERNELS[resample] ?? "linear") : "lanczos3";
  if (!config || imageSize) return { resize: own, kernel };
  if (config.do_resize === false) return { resize: null, kernel };
  const size = config.size as { readonly shortest_edge?: unknown } | number | null | undefined;
  const shortest = typeof size === "object" ? size?.shortest_edge : config.do_center_crop ? size : undefined;
  if (typeof shortest === "number") return { resize: shortest, kernel };
  return { resize: configSize(config, "size") ?? own, kernel };
}

function scaling(
  { name, model, preprocessor: config }: EncoderFiles,
  { imageScale, imageMean, imageStd }: EncoderOptions,
  channels: 1 | 3,
): Pick<ImagePlan, "scale" | "mean" | "std"> {
  // Isometer's own models saw pixels as it reads them.
  const isOwn = Object.keys(metadataOf(model.bytes)).some((key) => key.startsWith("isometer."));
  const factor = config?.do_rescale === false ? 1 : (config?.rescale_factor ?? 1 / 255);
  const scale = imageScale ?? (isOwn && !config ? 1 : Number(factor));
  const normalizes = config !== null && config.do_normalize !== false;
  const each = (given: readonly number[] | undefined, key: string, otherwise: number) => {
    const value = given ?? (normalizes ? config[key] : undefined) ?? otherwise;
    const list = Array.isArray(value) ? (value as unknown[]) : [value];
    const numbers = list.length === 1 ? new Array<unknown>(channels).fill(list[0]) : list;
    if (numbers.length === channels && numbers.every((x) => typeof x === "number" && Number.isFinite(x))) {
      return numbers as number[];
    }
    throw new IsometerError(
      given ? "bad-option" : "bad-format",
      `${name}: ${key} is not one number, or ${channels}`,
      {
        got: JSON.stringify(value),
        needed: channels === 1 ? "one number" : `one number, or ${channels}`,
      },
    );
  };
  const [mean, std] = [each(imageMean, "image_mean", 0), each(imageStd, "image_std", 1)];
  if (std.some((by) => by === 0) || !Number.isFinite(scale)) {
    throw new IsometerError("bad-option", `${name}: pixels cannot be divided by 0`, {
      hint: "Give another --image-std.",
    });
  }
  return { scale, mean, std };
}

/** Pictures a few at a time. The last is repeated where a model takes more at once than there are. */
export function* imageBatches(
  { plan, input, shape, together }: ImageInput,
  paths: readonly string[],
  batch: number | null,
): Generator<Batch> {
  const cols = plan.height * plan.width * plan.channels;
  const most = batch ?? together;
  for (let start = 0; start < paths.length; start += most) {
    const own = paths.slice(start, start + most);
    yield {
      at: own.map((_, i) => start + i),
      lengths: own.map(() => Number.POSITIVE_INFINITY),
      async feeds(rows): Promise<Record<string, Tensor>> {
        const { readPixels } = await import("../../data/node-encoder-images.ts");
        const data = new Float32Array(rows * cols);
        await readPixels(own, plan, data);
        for (let i = own.length; i < rows; i++)
          data.copyWithin(i * cols, (own.length - 1) * cols, own.length * cols);
        return { [input.name]: { data, dims: [rows, ...shape] } };
      },
    };
  }
}
