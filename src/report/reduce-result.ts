import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { Scores } from "../measure/result.ts";
import type { Compared, HoldoutRecord, InputRecord, NextCommand, Standing } from "./result.ts";

/** The result of job `reduce`. */
export interface ReduceResult {
  readonly schema: "isometer/reduce/1";
  readonly job: "reduce";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly rows: number;
  readonly method: string;
  readonly about: string;
  readonly options: {
    readonly to: number;
    readonly metric: string;
    readonly seed: number;
    readonly nNeighbors: number;
    readonly sample: number | "exact";
    readonly holdout: number | null;
    readonly whiten: boolean;
    /** Of pca, as it was chosen. */
    readonly solver: string | null;
    readonly kind: string | null;
    readonly nonMetric: boolean;
    readonly minDist: number | null;
    readonly densityWeight: number | null;
    readonly perplexity: number | null;
    readonly stressWeight: number | null;
    readonly recipe: string | null;
    readonly constraint: string | null;
    readonly init: string | null;
    readonly steps: number | null;
    readonly neighbors: string | null;
    readonly labels: string | null;
    readonly rows: string | null;
    readonly id: string | null;
    readonly vector: string | null;
  };
  /** The map; `path` where it was written. */
  readonly map: { readonly inputs: number; readonly outputs: number; readonly path: string | null };
  /** Where the rows in the smaller space were written. */
  readonly codes: string | null;
  readonly converged: boolean;
  readonly iterations: number;
  readonly objective: { readonly name: string; readonly value: number } | null;
  /** What the method says of itself. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
  /** Of the codes against the data. */
  readonly scores: Scores;
  readonly holdout: HoldoutRecord | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** The result of job `apply`. */
export interface ApplyResult {
  readonly schema: "isometer/apply/1";
  readonly job: "apply";
  readonly isometer: string;
  readonly engine: EngineInfo;
  /** The map; `method` where Isometer made it. */
  readonly map: {
    readonly path: string;
    readonly method: string | null;
    readonly output: string;
    readonly inputs: number;
    readonly outputs: number;
  };
  readonly inputs: readonly InputRecord[];
  readonly out: { readonly path: string; readonly rows: number; readonly cols: number };
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** How one method of a comparison was fitted. */
export interface FitRecord {
  readonly method: string;
  readonly converged: boolean;
  readonly iterations: number;
  readonly objective: { readonly name: string; readonly value: number } | null;
  readonly details: Readonly<Record<string, number | readonly number[]>>;
  readonly warnings: readonly Warning[];
  readonly seconds: number;
}

/** The result of job `compare`. */
export interface CompareResult {
  readonly schema: "isometer/compare/1";
  readonly job: "compare";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly options: {
    readonly to: number;
    readonly metric: string;
    readonly seed: number;
    /** The folder that keeps the codes. */
    readonly codes: string | null;
  };
  readonly fits: readonly FitRecord[];
  /** By method. */
  readonly audits: readonly Compared[];
  readonly ranking: readonly Standing[];
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
