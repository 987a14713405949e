/** Eigenvalues of a symmetric matrix, descending, and their vectors, one after the other. */
export interface Eigen {
  readonly values: Float64Array;
  /** `count x n`: vector i at `[i n, (i + 1) n)`, of length 1. (`count x 1` where only the last components were asked for.) */
  readonly vectors: Float64Array;
}

/** More shifts than this for one eigenvalue have never been seen: QL converges cubically. */
const MOST_SHIFTS = 60;

/**
 * All eigenvalues and vectors of the symmetric tridiagonal matrix with this diagonal (n) and off-diagonal (n - 1).
 * QL with implicit Wilkinson shifts (Golub & Van Loan, section 8.3). Cost O(n^3), with the last components of the vectors alone O(n^2).
 */
export function tridiagonalEigen(
  diagonal: ArrayLike<number>,
  offDiagonal: ArrayLike<number>,
  components: "all" | "last" = "all",
): Eigen {
  const n = diagonal.length;
  const width = components === "all" ? n : 1;
  const d = Float64Array.from(diagonal);
  const e = new Float64Array(n);
  for (let i = 0; i + 1 < n; i++) e[i] = offDiagonal[i]!;
  // Rows of the identity, or its last column.
  const q = new Float64Array(n * width);
  if (components === "all") for (let i = 0; i < n; i++) q[i * n + i] = 1;
  else q[n - 1] = 1;
  for (let l = 0; l < n; l++) {
    for (let shifts = 0; shifts < MOST_SHIFTS; shifts++) {
      const m = firstSplit(d, e, l);
      if (m === l) break;
      sweep(d, e, q, width, l, m);
    }
  }
  return descending(d, q, width);
}

/** The first m >= l whose off-diagonal element is nothing beside its neighbours on the diagonal. */
function firstSplit(d: Float64Array, e: Float64Array, l: number): number {
  let m = l;
  while (m + 1 < d.length && Math.abs(e[m]!) > Number.EPSILON * (Math.abs(d[m]!) + Math.abs(d[m + 1]!))) m++;
  return m;
}

/** One implicit QL step on rows l..m: a chain of rotations from the bottom up. Rows of `q` are the vectors so far. */
function sweep(d: Float64Array, e: Float64Array, q: Float64Array, width: number, l: number, m: number): void {
  const half = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  const root = Math.hypot(half, 1);
  const shift = d[l]! - e[l]! / (half + (half >= 0 ? root : -root));
  let [s, c, p] = [1, 1, 0];
  let g = d[m]! - shift;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i]!;
    const b = c * e[i]!;
    const r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      // The matrix has split here: what was taken off the diagonal is put back.
      d[i + 1]! -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    const own = d[i + 1]! - p;
    const t = (d[i]! - own) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = own + p;
    g = c * t - b;
    for (let k = 0; k < width; k++) {
      const upper = q[(i + 1) * width + k]!;
      const lower = q[i * width + k]!;
      q[(i + 1) * width + k] = s * lower + c * upper;
      q[i * width + k] = c * lower - s * upper;
    }
  }
  d[l]! -= p;
  e[l] = g;
  e[m] = 0;
}

function descending(d: Float64Array, q: Float64Array, width: number): Eigen {
  const order = Array.from(d, (_, i) => i).sort((a, b) => d[b]! - d[a]! || a - b);
  const vectors = new Float64Array(q.length);
  order.forEach((from, to) => {
    vectors.set(q.subarray(from * width, (from + 1) * width), to * width);
  });
  return { values: Float64Array.from(order, (i) => d[i]!), vectors };
}
