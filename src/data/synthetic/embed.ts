import type { Rng } from "../../base/index.ts";

/**
 * A random `dims x cols` matrix with orthonormal rows (row-major), uniform over all of them:
 * Gaussian rows made orthonormal by Gram-Schmidt, each pass done twice (Giraud et al. 2005).
 * x -> x Q keeps every length. Needs dims <= cols.
 */
export function orthonormalRows(dims: number, cols: number, source: Rng): Float64Array {
  const q = new Float64Array(dims * cols);
  for (let i = 0; i < dims; i++) {
    const v = q.subarray(i * cols, (i + 1) * cols);
    let length = 0;
    // A draw that lies in the span of the rows before it is drawn again: it has no direction of its own.
    while (length < 1e-6) {
      for (let p = 0; p < cols; p++) v[p] = source.normal();
      for (let pass = 0; pass < 2; pass++) removeRows(q, i, v);
      length = Math.sqrt(dot(v, v));
    }
    for (let p = 0; p < cols; p++) v[p]! /= length;
  }
  return q;
}

/** `point` (1 x dims) times `q` (dims x cols) into `out`; a copy when there is no `q`. */
export function embed(point: Float64Array, q: Float64Array | undefined, out: Float64Array): void {
  if (q === undefined) {
    out.set(point);
    return;
  }
  const cols = out.length;
  out.fill(0);
  for (let i = 0; i < point.length; i++) {
    const value = point[i]!;
    const at = i * cols;
    for (let p = 0; p < cols; p++) out[p]! += value * q[at + p]!;
  }
}

function removeRows(q: Float64Array, count: number, v: Float64Array): void {
  for (let j = 0; j < count; j++) {
    const other = q.subarray(j * v.length, (j + 1) * v.length);
    const share = dot(other, v);
    for (let p = 0; p < v.length; p++) v[p]! -= share * other[p]!;
  }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let p = 0; p < a.length; p++) sum += a[p]! * b[p]!;
  return sum;
}
