/** Q'AQ = T, tridiagonal, for Q = H_{n-1} ... H_1 of reflections H_i = I - beta_i u_i u_i'. */
export interface Tridiagonal {
  readonly diagonal: Float64Array;
  readonly offDiagonal: Float64Array;
  /** By i; that of 0 is none. u_i, of i elements, stands in row i of the matrix that was reduced. */
  readonly betas: Float64Array;
}

/**
 * Householder's reduction of a symmetric matrix to a tridiagonal one (Golub & Van Loan, section 8.3.1). Reads the lower triangle alone, and leaves the reflections in it.
 *
 * Rows go from the last to the first. The update of a step, A - v w' - w v', waits for the product A u of the next: both are then
 * one pass over what is left of the triangle.
 *
 * @param a `n x n`, elements of about 1 at most
 */
export function tridiagonalise(a: Float64Array, n: number): Tridiagonal {
  const betas = new Float64Array(n);
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
    betas[i] = beta;
    updateAndMultiply(a, n, i, v, w, u, p);
    let half = 0;
    for (let j = 0; j < i; j++) half += p[j]! * u[j]!;
    half *= (beta * beta) / 2;
    for (let j = 0; j < i; j++) w[j] = beta * p[j]! - half * u[j]!;
    a.set(u.subarray(0, i), at);
    [u, v] = [v, u];
  }
  return { diagonal, offDiagonal, betas };
}

/** Q y for each of some vectors y, rows of `vectors`, in place: vectors of T become those of A. Cost 2 n^2 each. */
export function reflect(a: Float64Array, n: number, betas: Float64Array, vectors: Float64Array): void {
  for (let start = 0; start < vectors.length; start += n) {
    for (let i = 1; i < n; i++) {
      const at = i * n;
      let sum = 0;
      for (let j = 0; j < i; j++) sum += a[at + j]! * vectors[start + j]!;
      const factor = betas[i]! * sum;
      if (factor === 0) continue;
      for (let j = 0; j < i; j++) vectors[start + j]! -= factor * a[at + j]!;
    }
  }
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
