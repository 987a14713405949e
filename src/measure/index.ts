export {
  type Agreement,
  type AgreementOptions,
  type Agreements,
  agreements,
  type NamedSpace,
} from "./agreement.ts";
export { audit, auditAll } from "./audit.ts";
export { DEFAULT_ANCHORS, defaultAnchors, EXACT_ROWS } from "./audit-checks.ts";
export { type GeometryOptions, geometry } from "./geometry/geometry.ts";
export type {
  Geometry,
  GeometryPicture,
  GeometryScore,
  GeometryScores,
  LipschitzBound,
  PathGeometry,
  PointGeometry,
  PointWitness,
  RoundTrip,
  StretchOfDirections,
} from "./geometry/result.ts";
export {
  type JudgedPair,
  type JudgedTriplet,
  type JudgeOptions,
  judgePairs,
  judgeTriplets,
  type PairJudgements,
  type PairsJudged,
  type TripletJudgements,
  type TripletsJudged,
} from "./judgement.ts";
export { drawLandmarks } from "./landmarks.ts";
export type { AuditOptions, NamedLatent, SharedOptions } from "./options.ts";
export type { PointColumns } from "./points.ts";
export type { AchievableMap, BaselineLatent } from "./references.ts";
export * from "./result.ts";
export { SCORE_NAMES, SCORES } from "./scores/index.ts";
