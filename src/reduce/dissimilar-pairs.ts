import type { Rng } from "../base/index.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";
import type { RowPairs } from "./incidence.ts";

/** Draws so many pairs of rows that have no edge, or as many as there are. A pair may be drawn twice. Cost: for each some draws and looks at the edges of a row. */
export function dissimilarPairs({ starts, ids }: WeightedGraph, count: number, random: Rng): RowPairs {
  const n = starts.length - 1;
  const others = (n * (n - 1)) / 2 - ids.length / 2;
  const most = Math.min(Math.round(count), others);
  const [heads, tails] = [new Int32Array(most), new Int32Array(most)];
  for (let p = 0; p < most; ) {
    const [i, j] = [random.integer(n), random.integer(n)];
    if (i === j || ids.subarray(starts[i], starts[i + 1]).includes(j)) continue;
    heads[p] = i;
    tails[p++] = j;
  }
  return { heads, tails };
}
