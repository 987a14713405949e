import type { Rng } from "../../base/index.ts";
import { jacobiEigen, symmetricEigenvalues } from "../../linalg/index.ts";
import { LEVELS } from "./result.ts";

/** Squared singular values of the Jacobians at n points, descending: n x rank. */
export interface Spectra {
  readonly points: number;
  readonly rank: number;
  readonly squares: Float64Array;
}

/** Below this share of the largest a singular value of float32 derivatives cannot be told from 0. */
const NOTHING = 1e-6;

/** The squared singular values at point i; what cannot be told from 0 is 0. */
export function spectrumAt({ rank, squares }: Spectra, i: number): Float64Array {
  const own = squares.slice(i * rank, (i + 1) * rank);
  return own.map((value) => (value > NOTHING ** 2 * own[0]! ? value : 0));
}

/** Eigenvalues of n symmetric matrices, n x rank x rank. */
export function spectraOf(products: Float64Array, points: number, rank: number): Spectra {
  const squares = new Float64Array(points * rank);
  for (let i = 0; i < points; i++) {
    const own = products.slice(i * rank * rank, (i + 1) * rank * rank);
    squares.set(symmetricEigenvalues(own, rank), i * rank);
  }
  return { points, rank, squares };
}

/** The mean of n matrices. */
export function meanProduct(products: Float64Array, points: number, rank: number): Float64Array {
  const mean = new Float64Array(rank * rank);
  for (let i = 0; i < products.length; i++) mean[i % mean.length]! += products[i]! / points;
  return mean;
}

/**
 * The same matrices in linear coordinates in which their mean is the identity: M^-1/2 S M^-1/2. Null where the mean is singular.
 */
export function whitened(products: Float64Array, points: number, rank: number): Float64Array | null {
  const { values, vectors } = jacobiEigen(meanProduct(products, points, rank), rank);
  if (!(values[rank - 1]! > NOTHING ** 2 * values[0]!)) return null;
  const root = new Float64Array(rank * rank);
  for (let a = 0; a < rank; a++) {
    for (let b = 0; b < rank; b++) {
      for (let k = 0; k < rank; k++) {
        root[a * rank + b]! += (vectors[k * rank + a]! * vectors[k * rank + b]!) / Math.sqrt(values[k]!);
      }
    }
  }
  const out = new Float64Array(products.length);
  const size = rank * rank;
  for (let i = 0; i < points; i++) {
    const own = products.subarray(i * size, (i + 1) * size);
    out.set(multiplied(multiplied(root, own, rank), root, rank), i * size);
  }
  return out;
}

function multiplied(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const out = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * b[k * n + j]!;
    }
  }
  return out;
}

/** J'J of `points` matrices J of `long x rank` independent normal numbers (Bartlett's decomposition). */
export function normalProducts(points: number, rank: number, long: number, rng: Rng): Float64Array {
  const size = rank * rank;
  const out = new Float64Array(points * size);
  const lower = new Float64Array(size);
  for (let i = 0; i < points; i++) {
    for (let a = 0; a < rank; a++) {
      for (let b = 0; b < a; b++) lower[a * rank + b] = rng.normal();
      lower[a * rank + a] = Math.sqrt(chiSquare(long - a, rng));
    }
    for (let a = 0; a < rank; a++) {
      for (let b = 0; b < rank; b++) {
        let sum = 0;
        for (let k = 0; k <= Math.min(a, b); k++) sum += lower[a * rank + k]! * lower[b * rank + k]!;
        out[i * size + a * rank + b] = sum;
      }
    }
  }
  return out;
}

/** A sum of squares of normal numbers; of many, by the approximation of Wilson and Hilferty (1931). */
function chiSquare(degrees: number, rng: Rng): number {
  if (degrees > 100) {
    const spread = 2 / (9 * degrees);
    return degrees * (1 - spread + rng.normal() * Math.sqrt(spread)) ** 3;
  }
  let sum = 0;
  for (let k = 0; k < degrees; k++) sum += rng.normal() ** 2;
  return sum;
}

/** |J v| for `each` random v of length 1 at every point, among the directions that J does not lose: n x each. */
export function randomLengths({ points, rank, squares }: Spectra, each: number, rng: Rng): Float64Array {
  const lengths = new Float64Array(points * each);
  for (let i = 0; i < points; i++) {
    for (let k = 0; k < each; k++) {
      let [sum, size] = [0, 0];
      for (let a = 0; a < rank; a++) {
        const part = rng.normal() ** 2;
        sum += part * Math.max(0, squares[i * rank + a]!);
        size += part;
      }
      lengths[i * each + k] = Math.sqrt(sum / size);
    }
  }
  return lengths;
}

/** Numbers that belong to points, in ascending order, so that quantiles of any multiple of the points are quick. */
export interface Ordered {
  readonly values: Float64Array;
  /** The point of each. */
  readonly owners: Int32Array;
}

/** Sorts numbers, `each` of every point; those that are none are left out. */
export function ordered(values: Float64Array, each: number): Ordered {
  const order = Int32Array.from(values.keys())
    .filter((at) => !Number.isNaN(values[at]))
    .sort((a, b) => values[a]! - values[b]! || a - b);
  return {
    values: Float64Array.from(order, (at) => values[at]!),
    owners: order.map((at) => Math.floor(at / each)),
  };
}

/** Quantiles by linear interpolation (type 7) where point i counts `weights[i]` times, at ascending levels. */
export function weightedQuantiles(
  { values, owners }: Ordered,
  weights: ArrayLike<number>,
  levels: readonly number[],
): number[] {
  let count = 0;
  for (const owner of owners) count += weights[owner]!;
  let at = -1;
  let passed = 0;
  const reach = (place: number) => {
    while (passed <= place && at + 1 < values.length) passed += weights[owners[++at]!]!;
    return values[at]!;
  };
  return levels.map((level) => {
    const place = level * (count - 1);
    const below = Math.floor(place);
    const low = reach(below);
    // Both ends are one where the place is whole: infinite numbers stay out of it.
    return place === below
      ? low
      : low + (place - below) * (peek(values, owners, weights, at, passed, below + 1) - low);
  });
}

/** The value at a place, looked at from where a walk stands. */
function peek(
  values: Float64Array,
  owners: Int32Array,
  weights: ArrayLike<number>,
  at: number,
  passed: number,
  place: number,
): number {
  let [k, seen] = [at, passed];
  while (seen <= place && k + 1 < values.length) seen += weights[owners[++k]!]!;
  return values[k]!;
}

/** Quantiles of one number per point, at `LEVELS`. */
export function quantilesOf(values: Float64Array): number[] {
  return weightedQuantiles(ordered(values, 1), new Int32Array(values.length).fill(1), LEVELS);
}
