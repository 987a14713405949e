import type { Interval, Warning } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import type { Placement, QuantizedBits } from "../../reduce/quantize/index.ts";

/** How dimensions are left out: by principal components, or the last columns as they stand. */
export const LIMIT_METHODS = ["pca", "truncate"] as const;
export type LimitMethod = (typeof LIMIT_METHODS)[number];

/** A mean over queries and its 95 % interval. */
export interface MeasuredShare {
  readonly value: number;
  readonly interval: Interval;
}

/** Recall of one half of the queries. */
export interface HalfRecall {
  /** Share of the k nearest that are found by the compressed rows alone, 0..1. */
  readonly recall: MeasuredShare;
  /** The same where the 4k nearest compressed rows are ordered again by their originals. */
  readonly rescored: MeasuredShare;
}

/** One way to compress rows: so many dimensions of so many bits. `recall` and `rescored` are of the queries that nothing was chosen by. */
export interface LimitCell extends HalfRecall {
  readonly method: LimitMethod;
  readonly dims: number;
  readonly bits: QuantizedBits;
  /** How its levels lie, the better of two up to 4 bits; null for floating point. */
  readonly placement: Placement | null;
  /** Bytes of a row, packed. */
  readonly bytes: number;
  /** How many times fewer than float32 of all dimensions. */
  readonly compression: number;
  /** |x - x'| over |x - mean|, root of the mean squares of held-out rows: 0 is exact, 1 what the mean alone would have. */
  readonly error: number;
  /** Recall of the queries that cells are chosen by. */
  readonly choosing: HalfRecall;
}

/** The cell that was chosen, by place among all. */
export interface LimitAnswer {
  readonly cell: number;
  /** Whether the fresh queries are above the target for sure, too: the lower end of their interval. */
  readonly confirmed: boolean;
}

/** How few dimensions and bits are enough. */
export interface CompressionLimits {
  readonly target: number;
  readonly k: number;
  readonly metric: "euclidean" | "cosine";
  readonly rows: number;
  readonly cols: number;
  /** Bytes of a row of float32. */
  readonly originalBytes: number;
  /** Rows that were searched: all, or a sample of them. */
  readonly searched: number;
  readonly queries: { readonly choosing: number; readonly reporting: number };
  /** Rows that the map and the levels were fitted to. */
  readonly fitted: number;
  /** Recall by chance, k of all other rows. */
  readonly null: number;
  /** By method, dimensions and bits, in that order. */
  readonly cells: readonly LimitCell[];
  /** Places of cells that no cell of as few bytes beats by recall of the choosing queries: ascending by bytes, without and with a second look at the originals. */
  readonly frontier: readonly number[];
  readonly rescoredFrontier: readonly number[];
  /** The fewest bytes that are enough. Null where none below float32 of all dimensions are. */
  readonly chosen: LimitAnswer | null;
  /** The fewest bytes where originals are kept beside, for a second look at 4k rows. */
  readonly rescored: LimitAnswer | null;
  readonly seed: number;
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
}
