import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Anomalies, DetectorMethodName, Evaluation } from "../spaces/anomalies/index.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** A row that is strange, and why. */
export interface Strange {
  readonly name: string;
  readonly row: number;
  readonly score: number;
  readonly pValue: number;
  /** It is among the discoveries. */
  readonly isDiscovery: boolean;
  /** The nearest normal rows, by their number; null for methods that keep none. */
  readonly neighbors: readonly number[] | null;
  /** The dimensions that make most of the score. */
  readonly dimensions: readonly { readonly dimension: number; readonly share: number }[];
}

/** The result of job `anomalies`. */
export interface AnomaliesResult {
  readonly schema: "isometer/anomalies/1";
  readonly job: "anomalies";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly rows: number;
  readonly options: {
    readonly method: DetectorMethodName;
    readonly metric: string;
    readonly standardize: boolean;
    readonly alpha: number;
    readonly rate: number;
    readonly seed: number;
    readonly labels: string | null;
    readonly rows: string | null;
    readonly vector: string | null;
  };
  readonly calibration: Anomalies["calibration"];
  readonly threshold: Anomalies["threshold"];
  /** Rows above the threshold. */
  readonly flagged: number;
  /** Rows flagged together, a share `rate` of them false at most. */
  readonly discoveries: number;
  /** Null without labels. */
  readonly evaluation: Evaluation | null;
  /** The strangest, at most ten. */
  readonly strangest: readonly Strange[];
  /** Files that were written. */
  readonly scores: {
    readonly path: string;
    readonly rows: number;
    readonly columns: readonly string[];
  } | null;
  readonly detector: string | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
