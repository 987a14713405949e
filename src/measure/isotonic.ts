import { argsort } from "../base/index.ts";

/**
 * The ascending function of x nearest to y in least squares, at every point: pools adjacent violators (Ayer et al. 1955). Points of equal x share a value.
 * Cost N log N.
 *
 * @param x N numbers of 0 or more
 * @param order that which sorts x, where it is known
 */
export function isotonicFit(x: Float64Array, y: Float64Array, order = argsort(x)): Float64Array {
  const count = order.length;
  // Blocks of equal values: end (exclusive), sum and size.
  const ends = new Int32Array(count);
  const sums = new Float64Array(count);
  const sizes = new Float64Array(count);
  let blocks = 0;
  for (let at = 0; at < count; ) {
    const value = x[order[at]!]!;
    let sum = 0;
    const start = at;
    for (; at < count && x[order[at]!] === value; at++) sum += y[order[at]!]!;
    ends[blocks] = at;
    sums[blocks] = sum;
    sizes[blocks++] = at - start;
    while (blocks > 1 && sums[blocks - 2]! * sizes[blocks - 1]! >= sums[blocks - 1]! * sizes[blocks - 2]!) {
      blocks--;
      ends[blocks - 1] = ends[blocks]!;
      sums[blocks - 1]! += sums[blocks]!;
      sizes[blocks - 1]! += sizes[blocks]!;
    }
  }
  const fit = new Float64Array(count);
  for (let block = 0, at = 0; block < blocks; block++) {
    const value = sums[block]! / sizes[block]!;
    for (; at < ends[block]!; at++) fit[order[at]!] = value;
  }
  return fit;
}
