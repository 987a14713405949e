export {
  type AuditOptions,
  audit,
  auditAll,
  type BaselineLatent,
  type NamedLatent,
  type SharedOptions,
} from "./audit.ts";
export { DEFAULT_ANCHORS, EXACT_ROWS } from "./audit-checks.ts";
export type { PointColumns } from "./points.ts";
export * from "./result.ts";
export { SCORE_NAMES, SCORES } from "./scores/index.ts";
