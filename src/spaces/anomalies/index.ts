export * from "./conformal.ts";
export {
  CALIBRATION_KINDS,
  type CalibrationKind,
  type Detector,
  type DetectorOptions,
  FEW_ROWS,
  fitDetector,
  type ScoredBlock,
  type ScoreOptions,
  scoreRows,
  scoreStream,
} from "./detector.ts";
export * from "./evaluate.ts";
export * from "./explain.ts";
export * from "./find.ts";
export * from "./methods.ts";
export type { Given, Model } from "./model.ts";
export * from "./pack.ts";
