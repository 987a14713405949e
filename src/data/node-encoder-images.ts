import type { KernelEnum } from "sharp";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { openFile } from "./node-bytes.ts";
import { decoding, imageOpener, type OpenImage } from "./node-images.ts";

/** How pictures become the input of a model. */
export interface ImagePlan {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** To height and width, whatever the picture's own; a number: its shorter side to so many pixels; null: it has the size. The middle of what is larger is taken. */
  readonly resize: readonly [height: number, width: number] | number | null;
  readonly kernel: keyof KernelEnum;
  /** A value v of 0 to 255 becomes (v scale - mean) / std, of each channel. */
  readonly scale: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
  /** Channel after channel, or pixel after pixel. */
  readonly layout: "chw" | "hwc";
}

/**
 * Pictures as rows of height x width x channels numbers: turned upright by their EXIF data, transparent parts black, of animations the first picture.
 *
 * @param into as many rows of it
 * @throws missing-file, bad-format (cannot be decoded), too-large (2^28 pixels), bad-value (another size)
 */
export async function readPixels(
  paths: readonly string[],
  plan: ImagePlan,
  into: Float32Array,
): Promise<void> {
  const open = await imageOpener();
  const cols = plan.height * plan.width * plan.channels;
  await Promise.all(
    paths.map(async (path, i) =>
      placeValues(await pixelsOf(open, path, plan), plan, into.subarray(i * cols)),
    ),
  );
}

async function pixelsOf(open: OpenImage, path: string, plan: ImagePlan): Promise<Uint8Array> {
  await (await openFile(path)).handle.close();
  const { height, width, channels, resize, kernel } = plan;
  const { autoOrient: own } = await decoding(path, () => open(path).metadata());
  const to = sizeFor(own, resize);
  const whole = to.width === width && to.height === height;
  // Without resizing, nothing is cut off either.
  if (to.width < width || to.height < height || (resize === null && !whole)) throw wrongSize(path, to, plan);
  const raw = await decoding(path, () => {
    let image = open(path).autoOrient().flatten({ background: "#000" });
    if (resize !== null) {
      image = image.resize(to.width, to.height, { fit: "fill", kernel, fastShrinkOnLoad: false });
    }
    if (!whole) {
      const [left, top] = [Math.floor((to.width - width) / 2), Math.floor((to.height - height) / 2)];
      image = image.extract({ left, top, width, height });
    }
    return image
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer();
  });
  if (raw.length !== height * width * channels) throw wrongSize(path, own, plan);
  return raw;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/** The size that a picture is resized to. With a given shorter side, the longer is rounded down as in Python's transformers. */
function sizeFor({ width, height }: Size, resize: ImagePlan["resize"]): Size {
  if (resize === null) return { width, height };
  if (typeof resize !== "number") return { height: resize[0], width: resize[1] };
  return width <= height
    ? { width: resize, height: Math.floor((resize * height) / width) }
    : { width: Math.floor((resize * width) / height), height: resize };
}

function wrongSize(path: string, got: Size, plan: ImagePlan) {
  const text = (size: Size) => `${size.height} x ${size.width}`;
  return new IsometerError(
    "bad-value",
    `image ${shown(path)} is ${text(got)} pixels, the encoder takes ${text(plan)}`,
    {
      needed: text(plan),
      got: text(got),
      hint: `Have it resized: --image-size ${plan.height}x${plan.width}.`,
    },
  );
}

function placeValues(pixels: Uint8Array, plan: ImagePlan, into: Float32Array): void {
  const { channels, scale, mean, std, layout } = plan;
  const area = plan.height * plan.width;
  for (let c = 0; c < channels; c++) {
    const [shift, by] = [mean[c]!, std[c]!];
    for (let p = 0; p < area; p++) {
      const at = layout === "chw" ? c * area + p : p * channels + c;
      into[at] = (pixels[p * channels + c]! * scale - shift) / by;
    }
  }
}
