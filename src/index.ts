export { IsometerError, type Matrix, matrix, type Warning } from "./base/index.ts";
export { readMatrix } from "./data/node-read.ts";
export type { OpenOptions } from "./data/source.ts";
export type { EngineInfo } from "./engine/index.ts";
export {
  type Audit,
  type AuditOptions,
  audit,
  type Holdout,
  type PointColumns,
  type Score,
  type ScoreName,
  type Scores,
  type StretchScore,
  type Witnesses,
} from "./measure/index.ts";
export { type Metric, type NearestOptions, type NearestResult, nearestNeighbors } from "./neighbors/index.ts";
