import { powerOfTwoNear } from "../base/index.ts";
import { transposed } from "./dense.ts";
import { reflect, tridiagonalise } from "./householder.ts";
import { type Eigen, tridiagonalEigen } from "./tridiagonal.ts";

/**
 * All eigenvalues of a symmetric matrix, descending: Householder's reduction to a tridiagonal matrix (Golub & Van Loan, section 8.3.1), then QL.
 * Cost O(n^3): n^3 / 6 passes over an element of the lower triangle, which alone is read.
 *
 * @param matrix `n x n`; it is not kept
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (n === 0) return new Float64Array(0);
  const unit = toUnits(matrix);
  const { diagonal, offDiagonal } = tridiagonalise(matrix, n);
  return tridiagonalEigen(diagonal, offDiagonal, "last").values.map((value) => value / unit);
}

/**
 * All eigenvalues of a symmetric matrix, descending, and their vectors, which are orthonormal: as `symmetricEigenvalues`, the vectors taken back through the reflections. |A v - value v| is about
 * 1e-15 of the largest eigenvalue. Cost O(n^3): some 9 n^3 operations, a second at n = 512.
 *
 * @param matrix `n x n`, of which the lower triangle is read; it is not kept
 */
export function symmetricEigen(matrix: Float64Array, n: number): Eigen {
  if (n === 0) return { values: new Float64Array(0), vectors: new Float64Array(0) };
  const unit = toUnits(matrix);
  const { diagonal, offDiagonal, betas } = tridiagonalise(matrix, n);
  const { values, vectors } = tridiagonalEigen(diagonal, offDiagonal);
  reflect(matrix, n, betas, vectors);
  return { values: values.map((value) => value / unit), vectors };
}

/** Brings the largest element near 1 by a power of two, and gives that. */
function toUnits(matrix: Float64Array): number {
  const unit = powerOfTwoNear(matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  for (let i = 0; i < matrix.length; i++) matrix[i]! *= unit;
  return unit;
}

/** The singular values of a `rows x cols` matrix, descending: square roots of the eigenvalues of the smaller of A'A and AA'. Small ones are right to 1e-8 of the largest. */
export function singularValues(a: Float64Array, rows: number, cols: number): Float64Array {
  const tall = rows >= cols ? a : transposed({ data: a, rows, cols }).data;
  const n = Math.min(rows, cols);
  const squares = symmetricEigenvalues(innerProducts(tall, Math.max(rows, cols), n), n);
  return squares.map((value) => Math.sqrt(Math.max(0, value)));
}

/** Lower triangle of A'A. Four rows at a time: the sums are then read and written a quarter as often. */
function innerProducts(a: Float64Array, rows: number, cols: number): Float64Array {
  const whole = Math.ceil(rows / 4) * 4;
  const padded = whole === rows ? a : new Float64Array(whole * cols);
  if (padded !== a) padded.set(a);
  const out = new Float64Array(cols * cols);
  for (let r = 0; r < whole; r += 4) {
    const [p, q, s, t] = [r * cols, (r + 1) * cols, (r + 2) * cols, (r + 3) * cols];
    for (let i = 0; i < cols; i++) {
      const [w, x, y, z] = [padded[p + i]!, padded[q + i]!, padded[s + i]!, padded[t + i]!];
      const to = i * cols;
      for (let k = 0; k <= i; k++) {
        out[to + k]! += w * padded[p + k]! + x * padded[q + k]! + y * padded[s + k]! + z * padded[t + k]!;
      }
    }
  }
  return out;
}
