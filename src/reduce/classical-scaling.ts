import type { Rng } from "../base/index.ts";
import { largestEigen } from "../linalg/index.ts";

/** A start needs no more: iterations go on from it. */
const TOLERANCE = 1e-4;

/**
 * Classical scaling: the d largest eigenvectors of B = -J D^2 J / 2, J = I - 11' / m, each times the root of its eigenvalue (Torgerson 1952). For
 * straight lengths these are the principal components of the points. Where an eigenvalue is not positive its column is 0. Cost O(m^2) per product.
 *
 * @param lengths `m x m`, symmetric
 * @returns `m x d`
 */
export function classicalScaling(lengths: Float64Array, m: number, d: number, rng: Rng): Float64Array {
  const products = doubleCentred(lengths, m);
  const multiply = (v: Float64Array) =>
    new Float64Array(m).map((_, i) => {
      let sum = 0;
      for (let j = 0, at = i * m; j < m; j++, at++) sum += products[at]! * v[j]!;
      return sum;
    });
  const { values, vectors } = largestEigen(multiply, m, d, {
    rng: rng.split("scaling"),
    tolerance: TOLERANCE,
  });
  const start = new Float64Array(m * d);
  for (let k = 0; k < values.length; k++) {
    const size = Math.sqrt(Math.max(0, values[k]!));
    for (let i = 0; i < m; i++) start[i * d + k] = size * vectors[k * m + i]!;
  }
  return start;
}

function doubleCentred(lengths: Float64Array, m: number): Float64Array {
  const out = lengths.map((length) => -0.5 * length * length);
  const means = new Float64Array(m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) means[i]! += out[i * m + j]! / m;
  const mean = means.reduce((sum, v) => sum + v / m, 0);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) out[i * m + j]! += mean - means[i]! - means[j]!;
  return out;
}
