import { IsometerError } from "../../base/index.ts";
import type { EncoderFiles } from "../../data/node-encoder.ts";
import type { ImagePlan } from "../../data/node-encoder-images.ts";

/** What preprocessor_config.json beside a model says of its images. */
export interface Processor {
  /** Height and width, or the shorter side; null: images are not resized; undefined: it does not say. */
  readonly resize: ImagePlan["resize"] | undefined;
  /** Height and width of the middle that is kept. */
  readonly crop: readonly [number, number] | null;
  readonly kernel: ImagePlan["kernel"];
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/** Pillow's filters by their numbers, as sharp calls them. */
const KERNELS: Readonly<Record<number, ImagePlan["kernel"]>> = {
  0: "nearest",
  1: "lanczos3",
  2: "linear",
  3: "cubic",
};

/** What it may ask for and is not done here. */
const UNKNOWN = [
  "do_pad",
  "do_thumbnail",
  "do_crop_margin",
  "do_align_long_axis",
  "do_flip_channel_order",
  "do_image_splitting",
  "do_color_quantize",
  "keep_aspect_ratio",
  "rescale_offset",
  "size_divisor",
  "size_divisibility",
  "crop_pct",
  "longest_edge",
  "max_pixels",
];

/** Pixels of a side at most. */
const MOST = 2 ** 16;

/** Reads preprocessor_config.json; null where there is none. @throws unsupported-model for what is not done here, bad-format */
export function processorOf({ name, preprocessor: config }: EncoderFiles): Processor | null {
  if (!config) return null;
  const size = (config.size ?? {}) as number | Readonly<Record<string, unknown>>;
  const crops = config.do_center_crop === true;
  const own = typeof size === "number" ? {} : size;
  const asked = UNKNOWN.filter((key) => isSet(config[key]) || isSet(own[key]));
  // A side of one length and another as it comes fits no model.
  if (own.shortest_edge !== undefined && !crops) asked.push("shortest_edge without do_center_crop");
  if (asked.length > 0) {
    throw new IsometerError(
      "unsupported-model",
      `${name} wants its images prepared in a way that is not known here`,
      {
        got: asked.join(", "),
        hint: "Prepare them with the model's own processor, and give vectors with --queries; or resize them by force with --image-size.",
      },
    );
  }
  const bad = (what: string) =>
    new IsometerError("bad-format", `preprocessor_config.json of ${name}: ${what} is not what it should be`, {
      got: JSON.stringify(config[what])?.slice(0, 100) ?? "nothing",
      hint: "Copy the file anew.",
    });
  const square = typeof size === "number" && crops ? size : own.shortest_edge;
  const sides = typeof size === "number" && !crops ? { height: size, width: size } : own;
  return {
    resize: config.do_resize === false ? null : sizeIn(square, sides, () => bad("size")),
    crop: crops ? cropOf(config.crop_size, () => bad("crop_size")) : null,
    kernel: KERNELS[Number(config.resample ?? 2)] ?? "linear",
    ...scaleOf(config, bad),
  };
}

const isSet = (value: unknown) => value === true || typeof value === "number";

function sizeIn(
  shortest: unknown,
  { height, width }: Readonly<Record<string, unknown>>,
  bad: () => IsometerError,
): ImagePlan["resize"] | undefined {
  if (shortest !== undefined) return side(shortest, bad);
  return height === undefined && width === undefined ? undefined : [side(height, bad), side(width, bad)];
}

function cropOf(value: unknown, bad: () => IsometerError): readonly [number, number] {
  if (typeof value === "number") return [side(value, bad), side(value, bad)];
  const { height, width } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return [side(height, bad), side(width, bad)];
}

function side(value: unknown, bad: () => IsometerError): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST) return value;
  throw bad();
}

function scaleOf(
  config: Readonly<Record<string, unknown>>,
  bad: (what: string) => IsometerError,
): Pick<Processor, "scale" | "mean" | "std"> {
  const factor = config.do_rescale === false ? 1 : (config.rescale_factor ?? 1 / 255);
  if (typeof factor !== "number" || !(factor > 0)) throw bad("rescale_factor");
  if (config.do_normalize === false) return { scale: factor, mean: [0], std: [1] };
  const list = (key: string, otherwise: number): readonly number[] => {
    const value = config[key] ?? (config.do_normalize === true ? undefined : otherwise);
    const numbers = Array.isArray(value) ? (value as unknown[]) : [value];
    if (numbers.length > 0 && numbers.every((x) => typeof x === "number")) return numbers as number[];
    throw bad(key);
  };
  return { scale: factor, mean: list("image_mean", 0), std: list("image_std", 1) };
}
