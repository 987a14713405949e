import {
  checkInteger,
  deepFreeze,
  type Points,
  rng,
  sharedInt32,
  throwIfAborted,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, openPlaces } from "../../engine/index.ts";
import { overRows } from "../../measure/clusters.ts";
import { findCentroids, makeSpace, type Space } from "../../neighbors/index.ts";

export interface KMeansOptions extends EngineOptions, Watch {
  /** Clusters, 1 to n. */
  readonly k: number;
  /** Runs from different seeds, of which the best is kept. Default 10. */
  readonly restarts?: number;
  /** Under cosine directions are parted: rows of length 1. Default euclidean. */
  readonly metric?: "euclidean" | "cosine";
  /** Default 0. */
  readonly seed?: number;
}

/** Clusters by k-means. Frozen plain data. */
export interface KMeans {
  readonly method: "kmeans";
  readonly rows: number;
  readonly options: {
    readonly k: number;
    readonly restarts: number;
    readonly metric: "euclidean" | "cosine";
    readonly seed: number;
  };
  /** Cluster of each row, the largest cluster first. */
  readonly labels: Int32Array;
  /** Clusters that have rows: fewer than k where there are fewer different rows. */
  readonly clusters: readonly { readonly id: number; readonly size: number }[];
  /** Mean of each cluster, `clusters x d`: of the rows, under cosine of rows of length 1. */
  readonly centroids: Float64Array;
  /** Sum of squared distances of the rows to the means of their clusters. */
  readonly inertia: number;
  /** Whether rows had stopped to move in the run that was kept, and its steps over all rows. */
  readonly converged: boolean;
  readonly iterations: number;
  readonly engine: EngineInfo;
}

/** Steps of a run at most. */
const ITERATIONS = 300;

/** One run. Centroids in scaled units around the space's centre. */
interface Run {
  readonly labels: Int32Array;
  readonly centroids: Float64Array;
  readonly inertia: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/**
 * Clusters by k-means: the sum of squared distances to the means of k clusters, least of some runs. A run begins with k-means of 2,000 drawn rows (greedy k-means++ seeds, Arthur & Vassilvitskii
 * 2007; refined on a sample as Bradley & Fayyad 1998), and goes on with Lloyd's steps (1982) over all rows until none moves. Cost: n k d multiplications a step, n d memory at most beside the rows.
 *
 * @param points n x d
 * @throws bad-option k outside [1, n], restarts outside [1, 1000]; non-finite; zero-vector under cosine; aborted
 * @example
 * const { labels, inertia } = await kMeans(points, { k: 10 });
 */
export async function kMeans(points: Points, options: KMeansOptions): Promise<KMeans> {
  const { k, restarts = 10, metric = "euclidean", seed = 0 } = options;
  checkInteger("k", k, 1, points.rows);
  checkInteger("restarts", restarts, 1, 1000);
  const engine = await findEngine(options);
  const space = await makeSpace(points, metric, { engine, name: "points" });
  let best: Run | null = null;
  for (let run = 0; run < restarts; run++) {
    throwIfAborted(options.signal);
    options.onProgress?.({ stage: "clustering", done: run, total: restarts });
    const found = await oneRun(space, k, `${seed} ${run}`, engine, options);
    if (best === null || found.inertia < best.inertia) best = found;
  }
  return deepFreeze(described(best!, space, { k, restarts, metric, seed }, engine));
}

async function oneRun(
  space: Space,
  k: number,
  stream: string,
  engine: EngineInfo,
  { signal }: Watch,
): Promise<Run> {
  const how = { engine, watch: signal ? { signal } : {}, stage: "clustering" };
  let centroids = await findCentroids(space, k, 1, rng().split(`k-means ${stream}`), how);
  let labels = sharedInt32(space.rows).fill(-1);
  let converged = false;
  let iterations = 0;
  while (iterations < ITERATIONS && !converged) {
    iterations++;
    const out = sharedInt32(space.rows);
    await overRows({ space, work: { kind: "assign", centroids, out } }, how);
    converged = out.every((label, i) => label === labels[i]);
    labels = out;
    if (!converged) centroids = await meansOf(space, labels, centroids, how);
  }
  return { labels, centroids, inertia: inertiaOf(space, labels, centroids), converged, iterations };
}

/** The mean of each cluster; that of an empty one stays where it was. */
async function meansOf(
  space: Space,
  classes: Int32Array,
  before: Float64Array,
  how: Parameters<typeof overRows>[1],
): Promise<Float64Array> {
  const count = before.length / space.cols;
  const sums = await overRows({ space, work: { kind: "sum", classes, count } }, how);
  const sizes = new Float64Array(count);
  for (const c of classes) sizes[c]!++;
  return sums.map((sum, p) => {
    const size = sizes[Math.floor(p / space.cols)]!;
    return size > 0 ? sum / size : before[p]!;
  });
}

/** In the units of the data. */
function inertiaOf(space: Space, labels: Int32Array, centroids: Float64Array): number {
  const { cols, scales, centre, unit } = space;
  const { values, place } = openPlaces(space);
  let sum = 0;
  for (let i = 0; i < space.rows; i++) {
    const at = place(i);
    const c = labels[i]! * cols;
    for (let q = 0; q < cols; q++) {
      sum += (values[at + q]! * scales[i]! - centre[q]! - centroids[c + q]!) ** 2;
    }
  }
  return sum / unit ** 2;
}

/** Clusters by size, in the units of the data. */
function described(
  { labels, centroids, ...run }: Run,
  space: Space,
  options: KMeans["options"],
  engine: EngineInfo,
): KMeans {
  const { cols, centre, unit, rows } = space;
  const sizes = new Int32Array(centroids.length / cols);
  for (const c of labels) sizes[c]!++;
  const kept = [...sizes.keys()].filter((c) => sizes[c]! > 0).sort((a, b) => sizes[b]! - sizes[a]! || a - b);
  const number = new Map(kept.map((c, at) => [c, at]));
  return {
    ...{ method: "kmeans", rows, options, ...run, engine },
    labels: Int32Array.from(labels, (c) => number.get(c)!),
    clusters: kept.map((c, id) => ({ id, size: sizes[c]! })),
    centroids: Float64Array.from(
      { length: kept.length * cols },
      (_, p) => (centroids[kept[Math.floor(p / cols)]! * cols + (p % cols)]! + centre[p % cols]!) / unit,
    ),
  };
}
