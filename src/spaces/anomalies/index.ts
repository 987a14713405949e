export { type Autoencoder, openAutoencoder, type Seen } from "./autoencoder.ts";
export * from "./conformal.ts";
export {
  CALIBRATION_KINDS,
  type CalibrationKind,
  type Detector,
  type DetectorOptions,
  FEW_ROWS,
  fitDetector,
  openScorer,
  type ScoredBlock,
  type ScoreOptions,
  type Scorer,
  scoreRows,
  scoreStream,
} from "./detector.ts";
export { type LatentScale, openLatentScale } from "./distortion.ts";
export * from "./evaluate.ts";
export * from "./explain.ts";
export * from "./find.ts";
export * from "./methods.ts";
export { type Given, type Model, memberName } from "./model.ts";
export * from "./pack.ts";
