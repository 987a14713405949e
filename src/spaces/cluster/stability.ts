import {
  checkInteger,
  deepFreeze,
  type Interval,
  mean,
  meanInterval,
  type Points,
  permutation,
  type Rng,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Watch,
} from "../../base/index.ts";
import { type EngineOptions, gatherPoints } from "../../engine/index.ts";
import { type Hdbscan, hdbscan } from "./hdbscan.ts";
import { type KMeans, kMeans } from "./k-means.ts";

export type Clustering = Hdbscan | KMeans;

export interface StabilityOptions extends EngineOptions, Watch {
  /** Samples that are clustered again. Default 20. */
  readonly runs?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** How far one cluster is found again among a part of the rows. */
export interface ClusterStability {
  /** Mean over samples of the largest Jaccard coefficient with a cluster of the sample, 0 to 1. Hennig: .75 and more is stable, below .5 dissolved. */
  readonly value: number;
  /** 95 % interval of that mean over samples of these rows. */
  readonly interval: Interval;
  /** The same where the clusters of the samples are shuffled among their rows. */
  readonly null: number;
}

/** How far clusters are found again. Frozen plain data. */
export interface Stability {
  readonly runs: number;
  /** Rows of each sample. */
  readonly rows: number;
  /** In the order of the clusters. */
  readonly clusters: readonly ClusterStability[];
}

/** A sample is half of the rows, at most so many. */
const SHARE = 0.5;
const MOST_ROWS = 10_000;

/** Runs of k-means in each sample. */
const RESTARTS = 3;

/**
 * How stable clusters are: samples of half of the rows are clustered again by the same method, and each cluster is compared with the one that it resembles most (Hennig 2007, Computational Statistics &
 * Data Analysis 52, the scheme of subsets). Sizes that mean a number of rows shrink with the sample: so the same distances stay short and long.
 *
 * Cost: `runs` times that of clustering half of the rows.
 *
 * @param points n x d
 * @param clustering what `hdbscan` or `kMeans` found in them
 * @throws bad-option runs outside [2, 1000]; too-few-rows; aborted
 */
export async function clusterStability(
  points: Points,
  clustering: Clustering,
  options: StabilityOptions = {},
): Promise<Stability> {
  const { runs = 20, seed = 0, onProgress, signal } = options;
  checkInteger("runs", runs, 2, 1000);
  const n = points.rows;
  const m = Math.min(MOST_ROWS, Math.floor(SHARE * n));
  const random = rng(seed).split("stability");
  const found = clustering.clusters.map((): number[] => []);
  const byChance = clustering.clusters.map((): number[] => []);
  for (let run = 0; run < runs; run++) {
    throwIfAborted(signal);
    onProgress?.({ stage: "clustering again", done: run, total: runs });
    const own = random.split(String(run));
    const rows = sampleWithoutReplacement(own.split("rows"), n, m);
    const again = await clusterAgain(gatherPoints(points, rows), clustering, m / n, run, options);
    const before = rows.map((row) => clustering.labels[row]!);
    collect(bestMatches(before, again, found.length), found);
    collect(bestMatches(before, shuffled(again, own.split("null")), found.length), byChance);
  }
  onProgress?.({ stage: "clustering again", done: runs, total: runs });
  return deepFreeze({
    runs,
    rows: m,
    clusters: found.map((values, c) => ({
      value: mean(values),
      interval: meanInterval(values, Number.POSITIVE_INFINITY, [0, 1]),
      null: mean(byChance[c]!),
    })),
  });
}

async function clusterAgain(
  points: Points,
  clustering: Clustering,
  share: number,
  run: number,
  { signal, threads, provider }: StabilityOptions,
): Promise<Int32Array> {
  const how = { ...(signal && { signal }), ...(threads && { threads }), ...(provider && { provider }) };
  if (clustering.method === "kmeans") {
    const { k, metric } = clustering.options;
    return (await kMeans(points, { ...how, k, metric, seed: run, restarts: RESTARTS })).labels;
  }
  const { minClusterSize, minSamples, ...rest } = clustering.options;
  const scaled = (size: number) => Math.min(size, Math.max(2, Math.round(share * size)));
  return (
    await hdbscan(points, {
      ...{ ...how, ...rest },
      minClusterSize: scaled(minClusterSize),
      minSamples: scaled(minSamples),
    })
  ).labels;
}

/** Of each cluster the largest Jaccard coefficient with one of the others; NaN where it has no row here. */
export function bestMatches(labels: Int32Array, others: Int32Array, count: number): Float64Array {
  const width = others.reduce((most, label) => Math.max(most, label), -1) + 1;
  const [sizes, otherSizes] = [new Int32Array(count), new Int32Array(width)];
  const shared = new Int32Array(count * width);
  labels.forEach((label, i) => {
    const other = others[i]!;
    if (label >= 0) sizes[label]!++;
    if (other >= 0) otherSizes[other]!++;
    if (label >= 0 && other >= 0) shared[label * width + other]!++;
  });
  return new Float64Array(count).map((_, c) => {
    if (sizes[c] === 0) return Number.NaN;
    let best = 0;
    for (let o = 0; o < width; o++) {
      const both = shared[c * width + o]!;
      best = Math.max(best, both / (sizes[c]! + otherSizes[o]! - both));
    }
    return best;
  });
}

function collect(values: Float64Array, into: number[][]): void {
  values.forEach((value, c) => {
    if (!Number.isNaN(value)) into[c]!.push(value);
  });
}

/** The same labels in a random order. */
export function shuffled(labels: Int32Array, random: Rng): Int32Array {
  const order = permutation(random, labels.length);
  return labels.map((_, i) => labels[order[i]!]!);
}
