import { type Matrix, rng, sharedFloat32 } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { makeSpace, type Space, type StraightMetric } from "../../../src/spaces/explore/index.ts";

/** Standard normals, n x d, on shared memory. */
export function normals(rows: number, cols: number, seed: number): Matrix {
  const source = rng(seed).split("normals");
  return { data: sharedFloat32(rows * cols).map(() => source.normal()), rows, cols };
}

/** The rows of `points` through a map of one row. */
export function mapped(points: Matrix, cols: number, map: (row: Float32Array) => readonly number[]): Matrix {
  const data = sharedFloat32(points.rows * cols);
  for (let i = 0; i < points.rows; i++) {
    data.set(map(points.data.subarray(i * points.cols, (i + 1) * points.cols)), i * cols);
  }
  return { data, rows: points.rows, cols };
}

export async function spaceOf(points: Matrix, metric: StraightMetric = "euclidean"): Promise<Space> {
  return makeSpace(points, metric, { engine: await findEngine({ threads: 2 }), name: "the points" });
}

/** The truth: a length in float64. */
export function lengthBetween({ data, cols }: Matrix, i: number, j: number, metric: StraightMetric): number {
  let [sum, xx, yy, xy] = [0, 0, 0, 0];
  for (let k = 0; k < cols; k++) {
    const [a, b] = [data[i * cols + k]!, data[j * cols + k]!];
    sum += metric === "manhattan" ? Math.abs(a - b) : (a - b) ** 2;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  if (metric === "cosine") return Math.sqrt(Math.max(0, 2 - (2 * xy) / Math.sqrt(xx * yy)));
  return metric === "manhattan" ? sum : Math.sqrt(sum);
}

/** Every other row, nearest first, equal distances by row number. */
export function orderFrom(points: Matrix, row: number, metric: StraightMetric): number[] {
  const lengths = Float64Array.from({ length: points.rows }, (_, i) => lengthBetween(points, row, i, metric));
  return Array.from(lengths.keys())
    .filter((i) => i !== row)
    .sort((a, b) => lengths[a]! - lengths[b]! || a - b);
}
