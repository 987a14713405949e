import { jacobiEigen } from "../linalg/index.ts";

/** What the surroundings of a point become in the latent: the linear map that fits its nearest neighbours best. */
export interface LocalFit {
  /**
   * Semi-axes of the image of the unit ball of the tangent space, the longest first: the singular values of the map, latent per original units.
   * One per tangent direction.
   */
  readonly axes: Float64Array;
  /** The longest axis in the latent, d numbers of length 1; zeros where nothing moves. */
  readonly direction: Float64Array;
  /** Share of the neighbours' squared offsets that lies in the tangent space, 0..1. */
  readonly tangentShare: number;
  /** Share of the squared offsets in the latent that the map explains, 0..1. NaN where nothing moves. */
  readonly fitShare: number;
}

/** A tangent direction has at least this share of the spread of the first: less is noise, or the curvature of the data. */
const SPREAD = 0.1;

/** An axis below this share of the longest is 0: axes come from squares, which have half of the digits. */
const FLAT = 1e-7;

/**
 * Tissot's indicatrix at a point. Neighbours' offsets in the original, k x D, span a tangent space by local PCA around the point itself: at
 * most k / 2 directions, so that two neighbours speak for each, at most `most`, and none whose spread is below a tenth of the first.
 * Least squares from tangent coordinates to offsets in the latent, k x d, give a linear map; its singular values are the axes.
 *
 * With the eigenpairs (l, u) of X X' (or, where D < k, of X'X) coordinates along direction j are t_j with |t_j|^2 = l_j, orthogonal to each other,
 * so row j of the map is t_j' Z / l_j. For a linear map of the original that is the map restricted to the tangent space, without error.
 * Cost: min(k, D)^2 max(k, D) / 2 + 6 min(k, D)^3.
 *
 * @returns null where all offsets are 0
 */
export function localFit(
  offsets: Float64Array,
  images: Float64Array,
  k: number,
  most: number,
): LocalFit | null {
  const directions = tangentDirections(offsets, k, Math.min(most, Math.max(1, Math.floor(k / 2))));
  if (directions === null) return null;
  const { spreads, coordinates, total } = directions;
  const q = spreads.length;
  const d = images.length / k;
  const map = new Float64Array(q * d);
  let explained = 0;
  for (let j = 0; j < q; j++) {
    for (let r = 0; r < k; r++) {
      const weight = coordinates[j * k + r]! / spreads[j]!;
      for (let c = 0; c < d; c++) map[j * d + c]! += weight * images[r * d + c]!;
    }
    explained += spreads[j]! * dot(map, j * d, map, j * d, d);
  }
  const moved = dot(images, 0, images, 0, images.length);
  return {
    ...axesOf(map, q, d),
    tangentShare: Math.min(1, spreads.reduce((sum, l) => sum + l, 0) / total),
    fitShare: Math.min(1, explained / moved),
  };
}

interface Tangent {
  /** Eigenvalues: squared offsets along each direction, descending. */
  readonly spreads: Float64Array;
  /** `q x k`: the neighbours' coordinates along each direction. */
  readonly coordinates: Float64Array;
  /** Squared offsets in all. */
  readonly total: number;
}

function tangentDirections(offsets: Float64Array, k: number, most: number): Tangent | null {
  const cols = offsets.length / k;
  const tall = cols < k;
  const n = Math.min(k, cols);
  const squares = tall ? columnProducts(offsets, k, cols) : rowProducts(offsets, k, cols);
  let total = 0;
  for (let i = 0; i < n; i++) total += squares[i * n + i]!;
  if (!(total > 0)) return null;
  const { values, vectors } = jacobiEigen(squares, n);
  let q = 1;
  while (q < Math.min(most, n) && values[q]! >= SPREAD ** 2 * values[0]!) q++;
  const coordinates = new Float64Array(q * k);
  for (let j = 0; j < q; j++) {
    const length = Math.sqrt(values[j]!);
    for (let r = 0; r < k; r++) {
      coordinates[j * k + r] = tall
        ? dot(offsets, r * cols, vectors, j * n, cols)
        : length * vectors[j * n + r]!;
    }
  }
  return { spreads: values.slice(0, q), coordinates, total };
}

/** Singular values of a `q x d` map of tangent coordinates (rows), and the direction of the largest. */
function axesOf(map: Float64Array, q: number, d: number): Pick<LocalFit, "axes" | "direction"> {
  const { values, vectors } = jacobiEigen(rowProducts(map, q, d), q);
  const axes = values.map((value) => Math.sqrt(Math.max(0, value)));
  const longest = axes[0]!;
  const direction = new Float64Array(d);
  if (longest > 0) {
    for (let j = 0; j < q; j++) {
      for (let c = 0; c < d; c++) direction[c]! += (vectors[j]! * map[j * d + c]!) / longest;
    }
  }
  return { axes: axes.map((axis) => (axis < FLAT * longest ? 0 : axis)), direction };
}

/** A A' of a `rows x cols` matrix. */
export function rowProducts(a: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = i; j < rows; j++)
      out[i * rows + j] = out[j * rows + i] = dot(a, i * cols, a, j * cols, cols);
  }
  return out;
}

/** A'A of a `rows x cols` matrix. */
function columnProducts(a: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(cols * cols);
  for (let i = 0; i < cols; i++) {
    for (let j = i; j < cols; j++) {
      let sum = 0;
      for (let at = 0; at < rows * cols; at += cols) sum += a[at + i]! * a[at + j]!;
      out[i * cols + j] = out[j * cols + i] = sum;
    }
  }
  return out;
}

function dot(a: Float64Array, from: number, b: Float64Array, other: number, count: number): number {
  let s0 = 0;
  let s1 = 0;
  let i = 0;
  for (; i + 1 < count; i += 2) {
    s0 += a[from + i]! * b[other + i]!;
    s1 += a[from + i + 1]! * b[other + i + 1]!;
  }
  return i < count ? s0 + s1 + a[from + i]! * b[other + i]! : s0 + s1;
}
