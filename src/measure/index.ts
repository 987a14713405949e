export {
  type AuditOptions,
  audit,
  auditAll,
  type SharedOptions,
} from "./audit.ts";
export { DEFAULT_ANCHORS, EXACT_ROWS } from "./audit-checks.ts";
export type { AchievableMap, BaselineLatent, NamedLatent } from "./references.ts";
export * from "./result.ts";
export { SCORE_NAMES, SCORES } from "./scores/index.ts";
