import { IsometerError } from "../../base/index.ts";
import { cholesky, solveLower, solveUpper } from "../../linalg/index.ts";

/** One side's factors, held while the other side is solved: `rows x d`, in their principal axes. */
export interface HeldFactors {
  readonly d: number;
  readonly factors: Float64Array;
  /** F'F + regularization I, which is diagonal in these axes. */
  readonly diagonal: Float64Array;
  readonly alpha: number;
}

/** What one row of the other side took, and what else acts on it. */
export interface RowEquations {
  readonly columns: Int32Array;
  readonly weights: Float32Array;
  /** Added to the diagonal. */
  readonly shift: number;
  /** Added to the right-hand side, d; null: nothing. */
  readonly pull: Float64Array | null;
}

/**
 * A solver of one row's normal equations (Hu, Koren & Volinsky 2008, eq. 4), with V the m x d factors of what it took, r its weights:
 *
 *     (F'F + regularization I + shift I + V' diag(alpha r) V) z = V' (1 + alpha r) + pull
 *
 * M, the part without V, is diagonal. Where m > d: Cholesky of the d x d matrix, m d^2 / 2 + d^3 / 6. Else of the m x m matrix that Woodbury's identity leaves,
 * K = diag(alpha r)^-1 + V M^-1 V', with z = M^-1 (b - V' K^-1 V M^-1 b): m^2 d / 2 + m^3 / 6. Both in float64, equal to rounding.
 */
export function openRowSolver(held: HeldFactors): (row: RowEquations, out: Float64Array) => void {
  const { d } = held;
  const scratch = { root: new Float64Array(d), right: new Float64Array(d), matrix: new Float64Array(d * d) };
  const inner = new Float64Array(d);
  let shift = Number.NaN;
  let rows = new Float64Array(4 * d);
  return (row, out) => {
    const m = row.columns.length;
    // Rows are taken four at a time.
    if (rows.length < (m + 3) * d) rows = new Float64Array(2 * (m + 3) * d);
    rightSide(held, row, scratch.right);
    if (m > d) return solvePrimal(held, row, rows, scratch, out);
    if (row.shift !== shift) {
      shift = row.shift;
      for (let k = 0; k < d; k++) scratch.root[k] = 1 / Math.sqrt(held.diagonal[k]! + shift);
    }
    solveDual(held, row, rows, { ...scratch, inner: inner.subarray(0, m) }, out);
  };
}

interface Scratch {
  /** M^-1/2. */
  readonly root: Float64Array;
  readonly right: Float64Array;
  readonly matrix: Float64Array;
}

function rightSide({ d, factors, alpha }: HeldFactors, row: RowEquations, right: Float64Array): void {
  if (row.pull) right.set(row.pull);
  else right.fill(0);
  for (let p = 0; p < row.columns.length; p++) {
    const confidence = 1 + alpha * row.weights[p]!;
    const from = row.columns[p]! * d;
    for (let k = 0; k < d; k++) right[k]! += confidence * factors[from + k]!;
  }
}

function solvePrimal(
  held: HeldFactors,
  row: RowEquations,
  rows: Float64Array,
  s: Scratch,
  out: Float64Array,
) {
  const { d, factors, diagonal, alpha } = held;
  const { columns, weights } = row;
  const m = columns.length;
  for (let p = 0; p < m; p++) {
    const root = Math.sqrt(alpha * weights[p]!);
    const from = columns[p]! * d;
    for (let k = 0; k < d; k++) rows[p * d + k] = root * factors[from + k]!;
  }
  rows.fill(0, m * d, (m + 3) * d);
  const a = s.matrix.fill(0);
  for (let p = 0; p < m; p += 4) addFour(a, d, rows, p * d);
  for (let k = 0; k < d; k++) a[k * d + k]! += diagonal[k]! + row.shift;
  out.set(s.right);
  solveWith(factored(a, d), d, out);
}

/** a += R'R of four rows R of width d at `at`; of the lower triangle, with a few numbers beyond the diagonal. Two rows of `a` at a time: what is read serves eight products. */
export function addFour(a: Float64Array, d: number, rows: Float64Array, at: number): void {
  const [second, third, fourth] = [at + d, at + 2 * d, at + 3 * d];
  let j = 0;
  for (; j + 1 < d; j += 2) {
    const w = rows[at + j]!;
    const x = rows[second + j]!;
    const y = rows[third + j]!;
    const z = rows[fourth + j]!;
    const ww = rows[at + j + 1]!;
    const xx = rows[second + j + 1]!;
    const yy = rows[third + j + 1]!;
    const zz = rows[fourth + j + 1]!;
    const upper = j * d;
    const lower = upper + d;
    for (let k = 0; k < j + 2; k++) {
      const p = rows[at + k]!;
      const q = rows[second + k]!;
      const r = rows[third + k]!;
      const s = rows[fourth + k]!;
      a[upper + k]! += w * p + x * q + y * r + z * s;
      a[lower + k]! += ww * p + xx * q + yy * r + zz * s;
    }
  }
  for (let k = 0; j < d && k < d; k++) {
    let sum = 0;
    for (let row = at; row <= fourth; row += d) sum += rows[row + j]! * rows[row + k]!;
    a[j * d + k]! += sum;
  }
}

function solveDual(
  held: HeldFactors,
  row: RowEquations,
  rows: Float64Array,
  s: Scratch & { readonly inner: Float64Array },
  out: Float64Array,
): void {
  const { d, factors, alpha } = held;
  const { columns, weights } = row;
  const m = columns.length;
  const { root, inner, matrix: a } = s;
  for (let k = 0; k < d; k++) out[k] = root[k]! * s.right[k]!;
  for (let p = 0; p < m; p++) {
    const from = columns[p]! * d;
    for (let k = 0; k < d; k++) rows[p * d + k] = root[k]! * factors[from + k]!;
  }
  for (let p = 0; p < m; p++) {
    rowProducts({ rows, count: p + 1, d }, rows, p * d, a, p * m);
    a[p * m + p]! += 1 / (alpha * weights[p]!);
  }
  rowProducts({ rows, count: m, d }, out, 0, inner, 0);
  solveWith(factored(a, m), m, inner);
  for (let p = 0; p < m; p++) {
    const factor = inner[p]!;
    for (let k = 0; k < d; k++) out[k]! -= factor * rows[p * d + k]!;
  }
  for (let k = 0; k < d; k++) out[k]! *= root[k]!;
}

/** The products of the first `count` rows of width d with a vector at `from`. Four rows at a time, twice as fast as one by one: their sums do not wait for each other. */
export function rowProducts(
  { rows, count, d }: { readonly rows: Float64Array; readonly count: number; readonly d: number },
  vector: Float64Array,
  from: number,
  out: Float64Array,
  to: number,
): void {
  let i = 0;
  for (; i + 3 < count; i += 4) {
    const at = i * d;
    let p = 0;
    let q = 0;
    let r = 0;
    let s = 0;
    for (let k = 0; k < d; k++) {
      const x = vector[from + k]!;
      p += x * rows[at + k]!;
      q += x * rows[at + d + k]!;
      r += x * rows[at + 2 * d + k]!;
      s += x * rows[at + 3 * d + k]!;
    }
    out[to + i] = p;
    out[to + i + 1] = q;
    out[to + i + 2] = r;
    out[to + i + 3] = s;
  }
  for (; i < count; i++) out[to + i] = dot(rows, i * d, vector, from, d);
}

/** Sum of d products. */
export function dot(a: Float64Array, at: number, b: Float64Array, from: number, d: number): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += a[at + k]! * b[from + k]!;
  return sum;
}

function factored(a: Float64Array, n: number): Float64Array {
  const lower = cholesky(a, n);
  if (lower) return lower;
  throw new IsometerError("bad-value", "the normal equations of a row are singular to working precision", {
    hint: "Take a larger regularization, or smaller weights.",
  });
}

function solveWith(lower: Float64Array, n: number, b: Float64Array): void {
  solveLower(lower, n, b);
  solveUpper(lower, n, b);
}
