import { type Matrix, mean, meanInterval, type Rng, stackRows } from "../base/index.ts";
import type { StoreRecall } from "../report/index.ts";
import type { Filter, Hit, QueryOptions, Store } from "../stores/index.ts";

/** Queries that recall is measured with. */
const TRIED = 100;
/** Items that those are drawn from which are no queries of the user. */
const SCANNED = 20_000;

/** Vectors that are tried as queries, and the items that they are; null where they are none. */
interface Tried {
  readonly vectors: Matrix;
  readonly own: readonly (string | null)[];
}

/** Items of a store, as many as the queries fall short of `TRIED`, drawn at random from the first `SCANNED` in its own order (reservoir, Vitter 1985 algorithm R). */
export async function sampleVectors(
  store: Store,
  filter: Filter | undefined,
  sought: number,
  random: Rng,
): Promise<Tried> {
  const wanted = Math.max(0, TRIED - sought);
  const { dims } = store.schema;
  const kept: { id: string; vector: Float32Array }[] = [];
  let seen = 0;
  if (wanted > 0) {
    for await (const { ids, vectors } of store.scan(filter ? { filter } : {})) {
      for (const [i, id] of ids.entries()) {
        const place = kept.length < wanted ? kept.length : random.integer(seen + 1);
        seen++;
        if (place < wanted) kept[place] = { id, vector: vectors.data.slice(i * dims, (i + 1) * dims) };
      }
      if (seen >= SCANNED) break;
    }
  }
  const data = new Float32Array(kept.length * dims);
  kept.forEach(({ vector }, i) => {
    data.set(vector, i * dims);
  });
  return { vectors: { data, rows: kept.length, cols: dims }, own: kept.map(({ id }) => id) };
}

/**
 * Mean share of the k nearest that queries of the index find, with its 95 % interval over queries: of the user's, the first `TRIED`, and of items that were drawn. What an item finds of itself does
 * not count. A hit that is as near as the last of the nearest is one of them.
 */
export async function storeRecall(
  store: Store,
  options: QueryOptions,
  { sought, own }: { readonly sought: Matrix; readonly own: readonly (string | null)[] },
  drawn: Tried,
): Promise<StoreRecall> {
  const asked = Math.min(TRIED, sought.rows);
  const first = { data: sought.data.subarray(0, asked * sought.cols), rows: asked, cols: sought.cols };
  const vectors = stackRows([first, drawn.vectors]);
  const owners = [...own.slice(0, asked), ...drawn.own];
  const { nNeighbors: k, tuning, ...rest } = options;
  const answers = await store.query(vectors, { ...options, nNeighbors: k + 1 });
  const truths = await store.query(vectors, { ...rest, nNeighbors: k + 1, exact: true });
  const shares = Float64Array.from(owners, (name, q) => {
    const others = (hits: readonly Hit[]) => hits.filter(({ id }) => id !== name).slice(0, k);
    return shareFound(others(answers[q]!), others(truths[q]!));
  });
  return {
    value: mean(shares),
    interval: meanInterval(shares, Number.POSITIVE_INFINITY, [0, 1]),
    k,
    queries: asked,
    drawn: drawn.own.length,
  };
}

function shareFound(answer: readonly Hit[], truth: readonly Hit[]): number {
  if (truth.length === 0) return 1;
  const wanted = new Set(truth.map(({ id }) => id));
  const last = truth.at(-1)!.distance;
  const found = answer.filter(({ id, distance }) => wanted.has(id) || distance <= last).length;
  return Math.min(1, found / truth.length);
}
