import { checkInteger, deepFreeze, IsometerError, type Points, type Watch } from "../../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../../engine/index.ts";
import { condense, labelRows, type Selection } from "../../measure/density/condensed-tree.ts";
import { type Linkage, linkageOf } from "../../measure/density/linkage.ts";
import { makeSpace, type Space, type StraightMetric } from "../../neighbors/index.ts";
import { reachabilityTree } from "./reachability.ts";

export interface HdbscanOptions extends EngineOptions, Watch {
  /** The smallest group of rows that is a cluster, 2 or more. Default: one row in a hundred, at least 5. */
  readonly minClusterSize?: number;
  /** The core distance of a row is that to its `minSamples`-th nearest, the row itself counted: more of them smooth the density. Default: `minClusterSize`, at most 15. */
  readonly minSamples?: number;
  /** Default euclidean. */
  readonly metric?: StraightMetric;
  /** Default eom: clusters that are more stable than their parts; leaf takes the smallest. */
  readonly selection?: Selection;
  /** Whether all rows may be one cluster. Default false. */
  readonly allowSingle?: boolean;
}

/** Clusters by density. Frozen plain data. */
export interface Hdbscan {
  readonly method: "hdbscan";
  readonly rows: number;
  readonly options: {
    readonly minClusterSize: number;
    readonly minSamples: number;
    readonly metric: StraightMetric;
    readonly selection: Selection;
    readonly allowSingle: boolean;
  };
  /** Cluster of each row, the largest cluster first; -1 for noise. */
  readonly labels: Int32Array;
  /** How far each row belongs to its cluster, 0 to 1; 0 for noise. */
  readonly probabilities: Float64Array;
  /** GLOSH outlier score of each row, 0 to 1. */
  readonly outlierScores: Float64Array;
  readonly clusters: readonly {
    readonly id: number;
    readonly size: number;
    /** Stability by the largest that as many rows could have, 0 to 1. */
    readonly persistence: number;
  }[];
  readonly noise: number;
  readonly engine: EngineInfo;
}

/** The smallest cluster, where nobody says: a share of the rows, and at least. */
const SHARE = 0.01;
const LEAST = 5;

/** Core distances are to this row at most, where nobody says. */
const MOST_SAMPLES = 15;

/**
 * Clusters by density: HDBSCAN* (Campello, Moulavi & Sander 2013; McInnes & Healy 2017), equal to scikit-learn's `HDBSCAN` where no two reachabilities tie at the border of a cluster. Such rows go
 * with the row that lies nearer, whatever the order of rows.
 *
 * Cost: about n^2 d multiplications (one search of neighbours, and what boxes of rows leave to be looked at); O(n (k + d)) memory.
 *
 * @param points n x d
 * @throws bad-option minClusterSize outside [2, n], minSamples outside [1, n]; too-few-rows (n < 4); non-finite; zero-vector under cosine; aborted
 * @example
 * const { labels, clusters, noise } = await hdbscan(points, { minClusterSize: 50 });
 */
export async function hdbscan(points: Points, options: HdbscanOptions = {}): Promise<Hdbscan> {
  const settings = settingsOf(points.rows, options);
  const engine = await findEngine(options);
  const space = await makeSpace(points, settings.metric, { engine, name: "points" });
  return deepFreeze(
    clustersIn(await linkageIn(space, settings.minSamples, engine, options), settings, engine),
  );
}

type Settings = Hdbscan["options"];

/** Options with their defaults for n rows. @throws bad-option, too-few-rows */
export function settingsOf(rows: number, options: HdbscanOptions): Settings {
  if (rows < 4) {
    throw new IsometerError("too-few-rows", "clusters need at least 4 rows", {
      got: String(rows),
      needed: "4",
    });
  }
  const { minClusterSize = Math.min(rows, Math.max(LEAST, Math.round(SHARE * rows))) } = options;
  checkInteger("minClusterSize", minClusterSize, 2, rows);
  const { minSamples = Math.min(minClusterSize, MOST_SAMPLES) } = options;
  checkInteger("minSamples", minSamples, 1, rows);
  const { metric = "euclidean", selection = "eom", allowSingle = false } = options;
  return { minClusterSize, minSamples, metric, selection, allowSingle };
}

/** Single linkage of a space under mutual reachability. */
export async function linkageIn(
  space: Space,
  minSamples: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Linkage> {
  return linkageOf(await reachabilityTree(space, minSamples, engine, watch));
}

/** The clusters of a linkage. */
export function clustersIn(linkage: Linkage, options: Settings, engine: EngineInfo): Hdbscan {
  const tree = condense(linkage, options.minClusterSize);
  const { persistences, ...rows } = labelRows(tree, options.selection, options.allowSingle);
  const sizes = new Int32Array(persistences.length);
  let noise = 0;
  for (const label of rows.labels) {
    if (label < 0) noise++;
    else sizes[label]!++;
  }
  return {
    method: "hdbscan",
    rows: linkage.rows,
    options,
    ...rows,
    clusters: persistences.map((persistence, id) => ({ id, size: sizes[id]!, persistence })),
    noise,
    engine,
  };
}
