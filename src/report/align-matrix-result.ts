import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { Agreement } from "../measure/agreement.ts";
import type { Score } from "../measure/result.ts";
import type { InputRecord, NextCommand } from "./result.ts";

/** The measures of agreement, in the order in which they are shown. */
export const AGREEMENT_MEASURES = ["linearCka", "neighborRecall", "procrustes"] as const;

export type AgreementMeasure = (typeof AGREEMENT_MEASURES)[number];

/** What each measure is called, in full and beside a number; and what it says. */
export const AGREEMENT_WORDS: {
  readonly [M in AgreementMeasure]: {
    readonly title: string;
    readonly short: string;
    readonly about: string;
  };
} = {
  linearCka: {
    title: "Linear CKA",
    short: "CKA",
    about: "of the rows as they are; 1 = the same up to rotation and scale",
  },
  neighborRecall: {
    title: "Mutual nearest neighbours",
    short: "overlap",
    about: "share of the nearest neighbours of a row that both have; 1 = the same",
  },
  procrustes: {
    title: "Orthogonal Procrustes disparity",
    short: "disparity",
    about: "share of the squared distances that the best rotation, scale and shift leave; 0 = the same",
  },
};

/** One of several models: a space of the items that all have. */
export interface ModelRecord {
  readonly name: string;
  readonly cols: number;
  /** How its rows were matched with those of the first. */
  readonly joined: "id" | "order";
}

/** The result of job `align` of three or more inputs. Its JSON Schema is in jobs/schema-align-matrix.ts. */
export interface AlignMatrixResult {
  readonly schema: "isometer/align-matrix/1";
  readonly job: "align";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  /** Items that all inputs have. */
  readonly rows: number;
  /** In the order of the inputs; numbers of models below count from 0 here. */
  readonly models: readonly ModelRecord[];
  readonly options: {
    /** Of neighbours. */
    readonly metric: "cosine" | "euclidean";
    readonly nNeighbors: number;
    readonly sample: number | "exact";
    readonly seed: number;
    readonly rows: string | null;
    readonly id: string | null;
    /** Files of ids; absent where there were none. */
    readonly ids?: readonly string[];
    readonly vector: string | null;
  };
  /** Every pair once, `a` below `b`. */
  readonly pairs: readonly Agreement[];
  readonly clustering: {
    /** 1 - this is what is clustered; of procrustes itself. */
    readonly by: AgreementMeasure;
    readonly linkage: "average";
    /** Models, like beside like: the order in which they are shown. */
    readonly order: readonly number[];
    /** The dendrogram: models are 0 to m - 1, and merge i makes cluster m + i. */
    readonly merges: readonly {
      readonly left: number;
      readonly right: number;
      readonly height: number;
      readonly size: number;
    }[];
    /** The models of each cluster of the cut with the largest mean silhouette; one where none reaches 0.25. */
    readonly clusters: readonly (readonly number[])[];
    readonly silhouette: number | null;
  };
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** What the parts of a report read. */
export type AgreementTable = Pick<AlignMatrixResult, "models" | "pairs" | "clustering">;

/** The agreement of two models by one measure; null where it is not defined. */
export function scoreBetween(
  { models, pairs }: Pick<AlignMatrixResult, "models" | "pairs">,
  i: number,
  j: number,
  measure: AgreementMeasure,
): Score | null {
  const [a, b] = i < j ? [i, j] : [j, i];
  // Pairs stand row by row: those of the first, then those of the second ...
  const at = (a * (2 * models.length - a - 1)) / 2 + b - a - 1;
  return pairs[at]![measure];
}

/** How alike a value says that two models are: more is more. */
export function likeness(measure: AgreementMeasure, value: number): number {
  return measure === "procrustes" ? 1 - value : value;
}

/** "0.97": a value of a table. */
export function agreementText(score: Score | null): string {
  return score && Number.isFinite(score.value) ? score.value.toFixed(2) : "n/a";
}
