import { condense, rowLabels } from "./condensed-tree.ts";
import { linkageOf, type SpanningEdges } from "./linkage.ts";

/** Clusters smaller than this are none, and this many neighbours make a point's core distance: the defaults of hdbscan. */
const LEAST = 5;

/**
 * Clusters by density: HDBSCAN (Campello, Moulavi & Sander 2013) of points known by their distances, with excess of mass and a single
 * cluster allowed. Gives the cluster of each point, -1 for noise.
 *
 * As the package hdbscan 0.8 does it, one habit included: where everything is one cluster only the points that stay to its end belong to it,
 * the others are noise. Equal distances join in the order of points.
 *
 * Cost O(n^2).
 *
 * @param distances n x n, symmetric, 0 on the diagonal and above 0 elsewhere
 */
export function hdbscan(distances: Float64Array, n: number): Int32Array {
  if (n < 2) return new Int32Array(n).fill(-1);
  return rowLabels(condense(linkageOf(spanningTree(distances, n)), LEAST), "eom", true);
}

/** The minimum spanning tree under mutual reachability, max(core_i, core_j, d_ij), by Prim's algorithm; shortest edges first. */
function spanningTree(distances: Float64Array, n: number): SpanningEdges {
  const cores = coreDistances(distances, n);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const sources = new Int32Array(n);
  const outside = new Uint8Array(n).fill(1);
  const edges = { from: new Int32Array(n - 1), to: new Int32Array(n - 1), lengths: new Float64Array(n - 1) };
  for (let e = 0, at = 0; e < n - 1; e++) {
    outside[at] = 0;
    let best = -1;
    for (let j = 0; j < n; j++) {
      if (outside[j] === 0) continue;
      const reach = Math.max(distances[at * n + j]!, cores[at]!, cores[j]!);
      if (reach < nearest[j]!) {
        nearest[j] = reach;
        sources[j] = at;
      }
      if (best < 0 || nearest[j]! < nearest[best]!) best = j;
    }
    edges.from[e] = sources[best]!;
    edges.to[e] = best;
    edges.lengths[e] = nearest[best]!;
    at = best;
  }
  const order = Int32Array.from(edges.lengths.keys()).sort((a, b) => edges.lengths[a]! - edges.lengths[b]!);
  return {
    from: order.map((e) => edges.from[e]!),
    to: order.map((e) => edges.to[e]!),
    lengths: Float64Array.from(order, (e) => edges.lengths[e]!),
  };
}

/** The distance of each point to its 5th neighbour, or its last where there are fewer. */
function coreDistances(distances: Float64Array, n: number): Float64Array {
  const k = Math.min(n - 1, LEAST);
  const smallest = new Float64Array(k + 1);
  return new Float64Array(n).map((_, i) => {
    smallest.fill(Number.POSITIVE_INFINITY);
    for (let p = i * n; p < (i + 1) * n; p++) {
      let at = k;
      if (distances[p]! >= smallest[at]!) continue;
      for (; at > 0 && smallest[at - 1]! > distances[p]!; at--) smallest[at] = smallest[at - 1]!;
      smallest[at] = distances[p]!;
    }
    return smallest[k]!;
  });
}
