import { argsort } from "../base/index.ts";

/** The levels of an ascending step function of the points 0, 1 ...: level b ends (exclusive) at point `ends[b]`; its values add up to `sums[b]`. The first `count` are in use. */
export interface Levels {
  readonly ends: Int32Array;
  readonly sums: Float64Array;
  count: number;
}

/** Room for so many levels. */
export function emptyLevels(most: number): Levels {
  return { ends: new Int32Array(most), sums: new Float64Array(most), count: 0 };
}

/**
 * Adds points up to `end`, whose values are to be equal and add up to `sum`, behind the others: levels that are not below the next are pooled with it (Ayer et al. 1955). What is left
 * is the ascending function nearest in least squares to all values so far. Each level is pooled once at most, so N of them cost N.
 */
export function addLevel(levels: Levels, end: number, sum: number): void {
  const { ends, sums } = levels;
  let at = levels.count;
  let start = at > 0 ? ends[at - 1]! : 0;
  let all = sum;
  while (at > 0) {
    const before = at > 1 ? ends[at - 2]! : 0;
    if (sums[at - 1]! * (end - start) < all * (start - before)) break;
    all += sums[--at]!;
    start = before;
  }
  ends[at] = end;
  sums[at] = all;
  levels.count = at + 1;
}

/**
 * The ascending function of x nearest to y in least squares, at every point. Points of equal x share a value.
 * Cost N log N.
 *
 * @param x N numbers of 0 or more
 * @param order that which sorts x, where it is known
 */
export function isotonicFit(x: Float64Array, y: Float64Array, order = argsort(x)): Float64Array {
  const count = order.length;
  const levels = emptyLevels(count);
  for (let at = 0; at < count; ) {
    const value = x[order[at]!]!;
    let sum = 0;
    for (; at < count && x[order[at]!] === value; at++) sum += y[order[at]!]!;
    addLevel(levels, at, sum);
  }
  const fit = new Float64Array(count);
  for (let level = 0, at = 0; level < levels.count; level++) {
    const end = levels.ends[level]!;
    const value = levels.sums[level]! / (end - at);
    for (; at < end; at++) fit[order[at]!] = value;
  }
  return fit;
}
