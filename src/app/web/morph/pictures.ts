/** Height, width and channels of a picture; the channels of each pixel stand side by side. */
export interface PictureShape {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** The shape of pictures of so many values: that of the rows of the view where it fits, else a square; null where they are none. */
export function shapeOf(values: number, rows: PictureShape | null): PictureShape | null {
  if (rows && rows.height * rows.width * rows.channels === values) return rows;
  const side = Math.round(Math.sqrt(values));
  return side > 1 && side * side === values ? { height: side, width: side, channels: 1 } : null;
}

/** The least and the largest value: black and white of pictures that are seen together. */
export function rangeOf(pictures: readonly Float32Array[]): readonly [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const values of pictures) {
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return low <= high ? [low, high] : [0, 1];
}

/** Red, green, blue and opacity of each pixel. */
export function pixelsOf(
  values: Float32Array,
  { height, width, channels }: PictureShape,
  [low, high]: readonly [number, number],
): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(4 * height * width);
  const scale = high > low ? 255 / (high - low) : 0;
  for (let i = 0; i < height * width; i++) {
    for (let c = 0; c < 3; c++) {
      out[4 * i + c] = (values[i * channels + (channels === 3 ? c : 0)]! - low) * scale;
    }
    out[4 * i + 3] = 255;
  }
  return out;
}
