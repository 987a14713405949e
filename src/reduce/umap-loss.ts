import type { Rng } from "../base/index.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";
import type { Curve } from "./umap-curve.ts";

/** Rows whose edges are looked at, and pairs that are drawn. */
const ROWS = 2000;
const PAIRS = 50_000;

/** Pairs at the same place would count without end. */
const NEAREST = 1e-4;

/**
 * What the layout lowers, per edge of weight 1: the mean of -ln v over edges by their weights, and `draws` / 2 times the mean of -ln(1 - v) over pairs, v being how alike two
 * places are (the loss of negative sampling, Damrich & Hamprecht 2021). Of a sample: the same one for the same stream.
 */
export function sampledLoss(
  { starts, ids, weights }: WeightedGraph,
  places: Float32Array,
  d: number,
  { a, b }: Curve,
  draws: number,
  random: Rng,
): number {
  const n = starts.length - 1;
  const power = (i: number, j: number) => {
    let square = 0;
    for (let k = 0; k < d; k++) square += (places[i * d + k]! - places[j * d + k]!) ** 2;
    return a * square ** b;
  };
  let [pull, weight] = [0, 0];
  for (let row = 0; row < Math.min(n, ROWS); row++) {
    const i = n <= ROWS ? row : random.integer(n);
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      pull += weights[at]! * Math.log1p(power(i, ids[at]!));
      weight += weights[at]!;
    }
  }
  let [push, pairs] = [0, 0];
  for (let p = 0; p < PAIRS; p++) {
    const [i, j] = [random.integer(n), random.integer(n)];
    if (i === j) continue;
    const own = power(i, j);
    push += Math.log1p(1 / Math.max(own, NEAREST));
    pairs++;
  }
  return pull / (weight || 1) + ((draws / 2) * push) / (pairs || 1);
}
