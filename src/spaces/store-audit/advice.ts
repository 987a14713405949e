import type { IndexState } from "../../stores/store.ts";
import type { Latency } from "./pass.ts";
import type { QueryMean } from "./scores.ts";
import type { Setting } from "./settings.ts";

/** A setting that was tried, and what came of it. */
export interface Measured {
  /** Empty: the defaults of the store. */
  readonly tuning: Setting;
  readonly recall: QueryMean;
  readonly latency: Latency;
}

/** A recall that people ask for, and the cheapest setting that has it. */
export interface Target {
  readonly recall: number;
  /** Place among the settings; null where none of them has it for sure. */
  readonly setting: number | null;
  /** Queries that it takes to show it, where all find everything. */
  readonly queries: number;
}

/** What to do about an index. */
export interface Advice {
  /**
   * `none-needed`: there is none, and an exact search is fast enough. `would-help`: there is none, and it is not. `rebuild`: many items are not in it. `in-use`: it is whole.
   */
  readonly index: "none-needed" | "would-help" | "rebuild" | "in-use";
  /** Items that the index does not hold, share of all. */
  readonly outside: number;
  readonly targets: readonly Target[];
}

/** Recall that is asked for. */
export const TARGETS = [0.95, 0.99] as const;

/** Milliseconds that pass for at once (Nielsen 1993, 5.5); 95 % of the exact queries are to be below. */
export const AT_ONCE = 100;

/** Items outside of the index that are too many, as a share of all: each is compared with every query. */
const TOO_MANY_OUTSIDE = 0.1;

/** Queries whose recall is 1 throughout and show that it is above `target`: 95 % interval of Wilson (1927), which begins at 1 / (1 + 1.96^2 / m). */
export function queriesToShow(target: number): number {
  return Math.ceil((1.96 ** 2 * target) / (1 - target));
}

/**
 * What measurements advise: of the settings whose recall is above a target with its whole interval, the one with the smallest median latency, or the first that is not clearly slower: defaults before one
 * tuning, and that before all together.
 *
 * @param settings the first is that of the defaults
 */
export function adviseOn(
  settings: readonly Measured[],
  facts: { readonly index: IndexState | null; readonly items: number; readonly exact: Latency },
): Advice {
  const { index, items, exact } = facts;
  const outside = index && items > 0 ? Math.max(0, 1 - index.rows / items) : 0;
  const targets = TARGETS.map((recall): Target => {
    const reached = [...settings.keys()].filter((at) => settings[at]!.recall.interval[0] >= recall);
    const p50 = (at: number) => settings[at]!.latency.p50;
    const fastest = reached.reduce<number | null>(
      (best, at) => (best === null || p50(at).value < p50(best).value ? at : best),
      null,
    );
    const cheapest = reached.find((at) => p50(at).interval[0] <= p50(fastest!).interval[1]) ?? null;
    return { recall, setting: cheapest, queries: queriesToShow(recall) };
  });
  if (!index) {
    return { index: exact.p95.value <= AT_ONCE ? "none-needed" : "would-help", outside: 0, targets };
  }
  return { index: outside > TOO_MANY_OUTSIDE ? "rebuild" : "in-use", outside, targets };
}
