import { type Matrix, ranges, throwIfAborted, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { openSearched } from "../neighbors/index.ts";
import type { Hit, Items, StoreMetric, StoreSchema } from "./store.ts";

/** Numbers of vectors that are held at once. */
export const HELD = 2 ** 25;

/** The k nearest of some items, measured in float64. Cost: items times d. */
export function nearestOf(
  query: ArrayLike<number>,
  items: Required<Items>,
  k: number,
  metric: StoreMetric,
): Hit[] {
  const { data, cols } = items.vectors;
  const hits = items.ids.map((id, i) => ({
    id,
    distance: distanceTo(query, data, i * cols, metric),
    fields: items.fields[i]!,
  }));
  return hits.sort((a, b) => a.distance - b.distance).slice(0, k);
}

function distanceTo(
  query: ArrayLike<number>,
  data: ArrayLike<number>,
  at: number,
  metric: StoreMetric,
): number {
  let [dot, own, other, apart] = [0, 0, 0, 0];
  for (let c = 0; c < query.length; c++) {
    const [a, b] = [query[c]!, data[at + c]!];
    dot += a * b;
    own += a * a;
    other += b * b;
    apart += (a - b) * (a - b);
  }
  if (metric === "euclidean") return Math.sqrt(apart);
  return Math.min(2, Math.max(0, 1 - dot / Math.sqrt(own * other)));
}

/**
 * The k nearest of items that come by in parts, by the engine. Equal distances keep the order in which they came.
 *
 * Cost m n d.
 */
export async function nearestInParts(
  parts: AsyncIterable<Required<Items>>,
  vectors: Matrix,
  k: number,
  { metric }: StoreSchema,
  engine: EngineInfo,
  { signal }: Watch,
): Promise<Hit[][]> {
  let best: Hit[][] = Array.from({ length: vectors.rows }, () => []);
  for await (const { ids, vectors: points, fields } of parts) {
    throwIfAborted(signal);
    if (ids.length === 0 || vectors.rows === 0) continue;
    const searched = await openSearched(points, { metric, engine, name: "the store" });
    const few = Math.min(k, ids.length);
    const found = await searched.nearest(vectors, few, signal ? { signal } : {});
    best = best.map((own, q) => {
      const more = Array.from({ length: few }, (_, p) => {
        const row = found.ids[q * few + p]!;
        const distance = lengthIn(metric, found.distances[q * few + p]!);
        return { id: ids[row]!, distance, fields: fields[row]! };
      });
      return [...own, ...more].sort((a, b) => a.distance - b.distance).slice(0, k);
    });
  }
  return best;
}

/** The engine's distances under cosine are chords of unit rows: 1 - cos = chord^2 / 2. */
export const lengthIn = (metric: StoreMetric, length: number): number =>
  metric === "cosine" ? length ** 2 / 2 : length;

/** Joins small parts into ones of about `HELD` numbers. */
export async function* joined(
  parts: AsyncIterable<Required<Items>>,
  dims: number,
): AsyncIterable<Required<Items>> {
  let [held, rows]: [Required<Items>[], number] = [[], 0];
  for await (const part of parts) {
    held.push(part);
    rows += part.ids.length;
    if (rows * dims < HELD) continue;
    yield joinItems(held, dims);
    [held, rows] = [[], 0];
  }
  if (rows > 0) yield joinItems(held, dims);
}

export function joinItems(parts: readonly Required<Items>[], dims: number): Required<Items> {
  const rows = parts.reduce((sum, { ids }) => sum + ids.length, 0);
  const data = new Float32Array(rows * dims);
  let at = 0;
  for (const { vectors } of parts) {
    data.set(vectors.data, at);
    at += vectors.data.length;
  }
  return {
    ids: parts.flatMap(({ ids }) => ids),
    vectors: { data, rows, cols: dims },
    fields: parts.flatMap(({ fields }) => fields),
  };
}

/** Items in the order of `ids`, and none for ids that are not there. */
export function inOrder(ids: readonly string[], items: Required<Items>): Required<Items> {
  const place = new Map(items.ids.map((id, i) => [id, i]));
  const { cols } = items.vectors;
  const there = ids.filter((id) => place.has(id));
  const data = new Float32Array(there.length * cols);
  there.forEach((id, i) => {
    const at = place.get(id)! * cols;
    data.set(items.vectors.data.subarray(at, at + cols), i * cols);
  });
  return {
    ids: there,
    vectors: { data, rows: there.length, cols },
    fields: there.map((id) => items.fields[place.get(id)!]!),
  };
}

/** Asks the queries that an index gave fewer than k answers once more, of all vectors: an index may run out before the store does, most of all under a filter. */
export async function completed(
  found: readonly Hit[][],
  vectors: Matrix,
  k: number,
  ofAll: (vectors: Matrix) => Promise<readonly Hit[][]>,
): Promise<Hit[][]> {
  const short = found.flatMap((hits, q) => (hits.length < k ? [q] : []));
  if (short.length === 0) return [...found];
  const again = await ofAll(rowsOf(vectors, short));
  const out = [...found];
  short.forEach((q, i) => {
    out[q] = again[i]!;
  });
  return out;
}

/** Some rows of a matrix. */
export function rowsOf({ data, cols }: Matrix, rows: readonly number[]): Matrix {
  const out = new Float32Array(rows.length * cols);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { data: out, rows: rows.length, cols };
}

/** Work on row ranges of queries, `width` at a time; results in order. */
export async function inTurns<T>(
  rows: number,
  batch: number,
  width: number,
  { signal, onProgress }: Watch,
  work: (start: number, end: number) => Promise<T[]>,
): Promise<T[]> {
  const parts = ranges(rows, batch);
  const out: T[] = [];
  for (let at = 0; at < parts.length; at += width) {
    throwIfAborted(signal);
    const some = await Promise.all(parts.slice(at, at + width).map(([start, end]) => work(start, end)));
    out.push(...some.flat());
    onProgress?.({ stage: "queries", done: out.length, total: rows });
  }
  return out;
}
