import { cholesky, solveLower, solveUpper, symmetricEigenvalues } from "../../linalg/index.ts";

/** Of each of `count` symmetric matrices a direction of length 1 in which it is largest and one in which it is smallest: count x d each. */
export interface ExtremeDirections {
  readonly max: Float32Array;
  readonly min: Float32Array;
}

/**
 * The eigenvectors of the largest and of the smallest eigenvalue of symmetric matrices, count x d x d. Where other eigenvalues are equal to it, or within 1e-6 of the largest, some vector of
 * theirs. A matrix with numbers that are not finite has none: its directions are the first and the last axis.
 *
 * Cost of each matrix: its eigenvalues and two Cholesky factors, d^3. (All eigenvectors of 64 x 64 by Jacobi rotations take 25 times as long.)
 */
export function extremeDirections(metrics: Float32Array, count: number, d: number): ExtremeDirections {
  const [max, min] = [new Float32Array(count * d), new Float32Array(count * d)];
  for (let i = 0; i < count; i++) {
    const own = Float64Array.from(metrics.subarray(i * d * d, (i + 1) * d * d));
    if (!own.every(Number.isFinite)) {
      max[i * d] = min[(i + 1) * d - 1] = 1;
      continue;
    }
    const values = symmetricEigenvalues(own.slice(), d);
    const size = Math.max(Math.abs(values[0]!), Math.abs(values[d - 1]!)) || 1;
    max.set(atEnd(own, d, values[0]!, -1, size), i * d);
    min.set(atEnd(own, d, values[d - 1]!, 1, size), i * d);
  }
  return { max, min };
}

/** Shifts are so far outside the eigenvalues, as a share of the largest: what is shifted is positive definite, and others fade by a thousand a round at least where they are 1e-6 away. */
const OUTSIDE = 1e-9;
const ROUNDS = 4;

/** The eigenvector of an end of the spectrum by inverse iteration (Golub & Van Loan, section 8.2.2): of `sign` A, whose least eigenvalue is `sign` value. */
function atEnd(a: Float64Array, d: number, value: number, sign: number, size: number): Float64Array {
  const shifted = a.map((each) => sign * each);
  for (let k = 0; k < d; k++) shifted[k * d + k]! -= sign * value - OUTSIDE * size;
  const lower = cholesky(shifted, d)!;
  // About at right angles to no eigenvector but by chance.
  const v = Float64Array.from({ length: d }, (_, k) => 1 + ((k * 0.618034) % 1));
  for (let round = 0; round < ROUNDS; round++) {
    solveLower(lower, d, v);
    solveUpper(lower, d, v);
    const length = Math.hypot(...v);
    for (let k = 0; k < d; k++) v[k]! /= length;
  }
  return v;
}
