import type { Rng } from "../base/index.ts";
import { largestEigen } from "../linalg/index.ts";

/** How the surroundings of a row come out in a picture: the linear map that fits its nearest neighbours best. */
export interface LocalFit {
  /**
   * Semi-axes of the image of a unit circle in the tangent plane of the original, the longer first (picture units per unit
   * of the original), and the angle from the picture's x axis to the longer one.
   */
  readonly axes: readonly [long: number, short: number];
  readonly angle: number;
  /** Share of the neighbours' squared offsets that lies in the plane, 0..1. */
  readonly planeShare: number;
  /** Share of the squared offsets in the picture that the linear map explains, 0..1. */
  readonly fitShare: number;
}

/**
 * Tissot's ellipse at a point: neighbours' offsets in the original, k x D, give the plane of largest spread (local PCA around the point
 * itself); least squares from coordinates in it to offsets in the picture, k x 2, give a 2 x 2 map; its singular values are the axes.
 *
 * With the Gram matrix G = X X' of the offsets and its two largest eigenpairs (l, u) the coordinates are sqrt(l) u, which are orthogonal,
 * so row j of the map is u_j' Y / sqrt(l_j). Cost: k^2 D / 2.
 *
 * @returns null for fewer than four neighbours, and where offsets have no plane (repeated rows, a line) or do not move in the picture
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
  const map = [0, 0, 0, 0];
  let moved = 0;
  for (let i = 0; i < k; i++) moved += images[2 * i]! ** 2 + images[2 * i + 1]! ** 2;
  let explained = 0;
  for (let j = 0; j < 2; j++) {
    for (let c = 0; c < 2; c++) {
      let sum = 0;
      for (let i = 0; i < k; i++) sum += vectors[j * k + i]! * images[2 * i + c]!;
      map[2 * j + c] = sum / Math.sqrt(values[j]!);
      explained += sum * sum;
    }
  }
  if (!(moved > 0)) return null;
  return {
    ...ellipseOf(map as [number, number, number, number]),
    planeShare: Math.min(1, (values[0]! + values[1]!) / total),
    fitShare: Math.min(1, explained / moved),
  };
}

/** Axes and angle of the image of the unit circle under t -> t A, A = [[a, b], [c, d]]: the eigenpairs of A'A. */
function ellipseOf([a, b, c, d]: readonly [number, number, number, number]): Pick<
  LocalFit,
  "axes" | "angle"
> {
  const xx = a * a + c * c;
  const yy = b * b + d * d;
  const xy = a * b + c * d;
  const middle = (xx + yy) / 2;
  const spread = Math.hypot((xx - yy) / 2, xy);
  const long = Math.sqrt(middle + spread);
  // By the determinant: middle - spread loses its digits for thin ellipses.
  return {
    axes: [long, long > 0 ? Math.abs(a * d - b * c) / long : 0],
    angle: Math.atan2(2 * xy, xx - yy) / 2,
  };
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
