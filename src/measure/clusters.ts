import { permutation, type Rng, ranges, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { findCentroids, type Space } from "../neighbors/index.ts";
import { type CentroidsSetup, SPREAD_WIDTH } from "./centroids.kernel.ts";
import type { ClassRecord } from "./result.ts";
import type { Classing } from "./silhouette.kernel.ts";

/** The class of each row, numbered from 0 without gaps, and where the classes came from. */
export interface Classes extends ClassRecord {
  readonly rows: Int32Array;
}

/** The most clusters looked for. */
const CLUSTERS = 10;

/** How to run over rows, and what the work is called in progress. */
interface Means {
  readonly engine: EngineInfo;
  readonly watch: Watch;
  readonly stage: string;
}

/** Clusters of a space, for want of classes: k = min(10, sqrt(n / 2)), rounded down, by one run of k-means. */
export async function findClusters(space: Space, random: Rng, means: Means): Promise<Classes> {
  const k = Math.max(1, Math.min(CLUSTERS, Math.floor(Math.sqrt(space.rows / 2))));
  return { ...numbered(await kMeans(space, k, 1, random, means)), from: "k-means of the original" };
}

/**
 * The cluster of each row by k-means, euclidean between points as the metric places them: directions under cosine. Above 2,000 rows as many are drawn to find the
 * centroids, by the best of some runs from random seeds; then every row goes to the nearest. Cost: 2,000 k d multiplications a step, and n k d.
 */
export async function kMeans(
  space: Space,
  k: number,
  runs: number,
  random: Rng,
  means: Means,
): Promise<Int32Array> {
  const centroids = await findCentroids(space, k, runs, random, means);
  const out = sharedInt32(space.rows);
  await overRows({ space, work: { kind: "assign", centroids, out } }, means);
  return out;
}

/** The classes that are in use, numbered from 0 in the order of their numbers. */
function numbered(classes: Int32Array): Pick<Classes, "rows" | "count"> {
  const used = [...new Set(classes)].sort((a, b) => a - b);
  const numbers = new Map(used.map((number, at) => [number, at]));
  const rows = sharedInt32(classes.length);
  for (let i = 0; i < rows.length; i++) rows[i] = numbers.get(classes[i]!)!;
  return { rows, count: used.length };
}

/** The class of each row in a random order: the same sizes, nothing to do with the rows. */
export function shuffledClasses({ rows }: Pick<Classes, "rows">, random: Rng): Int32Array {
  const order = permutation(random, rows.length);
  const shuffled = sharedInt32(rows.length);
  for (let i = 0; i < rows.length; i++) shuffled[i] = rows[order[i]!]!;
  return shuffled;
}

/** Mean point of each class, `classes x cols`, in scaled units around the space's centre. No class is empty. */
export async function centroidsOf(
  space: Space,
  { classes, sizes }: Classing,
  means: Means,
): Promise<Float64Array> {
  const sums = await overRows({ space, work: { kind: "sum", classes, count: sizes.length } }, means);
  return sums.map((sum, p) => sum / sizes[Math.floor(p / space.cols)]!);
}

/** Numbers that one task gives. */
function widthOf({ kind }: CentroidsSetup["work"], count: number, cols: number): number {
  if (kind === "assign") return 0;
  return count * (kind === "sum" ? cols : count + SPREAD_WIDTH);
}

/** Numbers that wait to be added. */
const WAITING = 2 ** 23;

/** Runs over rows on all threads. Tasks are few and their results are added in order: the same bits on any number of threads. */
export async function overRows(
  setup: CentroidsSetup,
  { engine, watch, stage }: Means,
): Promise<Float64Array> {
  const { space, work } = setup;
  const size = work.kind === "sum" ? work.count : work.centroids.length / space.cols;
  const width = widthOf(work, size, space.cols);
  const tasks = Math.max(2, Math.min(16, Math.floor(WAITING / Math.max(1, width))));
  const { results } = await runBlocks<readonly [number, number], Float64Array, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./centroids.kernel.js", import.meta.url),
    setup,
    tasks: ranges(space.rows, Math.max(256, Math.ceil(space.rows / tasks))),
    stage,
  });
  const sum = new Float64Array(width);
  for (const part of results) for (let i = 0; i < width; i++) sum[i]! += part[i]!;
  return sum;
}
