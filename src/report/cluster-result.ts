import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type {
  ClusterAgreement,
  ClusterInOriginal,
  ClusterStability,
  InOriginal,
  Selection,
} from "../spaces/cluster/index.ts";
import type { InputRecord, NextCommand, PointsRecord } from "./result.ts";

/** A row of a cluster that has few neighbours there in the original. */
export interface LooseMember {
  /** Its id, or its row number. */
  readonly name: string;
  readonly row: number;
  /** Share of its nearest originals that are in its cluster. */
  readonly share: number;
  /** How much nearer its original is to the mean of its cluster than to the next, -1 to 1; null for an only cluster. */
  readonly margin: number | null;
}

/** A cluster, how stable it is, and whether it is there in the original. */
export interface FoundCluster {
  readonly id: number;
  readonly size: number;
  /** HDBSCAN's: its stability by the largest that as many rows could have. Null for k-means. */
  readonly persistence: number | null;
  /** Null where no samples were clustered again. */
  readonly stability: ClusterStability | null;
  /** Null without an original. */
  readonly inOriginal:
    | (Omit<ClusterInOriginal, "id" | "worst"> & {
        readonly words: string;
        readonly worst: readonly LooseMember[];
      })
    | null;
  /** Names of rows that are typical of it. */
  readonly examples: readonly string[];
}

/** The result of job `cluster`. */
export interface ClusterResult {
  readonly schema: "isometer/cluster/1";
  readonly job: "cluster";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly rows: number;
  readonly options: {
    readonly method: "hdbscan" | "kmeans";
    /** Of hdbscan; null for k-means. */
    readonly minClusterSize: number | null;
    readonly minSamples: number | null;
    readonly selection: Selection | null;
    /** Of k-means; null for hdbscan. */
    readonly k: number | null;
    readonly metric: "euclidean" | "cosine";
    readonly original: string | null;
    readonly originalMetric: "euclidean" | "cosine" | null;
    /** Null without an original. */
    readonly nNeighbors: number | null;
    readonly runs: number;
    readonly seed: number;
    readonly labels: string | null;
    readonly rows: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly vector: string | null;
  };
  /** The largest first. */
  readonly clusters: readonly FoundCluster[];
  /** Rows in no cluster. */
  readonly noise: number;
  /** Of k-means: sum of squared distances to the means, and whether rows had stopped to move. Null for hdbscan. */
  readonly inertia: number | null;
  readonly converged: boolean | null;
  /** Clusters that the same method finds in the original, rows in none, and the limits of the rules that verdicts come from. Null without an original. */
  readonly original: (InOriginal["original"] & Pick<InOriginal, "limits">) | null;
  /** With the classes of --labels. */
  readonly agreement: ClusterAgreement | null;
  /** The table that --out wrote. */
  readonly members: PointsRecord | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
