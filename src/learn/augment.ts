import type { Rng } from "../base/index.ts";
import type { ImageShape } from "./networks/index.ts";

/** How far images are changed at random, each by itself. Light is in units of the image's own: nothing here depends on what white is. */
export interface Augment {
  /** Pixels up or down, and left or right: evenly from -shift to shift. What comes in at an edge repeats it. */
  readonly shift: number;
  /** Whether every second image is mirrored, left for right. */
  readonly flip: boolean;
  /** Added to all pixels: evenly within this many standard deviations of the image. */
  readonly brightness: number;
  /** Differences from the mean of the image are multiplied by a factor evenly in 1 -+ contrast. */
  readonly contrast: number;
  /** Normal noise of each number, in standard deviations of the image. */
  readonly noise: number;
}

/** What leaves an image as it is. */
export const UNCHANGED: Augment = { shift: 0, flip: false, brightness: 0, contrast: 0, noise: 0 };

/** Writes an image to `out[from ..]`, changed at random. Both are C H W numbers, channel by channel. */
export function augment(
  image: Float32Array,
  shape: ImageShape,
  options: Augment,
  random: Rng,
  out: Float32Array,
  from: number,
): void {
  place(image, shape, options, random, out, from);
  relight(out.subarray(from, from + image.length), options, random);
}

/** Moves and mirrors. */
function place(
  image: Float32Array,
  [channels, height, width]: ImageShape,
  { shift, flip }: Augment,
  random: Rng,
  out: Float32Array,
  from: number,
): void {
  const down = random.integer(2 * shift + 1) - shift;
  const right = random.integer(2 * shift + 1) - shift;
  const isMirrored = random.uniform() < 0.5 && flip;
  let to = from;
  for (let c = 0; c < channels; c++)
    for (let i = 0; i < height; i++) {
      const row = (c * height + within(i - down, height)) * width;
      for (let j = 0; j < width; j++) {
        const column = within(j - right, width);
        out[to++] = image[row + (isMirrored ? width - 1 - column : column)]!;
      }
    }
}

function within(place: number, size: number): number {
  return Math.min(size - 1, Math.max(0, place));
}

/** Brightness, contrast and noise, in place. */
function relight(image: Float32Array, { brightness, contrast, noise }: Augment, random: Rng): void {
  const shift = brightness * (2 * random.uniform() - 1);
  const factor = 1 + contrast * (2 * random.uniform() - 1);
  const count = image.length;
  let mean = 0;
  for (const value of image) mean += value / count;
  let variance = 0;
  for (const value of image) variance += (value - mean) ** 2 / count;
  const deviation = Math.sqrt(variance);
  if (shift !== 0 || factor !== 1)
    for (let k = 0; k < count; k++) image[k] = mean + factor * (image[k]! - mean) + shift * deviation;
  if (noise !== 0) for (let k = 0; k < count; k++) image[k]! += noise * deviation * random.normal();
}
