import { IsometerError, type Points } from "../base/index.ts";
import { readStoredRows } from "./node-spool.ts";
import type { Source } from "./source.ts";

/** A small picture of a row. */
export interface Thumbnail {
  /** PNG as a data URI. */
  readonly src: string;
  readonly width: number;
  readonly height: number;
}

/** Height, width and values per pixel of the picture that a row is, row by row. */
export type ImageShape = readonly [height: number, width: number, channels: 1 | 3];

/** The longer side of a thumbnail is at most this; larger pictures are made smaller. */
const LARGEST = 96;

/** The shape of the pictures of an input whose format says that it holds pictures: IDX of three or four dimensions, a folder of images. */
export function imageShapeOf({ format, shape }: Pick<Source, "format" | "shape">): ImageShape | null {
  if (format !== "idx" && format !== "images") return null;
  const [, height, width, channels = 1] = shape;
  if (height === undefined || width === undefined || shape.length > 4) return null;
  return channels === 1 || channels === 3 ? [height, width, channels] : null;
}

/** "28x28" or "32x32x3" for rows of `cols` values. @throws bad-option */
export function parseImageShape(text: string, cols: number): ImageShape {
  const match = /^(\d{1,5})x(\d{1,5})(?:x(1|3))?$/i.exec(text);
  if (!match) {
    throw new IsometerError("bad-option", `--image-shape needs HxW or HxWx3, got ${JSON.stringify(text)}`, {
      got: text,
      hint: "For instance --image-shape 28x28.",
    });
  }
  const [height, width, channels] = [Number(match[1]), Number(match[2]), match[3] === "3" ? 3 : 1] as const;
  if (height * width * channels !== cols) {
    throw new IsometerError(
      "bad-option",
      `--image-shape ${text} has ${height * width * channels} values, a row of the original has ${cols}`,
      { needed: `${cols} values`, got: text, hint: "Give height, width and, for colour, x3." },
    );
  }
  return [height, width, channels];
}

/**
 * Thumbnails of some rows, as PNG by sharp.
 *
 * @param bytes whether values are 0..255 as stored; else black and white are the least and the largest value of these rows
 */
export async function thumbnails(
  points: Points,
  rows: readonly number[],
  [height, width, channels]: ImageShape,
  bytes: boolean,
): Promise<Map<number, Thumbnail>> {
  const { default: sharp } = await import("sharp");
  const valuesOf = (row: number) =>
    "stored" in points
      ? readStoredRows(points, [row])
      : points.data.subarray(row * points.cols, (row + 1) * points.cols);
  let [low, high] = bytes ? [0, 255] : [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  if (!bytes) {
    for (const row of rows) {
      for (const value of valuesOf(row)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
    }
  }
  const scale = high > low ? 255 / (high - low) : 0;
  const found = new Map<number, Thumbnail>();
  for (const row of rows) {
    const pixels = Uint8Array.from(valuesOf(row), (value) => Math.round((value - low) * scale));
    const image = sharp(pixels, { raw: { width, height, channels } });
    if (Math.max(width, height) > LARGEST) {
      image.resize({ width: LARGEST, height: LARGEST, fit: "inside" });
    }
    const { data, info } = await image.png({ compressionLevel: 9 }).toBuffer({ resolveWithObject: true });
    const src = `data:image/png;base64,${data.toString("base64")}`;
    found.set(row, { src, width: info.width, height: info.height });
  }
  return found;
}
