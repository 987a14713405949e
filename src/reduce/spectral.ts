import { IsometerError, type Rng } from "../base/index.ts";
import { largestEigen } from "../linalg/index.ts";
import { componentsOf } from "../neighbors/index.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";

/** A start needs no digits. */
const TOLERANCE = 1e-4;
const MOST_PRODUCTS = 400;

/**
 * Laplacian eigenmaps of a graph (Belkin & Niyogi 2003), n x d: the eigenvectors 2 to d + 1 of D^-1/2 W D^-1/2, by Lanczos.
 *
 * @throws bad-option where the graph is in parts: then those are the parts
 */
export function spectralPlaces(graph: WeightedGraph, d: number, random: Rng): Float64Array {
  const { starts, ids, weights } = graph;
  const n = starts.length - 1;
  const parts = componentsOf({ rows: n, starts, ids }).count;
  if (parts > 1) {
    throw new IsometerError("bad-option", `a spectral start has no places for a graph in ${parts} parts`, {
      got: `a graph of nearest neighbours in ${parts} parts`,
      hint: "Start from pca, or give more --n-neighbors.",
    });
  }
  const inverse = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) inverse[i]! += weights[at]!;
    inverse[i] = 1 / Math.sqrt(inverse[i]! || 1);
  }
  const multiply = (v: Float64Array) => {
    const scaled = v.map((value, i) => value * inverse[i]!);
    return v.map((_, i) => {
      let sum = 0;
      for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += weights[at]! * scaled[ids[at]!]!;
      return sum * inverse[i]!;
    });
  };
  const options = { rng: random, tolerance: TOLERANCE, maxIterations: Math.min(n, MOST_PRODUCTS) };
  const { vectors } = largestEigen(multiply, n, d + 1, options);
  const places = new Float64Array(n * d);
  for (let k = 0; k < d; k++) {
    for (let i = 0; i < n; i++) places[i * d + k] = (vectors[(k + 1) * n + i] ?? 0) * inverse[i]!;
  }
  return places;
}
