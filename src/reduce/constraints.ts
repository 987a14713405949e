import { jacobiEigen } from "../linalg/index.ts";

/** A set that places n x d are kept in. */
export interface Constraint {
  /** The place in it for any place near it. */
  retract(places: Float64Array, d: number): Float64Array;
  /** The part of a gradient along it, where places are in it: the derivative of the loss after `retract`. */
  project(gradient: Float64Array, places: Float64Array, d: number): Float64Array;
}

/** Around 0. */
export const centred: Constraint = { retract: around0, project: (gradient, _, d) => around0(gradient, d) };

/**
 * Around 0, and Z'Z / n = I: coordinates of variance 1 that are uncorrelated. The nearest such place is Z (Z'Z / n)^-1/2, and V is along the set where Z'V + V'Z = 0: G - Z (Z'G + G'Z) / 2n is of a
 * gradient G (Agrawal, Ali & Boyd 2021, section 4.2.3). Cost n d^2.
 */
export const standardised: Constraint = {
  retract(places, d) {
    const own = around0(places, d);
    return times(own, inverseRoot(products(own, own, d), d), d);
  },
  project(gradient, places, d) {
    const own = around0(gradient, d);
    const along = products(places, own, d);
    const both = along.map((value, at) => (value + along[(at % d) * d + Math.floor(at / d)]!) / 2);
    const across = times(places, both, d);
    return own.map((value, at) => value - across[at]!);
  },
};

function around0(values: Float64Array, d: number): Float64Array {
  const n = values.length / d;
  const means = new Float64Array(d);
  for (let at = 0, k = 0; at < values.length; at++, k = k + 1 === d ? 0 : k + 1) means[k]! += values[at]! / n;
  return values.map((value, at) => value - means[at % d]!);
}

/** A'B / n, d x d. */
function products(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const n = a.length / d;
  const out = new Float64Array(d * d);
  for (let row = 0; row < a.length; row += d) {
    for (let i = 0; i < d; i++) {
      const value = a[row + i]!;
      for (let k = 0; k < d; k++) out[i * d + k]! += value * b[row + k]!;
    }
  }
  return out.map((sum) => sum / n);
}

/** A M, M being d x d. */
function times(a: Float64Array, m: Float64Array, d: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let row = 0; row < a.length; row += d) {
    for (let i = 0; i < d; i++) {
      const value = a[row + i]!;
      for (let k = 0; k < d; k++) out[row + k]! += value * m[i * d + k]!;
    }
  }
  return out;
}

/** The inverse of the symmetric root of a matrix. */
function inverseRoot(matrix: Float64Array, d: number): Float64Array {
  const { values, vectors } = jacobiEigen(matrix, d);
  const out = new Float64Array(d * d);
  values.forEach((value, v) => {
    const scale = 1 / Math.sqrt(Math.max(value, Number.MIN_VALUE));
    for (let i = 0; i < d; i++) {
      for (let k = 0; k < d; k++) out[i * d + k]! += scale * vectors[v * d + i]! * vectors[v * d + k]!;
    }
  });
  return out;
}
