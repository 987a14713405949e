export { IsometerError, type Matrix, matrix } from "./base/index.ts";
export { type Audit, type AuditOptions, audit } from "./measure/index.ts";
export { type NearestOptions, type NearestResult, nearestNeighbors } from "./neighbors/exact.ts";
