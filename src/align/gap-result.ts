import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Estimate } from "./result.ts";

/** A figure of two sides, beside what it is where nothing tells them, or their pairs, apart. */
export interface GapScore extends Estimate {
  /** Chance; null where there is none. */
  readonly null: number | null;
}

/** The distance between the two sides, and the same as it is published: with the noise of few rows in it. */
export interface GapDistance extends GapScore {
  readonly plain: number;
}

/** What rows of one side find when they look for their partners among all rows of the other. */
export interface PartnerSearch {
  /** Share whose nearest row is the partner. Chance 1/n. */
  readonly top1: GapScore;
  /** Share whose partner is among the k nearest. Chance k/n. */
  readonly recall: GapScore;
  /** Mean of 1 / the partner's place. Chance (1 + 1/2 + ... + 1/n) / n. */
  readonly mrr: GapScore;
}

/** How two sides of one space lie to each other. */
export interface GapFigures {
  /** |E u(x) - E u(y)|, rows scaled to length 1: 0 to 2. */
  readonly gap: GapDistance;
  /** Accuracy of a linear classifier that tells the sides apart, on items that it was not fitted to: .5 = inseparable, 1 = separable. */
  readonly separability: GapScore;
  /** Mean cosine of the two rows of an item; chance is `unmatchedCosine`. */
  readonly matchedCosine: GapScore;
  /** Mean cosine of rows of different items, one of each side. */
  readonly unmatchedCosine: GapScore;
  /** Rows of the first side look for their partners on the second. */
  readonly forward: PartnerSearch;
  /** Rows of the second side look for their partners on the first. */
  readonly backward: PartnerSearch;
}

/** How much a repair adds to each figure, item by item. */
export interface GapChanges {
  /** Recall@k, both ways taken together: what the rule of recommendation looks at. */
  readonly recall: Estimate;
  readonly gap: Estimate;
  readonly separability: Estimate;
  readonly matchedCosine: Estimate;
  readonly unmatchedCosine: Estimate;
  readonly forward: PartnerChanges;
  readonly backward: PartnerChanges;
}

export interface PartnerChanges {
  readonly top1: Estimate;
  readonly recall: Estimate;
  readonly mrr: Estimate;
}

/** By name, from stiff to flexible. */
export const GAP_REPAIRS = ["centring", "orthogonal", "ridge", "contrastive"] as const;

export type GapRepairName = (typeof GAP_REPAIRS)[number];

/** A repair, on items that it was not fitted to. */
export interface GapRepair {
  readonly repair: GapRepairName;
  readonly after: GapFigures;
  readonly change: GapChanges;
  /** Is the gap surely smaller? */
  readonly closes: boolean;
  /** Does recall, both ways taken together, surely fall by no more than a point? */
  readonly keepsRecall: boolean;
  /** Is recall surely more than a point above chance, both ways? */
  readonly findsPartners: boolean;
  readonly converged: boolean;
}

/** The gap between two sets of vectors of the same items in one space, and what closes it. Frozen plain data. */
export interface ModalityGap {
  readonly rows: number;
  readonly cols: number;
  /** Items that means, maps and classifiers come from. */
  readonly items: number;
  /** Items whose partners were sought, each among all rows. */
  readonly queries: number;
  readonly folds: number;
  /** k of recall@k. */
  readonly nNeighbors: number;
  readonly seed: number;
  /** As the rows are. */
  readonly before: GapFigures;
  readonly repairs: readonly GapRepair[];
  /** The stiffest repair that closes the gap, keeps recall and finds partners; null: none does. */
  readonly recommended: GapRepairName | null;
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
}
