export { type Calibration, calibrationOf } from "./calibration.ts";
export { type Candidates, EVIDENCE, evidenceOf } from "./evidence.ts";
export type { Logistic } from "./logistic.ts";
export { type Ranked, rankByDistance, type SearchMetric } from "./rerank.ts";
export {
  fitTrust,
  type MeanShare,
  type Reranked,
  type Trust,
  type TrustModel,
  type TrustOptions,
  trustOf,
} from "./trust.ts";
