import type { Matrix } from "../base/index.ts";
import type { LatentFrame } from "../report/index.ts";
import { centredMoments } from "./train-collapse.ts";

/** Pictures of the latent that a training keeps, at most. */
export const FRAMES = 60;

/**
 * A latent on the plane of its first two principal directions, its root mean square distance from the middle brought to 1, and turned (or mirrored) to the frame before it by orthogonal
 * Procrustes: what is seen to move is what moved. To three decimals.
 *
 * @param codes n x d
 */
export async function frameOf(
  epoch: number,
  codes: Matrix,
  before: LatentFrame | undefined,
): Promise<LatentFrame> {
  const plane = scaled(await onPlane(codes));
  const turned = before ? turnedTo(plane, before.at) : plane;
  return { epoch, at: Array.from(turned, (value) => Math.round(1000 * value) / 1000) };
}

/** Centred, n x 2. */
async function onPlane({ data, rows, cols }: Matrix): Promise<Float64Array> {
  const { jacobiEigen } = await import("../linalg/index.ts");
  const { mean, covariance } = centredMoments({ data, rows, cols });
  const { vectors } = jacobiEigen(covariance, cols);
  const plane = new Float64Array(2 * rows);
  for (let axis = 0; axis < Math.min(2, cols); axis++) {
    for (let i = 0; i < rows; i++)
      for (let c = 0; c < cols; c++)
        plane[2 * i + axis]! += (data[i * cols + c]! - mean[c]!) * vectors[axis * cols + c]!;
  }
  return plane;
}

function scaled(plane: Float64Array): Float64Array {
  const size = Math.sqrt(plane.reduce((sum, value) => sum + value * value, 0) / (plane.length / 2));
  return size > 0 ? plane.map((value) => value / size) : plane;
}

/** The rotation, or reflection, of `plane` with the least squared distance from `target`. Of 2 x 2 moments the better of both is known in closed form. */
function turnedTo(plane: Float64Array, target: readonly number[]): Float64Array {
  let [xx, xy, yx, yy] = [0, 0, 0, 0];
  for (let i = 0; i < plane.length; i += 2) {
    xx += plane[i]! * target[i]!;
    xy += plane[i]! * target[i + 1]!;
    yx += plane[i + 1]! * target[i]!;
    yy += plane[i + 1]! * target[i + 1]!;
  }
  // Traces that the best rotation and the best reflection reach.
  const [rotation, reflection] = [Math.hypot(xx + yy, xy - yx), Math.hypot(xx - yy, xy + yx)];
  const isMirrored = reflection > rotation;
  const angle = isMirrored ? Math.atan2(xy + yx, xx - yy) : Math.atan2(xy - yx, xx + yy);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const out = new Float64Array(plane.length);
  for (let i = 0; i < plane.length; i += 2) {
    const [x, y] = [plane[i]!, isMirrored ? -plane[i + 1]! : plane[i + 1]!];
    out[i] = cos * x - sin * y;
    out[i + 1] = sin * x + cos * y;
  }
  return out;
}
