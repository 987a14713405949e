import { matrix } from "../../base/index.ts";
import type { Slope } from "./decoder.ts";
import type { Toll } from "./density.ts";
import { distance } from "./path.ts";

/** What is minimised, and its derivative by all points of a path. */
export interface Energy {
  readonly energy: number;
  /** (n + 1) x d; 0 at the ends, which stay. */
  readonly gradient: Float64Array;
  /** |y_{i+1} - y_i|^2, n. */
  readonly squares: Float64Array;
}

/** Parts of a step are at most this share of r long. */
const PART = 1 / 4;

/** Parts of a step at most. */
const MOST_PARTS = 16;

/**
 * Into how many parts the steps of a path are cut, so that the toll between their ends is seen: a path whose points alone paid it would take long steps over what is dear, and short ones over data.
 */
export function partsOf(path: Float64Array, cols: number, { usual }: Pick<Toll, "usual">): number {
  let longest = 0;
  for (let i = cols; i < path.length; i += cols)
    longest = Math.max(longest, distance(path.subarray(i - cols, i), path.subarray(i, i + cols)));
  return Math.max(1, Math.min(MOST_PARTS, Math.ceil(longest / (PART * usual))));
}

/**
 * The energy of a path of n steps,
 *
 *     E = n sum_i |y_{i+1} - y_i|^2 + w l sum_i |y_{i+1} - y_i| h_i,   y_i = f(z_i)
 *
 * The first sum is the discrete energy of a curve in the pullback metric (Shao, Kumar & Fletcher 2018, eq. 3): at its least the curve is a geodesic, run through evenly. The second is a toll on each
 * piece of it off the data (h_i: the mean of h of `openToll` over the step, by the trapezoid rule), by its length in the space of data: it is a property of the curve and not of how fast it is run
 * through, so it moves the curve and leaves its steps equal. l, a length, makes both of one kind: with w = 1 a piece that is r from the nearest code costs about as much as a straight line l long
 * costs by its length.
 *
 * Cost: a forward and a backward run of n + 1 points, and the toll of n parts + 1.
 *
 * @param path (n + 1) x d
 * @param parts of each step, for the trapezoid rule (`partsOf`)
 */
export async function pathEnergy(
  slope: Slope,
  path: Float64Array,
  cols: number,
  toll: Toll | null,
  parts = 1,
): Promise<Energy> {
  const points = path.length / cols;
  const n = points - 1;
  const codes = matrix(Float32Array.from(path), points, cols);
  const image = await slope.values(codes);
  const width = image.length / points;
  const off = toll && tollOfSteps(toll, path, cols, parts);
  const scale = toll ? toll.scale : 0;
  const cotangents = new Float32Array(image.length);
  const squares = new Float64Array(n);
  const gradient = new Float64Array(path.length);
  let energy = 0;
  for (let i = 0; i < n; i++) {
    squares[i] = squareOf(image, i * width, width);
    const length = Math.sqrt(squares[i]!);
    const each = off ? off.values[i]! : 0;
    energy += n * squares[i]! + scale * length * each;
    const force = 2 * n + (length > 0 ? (scale * each) / length : 0);
    for (let k = i * width; k < (i + 1) * width; k++) {
      const step = force * (image[k + width]! - image[k]!);
      cotangents[k]! -= step;
      cotangents[k + width]! += step;
    }
    for (let k = 0; off && k < 2 * cols; k++)
      gradient[i * cols + k]! += scale * length * off.gradient[2 * i * cols + k]!;
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

/** The mean of h over each of n steps, and its derivatives by both ends of the step, n x 2 d. */
function tollOfSteps(toll: Toll, path: Float64Array, cols: number, parts: number) {
  const n = path.length / cols - 1;
  const fine = Float64Array.from({ length: (n * parts + 1) * cols }, (_, at) => {
    const [place, k] = [Math.floor(at / cols), at % cols];
    const [i, share] = [Math.floor(place / parts) * cols + k, (place % parts) / parts];
    return share === 0 ? path[i]! : path[i]! + share * (path[i + cols]! - path[i]!);
  });
  const off = toll.off(fine);
  const values = new Float64Array(n);
  const gradient = new Float64Array(2 * n * cols);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= parts; j++) {
      const [at, share] = [i * parts + j, j / parts];
      const weight = (j === 0 || j === parts ? 0.5 : 1) / parts;
      values[i]! += weight * off.values[at]!;
      for (let k = 0; k < cols; k++) {
        const slope = weight * off.gradient[at * cols + k]!;
        gradient[2 * i * cols + k]! += (1 - share) * slope;
        gradient[(2 * i + 1) * cols + k]! += share * slope;
      }
    }
  }
  return { values, gradient };
}
