import type { Kernel } from "../engine/index.ts";
import { openDijkstra } from "./dijkstra.ts";
import type { Graph } from "./graph.ts";

/** Set-up of the search for shortest paths. */
export interface GeodesicsSetup {
  readonly graph: Graph;
  readonly sources: Int32Array;
  /** `sources x rows`, to be filled. On shared memory. */
  readonly lengths: Float32Array;
}

/** A task is a range of sources: their lengths are written. */
export async function open({
  graph,
  sources,
  lengths,
}: GeodesicsSetup): Promise<Kernel<readonly [number, number], null, null>> {
  const shortest = openDijkstra(graph);
  const { rows } = graph;
  return {
    async run([start, end]) {
      for (let s = start; s < end; s++) shortest(sources[s]!, lengths.subarray(s * rows, (s + 1) * rows));
      return null;
    },
    finish: () => null,
  };
}
