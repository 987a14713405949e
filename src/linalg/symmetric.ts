import { powerOfTwoNear } from "../base/index.ts";
import { tridiagonalEigen } from "./tridiagonal.ts";

/**
 * All eigenvalues of a symmetric matrix, descending: Householder's reduction to a tridiagonal matrix (Golub & Van Loan, section 8.3.1), then QL.
 * Cost O(n^3): n^3 / 6 passes over an element of the lower triangle, which alone is read.
 *
 * @param matrix `n x n`; it is not kept
 */
export function symmetricEigenvalues(matrix: Float64Array, n: number): Float64Array {
  if (n === 0) return new Float64Array(0);
  const unit = powerOfTwoNear(matrix.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
  for (let i = 0; i < matrix.length; i++) matrix[i]! *= unit;
  const { diagonal, offDiagonal } = tridiagonalise(matrix, n);
  return tridiagonalEigen(diagonal, offDiagonal, "last").values.map((value) => value / unit);
}

/** The singular values of a `rows x cols` matrix, descending: square roots of the eigenvalues of the smaller of A'A and AA'. Small ones are right to 1e-8 of the largest. */
export function singularValues(a: Float64Array, rows: number, cols: number): Float64Array {
  const tall = rows >= cols ? a : transposed(a, rows, cols);
  const n = Math.min(rows, cols);
  const squares = symmetricEigenvalues(innerProducts(tall, Math.max(rows, cols), n), n);
  return squares.map((value) => Math.sqrt(Math.max(0, value)));
}

function transposed(a: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < rows; i++) for (let k = 0; k < cols; k++) out[k * rows + i] = a[i * cols + k]!;
  return out;
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

/**
 * Reduces rows from the last to the first. The update of a step, A - v w' - w v', waits for the product A u of the next: both are then
 * one pass over what is left of the triangle.
 */
function tridiagonalise(a: Float64Array, n: number): { diagonal: Float64Array; offDiagonal: Float64Array } {
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(Math.max(0, n - 1));
  let v = new Float64Array(n);
  let u = new Float64Array(n);
  const w = new Float64Array(n);
  const p = new Float64Array(n);
  for (let i = n - 1; i >= 0; i--) {
    const at = i * n;
    for (let j = 0; j <= i; j++) u[j] = a[at + j]! - v[i]! * w[j]! - w[i]! * v[j]!;
    diagonal[i] = u[i]!;
    u[i] = 0;
    if (i === 0) break;
    const { beta, last } = reflection(u, i);
    offDiagonal[i - 1] = last;
    updateAndMultiply(a, n, i, v, w, u, p);
    let half = 0;
    for (let j = 0; j < i; j++) half += p[j]! * u[j]!;
    half *= (beta * beta) / 2;
    for (let j = 0; j < i; j++) w[j] = beta * p[j]! - half * u[j]!;
    [u, v] = [v, u];
  }
  return { diagonal, offDiagonal };
}

/** The square of a length that is nothing beside 1. */
const NOTHING = 1e-60;

/** Turns u[0, i) into the Householder vector that leaves only its last element, `last`: I - beta u u'. */
function reflection(u: Float64Array, i: number): { beta: number; last: number } {
  let rest = 0;
  for (let j = 0; j < i - 1; j++) rest += u[j]! * u[j]!;
  const x = u[i - 1]!;
  // The largest element is about 1: what is so small is rounding, and products of its inverse would not be numbers.
  if (rest < NOTHING) {
    u.fill(0, 0, i);
    return { beta: 0, last: x };
  }
  const norm = Math.sqrt(rest + x * x);
  const last = x > 0 ? -norm : norm;
  u[i - 1] = x - last;
  return { beta: 2 / (rest + (x - last) ** 2), last };
}

/** A - v w' - w v' on the first i rows of the lower triangle, and p = A u of the outcome. Two rows at a time, an odd one first. */
function updateAndMultiply(
  a: Float64Array,
  n: number,
  i: number,
  v: Float64Array,
  w: Float64Array,
  u: Float64Array,
  p: Float64Array,
): void {
  const odd = i % 2;
  if (odd) {
    a[0]! -= 2 * v[0]! * w[0]!;
    p[0] = a[0]! * u[0]!;
  }
  for (let j = odd; j < i; j += 2) {
    const [at, to] = [j * n, (j + 1) * n];
    const [v0, w0, u0] = [v[j]!, w[j]!, u[j]!];
    const [v1, w1, u1] = [v[j + 1]!, w[j + 1]!, u[j + 1]!];
    let sum0 = 0;
    let sum1 = 0;
    for (let l = 0; l < j; l++) {
      const vl = v[l]!;
      const wl = w[l]!;
      const ul = u[l]!;
      const value0 = a[at + l]! - v0 * wl - w0 * vl;
      const value1 = a[to + l]! - v1 * wl - w1 * vl;
      a[at + l] = value0;
      a[to + l] = value1;
      sum0 += value0 * ul;
      sum1 += value1 * ul;
      p[l]! += value0 * u0 + value1 * u1;
    }
    const top = a[at + j]! - 2 * v0 * w0;
    const side = a[to + j]! - v1 * w0 - w1 * v0;
    const end = a[to + j + 1]! - 2 * v1 * w1;
    a[at + j] = top;
    a[to + j] = side;
    a[to + j + 1] = end;
    p[j] = sum0 + top * u0 + side * u1;
    p[j + 1] = sum1 + side * u0 + end * u1;
  }
}
