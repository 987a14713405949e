import type { Interval, Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { UserScore } from "../spaces/recommend/index.ts";
import type { NextCommand } from "./result.ts";

/** An item that is recommended, and the liked ones that speak for it. */
export interface RecommendedItem {
  readonly id: string;
  /** What --names calls it. */
  readonly name: string | null;
  readonly score: number;
  readonly novelty: number | null;
  readonly reasons: readonly {
    readonly id: string;
    readonly name: string | null;
    readonly distance: number;
  }[];
}

/** What is recommended to one user, or to whoever likes what was named. */
export interface RecommendedList {
  /** Null: known by what is liked alone. */
  readonly user: string | null;
  readonly liked: number;
  readonly items: readonly RecommendedItem[];
  readonly diversity: number;
  readonly novelty: number | null;
}

/** How well a recommender foresees what users took later. */
export interface RecommenderScore {
  readonly name: string;
  readonly recallAtK: UserScore;
  readonly ndcgAtK: UserScore;
  readonly coverage: UserScore;
  /** The first recommender less this one, user by user; null for the first itself. */
  readonly ahead: {
    readonly recallAtK: { readonly value: number; readonly interval: Interval };
    readonly ndcgAtK: { readonly value: number; readonly interval: Interval };
  } | null;
}

/** The result of job `recommend`. */
export interface RecommendResult {
  readonly schema: "isometer/recommend/1";
  readonly job: "recommend";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly {
    readonly path: string;
    readonly columns: readonly string[];
    readonly users: number;
    readonly items: number;
    readonly interactions: number;
  }[];
  readonly options: {
    readonly users: readonly string[];
    readonly liked: readonly string[];
    readonly top: number;
    readonly nFactors: number;
    readonly alpha: number;
    readonly regularization: number;
    readonly iterations: number;
    readonly itemDistances: number;
    readonly diversity: number;
    readonly seed: number;
  };
  readonly model: { readonly converged: boolean; readonly iterations: number; readonly loss: number };
  readonly lists: readonly RecommendedList[];
  /** Null unless it was asked for: each user's last fifth is held out. */
  readonly evaluation: {
    readonly k: number;
    readonly users: number;
    readonly recommenders: readonly RecommenderScore[];
  } | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}
