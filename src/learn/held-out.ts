import { type Matrix, type Points, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, gatherPoints } from "../engine/index.ts";
import { makeGeodesicSpace } from "../neighbors/index.ts";

/**
 * The scale-normalised stress of codes over all pairs of some rows: sqrt(1 - (sum dx dz)^2 / (sum dx^2 sum dz^2)), 0 to 1 (Smelser et al. 2024). In float64.
 *
 * @param distances of the rows, n (n - 1) / 2 in the order (1, 0), (2, 0), (2, 1), ...
 */
export function stressOf(distances: Float64Array, codes: Matrix): number {
  const lengths = pairLengths(codes);
  let [xx, zz, xz] = [0, 0, 0];
  for (let p = 0; p < distances.length; p++) {
    const [dx, dz] = [distances[p]!, lengths[p]!];
    xx += dx * dx;
    zz += dz * dz;
    xz += dx * dz;
  }
  return xx > 0 && zz > 0 ? Math.sqrt(Math.max(0, 1 - (xz * xz) / (xx * zz))) : 1;
}

/** Euclidean distances of all pairs, in the order (1, 0), (2, 0), (2, 1), ... */
export function pairLengths({ data, rows, cols }: Matrix): Float64Array {
  const lengths = new Float64Array((rows * (rows - 1)) / 2);
  for (let i = 1, p = 0; i < rows; i++) {
    for (let j = 0; j < i; j++, p++) {
      let square = 0;
      for (let c = 0; c < cols; c++) square += (data[i * cols + c]! - data[j * cols + c]!) ** 2;
      lengths[p] = Math.sqrt(square);
    }
  }
  return lengths;
}

export interface GeodesicsAmongOptions extends Watch {
  readonly engine: EngineInfo;
  /** k of the graph. */
  readonly nNeighbors: number;
}

/** Lengths along the data between some rows, in the order of `pairLengths`: shortest paths through all rows. Memory 4 m n bytes for m rows of n. */
export async function geodesicsAmong(
  points: Points,
  looked: Int32Array,
  { engine, nNeighbors, ...watch }: GeodesicsAmongOptions,
): Promise<Float64Array> {
  const sources = sharedInt32(looked.length);
  sources.set(looked);
  const neighbors = Math.min(nNeighbors, points.rows - 1);
  const how = { neighbors, sources, engine, watch, name: "the rows", flag: "--n-neighbors" };
  const { lengths } = (await makeGeodesicSpace(points, how)).space.table!;
  const distances = new Float64Array((looked.length * (looked.length - 1)) / 2);
  for (let i = 1, p = 0; i < looked.length; i++)
    for (let j = 0; j < i; j++, p++) distances[p] = lengths[i * points.rows + looked[j]!]!;
  return distances;
}

/** Lengths between some rows, straight or along the data. */
export async function lengthsAmong(
  points: Points,
  looked: Int32Array,
  { isGeodesic, ...options }: GeodesicsAmongOptions & { readonly isGeodesic: boolean },
): Promise<Float64Array> {
  return isGeodesic ? geodesicsAmong(points, looked, options) : pairLengths(gatherPoints(points, looked));
}
