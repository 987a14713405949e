import type { NearestResult } from "../neighbors/index.ts";

/** A symmetric graph with weights: the neighbours of row i are `ids[starts[i] ... starts[i + 1])`. */
export interface WeightedGraph {
  readonly starts: Int32Array;
  readonly ids: Int32Array;
  readonly weights: Float32Array;
}

/** Distances beyond `near` fall off with `width`. */
export interface Reach {
  readonly near: Float64Array;
  readonly width: Float64Array;
}

const SEARCHES = 64;
const TOLERANCE = 1e-5;

/** A width is at least so much of the mean distance. */
const LEAST_WIDTH = 1e-3;

/**
 * How far each row reaches: `near` is the distance of its nearest other place, and `width` is such that its k neighbours weigh log2(k + 1) together, exp(-(distance - near) / width)
 * each (McInnes, Healy & Melville 2018, section 3.1; their n_neighbors counts the row itself and is k + 1).
 */
export function reachOf({ k, distances }: Pick<NearestResult, "k" | "distances">): Reach {
  const rows = distances.length / k;
  const near = new Float64Array(rows);
  const width = new Float64Array(rows);
  const mean = distances.reduce((sum, distance) => sum + distance, 0) / distances.length;
  for (let i = 0; i < rows; i++) {
    const own = distances.subarray(i * k, (i + 1) * k);
    near[i] = own.find((distance) => distance > 0) ?? 0;
    const ownMean = own.reduce((sum, distance) => sum + distance, 0) / k;
    width[i] = Math.max(widthFor(own, near[i]!), LEAST_WIDTH * (near[i]! > 0 ? ownMean : mean));
  }
  return { near, width };
}

function widthFor(distances: Float64Array, near: number): number {
  const target = Math.log2(distances.length + 1);
  let [low, high, width] = [0, Number.POSITIVE_INFINITY, 1];
  for (let search = 0; search < SEARCHES; search++) {
    let sum = 0;
    for (const distance of distances) sum += membership(distance, near, width);
    if (Math.abs(sum - target) < TOLERANCE) break;
    if (sum > target) high = width;
    else low = width;
    width = high === Number.POSITIVE_INFINITY ? width * 2 : (low + high) / 2;
  }
  return width;
}

const membership = (distance: number, near: number, width: number) =>
  distance <= near ? 1 : Math.exp(-(distance - near) / width);

/** The weight of each of the k neighbours of each row, `rows x k`. */
export function memberships({ k, distances }: Pick<NearestResult, "k" | "distances">): Float32Array {
  const { near, width } = reachOf({ k, distances });
  return Float32Array.from(distances, (distance, at) => {
    const i = Math.floor(at / k);
    return membership(distance, near[i]!, width[i]!);
  });
}

/** How the weights of an edge from its two ends become one. */
export type Union = (one: number, other: number) => number;

/** Either end may hold the edge: w + w' - w w', the probabilistic sum (McInnes et al. 2018, equation 8). */
export const either: Union = (one, other) => one + other - one * other;

/**
 * The symmetric graph of nearest neighbours: an edge where one of two rows is among the k nearest of the other, its weight the `union` of what it weighs from both, 0 where a
 * row does not list the other. Cost: n k.
 *
 * @param weights `rows x k`, of each row for its neighbours
 */
export function symmetricGraph(
  { k, ids }: Pick<NearestResult, "k" | "ids">,
  weights: Float32Array,
  union: Union,
): WeightedGraph {
  const rows = ids.length / k;
  const listed = listings(ids, k, rows);
  const starts = new Int32Array(rows + 1);
  const out = { ids: new Int32Array(2 * ids.length), weights: new Float32Array(2 * ids.length) };
  const placeOf = new Int32Array(rows).fill(-1);
  let end = 0;
  for (let i = 0; i < rows; i++) {
    const start = end;
    starts[i] = start;
    for (let at = i * k; at < (i + 1) * k; at++) {
      const j = ids[at]!;
      if (j < 0) continue;
      placeOf[j] = end;
      out.ids[end] = j;
      out.weights[end++] = weights[at]!;
    }
    const own = end;
    for (let l = listed.starts[i]!; l < listed.starts[i + 1]!; l++) {
      const at = listed.at[l]!;
      const j = Math.floor(at / k);
      const place = placeOf[j]!;
      if (place >= start && place < own && out.ids[place] === j) {
        out.weights[place] = -union(out.weights[place]!, weights[at]!);
        continue;
      }
      out.ids[end] = j;
      out.weights[end++] = union(weights[at]!, 0);
    }
    // What both list is marked by its sign.
    for (let at = start; at < own; at++) {
      const weight = out.weights[at]!;
      out.weights[at] = weight < 0 ? -weight : union(weight, 0);
    }
  }
  starts[rows] = end;
  return { starts, ids: out.ids.slice(0, end), weights: out.weights.slice(0, end) };
}

/** Where each row is listed: places in the lists of others, ascending. */
function listings(ids: Int32Array, k: number, rows: number) {
  const starts = new Int32Array(rows + 1);
  for (const j of ids) if (j >= 0) starts[j + 1]!++;
  for (let i = 0; i < rows; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice();
  const at = new Int32Array(rows * k);
  ids.forEach((j, place) => {
    if (j >= 0) at[next[j]!++] = place;
  });
  return { starts, at };
}

/** Edges that weigh less than `least` are left out. */
export function pruned({ starts, ids, weights }: WeightedGraph, least: number): WeightedGraph {
  const kept = { starts: new Int32Array(starts.length), ids: ids.slice(), weights: weights.slice() };
  let end = 0;
  for (let i = 0; i + 1 < starts.length; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      if (weights[at]! < least) continue;
      kept.ids[end] = ids[at]!;
      kept.weights[end++] = weights[at]!;
    }
    kept.starts[i + 1] = end;
  }
  return { starts: kept.starts, ids: kept.ids.slice(0, end), weights: kept.weights.slice(0, end) };
}
