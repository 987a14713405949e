import {
  checkInteger,
  deepFreeze,
  type Interval,
  IsometerError,
  mean,
  meanInterval,
  type Points,
  type Rng,
  rng,
  type Watch,
} from "../../base/index.ts";
import { type EngineOptions, findEngine } from "../../engine/index.ts";
import { hdbscan } from "./hdbscan.ts";
import { kMeans } from "./k-means.ts";
import { marginsIn } from "./margins.ts";
import { crossingShare, dimensionAround, halvingShare, type Nearby, nearbyOf } from "./nearby.ts";
import { pieceShare } from "./piece.ts";
import { bestMatches, type Clustering, shuffled } from "./stability.ts";
import { LIMITS, type VerdictKind, verdictOf } from "./verdict.ts";

export interface InOriginalOptions extends EngineOptions, Watch {
  /** k, 3 to n - 1. Default 10, or as many as there are. */
  readonly nNeighbors?: number;
  /** Metric of the original. Default euclidean. */
  readonly metric?: "euclidean" | "cosine";
  /** Default 0. */
  readonly seed?: number;
}

/** A number with its 95 % interval over the rows of a cluster. */
export interface Measured {
  readonly value: number;
  readonly interval: Interval;
}

/** What the original says of one cluster. */
export interface ClusterInOriginal {
  readonly id: number;
  readonly verdict: VerdictKind;
  /** Share of its rows' k nearest originals that are in it, noise counted where it lies nearest. `null`: where rows are shuffled. */
  readonly share: Measured & { readonly null: number };
  /** That share in a piece of as many rows cut out of an even cloud of the same dimension, at most. */
  readonly piece: number;
  /** (share - piece) / (1 - piece): 0 as a piece, 1 no neighbour outside. */
  readonly apart: Measured;
  /** Share of neighbours that cross the border (the larger of both sides), that halving the cluster would part, and the first by the second. */
  readonly cut: { readonly border: number; readonly halves: number; readonly ratio: number };
  /** Intrinsic dimension of the original around its rows; null where that cannot be said. */
  readonly dimension: number | null;
  /** How much nearer its rows are to its own mean than to the next: simplified silhouette in the original, -1 to 1. Null for an only cluster. */
  readonly margin: Measured | null;
  /** Largest Jaccard coefficient with a cluster that the same method finds in the original (`with`, null: none), and the same for shuffled rows. */
  readonly cohesion: Measured & { readonly null: number; readonly with: number | null };
  /** The cluster that most neighbours outside are in; null where there are none. */
  readonly neighbor: number | null;
  /** Clusters of the original that hold much of it, the most first. */
  readonly parts: readonly { readonly id: number; readonly rows: number }[];
  /** Its rows that have the fewest neighbours in it, worst first. */
  readonly worst: readonly number[];
}

/** What the original says of clusters and of their rows. Frozen plain data. */
export interface InOriginal {
  readonly nNeighbors: number;
  readonly metric: "euclidean" | "cosine";
  readonly clusters: readonly ClusterInOriginal[];
  /** Clusters that the same method finds in the original, and rows that it leaves over. */
  readonly original: { readonly clusters: number; readonly noise: number };
  /** Limits of the rules that verdicts come from: of the share beyond chance, of `apart`, of `cut.ratio`, of `cohesion`. */
  readonly limits: {
    readonly lift: number;
    readonly apart: number;
    readonly cut: number;
    readonly found: number;
  };
  /** Of each row: share of its k nearest originals in its cluster, and its margin. NaN for noise. */
  readonly shares: Float64Array;
  readonly margins: Float64Array;
}

/** Rows that are named as the worst of a cluster. */
const WORST = 5;

/** A cluster of the original holds much of a cluster from this share on. */
const PART = 0.2;

/** Shuffles for the cohesion that chance has. */
const SHUFFLES = 20;

/**
 * Whether clusters of a space are there in the original that it was made from, and how far each row belongs there.
 *
 * Pictures tear: t-SNE and UMAP cut even clouds into islands, each of which keeps most of its neighbours. So a cluster must do better than a piece cut out of an even cloud (`apart`), and the border
 * must part fewer neighbours than a cut through its middle (`cut`). Rows without a cluster count with the cluster that lies nearest in the space: what is left out between two would make a gap.
 *
 * Cost: an exact search of neighbours, and the same clustering, of the original: some n^2 D multiplications; n (D + d) for each cluster.
 *
 * @param original n x D
 * @param space n x d, in which `clustering` was found: row i of both is one item
 * @throws row-count-mismatch; bad-option k outside [3, n - 1]; non-finite; zero-vector under cosine; aborted
 */
export async function clustersInOriginal(
  original: Points,
  space: Points,
  clustering: Clustering,
  options: InOriginalOptions = {},
): Promise<InOriginal> {
  const n = space.rows;
  if (original.rows !== n || clustering.rows !== n) {
    throw new IsometerError("row-count-mismatch", "original and space have different numbers of rows", {
      got: `${original.rows} and ${n}`,
    });
  }
  const { nNeighbors = Math.min(10, n - 1), metric = "euclidean", seed = 0 } = options;
  checkInteger("nNeighbors", nNeighbors, 3, n - 1);
  const engine = await findEngine(options);
  const watch: Watch = options.signal ? { signal: options.signal } : {};
  const stage = (done: number) => options.onProgress?.({ stage: "looking at the original", done, total: 3 });
  stage(0);
  const { labels } = clustering;
  const metrics = { original: metric, space: clustering.options.metric };
  const nearby = await nearbyOf(original, space, labels, { k: nNeighbors, metrics, engine, watch });
  stage(1);
  const own = await clusteredAlike(original, clustering, { ...options, ...watch, metric });
  stage(2);
  const count = clustering.clusters.length;
  const margins = marginsIn(original, labels, count, metric);
  const shares = sharesOf(nearby, labels);
  const random = rng(seed).split("original");
  const isDense = clustering.method === "hdbscan";
  const seen: Seen = { nearby, labels, count, margins, shares, own: own.labels, isDense, random };
  const chance = chanceOf(seen);
  const clusters = clustering.clusters.map(({ id }) => judged(seen, id, chance[id]!));
  stage(3);
  return deepFreeze({
    nNeighbors,
    metric,
    clusters,
    original: {
      clusters: own.clusters.length,
      noise: own.labels.reduce((sum, label) => sum + Number(label < 0), 0),
    },
    limits: LIMITS,
    shares,
    margins,
  });
}

/** The original, clustered as the space was. */
function clusteredAlike(
  original: Points,
  clustering: Clustering,
  { metric, threads, provider, signal }: InOriginalOptions & { readonly metric: "euclidean" | "cosine" },
): Promise<Clustering> {
  const how = {
    ...(threads && { threads }),
    ...(provider && { provider }),
    ...(signal && { signal }),
    metric,
  };
  return clustering.method === "hdbscan"
    ? hdbscan(original, { ...clustering.options, ...how })
    : kMeans(original, { ...clustering.options, ...how });
}

/** What clusters are judged by. */
interface Seen {
  readonly nearby: Nearby;
  readonly labels: Int32Array;
  readonly count: number;
  readonly margins: Float64Array;
  readonly shares: Float64Array;
  /** Clusters of the original. */
  readonly own: Int32Array;
  /** Whether clusters are found by density. */
  readonly isDense: boolean;
  readonly random: Rng;
}

function sharesOf({ ids, k, homes }: Nearby, labels: Int32Array): Float64Array {
  return Float64Array.from(labels, (label, i) => {
    if (label < 0) return Number.NaN;
    let inside = 0;
    for (let p = i * k; p < (i + 1) * k; p++) if (homes[ids[p]!] === label) inside++;
    return inside / k;
  });
}

/** The largest Jaccard coefficient of each cluster with one of the original, for shuffled rows. */
function chanceOf({ labels, count, own, random }: Seen): Float64Array {
  const sums = new Float64Array(count);
  for (let t = 0; t < SHUFFLES; t++) {
    bestMatches(labels, shuffled(own, random.split(`shuffle ${t}`)), count).forEach((value, c) => {
      sums[c]! += value / SHUFFLES;
    });
  }
  return sums;
}

const over = (rows: Int32Array, values: Float64Array, low: number): Measured => {
  const picked = Float64Array.from(rows, (i) => values[i]!);
  return { value: mean(picked), interval: meanInterval(picked, Number.POSITIVE_INFINITY, [low, 1]) };
};

function judged(seen: Seen, id: number, chance: number): ClusterInOriginal {
  const { nearby, labels, shares, margins, count, isDense } = seen;
  const n = labels.length;
  const all = Int32Array.from(labels.keys());
  const members = all.filter((i) => labels[i] === id);
  const rows = all.filter((i) => nearby.homes[i] === id);
  const base = (rows.length - 1) / (n - 1);
  const share = over(members, shares, 0);
  const dimension = dimensionAround(nearby, members);
  const cutOut = dimension === null ? 0 : pieceShare(rows.length, nearby.k, dimension);
  // What leads out of a piece meets the cluster again by chance where it holds much of all rows.
  const piece = cutOut + (1 - cutOut) * base;
  const excess = (value: number) => (value - piece) / (1 - piece);
  const isOnly = count === 1;
  const border = isOnly
    ? 0
    : crossingShare(
        nearby,
        rows,
        all.filter((i) => nearby.homes[i] !== id),
        n,
      );
  const halves = halvingShare(nearby, rows, seen.random.split(`halves ${id}`));
  const cut = { border, halves, ratio: border === 0 ? 0 : border / halves };
  const parts = partsOf(seen, members);
  const cohesion = cohesionOf(seen, members);
  const apart = isOnly
    ? { value: 0, interval: [0, 0] as const }
    : {
        value: excess(share.value),
        interval: [excess(share.interval[0]), excess(share.interval[1])] as const,
      };
  return {
    id,
    verdict: verdictOf({
      lift: base < 1 ? (share.value - base) / (1 - base) : 0,
      apart: apart.value,
      cut: cut.ratio,
      isFound: isDense && cohesion.value >= LIMITS.found,
      isOfTwo: areApart(seen, members, parts),
      isOnly,
    }),
    share: { ...share, null: base },
    piece,
    apart,
    cut,
    dimension,
    margin: isOnly ? null : over(members, margins, -1),
    cohesion: { ...cohesion, null: chance },
    neighbor: neighborOf(seen, members, id),
    parts,
    worst: Array.from(members)
      .sort((a, b) => shares[a]! - shares[b]! || margins[a]! - margins[b]! || a - b)
      .slice(0, WORST),
  };
}

/** The cluster that most neighbours outside are in. */
function neighborOf({ nearby: { ids, k, homes }, count }: Seen, members: Int32Array, id: number) {
  const counts = new Int32Array(count);
  for (const i of members) for (let p = i * k; p < (i + 1) * k; p++) counts[homes[ids[p]!]!]!++;
  counts[id] = 0;
  const most = counts.indexOf(Math.max(...counts));
  return counts[most]! > 0 ? most : null;
}

function partsOf({ own }: Seen, members: Int32Array): { readonly id: number; readonly rows: number }[] {
  const counts = new Map<number, number>();
  for (const i of members) if (own[i]! >= 0) counts.set(own[i]!, (counts.get(own[i]!) ?? 0) + 1);
  return [...counts]
    .map(([id, rows]) => ({ id, rows }))
    .filter(({ rows }) => rows >= PART * members.length)
    .sort((a, b) => b.rows - a.rows || a.id - b.id);
}

/** Whether the two largest parts are as far apart in the original as clusters have to be: fewer neighbours cross between them than halving either would part. */
function areApart(
  { nearby, own, labels, random }: Seen,
  members: Int32Array,
  parts: readonly { readonly id: number }[],
): boolean {
  if (parts.length < 2) return false;
  const [a, b] = parts.slice(0, 2).map(({ id }) => members.filter((i) => own[i] === id));
  const halves = [a!, b!].map((rows, at) => halvingShare(nearby, rows, random.split(`part ${at}`)));
  return crossingShare(nearby, a!, b!, labels.length) <= LIMITS.cut * Math.min(...halves);
}

/** The best match among the clusters of the original: the share of the rows of both that are in both. */
function cohesionOf({ own }: Seen, members: Int32Array): Measured & { readonly with: number | null } {
  const sizes = new Map<number, number>();
  for (const label of own) if (label >= 0) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const shared = new Map<number, number>();
  for (const i of members) if (own[i]! >= 0) shared.set(own[i]!, (shared.get(own[i]!) ?? 0) + 1);
  let best: { readonly id: number; readonly both: number; readonly either: number } | null = null;
  for (const [id, both] of shared) {
    const either = members.length + sizes.get(id)! - both;
    if (!best || both / either > best.both / best.either) best = { id, both, either };
  }
  if (!best) return { value: 0, interval: [0, 0], with: null };
  const { id, both, either } = best;
  const inBoth = Float64Array.from({ length: either }, (_, at) => Number(at < both));
  return {
    value: both / either,
    interval: meanInterval(inBoth, Number.POSITIVE_INFINITY, [0, 1]),
    with: id,
  };
}
