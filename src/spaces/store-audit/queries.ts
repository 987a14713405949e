import {
  checkInteger,
  IsometerError,
  type Matrix,
  matrix,
  rng,
  throwIfAborted,
  type Watch,
} from "../../base/index.ts";
import type { Filter } from "../../stores/filter.ts";
import type { Store } from "../../stores/store.ts";

/** Vectors that a store is asked for. */
export interface Queries {
  /** m x dims */
  readonly vectors: Matrix;
  /** The id of each where it is an item of the store, which is then no hit; null where it is none. */
  readonly own: readonly (string | null)[];
  /** Items that they were drawn from; infinite where they were not drawn from the store. */
  readonly population: number;
}

/** An item that may be drawn. */
interface Candidate {
  readonly key: number;
  readonly id: string;
  readonly vector: Float32Array;
}

/**
 * Draws m items of a store as queries: those with the smallest random number, which depends on seed and id alone (a simple random sample without replacement). The same items in another store, or in
 * another order, give the same queries, so that two indexes are asked the same.
 *
 * Comes by every item once; cost O(n) and m vectors of memory.
 *
 * @param count m
 * @throws bad-option; empty-input where no item is there to be drawn; aborted
 */
export async function drawQueries(
  store: Pick<Store, "scan" | "schema">,
  count: number,
  { seed = 0, filter, signal, onProgress, items }: Watch & DrawOptions = {},
): Promise<Queries> {
  checkInteger("sample", count, 2);
  const draws = rng(seed).split("queries of a store");
  let kept: Candidate[] = [];
  let limit = Number.POSITIVE_INFINITY;
  let seen = 0;
  const keepSmallest = () => {
    kept.sort((a, b) => a.key - b.key || (a.id < b.id ? -1 : 1));
    kept = kept.slice(0, count);
    if (kept.length === count) limit = kept[count - 1]!.key;
  };
  for await (const { ids, vectors } of store.scan(filter ? { filter } : {})) {
    throwIfAborted(signal);
    for (const [i, id] of ids.entries()) {
      const key = draws.split(id).uniform();
      if (key > limit) continue;
      kept.push({ key, id, vector: vectors.data.slice(i * vectors.cols, (i + 1) * vectors.cols) });
      if (kept.length >= 2 * count) keepSmallest();
    }
    seen += ids.length;
    onProgress?.({ stage: "drawing", done: Math.min(seen, items ?? seen), total: items ?? seen });
  }
  if (seen === 0) {
    throw new IsometerError("empty-input", filter ? "no item passes the filter" : "the store is empty", {
      hint: filter
        ? "Ask for less in the filter."
        : "Write items to it: isometer ingest SPACE --store ADDRESS.",
    });
  }
  keepSmallest();
  const { dims } = store.schema;
  const data = new Float32Array(kept.length * dims);
  for (const [q, { vector }] of kept.entries()) data.set(vector, q * dims);
  return { vectors: matrix(data, kept.length, dims), own: kept.map(({ id }) => id), population: seen };
}

export interface DrawOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Only of items that it holds for. */
  readonly filter?: Filter;
  /** How many there are, for the progress. */
  readonly items?: number;
}
