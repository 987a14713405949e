import { deepFreeze, IsometerError, type Matrix } from "../../base/index.ts";
import {
  benjaminiHochberg,
  conformalPValues,
  type Discoveries,
  type Threshold,
  thresholdAt,
} from "./conformal.ts";
import { type Detector, type ScoreOptions, scoreRows } from "./detector.ts";
import { type Evaluation, evaluateScores } from "./evaluate.ts";
import type { DetectorMethodName } from "./methods.ts";

export interface FindOptions extends ScoreOptions {
  /** The share of normal rows that may be flagged, for `threshold`. Default 0.05. */
  readonly alpha?: number;
  /** The expected share of false ones among the `discoveries`. Default 0.1. */
  readonly rate?: number;
  /** 0 or false for normal rows, else anomalies: then `evaluation` is there. */
  readonly labels?: ArrayLike<number | boolean>;
}

/** What a calibrated detector says of rows. Shares nobody had to guess: how many anomalies there are was not asked. */
export interface Anomalies {
  readonly method: DetectorMethodName;
  readonly scores: Float64Array;
  readonly pValues: Float64Array;
  readonly calibration: { readonly kind: "split" | "cross"; readonly rows: number };
  readonly threshold: Threshold;
  /** Rows whose score is above the threshold, ascending: one row at a time, a share alpha of normal ones is among them. */
  readonly flagged: Int32Array;
  /** Rows flagged together, with the false discovery rate bounded. */
  readonly discoveries: Discoveries;
  /** Null without labels. */
  readonly evaluation: Evaluation | null;
}

/**
 * Scores rows and flags the strange ones, with conformal p-values, a threshold at level alpha and Benjamini & Hochberg's procedure.
 *
 * @param points m x d
 * @throws bad-option a detector that was not calibrated; what `scoreRows`, `thresholdAt` and `evaluateScores` throw
 */
export async function findAnomalies(
  detector: Detector,
  points: Matrix,
  { alpha = 0.05, rate = 0.1, labels, ...options }: FindOptions = {},
): Promise<Anomalies> {
  const { calibration, method } = detector;
  if (!calibration) {
    throw new IsometerError("bad-option", "the detector was not calibrated: its scores have no p-values", {
      hint: "Fit it with calibration split or cross, or use its scores alone.",
    });
  }
  const threshold = thresholdAt(calibration, alpha);
  const scores = await scoreRows(detector, points, options);
  const pValues = conformalPValues(calibration, scores);
  const flagged = Int32Array.from({ length: points.rows }, (_, i) => i).filter(
    (i) => scores[i]! > threshold.value,
  );
  return deepFreeze({
    method,
    scores,
    pValues,
    calibration: { kind: calibration.kind, rows: calibration.scores.length },
    threshold,
    flagged,
    discoveries: benjaminiHochberg(pValues, rate),
    evaluation: labels ? evaluateScores(scores, labels) : null,
  });
}
