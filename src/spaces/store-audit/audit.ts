import { checkInteger, deepFreeze, IsometerError, type Watch } from "../../base/index.ts";
import type { Filter } from "../../stores/filter.ts";
import type { IndexState, Store } from "../../stores/store.ts";
import { type Advice, adviseOn, TARGETS } from "./advice.ts";
import { askEach, type Latency, latencyOf, type Pass } from "./pass.ts";
import type { Queries } from "./queries.ts";
import { type AnswerScores, scoreAnswers, unknownToExact } from "./scores.ts";
import { climbsOf, isDefault, type Setting } from "./settings.ts";

/** What an audit asks of a store. */
export type AuditedStore = Pick<Store, "query" | "count" | "index" | "tunings">;

export interface StoreAuditOptions extends Watch {
  /** k. Default 10. */
  readonly nNeighbors?: number;
  /** Only among items that it holds for. */
  readonly filter?: Filter;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  /** Of the bootstrap. Default 0. */
  readonly seed?: number;
}

/** How a store answers with one setting of its index. */
export interface SettingAudit extends AnswerScores {
  /** Empty: the defaults of the store. */
  readonly tuning: Setting;
  readonly latency: Latency;
}

/** What was measured of the index of a store. */
export interface StoreAudit {
  readonly nNeighbors: number;
  /** m */
  readonly queries: number;
  /** Items that could be found. */
  readonly items: number;
  /** Null where the store has none: then its answers are exact, and are compared all the same. */
  readonly index: IndexState | null;
  readonly exact: Latency;
  /** The defaults first, then what was tried. */
  readonly settings: readonly SettingAudit[];
  /** Recall of a search that draws k items at random: k / items. */
  readonly chance: number;
  /** Items that the index found and the exact search of the store did not, although they are nearer: 0 where it is exact. */
  readonly unknownToExact: number;
  readonly advice: Advice;
}

/** A recall above all that the advice looks for. */
const ENOUGH = Math.max(...TARGETS);

/**
 * Measures the index of a store against its own exact search: recall@k with a 95 % interval over queries, how much farther wrong hits are, latency of both, and the same along the ladders of what its
 * queries can be told. Queries are sent one after the other. A ladder is left where recall is above every target of the advice with its whole interval,
 * and where a step changed nothing.
 *
 * Cost: m exact queries, and m for each setting.
 *
 * @param queries m queries: see `drawQueries`
 * @throws bad-option; too-few-rows where nothing can be found; what the store throws; aborted
 */
export async function auditStore(
  store: AuditedStore,
  queries: Queries,
  options: StoreAuditOptions,
): Promise<StoreAudit> {
  const { nNeighbors = 10, filter, clock, seed = 0, signal, onProgress } = options;
  checkInteger("nNeighbors", nNeighbors, 1);
  const items = await store.count(filter);
  const drawn = queries.own.some((id) => id !== null);
  if (items < (drawn ? 2 : 1)) {
    throw new IsometerError("too-few-rows", "there is nothing else that a query could find", {
      got: `${items} items`,
      needed: drawn ? "2 items or more" : "1 item or more",
    });
  }
  const index = await store.index();
  const climbs = climbsOf(store.tunings, index);
  const steps = climbs.flat().length;
  const ask = (watch: Watch, stage: string, how: { readonly exact?: boolean; readonly tuning?: Setting }) =>
    askEach(store, queries, { ...watch, ...(filter && { filter }), nNeighbors, clock, stage, ...how });
  const watch = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const truth = await ask(watch, "exact", { exact: true });
  checkAnswered(truth, items);
  const judged = (tuning: Setting, { hits, milliseconds }: Pass): SettingAudit => ({
    tuning,
    ...scoreAnswers(truth.hits, hits, { population: queries.population, seed }),
    latency: latencyOf(milliseconds),
  });
  const usual = await ask(watch, "defaults", {});
  const settings = [judged({}, usual)];
  for (const [c, climb] of climbs.entries()) {
    const before = climbs.slice(0, c).flat().length;
    let last: SettingAudit | null = null;
    for (const [step, tuning] of climb.entries()) {
      const own = isDefault(tuning, store.tunings)
        ? settings[0]!
        : judged(tuning, await ask(partOf(watch, before + step, steps), "settings", { tuning }));
      if (own !== settings[0]) settings.push(own);
      // Equal to the last digit over all queries: this tuning has nothing left to give.
      if (own.recall.interval[0] >= ENOUGH || own.recall.value === last?.recall.value) break;
      last = own;
    }
  }
  const exact = latencyOf(truth.milliseconds);
  let unknown = 0;
  for (const [q, hits] of truth.hits.entries()) unknown += unknownToExact(hits, usual.hits[q]!, nNeighbors);
  return deepFreeze({
    nNeighbors,
    queries: queries.vectors.rows,
    items,
    index,
    exact,
    settings,
    chance: Math.min(1, nNeighbors / (items - (drawn ? 1 : 0))),
    unknownToExact: unknown,
    advice: adviseOn(settings, { index, items: await store.count(), exact }),
  });
}

/** @throws store-failed where an exact query came back with nothing */
function checkAnswered({ hits }: Pass, items: number): void {
  const none = hits.filter((own) => own.length === 0).length;
  if (none === 0) return;
  throw new IsometerError("store-failed", `${none} of ${hits.length} exact queries found nothing`, {
    needed: "a hit at least",
    got: `none among ${items} items`,
    hint: "isometer conformance --store ADDRESS says what else is wrong with such a store.",
  });
}

/** Progress of step `at` of `steps` as progress of the whole. */
function partOf({ onProgress, ...watch }: Watch, at: number, steps: number): Watch {
  if (!onProgress) return watch;
  return {
    ...watch,
    onProgress: ({ stage, done, total }) =>
      onProgress({ stage, done: at * total + done, total: steps * total }),
  };
}
