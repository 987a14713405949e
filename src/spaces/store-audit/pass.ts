import { type Interval, quantile, rowsOf, throwIfAborted, type Watch } from "../../base/index.ts";
import type { Filter } from "../../stores/filter.ts";
import type { Hit, Store } from "../../stores/store.ts";
import type { Queries } from "./queries.ts";

/** How a store is asked. */
export interface Asking extends Watch {
  /** k */
  readonly nNeighbors: number;
  readonly filter?: Filter;
  readonly exact?: boolean;
  readonly tuning?: Readonly<Record<string, number>>;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  /** Under which progress is told. */
  readonly stage: string;
}

/** What a store answered. */
export interface Pass {
  /** Of each query, nearest first, itself left out, k at most. */
  readonly hits: readonly (readonly Hit[])[];
  /** Of each query. */
  readonly milliseconds: Float64Array;
}

/** Queries that are sent before the clock counts: the first ones of a connection or a file are slower. */
const WARM_UP = 5;

/** Asks every query by itself, one after the other, and takes the time of each. @throws what the store throws; aborted */
export async function askEach(store: Pick<Store, "query">, queries: Queries, asking: Asking): Promise<Pass> {
  const { nNeighbors, filter, exact = false, tuning, clock, stage, signal, onProgress } = asking;
  const { vectors, own } = queries;
  const options = {
    exact,
    ...(filter && { filter }),
    ...(tuning && { tuning }),
    ...(signal && { signal }),
  };
  const ask = (q: number) =>
    store.query(rowsOf(vectors, { start: q, end: q + 1 }), {
      ...options,
      nNeighbors: nNeighbors + (own[q] === null ? 0 : 1),
    });
  for (let q = 0; q < Math.min(WARM_UP, vectors.rows); q++) await ask(q);
  const hits: (readonly Hit[])[] = [];
  const milliseconds = new Float64Array(vectors.rows);
  for (let q = 0; q < vectors.rows; q++) {
    throwIfAborted(signal);
    const started = clock();
    const [found] = await ask(q);
    milliseconds[q] = clock() - started;
    hits.push(found!.filter(({ id }) => id !== own[q]).slice(0, nNeighbors));
    onProgress?.({ stage, done: q + 1, total: vectors.rows });
  }
  return { hits, milliseconds };
}

/** A quantile with its 95 % interval. */
export interface Quantile {
  readonly value: number;
  readonly interval: Interval;
}

/** How long queries took, one after the other, in milliseconds. */
export interface Latency {
  readonly p50: Quantile;
  readonly p95: Quantile;
  /** Queries per second of one client that waits for each: 1000 m / their sum. */
  readonly perSecond: number;
}

/** The latency of a pass. */
export function latencyOf(milliseconds: Float64Array): Latency {
  const sorted = milliseconds.slice().sort();
  const sum = sorted.reduce((total, own) => total + own, 0);
  const quantileAt = (p: number): Quantile => ({
    value: quantile(sorted, p),
    interval: quantileInterval(sorted, p),
  });
  return { p50: quantileAt(0.5), p95: quantileAt(0.95), perSecond: (1000 * sorted.length) / sum };
}

/**
 * 95 % interval of a quantile, free of any distribution: the order statistics of rank m p -+ 1.96 sqrt(m p (1 - p)), by the normal limit of the binomial number of draws below it (Hahn & Meeker 1991, 5.2).
 *
 * @param sorted m values, ascending
 */
export function quantileInterval(sorted: ArrayLike<number>, p: number): Interval {
  const m = sorted.length;
  const half = 1.96 * Math.sqrt(m * p * (1 - p));
  const low = Math.max(0, Math.floor(m * p - half) - 1);
  const high = Math.min(m - 1, Math.ceil(m * p + half));
  return [sorted[low]!, sorted[high]!];
}
