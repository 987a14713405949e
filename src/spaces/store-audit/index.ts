export {
  type Advice,
  AT_ONCE,
  adviseOn,
  type Measured,
  queriesToShow,
  TARGETS,
  type Target,
} from "./advice.ts";
export {
  type AuditedStore,
  auditStore,
  type SettingAudit,
  type StoreAudit,
  type StoreAuditOptions,
} from "./audit.ts";
export { type Latency, latencyOf, type Quantile, quantileInterval } from "./pass.ts";
export { type DrawOptions, drawQueries, type Queries } from "./queries.ts";
export { type AnswerScores, POOR, type QueryMean, recallOf, scoreAnswers } from "./scores.ts";
export { climbsOf, type Setting } from "./settings.ts";
