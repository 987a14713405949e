import type { Interval } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { StraightMetric } from "../neighbors/metric.ts";

/** One number about how far rows moved, with what is known about it. The shape of every score. */
export interface DriftScore {
  readonly value: number;
  /** 95 %; `[value, value]` when exact. */
  readonly interval: Interval;
  readonly n: number;
  readonly unit: "points";
  readonly exact: boolean;
  /** Absent when exact. */
  readonly sampled?: { readonly kind: "anchors"; readonly m: number };
  readonly ideal: number;
  /** The same of shuffled rows. */
  readonly null: number;
  readonly baseline: null;
}

/** Quantile levels of what is known of single rows. */
export const DRIFT_LEVELS = [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] as const;

/** What is known of single rows: one number per slot in each column, those of row `row[s]`. */
export interface DriftRows {
  /** Row number: all rows, or the anchors, ascending. */
  readonly row: Int32Array;
  /** 0 = with its neighbours, 1 = as far from them as chance would put it: see `drift`. */
  readonly movement: Float64Array;
  /** The factor by which the distances to its neighbours changed, 1 or more, the growth of its neighbourhood taken out: exp m of `drift`. */
  readonly factor: Float64Array;
  /** Median stretch towards its old neighbours: above 1 they are further away than they were, the scale of all taken out. */
  readonly stretch: Float64Array;
  /** Share of the k nearest that stayed, 0..1. */
  readonly overlap: Float64Array;
  /** 0 = where it was among rows of other regions, 1 = as far off as chance. NaN where there is no other region. */
  readonly shift: Float64Array;
  /** `slots x k` row numbers, nearest first: the neighbours before and after. */
  readonly before: Int32Array;
  readonly after: Int32Array;
}

/**
 * What happened to a region: `drifted`, most of its rows left their neighbours; `loosened`, they are on the way; `together`, its rows kept their neighbours but it lies
 * elsewhere, or another way round, among the others: no drift; `steady`, none of these.
 */
export const REGION_KINDS = ["drifted", "loosened", "together", "steady"] as const;
export type RegionKind = (typeof REGION_KINDS)[number];

/** A group of rows. */
export interface DriftRegion {
  readonly region: number;
  /** Rows in it, and how many of them were looked at. */
  readonly rows: number;
  readonly anchors: number;
  readonly kind: RegionKind;
  /** Medians over its rows. */
  readonly movement: number;
  readonly shift: number;
  /** Above 1 it grew, below 1 it shrank. */
  readonly stretch: number;
  /** Share of its rows that left their neighbours. */
  readonly moved: number;
  /** Mean share of neighbours kept. */
  readonly overlap: number;
  /** Row numbers of some that are typical of it. */
  readonly examples: readonly number[];
}

/** What `drift` finds. Plain data. */
export interface Drift {
  readonly rows: number;
  readonly cols: readonly [before: number, after: number];
  readonly options: {
    readonly metric: StraightMetric;
    readonly nNeighbors: number;
    readonly sample: number | "exact";
    readonly seed: number;
  };
  readonly engine: EngineInfo;
  /** Distances after over distances before that are no drift. */
  readonly scale: number;
  /** What movement 1 and shift 1 are: the factors by which distances change once rows are shuffled. */
  readonly chance: { readonly movement: number; readonly shift: number };
  readonly scores: {
    /** Mean movement of a row. */
    readonly movement: DriftScore;
    /** Share of rows whose movement is `LEFT` or more. */
    readonly moved: DriftScore;
    /** Mean shift of a row. Null where all rows are one region. */
    readonly shift: DriftScore | null;
  };
  /** At `DRIFT_LEVELS`. */
  readonly quantiles: {
    readonly movement: readonly number[];
    readonly overlap: readonly number[];
    readonly shift: readonly number[];
  };
  /** In the order of their kinds. Empty without groups. */
  readonly regions: readonly DriftRegion[];
  readonly points: DriftRows;
}
