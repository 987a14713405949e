import { IsometerError } from "../../base/index.ts";
import type { EncoderFiles } from "../../data/node-encoder.ts";
import type { ImagePlan } from "../../data/node-encoder-images.ts";
import { type ModelEnd, type ModelEnds, metadataOf, type Tensor } from "../../graph/index.ts";
import type { EncoderOptions } from "./encoder.ts";
import type { Batch } from "./opened.ts";
import { type Processor, processorOf } from "./processor.ts";

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

/**
 * How pictures are prepared: by what was given, else preprocessor_config.json beside the model, else the model's input.
 *
 * @throws bad-value (no encoder of pictures), bad-option (a size is missing, or does not fit), unsupported-model, bad-format, too-large
 */
export function planImages(files: EncoderFiles, ends: ModelEnds, options: EncoderOptions): ImageInput {
  const input = imageInput(ends, files);
  const processor = options.imageSize === undefined ? processorOf(files) : scalingOnly(files);
  const sized = processor?.crop ?? (typeof processor?.resize === "object" ? processor.resize : undefined);
  const asked = options.imageSize ?? sized ?? undefined;
  const { height, width, channels, layout, flat } = sizesOf(input, asked, files);
  if (height * width * channels > MOST_VALUES) {
    throw new IsometerError("too-large", `${files.name} takes images of ${height} x ${width} pixels`, {
      needed: `at most ${MOST_VALUES} values`,
    });
  }
  const plan: ImagePlan = {
    ...{ height, width, channels, layout },
    // Without a file that says more, as `--image-size` does elsewhere: whatever the sides.
    resize: processor?.resize === undefined ? [height, width] : processor.resize,
    kernel: processor?.kernel ?? "lanczos3",
    ...scaling(files, processor, options, channels),
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

/** With a size that is asked for, the file says how pixels are scaled and by which filter, and no more. */
function scalingOnly(files: EncoderFiles): Processor | null {
  const { name, preprocessor } = files;
  if (!preprocessor) return null;
  const { resample, do_rescale, rescale_factor, do_normalize, image_mean, image_std } = preprocessor;
  const scaling = { resample, do_rescale, rescale_factor, do_normalize, image_mean, image_std };
  return processorOf({ ...files, name, preprocessor: scaling });
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

function scaling(
  { name, model }: EncoderFiles,
  processor: Processor | null,
  { imageScale, imageMean, imageStd }: EncoderOptions,
  channels: 1 | 3,
): Pick<ImagePlan, "scale" | "mean" | "std"> {
  // Isometer's own models saw pixels as it reads them.
  const isOwn = Object.keys(metadataOf(model.bytes)).some((key) => key.startsWith("isometer."));
  const scale = imageScale ?? processor?.scale ?? (isOwn ? 1 : 1 / 255);
  const each = (option: string, values: readonly number[]) => {
    const all = values.length === 1 ? new Array<number>(channels).fill(values[0]!) : values;
    if (all.length === channels && all.every(Number.isFinite)) return all;
    throw new IsometerError(
      "bad-option",
      `${option} must be one number, or ${channels}: one for each channel`,
      {
        got: values.join(", "),
        hint: `${name} takes images of ${channels === 1 ? "one channel" : "three channels"}.`,
      },
    );
  };
  const mean = each("imageMean", imageMean ?? processor?.mean ?? [0]);
  const std = each("imageStd", imageStd ?? processor?.std ?? [1]);
  if (!std.includes(0) && Number.isFinite(scale)) return { scale, mean, std };
  throw new IsometerError("bad-option", "imageStd must be above 0", { got: std.join(", ") });
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
