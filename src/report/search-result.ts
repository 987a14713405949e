import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Calibration, MeanShare, Reranked, SearchMetric, Trust } from "../spaces/search/index.ts";
import type { EncoderRecord } from "./encode-result.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** A row that was found. */
export interface SearchHit {
  /** Its id, or its row number. */
  readonly name: string;
  /** Null in a store. */
  readonly row: number | null;
  /** Length, or 1 - cos. */
  readonly distance: number;
  /** Its place among what SPACE found, from 1. */
  readonly place: number;
  /** In the original; null where nothing was put in order by it. */
  readonly originalDistance: number | null;
  /** Null without an original. */
  readonly trust: Trust | null;
}

/** What one query found. */
export interface SearchAnswer {
  /** The row that it is like, the number of the query in its file, a text or the path of an image. */
  readonly query: string;
  readonly hits: readonly SearchHit[];
  /** Hits that were left out because their trust is below what was asked for. */
  readonly withheld: number;
  /** Hits that are not among the k nearest of SPACE: ordering by the original brought them up. */
  readonly changed: number;
}

/** How much of what an exact search finds the index of a store finds. */
export interface StoreRecall extends MeanShare {
  readonly k: number;
  /** Queries of the user that it was measured with. */
  readonly queries: number;
  /** Items of the store that were sought beside them. */
  readonly drawn: number;
}

/** How SPACE was searched. */
export interface SearchHow {
  /** "file", or the kind of store. */
  readonly kind: string;
  readonly exact: boolean;
  readonly index: { readonly kind: string; readonly rows: number } | null;
  readonly tuning: Readonly<Record<string, number>>;
  /** Null where the search is exact. */
  readonly recall: StoreRecall | null;
}

/** What ordering candidates by the original did. */
export interface RerankRecord {
  /** Candidates for each query. */
  readonly candidates: number;
  /** Mean number of the k hits that are not among the k nearest of SPACE. */
  readonly changed: number;
  /** Candidates that the original does not have: they are no hits. */
  readonly unknown: number;
  /** Recall of the k nearest in the original, of rows that were sought as if they were queries. */
  readonly recall: Omit<Reranked, "candidates"> & { readonly queries: number };
}

/** The result of job `search`. */
export interface SearchResult {
  readonly schema: "isometer/search/1";
  readonly job: "search";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  /** Rows that are searched. */
  readonly rows: number;
  readonly search: SearchHow;
  /** What made vectors of texts, images and rows, in this order. */
  readonly encoders: readonly EncoderRecord[];
  /** What these vectors went through then. */
  readonly map: { readonly path: string; readonly version: string } | null;
  readonly options: {
    readonly like: readonly string[];
    readonly queries: string | null;
    readonly text: readonly string[];
    readonly image: readonly string[];
    readonly encoder: string | null;
    readonly nNeighbors: number;
    readonly metric: SearchMetric;
    readonly original: string | null;
    readonly originalMetric: SearchMetric | null;
    readonly minTrust: number | null;
    readonly rerank: number | null;
    readonly originalQueries: string | null;
    readonly where: readonly string[];
    readonly mapVersion: string | null;
    readonly seed: number;
    readonly rows: string | null;
    readonly id: string | null;
    readonly ids: readonly string[];
    readonly vector: string | null;
  };
  readonly answers: readonly SearchAnswer[];
  /** Null without an original. */
  readonly calibration: (Calibration & { readonly queries: number }) | null;
  /** Null where nothing was put in order by the original. */
  readonly rerank: RerankRecord | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
