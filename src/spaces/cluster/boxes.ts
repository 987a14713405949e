import { argsort, sharedFloat64, sharedInt32 } from "../../base/index.ts";
import { openPlaces } from "../../engine/index.ts";
import type { Space } from "../../neighbors/index.ts";

/** Rows parted into boxes that hold rows near each other. On shared memory. */
export interface Boxes {
  readonly count: number;
  /** All row numbers, box after box. */
  readonly order: Int32Array;
  /** Where each box starts in `order`, and the end: `count + 1`. */
  readonly starts: Int32Array;
  /** Least and largest coordinate of the rows of each, in scaled units: `count x cols`. */
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** The largest squared norm around the centre, of each. */
  readonly norms: Float64Array;
}

/** Rows of a box at most: few where boxes lie apart, as many as products are fast with where they do not. */
const FEW_COLS = 8;
const MOST_ROWS = { few: 64, many: 512 } as const;

/** Parts rows at the median of the widest coordinate, until boxes are small. Cost O(n d log n). */
export function boxesOf(space: Space): Boxes {
  const { rows, cols, scales } = space;
  const { values, place } = openPlaces(space);
  const most = cols <= FEW_COLS ? MOST_ROWS.few : MOST_ROWS.many;
  const order = sharedInt32(rows);
  for (let i = 0; i < rows; i++) order[i] = i;
  const ends: number[] = [];
  const limits: { readonly low: Float64Array; readonly high: Float64Array }[] = [];
  const split = (from: number, to: number): void => {
    const { low, high } = limitsOf(space, order.subarray(from, to), values, place);
    if (to - from <= most) {
      ends.push(to);
      limits.push({ low, high });
      return;
    }
    const widest = low.reduce(
      (best, value, k) => (high[k]! - value > high[best]! - low[best]! ? k : best),
      0,
    );
    const own = order.slice(from, to);
    const along = Float64Array.from(own, (i) => values[place(i) + widest]! * scales[i]! - low[widest]!);
    const sorted = argsort(along);
    for (let p = 0; p < own.length; p++) order[from + p] = own[sorted[p]!]!;
    const middle = (from + to) >>> 1;
    split(from, middle);
    split(middle, to);
  };
  split(0, rows);
  return gathered(space, order, ends, limits);
}

function gathered(
  { cols, squaredNorms }: Space,
  order: Int32Array,
  ends: readonly number[],
  limits: readonly { readonly low: Float64Array; readonly high: Float64Array }[],
): Boxes {
  const count = ends.length;
  const starts = sharedInt32(count + 1);
  const [low, high, norms] = [sharedFloat64(count * cols), sharedFloat64(count * cols), sharedFloat64(count)];
  for (let b = 0; b < count; b++) {
    starts[b + 1] = ends[b]!;
    low.set(limits[b]!.low, b * cols);
    high.set(limits[b]!.high, b * cols);
    for (let p = starts[b]!; p < ends[b]!; p++) norms[b] = Math.max(norms[b]!, squaredNorms[order[p]!]!);
  }
  return { count, order, starts, low, high, norms };
}

/** Least and largest scaled coordinates of some rows. */
export function limitsOf(
  { cols, scales }: Space,
  rows: Int32Array,
  values: Float32Array,
  place: (i: number) => number,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const low = new Float64Array(cols).fill(Number.POSITIVE_INFINITY);
  const high = new Float64Array(cols).fill(Number.NEGATIVE_INFINITY);
  for (const i of rows) {
    const at = place(i);
    const scale = scales[i]!;
    for (let k = 0; k < cols; k++) {
      const value = values[at + k]! * scale;
      if (value < low[k]!) low[k] = value;
      if (value > high[k]!) high[k] = value;
    }
  }
  return { low, high };
}

/** The least order (see `Space`) that a row within `limits` and one of box b can have. */
export function orderToBox(
  { metric }: Space,
  { low, high }: Boxes,
  b: number,
  limits: { readonly low: Float64Array; readonly high: Float64Array },
): number {
  const cols = limits.low.length;
  const isManhattan = metric === "manhattan";
  let sum = 0;
  for (let k = 0, at = b * cols; k < cols; k++, at++) {
    const gap = Math.max(0, low[at]! - limits.high[k]!, limits.low[k]! - high[at]!);
    sum += isManhattan ? gap : gap * gap;
  }
  // Sums of rounded numbers may come out too large by a little.
  return sum * (1 - 1e-12);
}
