import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Calibration, SearchMetric, Trust } from "../spaces/search/index.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** A row that was found. */
export interface SearchHit {
  /** Its id, or its row number. */
  readonly name: string;
  /** Null in a store. */
  readonly row: number | null;
  readonly distance: number;
  /** Null without an original. */
  readonly trust: Trust | null;
}

/** What one query found. */
export interface SearchAnswer {
  /** The row that it is like, or the number of the query in its file. */
  readonly query: string;
  readonly hits: readonly SearchHit[];
  /** Hits that were left out because their trust is below what was asked for. */
  readonly withheld: number;
}

/** The result of job `search`. */
export interface SearchResult {
  readonly schema: "isometer/search/1";
  readonly job: "search";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly rows: number;
  readonly options: {
    readonly like: readonly string[];
    readonly queries: string | null;
    readonly nNeighbors: number;
    readonly metric: SearchMetric;
    readonly original: string | null;
    readonly originalMetric: SearchMetric | null;
    readonly minTrust: number | null;
    readonly seed: number;
    readonly rows: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly vector: string | null;
  };
  readonly answers: readonly SearchAnswer[];
  /** Null without an original. */
  readonly calibration: (Calibration & { readonly queries: number }) | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
