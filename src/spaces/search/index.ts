export { type Candidates, EVIDENCE, evidenceOf } from "./evidence.ts";
export type { Logistic } from "./logistic.ts";
export {
  type Calibration,
  fitTrust,
  type SearchMetric,
  type Trust,
  type TrustModel,
  type TrustOptions,
  trustOf,
} from "./trust.ts";
