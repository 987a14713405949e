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
  const { space } = await makeGeodesicSpace(points, how);
  const { lengths } = space.table!;
  const distances = new Float64Array((looked.length * (looked.length - 1)) / 2);
  for (let i = 1, p = 0; i < looked.length; i++)
    for (let j = 0; j < i; j++, p++) distances[p] = lengths[i * points.rows + looked[j]!]! / space.unit;
  return distances;
}

/** Steps of the search for a scale: each leaves .618 of where it may be. */
const SCALE_STEPS = 40;

/**
 * How far codes are from any flat map that keeps lengths along a surface: sqrt(min over c of the sum of max(0, dx - c dz)^2 + max(0, c dz - dM)^2, over the sum of dM^2), dx straight distances, dM
 * lengths along the data. A flat map has c dz between both: near pairs, where both are one, have to be kept; a fold is too short, a tear too long. Unlike stress along the data it
 * is 0 for the true map of a surface with a hole, around which dM leads. Convex in c, which is found by golden section. In float64.
 */
export function bracketDistortion(straight: Float64Array, along: Float64Array, codes: Matrix): number {
  const lengths = pairLengths(codes);
  let [zz, xz, mz, mm] = [0, 0, 0, 0];
  for (let p = 0; p < lengths.length; p++) {
    const dz = lengths[p]!;
    zz += dz * dz;
    xz += straight[p]! * dz;
    mz += along[p]! * dz;
    mm += along[p]! ** 2;
  }
  if (!(zz > 0 && mm > 0)) return 1;
  const errorAt = (c: number) => {
    let sum = 0;
    for (let p = 0; p < lengths.length; p++) {
      const dz = c * lengths[p]!;
      const off = Math.max(straight[p]! - dz, dz - along[p]!, 0);
      sum += off * off;
    }
    return Math.sqrt(sum / mm);
  };
  return least(errorAt, (0.5 * xz) / zz, (2 * mz) / zz);
}

/** The least value of a convex function between two numbers. */
function least(f: (c: number) => number, from: number, to: number): number {
  const share = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [from, to];
  for (let step = 0; step < SCALE_STEPS; step++) {
    const [a, b] = [high - share * (high - low), low + share * (high - low)];
    if (f(a) < f(b)) high = b;
    else low = a;
  }
  return f((low + high) / 2);
}

/** What chooses a model: the stress of some rows, or, where lengths along the data are kept, `bracketDistortion`. */
export async function openDistortion(
  points: Points,
  looked: Int32Array,
  { isGeodesic, ...options }: GeodesicsAmongOptions & { readonly isGeodesic: boolean },
): Promise<(codes: Matrix) => number> {
  const straight = pairLengths(gatherPoints(points, looked));
  if (!isGeodesic) return (codes) => stressOf(straight, codes);
  const along = await geodesicsAmong(points, looked, options);
  return (codes) => bracketDistortion(straight, along, codes);
}
