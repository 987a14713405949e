export { type ClusterAgreement, clusterAgreement } from "./agreement.ts";
export type { Selection } from "./condensed.ts";
export { type Hdbscan, type HdbscanOptions, hdbscan } from "./hdbscan.ts";
export { type KMeans, type KMeansOptions, kMeans } from "./k-means.ts";
export {
  type Clustering,
  type ClusterStability,
  clusterStability,
  type Stability,
  type StabilityOptions,
} from "./stability.ts";
