import { sharedFloat32 } from "../base/index.ts";
import { openRows } from "../engine/index.ts";
import { covarianceOf, type MomentsOptions } from "../linalg/index.ts";
import type { Space } from "../neighbors/index.ts";

/**
 * Inner products of some rows, columns centred over them: `m x m`, in scaled units. In spaces of too many dimensions for a covariance matrix it has
 * the same eigenvalues but for zeros. It is the second moment of the transposed rows, and made as such: cost m^2 D.
 */
export async function gramOf(space: Space, rows: Int32Array, options: MomentsOptions): Promise<Float64Array> {
  const { cols, scales, centre } = space;
  const reader = openRows(space);
  const m = rows.length;
  const transposed = sharedFloat32(cols * m);
  const row = new Float32Array(cols);
  const means = new Float64Array(cols);
  for (let r = 0; r < m; r++) {
    const i = rows[r]!;
    reader.copy(i, 1, row, 0);
    for (let k = 0; k < cols; k++) {
      const value = row[k]! * scales[i]! - centre[k]!;
      transposed[k * m + r] = value;
      means[k]! += value / m;
    }
  }
  for (let k = 0; k < cols; k++) for (let r = 0; r < m; r++) transposed[k * m + r]! -= means[k]!;
  const columns = {
    data: transposed,
    stored: null,
    rows: cols,
    cols: m,
    scale: 1,
    centre: new Float64Array(m),
  };
  const { mean, covariance } = await covarianceOf(columns, options);
  // What covarianceOf took off for the mean is no part of inner products.
  for (let r = 0; r < m; r++) {
    for (let s = 0; s < m; s++) covariance[r * m + s] = (covariance[r * m + s]! + mean[r]! * mean[s]!) * cols;
  }
  return covariance;
}

/**
 * The squared Frobenius norm of the covariance matrix of two spaces over all n rows, from the Gram matrices of m rows of them that are `kept`.
 *
 * From few rows the plain norm, tr(KHLH) / m^2, comes out too large by something of order 1/m. The U-statistic of Song et al. (2012) has no such
 * excess; of n rows the plain norm has m/n of it.
 */
export function crossNorm(
  a: Float64Array,
  b: Float64Array,
  rows: number,
  kept: readonly number[],
  n: number,
): number {
  const m = kept.length;
  const sums = { a: new Float64Array(m), b: new Float64Array(m) };
  let products = 0;
  let diagonal = 0;
  for (let r = 0; r < m; r++) {
    const at = kept[r]! * rows;
    let sumA = 0;
    let sumB = 0;
    for (let s = 0; s < m; s++) {
      const p = at + kept[s]!;
      sumA += a[p]!;
      sumB += b[p]!;
      products += a[p]! * b[p]!;
    }
    const own = at + kept[r]!;
    diagonal += a[own]! * b[own]!;
    sums.a[r] = sumA;
    sums.b[r] = sumB;
  }
  const plain = plainNorm(sums, products, m);
  if (n <= m) return plain;
  for (let r = 0; r < m; r++) {
    const own = kept[r]! * rows + kept[r]!;
    sums.a[r]! -= a[own]!;
    sums.b[r]! -= b[own]!;
  }
  const unbiased = unbiasedNorm(sums, products - diagonal, m);
  return unbiased + (m / n) * (plain - unbiased);
}

interface RowSums {
  readonly a: Float64Array;
  readonly b: Float64Array;
}

function totals({ a, b }: RowSums): { a: number; b: number; both: number } {
  const total = { a: 0, b: 0, both: 0 };
  for (let r = 0; r < a.length; r++) {
    total.a += a[r]!;
    total.b += b[r]!;
    total.both += a[r]! * b[r]!;
  }
  return total;
}

/** tr(KHLH) / m^2, H = I - 11'/m. */
function plainNorm(sums: RowSums, products: number, m: number): number {
  const { a, b, both } = totals(sums);
  return (products - (2 * both) / m + (a * b) / (m * m)) / (m * m);
}

/** The U-statistic; sums without the diagonals. */
function unbiasedNorm(sums: RowSums, products: number, m: number): number {
  const { a, b, both } = totals(sums);
  return (products + (a * b) / ((m - 1) * (m - 2)) - (2 * both) / (m - 2)) / (m * (m - 3));
}
