import { openPlaces } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";
import type { Space } from "./space.ts";

/*
 * Points beside centroids: p = x * scale - centre of their space, whatever its metric; euclidean from there on.
 */

/** The graph of all |c|^2 - 2 p.c, smaller being nearer: `rows` are points with a 1 behind, `c` is as `layCentroids` has it; gives `orders`. */
export function productModel(cols: number): Uint8Array {
  const rows = input("rows", ["m", cols + 1]);
  const c = input("c", ["n", cols + 1]);
  return toOnnx({ outputs: { orders: gemm(rows, c, { transB: true }) } });
}

/** A function that lays rows out as points with a 1 behind, one after the other. */
export function openPoints(space: Space) {
  const { cols, scales, centre } = space;
  const { values, place } = openPlaces(space);
  return (row: number, out: Float32Array, at: number): void => {
    const scale = scales[row]!;
    const from = place(row);
    for (let k = 0; k < cols; k++) out[at + k] = values[from + k]! * scale - centre[k]!;
    out[at + cols] = 1;
  };
}

/** [-2 c | |c|^2], row after row. */
export function layCentroids(centroids: Float64Array, cols: number): Float32Array {
  const count = centroids.length / cols;
  const laid = new Float32Array(count * (cols + 1));
  for (let c = 0, p = 0; c < count; c++) {
    let norm = 0;
    for (let k = 0; k < cols; k++) {
      const value = centroids[c * cols + k]!;
      laid[p++] = -2 * value;
      norm += value * value;
    }
    laid[p++] = norm;
  }
  return laid;
}
