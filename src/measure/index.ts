export { type AuditOptions, audit, DEFAULT_ANCHORS, EXACT_ROWS } from "./audit.ts";
export * from "./result.ts";
export { SCORE_NAMES, SCORES } from "./scores/index.ts";
