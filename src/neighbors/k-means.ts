import { type Rng, sampleWithoutReplacement, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { KMeansResult, KMeansSetup, KMeansTask } from "./k-means.kernel.ts";
import type { Space } from "./space.ts";

/** Clusters are found among at most this many rows, of as many numbers, but among some at least: twice as many as there are clusters. */
const CLUSTERED = { rows: 2_000, numbers: 2 ** 24, least: 200 } as const;

/**
 * Centroids of clusters by k-means, `clusters x cols`, in scaled units around the space's centre: the best of some runs from random seeds. Above 2,000 rows they are found among as many
 * drawn ones. Fewer than k where there are fewer different rows. Cost: 2,000 k d multiplications a step.
 */
export async function findCentroids(
  space: Space,
  k: number,
  runs: number,
  random: Rng,
  how: { readonly engine: EngineInfo; readonly watch: Watch; readonly stage: string },
): Promise<Float64Array> {
  const { engine, watch, stage } = how;
  const rows = sampleWithoutReplacement(random, space.rows, clusteredRows(space));
  const tasks = Array.from({ length: runs }, (): KMeansTask => ({ rows, seed: random.integer(2 ** 31) }));
  const setup: KMeansSetup = { space, k };
  const { results } = await runBlocks<KMeansTask, KMeansResult, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./k-means.kernel.js", import.meta.url),
    setup,
    tasks,
    stage,
  });
  return results.reduce((best, run) => (run.spread < best.spread ? run : best)).centroids;
}

/** Rows that clusters are found among: 2,000, fewer of very many dimensions. */
function clusteredRows({ rows, cols }: Space): number {
  const fitting = Math.max(CLUSTERED.least, Math.floor(CLUSTERED.numbers / cols));
  return Math.min(rows, CLUSTERED.rows, fitting);
}
