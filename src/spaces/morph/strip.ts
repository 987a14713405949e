import { checkInteger, IsometerError, type Matrix } from "../../base/index.ts";

/** Pixels of a picture, row by row, `channels` bytes for each: what image encoders take. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Pixels of pictures below each other, for encoders of animations: each page is `pageHeight` high. */
export interface Pages extends Pixels {
  readonly pageHeight: number;
  readonly pages: number;
}

export interface FrameShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
  /** A row holds all pixels of a channel before the next, as networks give them. Default: the channels of each pixel side by side. */
  readonly isChannelsFirst?: boolean;
}

export interface PictureOptions {
  /** The values of black and of white; others are cut off. Default: the least and the largest of all frames. */
  readonly range?: readonly [low: number, high: number];
  /** Every pixel as a square of so many. Default 1. */
  readonly scale?: number;
}

export interface StripOptions extends PictureOptions {
  /** Pixels between frames. Default 2. */
  readonly gap?: number;
  /** What is between them, 0 to 255. Default 255. */
  readonly background?: number;
}

/**
 * A film strip: the frames of each path beside each other, one path below the other.
 *
 * @param strips of each path its frames, n x (height width channels)
 * @throws bad-value where rows are no pictures of that shape; bad-option; too-few-rows without a frame
 */
export function filmStrip(
  strips: readonly Matrix[],
  shape: FrameShape,
  { gap = 2, background = 255, ...options }: StripOptions = {},
): Pixels {
  checkInteger("gap", gap, 0);
  checkInteger("background", background, 0, 255);
  const { height, width, frames } = framesOf(strips, shape, options);
  const { channels } = shape;
  const across = Math.max(...frames.map((row) => row.length));
  const whole = {
    width: across * width + (across - 1) * gap,
    height: frames.length * height + (frames.length - 1) * gap,
  };
  const data = new Uint8Array(whole.width * whole.height * channels).fill(background);
  frames.forEach((row, down) => {
    row.forEach((frame, along) => {
      for (let y = 0; y < height; y++) {
        const start = (down * (height + gap) + y) * whole.width + along * (width + gap);
        data.set(frame.subarray(y * width * channels, (y + 1) * width * channels), start * channels);
      }
    });
  });
  return { data, ...whole, channels };
}

/**
 * The pages of an animation, one frame each; there and back again unless told otherwise, so that it runs on without a jump.
 *
 * @param frames n x (height width channels)
 * @throws as `filmStrip`
 */
export function animationPages(
  frames: Matrix,
  shape: FrameShape,
  { isLoop = true, ...options }: PictureOptions & { readonly isLoop?: boolean } = {},
): Pages {
  const { height, width, frames: rows } = framesOf([frames], shape, options);
  const own = rows[0]!;
  const pages = isLoop ? [...own, ...own.slice(1, -1).reverse()] : own;
  const size = height * width * shape.channels;
  const data = new Uint8Array(pages.length * size);
  for (const [p, page] of pages.entries()) data.set(page, p * size);
  return {
    data,
    width,
    height: pages.length * height,
    channels: shape.channels,
    pageHeight: height,
    pages: pages.length,
  };
}

/** All frames as bytes, enlarged. */
function framesOf(strips: readonly Matrix[], shape: FrameShape, { range, scale = 1 }: PictureOptions) {
  checkInteger("scale", scale, 1, 64);
  const { height, width, channels } = shape;
  for (const { cols, rows } of strips) {
    if (cols !== height * width * channels) {
      throw new IsometerError(
        "bad-value",
        `a frame has ${cols} values, a picture ${height * width * channels}`,
        {
          needed: `${height} x ${width} x ${channels}`,
          got: String(cols),
        },
      );
    }
    if (rows === 0) throw new IsometerError("too-few-rows", "a strip has no frames");
  }
  if (strips.length === 0) throw new IsometerError("too-few-rows", "there are no strips");
  const [low, high] = range ?? rangeOf(strips);
  const byte = (value: number) =>
    high > low ? Math.round(255 * Math.max(0, Math.min(1, (value - low) / (high - low)))) : 0;
  const frames = strips.map((strip) =>
    Array.from({ length: strip.rows }, (_, i) => {
      const own = strip.data.subarray(i * strip.cols, (i + 1) * strip.cols);
      return enlarged(own, shape, scale, byte);
    }),
  );
  return { height: height * scale, width: width * scale, frames };
}

function rangeOf(strips: readonly Matrix[]): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { data } of strips) {
    for (const value of data) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return [low, high];
}

function enlarged(
  values: Float32Array,
  { height, width, channels, isChannelsFirst = false }: FrameShape,
  scale: number,
  byte: (value: number) => number,
): Uint8Array {
  const wide = width * scale;
  const pixels = new Uint8Array(wide * height * scale * channels);
  for (let y = 0; y < height * scale; y++) {
    for (let x = 0; x < wide; x++) {
      const pixel = Math.floor(y / scale) * width + Math.floor(x / scale);
      for (let c = 0; c < channels; c++) {
        const at = isChannelsFirst ? c * height * width + pixel : pixel * channels + c;
        pixels[(y * wide + x) * channels + c] = byte(values[at]!);
      }
    }
  }
  return pixels;
}
