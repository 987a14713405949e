import type { Matrix } from "../base/index.ts";

/**
 * Lays points of a plane upon others, row by row, by shift, rotation or mirror image, and one scale: the least sum of squares. In the plane the best rotation is that of the angle of
 * sum (x' z, x' Jz), J a quarter turn; of the mirror images likewise.
 *
 * @param target n x 2
 * @param points n x 2
 * @returns n x 2, `points` laid upon `target`
 */
export function layUpon(target: Matrix, points: Matrix): Float32Array {
  const n = target.rows;
  const [a, b] = [centreOf(target), centreOf(points)];
  let size = 0;
  const turned = [1, -1].map((mirror) => {
    let [along, across] = [0, 0];
    size = 0;
    for (let i = 0; i < n; i++) {
      const [tx, ty] = [target.data[2 * i]! - a[0], target.data[2 * i + 1]! - a[1]];
      const [px, py] = [points.data[2 * i]! - b[0], mirror * (points.data[2 * i + 1]! - b[1])];
      along += tx * px + ty * py;
      across += ty * px - tx * py;
      size += px * px + py * py;
    }
    return { mirror, along, across, fit: Math.hypot(along, across) };
  });
  const { mirror, along, across } = turned[0]!.fit >= turned[1]!.fit ? turned[0]! : turned[1]!;
  const [c, s] = size > 0 ? [along / size, across / size] : [0, 0];
  const out = new Float32Array(2 * n);
  for (let i = 0; i < n; i++) {
    const [px, py] = [points.data[2 * i]! - b[0], mirror * (points.data[2 * i + 1]! - b[1])];
    out[2 * i] = a[0] + c * px - s * py;
    out[2 * i + 1] = a[1] + s * px + c * py;
  }
  return out;
}

function centreOf({ data, rows }: Matrix): readonly [number, number] {
  let [x, y] = [0, 0];
  for (let i = 0; i < rows; i++) {
    x += data[2 * i]! / rows;
    y += data[2 * i + 1]! / rows;
  }
  return [x, y];
}
