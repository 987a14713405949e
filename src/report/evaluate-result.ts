import type { Interval, Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type {
  Gain,
  RetrievalDifference,
  RetrievalMeasure,
  RetrievalScore,
  RetrievalScores,
} from "../spaces/evaluate/index.ts";
import type { GateRecord, InputRecord, NextCommand, PointsRecord } from "./result.ts";

/** Some of many names. */
export interface NamesOf {
  readonly count: number;
  readonly first: readonly string[];
}

/** Something that ranks documents, and how well it does. */
export interface EvaluatedSystem {
  readonly name: string;
  /** "file", the kind of store, or "run". */
  readonly kind: string;
  /** Whether all documents were compared; null where a run does not say. */
  readonly exact: boolean | null;
  readonly metric: "cosine" | "euclidean" | null;
  /** Documents that could be found; null in a run. */
  readonly documents: number | null;
  /** Documents of each ranking at most: what map counts to. */
  readonly depth: number;
  /** Judged documents that are not there; null in a run. */
  readonly missing: NamesOf | null;
  readonly queries: {
    readonly scored: number;
    /** Asked without judgements: left out. */
    readonly unjudged: NamesOf;
    /** Judged and not asked. */
    readonly unasked: NamesOf;
    /** Of which nothing that was judged is relevant: 0 in every measure. */
    readonly hopeless: NamesOf;
  };
  readonly scores: Readonly<Record<RetrievalMeasure, RetrievalScore>>;
  /** Share of the first k that somebody judged. */
  readonly judged: { readonly value: number; readonly interval: Interval };
  /** Less that of the reference, query by query; null of the reference itself. */
  readonly ahead: Readonly<Record<RetrievalMeasure, RetrievalDifference>> | null;
}

/** The result of job `evaluate`. */
export interface EvaluateResult {
  readonly schema: "isometer/evaluate/1";
  readonly job: "evaluate";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  readonly qrels: {
    readonly path: string;
    readonly format: "trec" | "table";
    readonly queries: number;
    readonly judgements: number;
    /** Documents that were judged for some query. */
    readonly documents: number;
  };
  readonly options: {
    readonly queries: readonly string[];
    readonly qrels: string;
    readonly compare: readonly string[];
    readonly baseline: string | null;
    readonly nNeighbors: number;
    readonly depth: number | null;
    readonly metric: "cosine" | "euclidean" | null;
    readonly gain: Gain;
    readonly relevant: number;
    readonly complete: boolean;
    readonly leaveOutOwn: boolean;
    readonly exact: boolean;
    readonly tune: readonly string[];
    readonly points: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly queryId: string | null;
    readonly queryIds: readonly string[];
    readonly vector: string | null;
  };
  /** SPACE first, then those that it is compared with. */
  readonly systems: readonly EvaluatedSystem[];
  /** Name of the system that differences are from. */
  readonly reference: string;
  /** Queries of SPACE with the lowest nDCG of which something is relevant. */
  readonly worst: readonly {
    readonly query: string;
    readonly relevant: number;
    readonly scores: RetrievalScores;
  }[];
  /** The table of queries, where one was written. */
  readonly points: PointsRecord | null;
  readonly warnings: readonly Warning[];
  readonly gates: readonly GateRecord[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
