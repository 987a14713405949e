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
  readonly dimensions: readonly DimensionShare[];
  /** What each member of an ensemble says. */
  readonly members: readonly StrangeMember[];
  /** How lengths around it are scaled, 1 as elsewhere in the latent space; null without originals. */
  readonly latentScale: number | null;
}

export interface DimensionShare {
  readonly dimension: number;
  readonly share: number;
}

export interface StrangeMember {
  readonly name: string;
  readonly score: number;
  /** Share of normal rows that score as much. */
  readonly p: number;
  /** -log p, continued beyond the normal rows: the score is their mean. */
  readonly surprise: number;
  readonly dimensions: readonly DimensionShare[];
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
    /** Of an ensemble. */
    readonly members: readonly string[];
    readonly decoder: string | null;
    readonly encoder: string | null;
    readonly original: string | null;
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
  /** Rows flagged together, a share `rate` of them false at most; null of a stream. */
  readonly discoveries: number | null;
  /** Null without labels. */
  readonly evaluation: Evaluation | null;
  /** The strangest, at most ten. */
  readonly strangest: readonly Strange[];
  /** What came in a stream; null where there was none. */
  readonly stream: {
    readonly lines: number;
    readonly scored: number;
    readonly flagged: number;
    /** Lines that were no rows. */
    readonly bad: number;
  } | null;
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
