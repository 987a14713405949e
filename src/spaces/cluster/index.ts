export type { Selection } from "../../measure/density/condensed-tree.ts";
export { type ClusterAgreement, clusterAgreement } from "./agreement.ts";
export { type Hdbscan, type HdbscanOptions, hdbscan } from "./hdbscan.ts";
export { type KMeans, type KMeansOptions, kMeans } from "./k-means.ts";
export {
  type ClusterInOriginal,
  clustersInOriginal,
  type InOriginal,
  type InOriginalOptions,
} from "./original.ts";
export {
  type Clustering,
  type ClusterStability,
  clusterStability,
  type Stability,
  type StabilityOptions,
} from "./stability.ts";
export type { VerdictKind } from "./verdict.ts";
