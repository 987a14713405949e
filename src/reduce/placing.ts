import type { Matrix } from "../base/index.ts";
import { reachOf } from "./fuzzy-graph.ts";

/** How neighbours pull a new row: by the curve of UMAP, or by that of t-SNE (Student's t with one degree of freedom). */
export type Placing = { readonly kind: "curve"; readonly a: number; readonly b: number };

const STEPS = 30;

/** Places nearer than this, squared, pull as from there. */
const NEAREST = 1e-12;

/**
 * A function that places a row by its neighbours and the distances to them: where sum w ln(1 + a s^b) over them is least, s the squared distance to each in the map, w what it
 * weighs; from the best of their own places, by reweighted means.
 */
export function placerFor(
  placing: Placing,
  codes: Matrix,
  k: number,
): (ids: Int32Array, distances: Float64Array) => Float64Array {
  const { a, b } = placing;
  const d = codes.cols;
  const near = new Float64Array(k * d);
  const energyAt = (z: ArrayLike<number>, from: number, weights: Float64Array) => {
    let energy = 0;
    for (let j = 0; j < k; j++) energy += weights[j]! * Math.log1p(a * squareTo(z, from, near, j, d) ** b);
    return energy;
  };
  return (ids, distances) => {
    ids.forEach((id, j) => {
      for (let c = 0; c < d; c++) near[j * d + c] = codes.data[id * d + c]!;
    });
    const weights = weightsOf(distances, k);
    let best = 0;
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < k; j++) {
      const energy = energyAt(near, j * d, weights);
      if (energy < least) [best, least] = [j, energy];
    }
    let z: Float64Array = near.slice(best * d, (best + 1) * d);
    for (let step = 0; step < STEPS; step++) z = reweighted(z, near, weights, { a, b }, d);
    return z;
  };
}

function weightsOf(distances: Float64Array, k: number): Float64Array {
  const { near, width } = reachOf({ k, distances });
  return distances.map((distance) =>
    distance <= near[0]! ? 1 : Math.exp(-(distance - near[0]!) / width[0]!),
  );
}

/** The mean of the neighbours by how they pull where z is. */
function reweighted(
  z: Float64Array,
  near: Float64Array,
  weights: Float64Array,
  { a, b }: { readonly a: number; readonly b: number },
  d: number,
): Float64Array {
  const next = new Float64Array(d);
  let total = 0;
  weights.forEach((weight, j) => {
    const square = Math.max(NEAREST, squareTo(z, 0, near, j, d));
    const pull = (weight * square ** (b - 1)) / (1 + a * square ** b);
    total += pull;
    for (let c = 0; c < d; c++) next[c]! += pull * near[j * d + c]!;
  });
  return total > 0 ? next.map((value) => value / total) : z;
}

function squareTo(z: ArrayLike<number>, from: number, near: Float64Array, j: number, d: number): number {
  let square = 0;
  for (let c = 0; c < d; c++) square += (z[from + c]! - near[j * d + c]!) ** 2;
  return square;
}
