import { matrix } from "../../base/index.ts";
import type { Slope } from "./decoder.ts";
import type { Toll } from "./density.ts";

/** What is minimised, and its derivative by all points of a path. */
export interface Energy {
  readonly energy: number;
  /** (n + 1) x d; 0 at the ends, which stay. */
  readonly gradient: Float64Array;
  /** |y_{i+1} - y_i|^2, n. */
  readonly squares: Float64Array;
}

/**
 * The energy of a path of n steps,
 *
 *     E = n sum_i |y_{i+1} - y_i|^2 + w l sum_i |y_{i+1} - y_i| (h_i + h_{i+1}) / 2,   y_i = f(z_i)
 *
 * The first sum is the discrete energy of a curve in the pullback metric (Shao, Kumar & Fletcher 2018, eq. 3): at its least the curve is a geodesic, run through evenly. The second is a toll on each
 * piece of it off the data (h of `openToll`), by its length in the space of data: it is a property of the curve and not of how fast it is run through, so it moves the curve and leaves its steps
 * equal. l, a length, makes both of one kind: with w = 1 a piece that is r from the nearest code costs about as much as a straight line l long costs by its length.
 *
 * Cost: a forward and a backward run of n + 1 points, and the toll of as many.
 *
 * @param path (n + 1) x d
 */
export async function pathEnergy(
  slope: Slope,
  path: Float64Array,
  cols: number,
  toll: Toll | null,
): Promise<Energy> {
  const points = path.length / cols;
  const n = points - 1;
  const codes = matrix(Float32Array.from(path), points, cols);
  const image = await slope.values(codes);
  const width = image.length / points;
  const off = toll?.off(path);
  const scale = toll ? toll.scale : 0;
  const cotangents = new Float32Array(image.length);
  const squares = new Float64Array(n);
  const gradient = new Float64Array(path.length);
  let energy = 0;
  for (let i = 0; i < n; i++) {
    squares[i] = squareOf(image, i * width, width);
    const length = Math.sqrt(squares[i]!);
    const each = off ? (off.values[i]! + off.values[i + 1]!) / 2 : 0;
    energy += n * squares[i]! + scale * length * each;
    const force = 2 * n + (length > 0 ? (scale * each) / length : 0);
    for (let k = i * width; k < (i + 1) * width; k++) {
      const step = force * (image[k + width]! - image[k]!);
      cotangents[k]! -= step;
      cotangents[k + width]! += step;
    }
    for (let k = i * cols; off && k < (i + 2) * cols; k++)
      gradient[k]! += ((scale * length) / 2) * off.gradient[k]!;
  }
  const pulled = await slope.pull(codes, cotangents);
  for (let k = cols; k < n * cols; k++) gradient[k]! += pulled[k]!;
  gradient.fill(0, 0, cols).fill(0, n * cols);
  return { energy, gradient, squares };
}

/** |y_{i+1} - y_i|^2 in float64. */
function squareOf(image: Float32Array, at: number, width: number): number {
  let sum = 0;
  for (let k = at; k < at + width; k++) sum += (image[k + width]! - image[k]!) ** 2;
  return sum;
}
