import type { Interval, Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";

/** A mean over rows that nothing was fitted to, with its 95 % interval (Wilson's, for as many draws as are as sure): for rows yet to come. */
export interface Estimate {
  readonly value: number;
  readonly interval: Interval;
  /** Rows that were scored. */
  readonly n: number;
}

/** The same, with what the method reaches when anchors are paired at random. */
export interface HeldOutScore extends Estimate {
  readonly null: number;
}

/**
 * - `migrate`: the map stands in for the second model; the lower limit of its recall clears the target.
 * - `unrelated`: no method does better with the true pairs than with shuffled ones.
 * - `re-embed`: the spaces are related, and no map is good enough.
 */
export type AlignVerdict = "migrate" | "re-embed" | "unrelated";

/** What one method reached on rows that it was not fitted to. */
export interface MethodScore<Name extends string = string> {
  readonly method: Name;
  readonly recall: HeldOutScore;
  readonly top1: HeldOutScore;
  readonly mrr: HeldOutScore;
  /** How far its recall is below the best method's, row by row. */
  readonly deficit: Estimate;
  readonly converged: boolean;
  readonly details: Readonly<Record<string, number>>;
}

/** Recall when a method has so many anchors. */
export interface CurvePoint extends Estimate {
  readonly anchors: number;
}

/** Rows of the second space that lie together, and what became of those that were scored. */
export interface RegionScore extends Estimate {
  readonly region: number;
  /** Rows of the region, scored or not. */
  readonly rows: number;
  /** Row numbers of the scored ones that lost most, the worst first. */
  readonly worst: readonly number[];
}

/** A row that did not carry over. */
export interface LostRow {
  readonly row: number;
  readonly recall: number;
}

/** How two spaces of the same items go together. Frozen plain data. */
export interface Alignment<Name extends string = string> {
  readonly verdict: AlignVerdict;
  readonly method: Name;
  /** Does one linear map keep most neighbours (`globally`), or only a bent one (`locally`)? `no`: none does. */
  readonly alignable: "globally" | "locally" | "no";
  readonly rows: number;
  /** Rows that a fit had in each fold, and that were scored in all. */
  readonly anchors: number;
  readonly tested: number;
  readonly folds: number;
  readonly heldOut: {
    readonly recall: HeldOutScore;
    /** New queries are native, the old vectors mapped: recall among the rows that were scored. */
    readonly corpusRecall: Estimate | null;
    readonly top1: HeldOutScore;
    readonly mrr: HeldOutScore;
  };
  readonly methods: readonly MethodScore<Name>[];
  /** Methods that were asked for and could not be tried. */
  readonly skipped: readonly { readonly method: Name; readonly why: string }[];
  readonly learningCurve: readonly CurvePoint[];
  readonly regions: readonly RegionScore[];
  readonly worst: readonly LostRow[];
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
}
