import {
  LISTED_ROWS,
  type Points,
  ranges,
  sharedFloat32,
  sharedInt32,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { GeodesicsSetup } from "./geodesics.kernel.ts";
import { type Components, connectedGraph, type Graph } from "./graph.ts";
import { makeSpace, type Space, type SpaceOptions } from "./space.ts";
import type { LengthTable } from "./table.ts";

/** How to find geodesics. */
export interface GeodesicOptions extends Pick<SpaceOptions, "engine" | "name" | "duplicates"> {
  /** k of the graph. */
  readonly neighbors: number;
  /** Row numbers: lengths are known from these to all rows. On shared memory. */
  readonly sources: Int32Array;
  readonly watch: Watch;
  /** The option that k comes from, for warnings. Default --graph-neighbors. */
  readonly flag?: string;
}

/** A space of geodesics, and what is to be said of its graph. */
export interface GeodesicSpace {
  readonly space: Space;
  readonly warnings: readonly Warning[];
}

/**
 * Prepares points for distances along the data: shortest paths in the graph of the k nearest neighbours (Tenenbaum, de Silva & Langford 2000).
 *
 * On points of a curved surface they come near its geodesics as points grow dense; from below they are cut short where k is so large that an edge
 * leaves the surface, from above they are some percent too long, because a path turns from row to row. Cost: the graph (see `connectedGraph`),
 * then O(m (n + e) log n) for m sources; memory 4 m n bytes.
 *
 * @throws as `makeSpace` does
 */
export async function makeGeodesicSpace(points: Points, options: GeodesicOptions): Promise<GeodesicSpace> {
  const { neighbors, sources, engine, name, watch, flag = "--graph-neighbors" } = options;
  const straight = await makeSpace(points, "euclidean", options);
  const { graph, parts } = await connectedGraph(straight, neighbors, engine, staged(watch, "graph"));
  const table = await shortestPaths(graph, sources, engine, watch);
  return {
    space: { ...straight, metric: "geodesic", table },
    warnings: parts.count > 1 ? [partsWarning(parts, neighbors, name, flag)] : [],
  };
}

/** Lengths of the shortest paths from sources to all rows, on all threads. */
export async function shortestPaths(
  graph: Graph,
  sources: Int32Array,
  engine: EngineInfo,
  watch: Watch,
): Promise<LengthTable> {
  const { rows } = graph;
  const lengths = sharedFloat32(sources.length * rows);
  const setup: GeodesicsSetup = { graph, sources, lengths };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./geodesics.kernel.js", import.meta.url),
    setup,
    tasks: ranges(sources.length, Math.max(1, Math.ceil(sources.length / 128))),
    stage: "geodesics",
  });
  const placeOf = sharedInt32(rows).fill(-1);
  sources.forEach((row, place) => {
    placeOf[row] = place;
  });
  // There and back are summed in different orders, so they may differ in the last digit.
  for (let s = 0; s < sources.length; s++) {
    for (let t = s + 1; t < sources.length; t++) {
      lengths[t * rows + sources[s]!] = lengths[s * rows + sources[t]!]!;
    }
  }
  return { lengths, sources, placeOf };
}

/** Tells of all stages under one name. */
function staged({ onProgress, signal }: Watch, stage: string): Watch {
  return {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (progress) => onProgress({ ...progress, stage }) }),
  };
}

/** The joints of a graph are guesses: what is measured across them is said to be. */
function partsWarning({ count, first, sizes }: Components, k: number, name: string, flag: string): Warning {
  const largest = sizes.indexOf(Math.max(...sizes));
  const smaller = first.filter((_, part) => part !== largest);
  const others = sizes.reduce((sum, size) => sum + size, 0) - sizes[largest]!;
  return {
    code: "graph-in-parts",
    message:
      `the ${k}-nearest-neighbour graph of ${name} is in ${count.toLocaleString("en")} parts (${others.toLocaleString("en")} rows outside of the ` +
      `largest), joined here by the shortest edges between them: lengths from part to part are guesses; more ${flag} may join them`,
    rows: smaller.slice(0, LISTED_ROWS),
    count,
  };
}
