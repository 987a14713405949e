import type { Eigen } from "./tridiagonal.ts";

/** Cyclic Jacobi converges quadratically: more sweeps than this have never been seen. */
const MOST_SWEEPS = 30;

/**
 * All eigenvalues and vectors of a small symmetric matrix, by cyclic Jacobi rotations (Golub & Van Loan, section 8.5).
 * Cost some 6 n^3 rotated elements: for matrices of tens, of which there are many. Values are right to 1e-15 of the largest diagonal element.
 *
 * @param matrix `n x n`; it is not kept
 */
export function jacobiEigen(matrix: Float64Array, n: number): Eigen {
  const q = new Float64Array(n * n);
  let size = 0;
  for (let i = 0; i < n; i++) {
    q[i * n + i] = 1;
    size = Math.max(size, Math.abs(matrix[i * n + i]!));
  }
  const nothing = Number.EPSILON * size;
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotated = false;
    for (let i = 0; i < n; i++) {
      for (let j = i + 1; j < n; j++) {
        if (Math.abs(matrix[i * n + j]!) <= nothing) continue;
        rotate(matrix, q, n, i, j);
        rotated = true;
      }
    }
    if (!rotated) break;
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => {
    return matrix[b * n + b]! - matrix[a * n + a]! || a - b;
  });
  const vectors = new Float64Array(n * n);
  order.forEach((from, to) => {
    vectors.set(q.subarray(from * n, (from + 1) * n), to * n);
  });
  return { values: Float64Array.from(order, (i) => matrix[i * n + i]!), vectors };
}

/** Brings element (i, j) to 0. Rows of `q` are the vectors so far. */
function rotate(a: Float64Array, q: Float64Array, n: number, i: number, j: number): void {
  const off = a[i * n + j]!;
  const [p, r] = [a[i * n + i]!, a[j * n + j]!];
  const half = (r - p) / (2 * off);
  const t = (half >= 0 ? 1 : -1) / (Math.abs(half) + Math.hypot(half, 1));
  const c = 1 / Math.hypot(t, 1);
  const s = t * c;
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[i * n + k]!, a[j * n + k]!];
    a[i * n + k] = c * x - s * y;
    a[j * n + k] = s * x + c * y;
    const [u, v] = [q[i * n + k]!, q[j * n + k]!];
    q[i * n + k] = c * u - s * v;
    q[j * n + k] = s * u + c * v;
  }
  for (let k = 0; k < n; k++) {
    const [x, y] = [a[k * n + i]!, a[k * n + j]!];
    a[k * n + i] = c * x - s * y;
    a[k * n + j] = s * x + c * y;
  }
  a[i * n + j] = a[j * n + i] = 0;
}
