export {
  type Aligned,
  type AlignMethodName,
  type Alignment,
  type AlignOptions,
  type AlignVerdict,
  align,
  alignUnpaired,
  type GapFound,
  type GapOptions,
  type ModalityGap,
  modalityGap,
  type Unpaired,
  type UnpairedOptions,
} from "./align/index.ts";
export {
  IsometerError,
  type Matrix,
  matrix,
  type Points,
  type StoredMatrix,
  type Warning,
} from "./base/index.ts";
export { type ModelFile, openModel } from "./data/node-model.ts";
export { type QrelsFile, readQrels, readRun } from "./data/node-qrels.ts";
export { readMatrix } from "./data/node-read.ts";
export type { OpenOptions } from "./data/source.ts";
export type { EngineInfo, ModelSource } from "./engine/index.ts";
export {
  type Aim,
  type TrainEncoderOptions,
  type TrainedEncoder,
  trainEncoder,
} from "./learn/train-encoder.ts";
export { type RegressionOptions, trainRegression } from "./learn/train-regression.ts";
export {
  type Audit,
  type AuditOptions,
  audit,
  auditAll,
  type Geometry,
  type GeometryOptions,
  type GeometryScore,
  type GeometryScores,
  geometry,
  type Holdout,
  type JudgeOptions,
  judgePairs,
  judgeTriplets,
  type NamedLatent,
  type PairJudgements,
  type PairsJudged,
  type PointColumns,
  type Score,
  type ScoreName,
  type Scores,
  type SharedOptions,
  type StretchScore,
  type TripletJudgements,
  type TripletsJudged,
  type Witnesses,
} from "./measure/index.ts";
export {
  type ApproximateOptions,
  type ApproximateResult,
  approximateNeighbors,
  type Metric,
  type NearestOptions,
  type NearestResult,
  type NeighborsOptions,
  type NeighborsResult,
  nearestNeighbors,
  neighborsOf,
  type Recall,
  type SearchPlan,
  type StraightMetric,
} from "./neighbors/index.ts";
export {
  type MethodOptions,
  type Reduced,
  type ReduceMethod,
  type ReduceOptions,
  reduce,
} from "./reduce/reduce.ts";
export {
  type Anomalies,
  type Detector,
  type DetectorOptions,
  explainRow,
  findAnomalies,
  fitDetector,
  packDetector,
  scoreRows,
  unpackDetector,
} from "./spaces/anomalies/index.ts";
export {
  type ClusterAgreement,
  type ClusterInOriginal,
  type Clustering,
  type ClusterStability,
  clusterAgreement,
  clusterStability,
  clustersInOriginal,
  type Hdbscan,
  type HdbscanOptions,
  hdbscan,
  type InOriginal,
  type InOriginalOptions,
  type KMeans,
  type KMeansOptions,
  kMeans,
  type Stability,
  type StabilityOptions,
} from "./spaces/cluster/index.ts";
export {
  type Encoded,
  type Encoder,
  type EncoderOptions,
  type Encodes,
  openEncoder,
  type Pooling,
  type Preparation,
} from "./spaces/encode/index.ts";
export {
  compareRetrieval,
  type EvaluateOptions,
  type Evaluation,
  evaluateRankings,
  type Gain,
  type Judgements,
  type Rankings,
  type RetrievalDifference,
  type RetrievalMeasure,
  type RetrievalScore,
} from "./spaces/evaluate/index.ts";
export { type Morph, type MorphOptions, morph } from "./spaces/morph/index.ts";
export {
  type AlsModel,
  type AlsOptions,
  fitAls,
  type Interactions,
  interactionsFrom,
  itemsFromVectors,
  type Recommendations,
  recommend,
  tasteOf,
} from "./spaces/recommend/index.ts";
export {
  type Calibration,
  fitTrust,
  type Ranked,
  type Reranked,
  rankByDistance,
  type SearchMetric,
  type Trust,
  type TrustModel,
  type TrustOptions,
  trustOf,
} from "./spaces/search/index.ts";
export {
  type AuditedStore,
  auditStore,
  drawQueries,
  type Queries as StoreQueries,
  type StoreAudit,
  type StoreAuditOptions,
} from "./spaces/store-audit/index.ts";
export {
  checkStore,
  createFlatStore,
  type Filter,
  type Hit,
  type Items,
  openFlatStore,
  type QueryOptions,
  type Store,
  type StoreSchema,
} from "./stores/index.ts";
