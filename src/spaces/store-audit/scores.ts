import { bootstrapInterval, type Interval, mean, meanInterval, rng } from "../../base/index.ts";
import type { Hit } from "../../stores/store.ts";

/** A mean over queries with its 95 % interval. */
export interface QueryMean {
  readonly value: number;
  readonly interval: Interval;
}

/** How the answers of a store compare with those of an exact search. */
export interface AnswerScores {
  /** Share of the k nearest that were found, mean over queries, 0 to 1. */
  readonly recall: QueryMean;
  /** Share of queries with a recall below `POOR`. */
  readonly poor: QueryMean;
  /** By how much what was returned is farther than what should have been: sum of distances over that of the exact search, less 1; mean over queries, 0 or more. */
  readonly excess: QueryMean;
  /** Share of queries that were given fewer hits than there are. */
  readonly short: QueryMean;
}

/** A query that finds less than this is counted as poor. */
export const POOR = 0.9;

/** Distances that differ by less, relatively, are equal: they are measured in float64 from the same float32. */
const EQUAL = 1e-9;

/**
 * Share of the exact hits that were found. An item as near as the last of them counts too, so that of several at the same distance any will do (as in ann-benchmarks, Aumueller et al. 2020, 2.1).
 */
export function recallOf(exact: readonly Hit[], found: readonly Hit[]): number {
  const wanted = new Set(exact.map(({ id }) => id));
  const last = farthest(exact);
  const kept = found.filter(({ id, distance }) => wanted.has(id) || distance <= last).length;
  return Math.min(1, kept / exact.length);
}

const farthest = (hits: readonly Hit[]) => hits.at(-1)!.distance * (1 + EQUAL);

/** Items that were found and are nearer than the last of an exact search that does not know them: then it is not exact. */
export function unknownToExact(exact: readonly Hit[], found: readonly Hit[], k: number): number {
  if (exact.length < k) return 0;
  const known = new Set(exact.map(({ id }) => id));
  const last = exact.at(-1)!.distance * (1 - EQUAL);
  return found.filter(({ id, distance }) => !known.has(id) && distance < last).length;
}

/** Sum of the distances of what was returned over that of as many exact hits, less 1: the overall ratio of Tao et al. (2009), less 1. */
function excessOf(exact: readonly Hit[], found: readonly Hit[]): number {
  let [own, best] = [0, 0];
  for (let i = 0; i < Math.min(exact.length, found.length); i++) {
    own += found[i]!.distance;
    best += exact[i]!.distance;
  }
  return best > 0 ? Math.max(0, own / best - 1) : 0;
}

/**
 * Compares answers with those of an exact search, query by query. Intervals are for queries to come: of those that were drawn from the store without replacement out of `population`.
 *
 * @param exact of each of m queries, at least one hit each
 */
export function scoreAnswers(
  exact: readonly (readonly Hit[])[],
  found: readonly (readonly Hit[])[],
  { population, seed = 0 }: { readonly population: number; readonly seed?: number },
): AnswerScores {
  const recalls = exact.map((hits, q) => recallOf(hits, found[q]!));
  const excesses = exact.map((hits, q) => excessOf(hits, found[q]!));
  const share = (values: readonly number[]): QueryMean => ({
    value: mean(values),
    interval: meanInterval(values, population, [0, 1]),
  });
  const value = mean(excesses);
  const weighted = (weights: Int32Array) =>
    weights.reduce((sum, weight, q) => sum + weight * excesses[q]!, 0) / excesses.length;
  return {
    recall: share(recalls),
    poor: share(recalls.map((own) => (own < POOR ? 1 : 0))),
    excess: {
      value,
      interval: bootstrapInterval(excesses.length, weighted, {
        rng: rng(seed).split("excess distance"),
        population,
        estimate: value,
        range: [0, Number.POSITIVE_INFINITY],
      }),
    },
    short: share(exact.map((hits, q) => (found[q]!.length < hits.length ? 1 : 0))),
  };
}
