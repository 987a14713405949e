import type { Matrix } from "../base/index.ts";
import { cholesky, solveLower, solveUpper } from "../linalg/index.ts";
import { reachOf } from "./fuzzy-graph.ts";

/**
 * How neighbours pull a new row: "curve", as they do in UMAP, 1 / (1 + a s^b) at squared distance s (a = b = 1: in t-SNE); "weights", to their mean
 * by the weights that make it of them in the data.
 */
export type Placing = Curved | { readonly kind: "weights" };

interface Curved {
  readonly kind: "curve";
  readonly a: number;
  readonly b: number;
}

/** A function that places a row by its neighbours and the distances to them. */
export type Placer = (ids: Int32Array, distances: Float64Array) => Float64Array;

const STEPS = 30;

/** Places nearer than this, squared, pull as from there. */
const NEAREST = 1e-12;

/** Makes one of a map that has `rows` at `codes`, k neighbours for each. */
export function placerFor(
  placing: Placing,
  rows: Matrix,
  codes: Matrix,
  { k, isCosine }: { readonly k: number; readonly isCosine: boolean },
): Placer {
  const d = codes.cols;
  const near = new Float64Array(k * d);
  const place =
    placing.kind === "curve" ? byCurve(placing, near, d) : byWeights(near, d, differencesOf(rows, isCosine));
  return (ids, distances) => {
    ids.forEach((id, j) => {
      for (let c = 0; c < d; c++) near[j * d + c] = codes.data[id * d + c]!;
    });
    return place(distances, ids);
  };
}

/** Where sum w ln(1 + a s^b) is least, w what a neighbour weighs: from the best of their own places, by reweighted means. */
function byCurve({ a, b }: Curved, near: Float64Array, d: number): (distances: Float64Array) => Float64Array {
  const k = near.length / d;
  const pull = (square: number) => square ** (b - 1) / (1 + a * square ** b);
  return (distances) => {
    const weights = membershipsOf(distances);
    let [best, least] = [0, Number.POSITIVE_INFINITY];
    for (let j = 0; j < k; j++) {
      let energy = 0;
      for (let i = 0; i < k; i++)
        energy += weights[i]! * Math.log1p(a * squareTo(near, j * d, near, i, d) ** b);
      if (energy < least) [best, least] = [j, energy];
    }
    let z: Float64Array = near.slice(best * d, (best + 1) * d);
    for (let step = 0; step < STEPS; step++) z = reweighted(z, near, weights, pull);
    return z;
  };
}

/** What each of the neighbours of one row weighs, as in the graph of UMAP. */
function membershipsOf(distances: Float64Array): Float64Array {
  const { near, width } = reachOf({ k: distances.length, distances });
  return distances.map((distance) =>
    distance <= near[0]! ? 1 : Math.exp(-(distance - near[0]!) / width[0]!),
  );
}

/** The mean of the neighbours by how they pull where z is. */
function reweighted(
  z: Float64Array,
  near: Float64Array,
  weights: Float64Array,
  pull: (square: number) => number,
): Float64Array {
  const d = z.length;
  const next = new Float64Array(d);
  let total = 0;
  weights.forEach((weight, j) => {
    const share = weight * pull(Math.max(NEAREST, squareTo(z, 0, near, j, d)));
    total += share;
    for (let c = 0; c < d; c++) next[c]! += share * near[j * d + c]!;
  });
  return total !== 0 ? next.map((value) => value / total) : z;
}

/** What a neighbour may weigh is held back by so much of the mean square of their distances: Saul & Roweis (2003) take 1e-3. */
const HELD_BACK = 1e-2;

/** The mean of the neighbours by weights, of sum 1, of which they are nearest to the row itself: straight where the map is straight nearby (Saul & Roweis 2003, section 6). */
function byWeights(
  near: Float64Array,
  d: number,
  differences: Differences,
): (distances: Float64Array, ids: Int32Array) => Float64Array {
  const k = near.length / d;
  const products = new Float64Array(k * k);
  return (distances, ids) => {
    let trace = 0;
    for (const distance of distances) trace += distance * distance;
    if (trace === 0) return near.slice(0, d);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) {
        const product =
          (distances[i]! ** 2 + distances[j]! ** 2 - (i === j ? 0 : differences(ids[i]!, ids[j]!))) / 2;
        products[i * k + j] = product;
        products[j * k + i] = product;
      }
      products[i * k + i]! += (HELD_BACK * trace) / k;
    }
    const weights = new Float64Array(k).fill(1);
    const lower = cholesky(products, k)!;
    solveLower(lower, k, weights);
    solveUpper(lower, k, weights);
    return reweighted(new Float64Array(d), near, weights, () => 1);
  };
}

/** The squared distance between two rows of the map, in its metric. */
type Differences = (i: number, j: number) => number;

function differencesOf({ data, cols }: Matrix, isCosine: boolean): Differences {
  const square = (i: number, j: number) => {
    let sum = 0;
    for (let a = 0; a < cols; a++) sum += (data[i * cols + a]! - data[j * cols + a]!) ** 2;
    return sum;
  };
  if (!isCosine) return square;
  const product = (i: number, j: number) => {
    let sum = 0;
    for (let a = 0; a < cols; a++) sum += data[i * cols + a]! * data[j * cols + a]!;
    return sum;
  };
  return (i, j) => 2 - (2 * product(i, j)) / Math.sqrt(product(i, i) * product(j, j));
}

function squareTo(z: ArrayLike<number>, from: number, near: Float64Array, j: number, d: number): number {
  let square = 0;
  for (let c = 0; c < d; c++) square += (z[from + c]! - near[j * d + c]!) ** 2;
  return square;
}
