import { NOWHERE } from "../map/order.ts";

/**
 * A motion of the plane: z -> a z + b over complex numbers, of the mirrored z where `isMirrored`. |a| is its scale, arg a its turn.
 */
export interface Motion {
  readonly isMirrored: boolean;
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  /** Share of the spread about the mean that is not the same in both, 0 to 1: 0 where they are one but for the motion. */
  readonly residual: number;
}

/** Whether a point has a place: see `drawnOf`. */
export const isPlaced = (places: Float32Array, point: number): boolean =>
  places[2 * point] !== NOWHERE || places[2 * point + 1] !== NOWHERE;

/**
 * Procrustes in the plane: the rotation or reflection of `moving` that leaves the least sum of squared distances to `fixed`, point by point, over points that have a place in both, with both at the same
 * mean and the same spread. (The scale of least squares would draw what hardly agrees ever smaller.) With c the sum of conj(q) p over centred points q, p, the best turn without mirror is c / |c|, the
 * same of conj(q) with it, and the larger |c| of both leaves less. The residual is that of least squares, 1 - |c|^2 / (sum |p|^2 sum |q|^2), as SciPy's.
 */
export function register(moving: Float32Array, fixed: Float32Array): Motion {
  const points: number[] = [];
  for (let i = 0; i < fixed.length / 2; i++) if (isPlaced(moving, i) && isPlaced(fixed, i)) points.push(i);
  const [from, to] = [meanOf(moving, points), meanOf(fixed, points)];
  let [turned, turnedY, mirrored, mirroredY, spread, spreadTo] = [0, 0, 0, 0, 0, 0];
  for (const i of points) {
    const [qx, qy] = [moving[2 * i]! - from[0], moving[2 * i + 1]! - from[1]];
    const [px, py] = [fixed[2 * i]! - to[0], fixed[2 * i + 1]! - to[1]];
    turned += qx * px + qy * py;
    turnedY += qx * py - qy * px;
    mirrored += qx * px - qy * py;
    mirroredY += qx * py + qy * px;
    spread += qx * qx + qy * qy;
    spreadTo += px * px + py * py;
  }
  const isMirrored = Math.hypot(mirrored, mirroredY) > Math.hypot(turned, turnedY);
  const [cx, cy] = isMirrored ? [mirrored, mirroredY] : [turned, turnedY];
  const all = spread * spreadTo;
  const [size, scale] = [Math.hypot(cx, cy), Math.sqrt(spreadTo / spread)];
  // All points in one place, or none that has one in both, or no turn better than another: they are shifted alone.
  const a: [number, number] = all > 0 && size > 0 ? [(scale * cx) / size, (scale * cy) / size] : [1, 0];
  const motion = { isMirrored, a, b: [0, 0] as const, residual: 0 };
  const [x, y] = moved(motion, from[0], from[1]);
  const residual = all > 0 ? Math.max(0, 1 - size ** 2 / all) : 0;
  return { ...motion, b: [to[0] - x, to[1] - y], residual };
}

function meanOf(places: Float32Array, points: readonly number[]): [number, number] {
  let [x, y] = [0, 0];
  for (const i of points) {
    x += places[2 * i]!;
    y += places[2 * i + 1]!;
  }
  const n = Math.max(1, points.length);
  return [x / n, y / n];
}

export function moved({ isMirrored, a, b }: Motion, x: number, y: number): [number, number] {
  const up = isMirrored ? -y : y;
  return [a[0] * x - a[1] * up + b[0], a[0] * up + a[1] * x + b[1]];
}

/** The place that a motion brings here. */
export function movedBack({ isMirrored, a, b }: Motion, x: number, y: number): [number, number] {
  const [u, v, size] = [x - b[0], y - b[1], a[0] ** 2 + a[1] ** 2];
  const up = (a[0] * v - a[1] * u) / size;
  return [(a[0] * u + a[1] * v) / size, isMirrored ? -up : up];
}

/** Every place after the motion; what has none stays without. */
export function movedAll(motion: Motion, places: Float32Array): Float32Array {
  const out = places.slice();
  for (let i = 0; i < places.length / 2; i++) {
    if (!isPlaced(places, i)) continue;
    const [x, y] = moved(motion, places[2 * i]!, places[2 * i + 1]!);
    out[2 * i] = x;
    out[2 * i + 1] = y;
  }
  return out;
}

/** Ellipses (half axes and angle of each row) after the motion: axes are relative, so that angles alone change. */
export function movedEllipses({ isMirrored, a }: Motion, ellipses: Float32Array): Float32Array {
  const out = ellipses.slice();
  const turn = Math.atan2(a[1], a[0]);
  for (let i = 2; i < out.length; i += 3) out[i] = (isMirrored ? -out[i]! : out[i]!) + turn;
  return out;
}

/** Places on the straight way from one picture to another, 0 to 1. Points without a place in one of them have none on the way. */
export function between(from: Float32Array, to: Float32Array, part: number): Float32Array {
  if (part === 0) return from;
  if (part === 1) return to;
  const out = new Float32Array(from.length);
  for (let i = 0; i < from.length / 2; i++) {
    const isThere = isPlaced(from, i) && isPlaced(to, i);
    for (const at of [2 * i, 2 * i + 1])
      out[at] = isThere ? from[at]! + part * (to[at]! - from[at]!) : NOWHERE;
  }
  return out;
}
