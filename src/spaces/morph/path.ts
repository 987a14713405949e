import { IsometerError, type Matrix, matrix } from "../../base/index.ts";

/** How a path gets from one code to another. */
export type PathKind = "straight" | "spherical" | "data" | "geodesic";

export const PATH_KINDS: readonly PathKind[] = ["straight", "spherical", "data", "geodesic"];

/** A path between two codes: corners, and straight lines between them. */
export interface Path {
  readonly kind: PathKind;
  /** The corners, m x d. */
  readonly points: Matrix;
  /** When it is at each corner: m numbers, ascending from 0 to 1. */
  readonly parameters: Float64Array;
}

/** Steps of a path where nobody asks for another number: what is measured is measured over as many. */
export const SEGMENTS = 64;

/** How far from opposite two directions have to be: between opposite ones there is no one way round. */
const OPPOSITE = 1e-6;

/**
 * The straight line, z(t) = (1 - t) a + t b.
 *
 * @param from a, d numbers
 * @param to b, d numbers
 * @throws bad-value for different widths; non-finite
 */
export function straightPath(from: ArrayLike<number>, to: ArrayLike<number>): Path {
  checkEnds(from, to);
  const ends = Float32Array.from([...Array.from(from), ...Array.from(to)]);
  return { kind: "straight", points: matrix(ends, 2, from.length), parameters: Float64Array.of(0, 1) };
}

/**
 * Along the great circle, z(t) = c + |a - c|^(1 - t) |b - c|^t slerp(t), slerp(t) = (sin((1 - t) w) u + sin(t w) v) / sin w for the directions u and v of a - c and b - c, w apart (Shoemake
 * 1985). Norms are interpolated in their logarithm. For codes that lie near a sphere about c, as those of a normal prior do in many dimensions (White 2016). Cost O(segments d).
 *
 * @param from a, d numbers
 * @param to b, d numbers
 * @param options.centre c, d numbers. Default: the origin
 * @param options.segments steps of the path, 64
 * @throws bad-value for different widths, and for directions that are opposite; zero-vector where an end is the centre; non-finite
 */
export function sphericalPath(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  options: { readonly centre?: ArrayLike<number>; readonly segments?: number } = {},
): Path {
  checkEnds(from, to);
  const { centre = new Float64Array(from.length), segments = SEGMENTS } = options;
  checkEnds(from, centre);
  const [u, v] = [unitFrom(centre, from), unitFrom(centre, to)];
  const apart = 2 * Math.atan2(distance(u.direction, v.direction), lengthOfSum(u.direction, v.direction));
  if (Math.PI - apart < OPPOSITE) {
    throw new IsometerError("bad-value", "the ends are opposite: no great circle between them is the one", {
      hint: "Choose another centre, or a straight path.",
    });
  }
  const points = new Float32Array((segments + 1) * from.length);
  const parameters = evenly(segments);
  for (const [p, t] of parameters.entries()) {
    const norm = u.norm ** (1 - t) * v.norm ** t;
    // Between equal directions slerp is the straight line.
    const sine = Math.sin(apart);
    const [start, end] =
      sine > 0 ? [Math.sin((1 - t) * apart) / sine, Math.sin(t * apart) / sine] : [1 - t, t];
    for (let k = 0; k < from.length; k++) {
      points[p * from.length + k] = centre[k]! + norm * (start * u.direction[k]! + end * v.direction[k]!);
    }
  }
  // The ends are what was given, to the last digit.
  points.set(from);
  points.set(to, segments * from.length);
  return { kind: "spherical", points: matrix(points, segments + 1, from.length), parameters };
}

/** The codes of a path at some parameters, each within [0, 1]: one row each. Cost O(n (log m + d)). */
export function codesAt({ points, parameters }: Path, at: ArrayLike<number>): Matrix {
  const { cols, data } = points;
  const codes = new Float32Array(at.length * cols);
  for (let p = 0; p < at.length; p++) {
    const { before, share } = placeIn(parameters, at[p]!);
    for (let k = 0; k < cols; k++) {
      const [a, b] = [data[before * cols + k]!, data[(before + 1) * cols + k]!];
      codes[p * cols + k] = share === 1 ? b : a + share * (b - a);
    }
  }
  return matrix(codes, at.length, cols);
}

/** Where a value lies among ascending ones: between two that follow each other, and how much of the way. */
export function placeIn(ascending: Float64Array, value: number): { before: number; share: number } {
  let [low, high] = [0, ascending.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! <= value) low = middle;
    else high = middle;
  }
  const width = ascending[high]! - ascending[low]!;
  const share = width > 0 ? (value - ascending[low]!) / width : 0;
  return { before: low, share: Math.max(0, Math.min(1, share)) };
}

/** 0, 1 / n, ..., 1. */
export function evenly(n: number): Float64Array {
  return Float64Array.from({ length: n + 1 }, (_, t) => t / n);
}

/** Distances of consecutive rows, in float64. */
export function stepLengths({ data, rows, cols }: Matrix): Float64Array {
  return Float64Array.from({ length: Math.max(0, rows - 1) }, (_, i) =>
    distance(data.subarray(i * cols, (i + 1) * cols), data.subarray((i + 1) * cols, (i + 2) * cols)),
  );
}

/** Sums of the first 0, 1, ..., n values. */
export function cumulative(values: Float64Array): Float64Array {
  const sums = new Float64Array(values.length + 1);
  for (const [i, value] of values.entries()) sums[i + 1] = sums[i]! + value;
  return sums;
}

/** |a - b|. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += (a[k]! - b[k]!) ** 2;
  return Math.sqrt(sum);
}

/** @throws bad-value for different widths; non-finite */
export function checkEnds(from: ArrayLike<number>, to: ArrayLike<number>): void {
  if (from.length !== to.length || from.length === 0) {
    throw new IsometerError("bad-value", `the ends have ${from.length} and ${to.length} dimensions`, {
      needed: "the same number, 1 or more",
    });
  }
  for (const end of [from, to]) {
    if (!Array.from(end).every(Number.isFinite))
      throw new IsometerError("non-finite", "an end of the path has NaN or infinite values");
  }
}

function unitFrom(centre: ArrayLike<number>, end: ArrayLike<number>) {
  const norm = distance(centre, end);
  if (norm > 0) return { norm, direction: Float64Array.from(end, (value, k) => (value - centre[k]!) / norm) };
  throw new IsometerError("zero-vector", "an end of the path is the centre: it has no direction from there", {
    hint: "Choose another centre, or a straight path.",
  });
}

function lengthOfSum(a: Float64Array, b: Float64Array): number {
  return distance(
    a,
    b.map((value) => -value),
  );
}
