import type { Matrix, Warning } from "../base/index.ts";
import { type NeighborsResult, neighborsOf } from "../neighbors/index.ts";
import type { FitOptions } from "./linear-map.ts";

/** The k nearest others of every row, exact or approximate as the options say. */
export function neighborsFor(points: Matrix, k: number, options: FitOptions): Promise<NeighborsResult> {
  const { unitRows, engine, seed, neighbors = "auto", onProgress, signal } = options;
  return neighborsOf(points, {
    nNeighbors: k,
    metric: unitRows ? "cosine" : "euclidean",
    neighbors,
    seed,
    threads: engine.threads,
    ...(onProgress && {
      onProgress: (progress) => progress.stage === "neighbours" && onProgress(progress),
    }),
    ...(signal && { signal }),
  });
}

/** What a fit says of its neighbours: the share that was found, where not all were. */
export function recallOf({ recall }: NeighborsResult): Readonly<Record<string, number | readonly number[]>> {
  return recall ? { neighborRecall: recall.value, neighborRecallInterval: recall.interval } : {};
}

/** There are no more rows, or hardly others left to push. */
export function fewerNeighbors(asked: number, k: number): Warning[] {
  if (k >= asked) return [];
  return [
    {
      code: "fewer-neighbors",
      message: `the fit looked at ${k} neighbours of each row, not at ${asked}: there are too few rows`,
    },
  ];
}
