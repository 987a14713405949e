import type { Rng } from "../base/index.ts";
import { largestEigen } from "../linalg/index.ts";

/** How the surroundings of a row come out in the latent: the linear map that fits its nearest neighbours best. */
export interface LocalFit {
  /** Semi-axes of the image of a unit circle in the tangent plane of the original, the longer first: latent per original units. */
  readonly axes: readonly [long: number, short: number];
  /** The longer axis in the latent, d numbers. */
  readonly direction: Float64Array;
  /** Share of the neighbours' squared offsets that lies in the plane, 0..1. */
  readonly planeShare: number;
  /** Share of the squared offsets in the latent that the linear map explains, 0..1. */
  readonly fitShare: number;
}

/**
 * Tissot's ellipse at a point: neighbours' offsets in the original, k x D, give the plane of largest spread (local PCA around the point
 * itself); least squares from coordinates in it to offsets in the latent, k x d, give a 2 x d map; its singular values are the axes.
 *
 * With the Gram matrix G = X X' of the offsets and its two largest eigenpairs (l, u) the coordinates are sqrt(l) u, which are orthogonal,
 * so row j of the map is u_j' Z / sqrt(l_j). Cost: k^2 D / 2.
 *
 * @returns null for fewer than four neighbours, and where offsets have no plane (repeated rows, a line) or do not move in the latent
 */
export function localFit(offsets: Float64Array, images: Float64Array, k: number, rng: Rng): LocalFit | null {
  if (k < 4) return null;
  const gram = gramOf(offsets, k);
  let total = 0;
  for (let i = 0; i < k; i++) total += gram[i * k + i]!;
  if (!(total > 0) || !Number.isFinite(total)) return null;
  const multiply = (v: Float64Array) => {
    const product = new Float64Array(k);
    for (let i = 0; i < k; i++) {
      let sum = 0;
      for (let j = 0; j < k; j++) sum += gram[i * k + j]! * v[j]!;
      product[i] = sum;
    }
    return product;
  };
  const { values, vectors } = largestEigen(multiply, k, 2, { rng });
  if (values.length < 2 || !(values[1]! > 1e-9 * values[0]!)) return null;
  const rows = [0, 1].map((j) =>
    mapRow(vectors.subarray(j * k, (j + 1) * k), images, 1 / Math.sqrt(values[j]!)),
  );
  const moved = dot(images, images);
  if (!(moved > 0)) return null;
  const explained = values[0]! * dot(rows[0]!, rows[0]!) + values[1]! * dot(rows[1]!, rows[1]!);
  return {
    ...ellipseOf(rows[0]!, rows[1]!),
    planeShare: Math.min(1, (values[0]! + values[1]!) / total),
    fitShare: Math.min(1, explained / moved),
  };
}

/** u' Z, scaled. */
function mapRow(u: Float64Array, images: Float64Array, scale: number): Float64Array {
  const row = new Float64Array(images.length / u.length);
  for (let i = 0; i < u.length; i++) {
    for (let c = 0; c < row.length; c++) row[c]! += scale * u[i]! * images[i * row.length + c]!;
  }
  return row;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** Axes of the image of the unit circle under t -> t A, A of two rows: the eigenpairs of A A'. */
function ellipseOf(a: Float64Array, b: Float64Array): Pick<LocalFit, "axes" | "direction"> {
  const [aa, ab, bb] = [dot(a, a), dot(a, b), dot(b, b)];
  const long = Math.sqrt((aa + bb) / 2 + Math.hypot((aa - bb) / 2, ab));
  const angle = Math.atan2(2 * ab, aa - bb) / 2;
  const direction = a.map((value, c) => value * Math.cos(angle) + b[c]! * Math.sin(angle));
  // By the determinant: the smaller eigenvalue as a difference would lose its digits.
  return { axes: [long, long > 0 ? Math.sqrt(Math.max(0, aa * bb - ab * ab)) / long : 0], direction };
}

function gramOf(offsets: Float64Array, k: number): Float64Array {
  const cols = offsets.length / k;
  const gram = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = i; j < k; j++) {
      let sum = 0;
      for (let p = i * cols, q = j * cols; p < (i + 1) * cols; p++, q++) sum += offsets[p]! * offsets[q]!;
      gram[i * k + j] = gram[j * k + i] = sum;
    }
  }
  return gram;
}
