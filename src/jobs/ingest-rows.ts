import {
  IsometerError,
  type Matrix,
  matrix,
  nonFinite,
  nonFiniteRows,
  type Rows,
  throwIfAborted,
  type Watch,
} from "../base/index.ts";
import type { Fields, Items, Store } from "../stores/index.ts";

/** Rows that are to be written, and what they are called. */
export interface IngestRows {
  readonly rows: Rows;
  /** In messages. */
  readonly name: string;
  readonly ids: readonly string[];
  /** Null: none. */
  readonly fields: readonly Fields[] | null;
  /** The number of a row in its file. */
  readonly numberOf: (row: number) => number;
}

/** What became of the rows. */
export interface IngestCounts {
  /** That were not there before. */
  readonly added: number;
  /** That were there under their id with another vector or other fields. */
  readonly replaced: number;
  /** That were there as they are. */
  readonly there: number;
}

export interface IngestOptions extends Watch {
  readonly batchRows: number;
  /** Whether items that are there and differ are replaced; else they are an error. */
  readonly replace: boolean;
}

/**
 * Writes rows to a store in batches, each of which is there as a whole or not at all. Rows that are there with the same vector and fields are left alone: after an interruption the same call goes on.
 * Memory: two batches.
 *
 * @throws non-finite, zero-vector with the number of the row in its file; duplicate-id where another item is there under an id; what the store and the file throw; aborted. All say how many rows were done
 */
export async function ingestRows(
  store: Store,
  { rows, name, ids, fields, numberOf }: IngestRows,
  { batchRows, replace, signal, onProgress }: IngestOptions,
): Promise<IngestCounts> {
  const counts = { added: 0, replaced: 0, there: 0 };
  let done = 0;
  try {
    const empty = (await store.count()) === 0;
    for await (const { start, vectors } of batchesOf(rows, batchRows)) {
      throwIfAborted(signal);
      const end = start + vectors.rows;
      const items = {
        ids: ids.slice(start, end),
        vectors,
        fields: fields ? fields.slice(start, end) : Array.from({ length: vectors.rows }, () => ({})),
      };
      checkRows(vectors, store, name, (row) => numberOf(start + row));
      const sorted = empty ? allNew(items) : await sortedOut(store, items);
      if (sorted.different.length > 0 && !replace) {
        const at = sorted.different[0]!;
        throw different(items.ids[at]!, `${name}, row ${numberOf(start + at)}`);
      }
      const written = chosen(
        items,
        [...sorted.fresh, ...sorted.different].sort((a, b) => a - b),
      );
      if (written.ids.length > 0) await store.upsert(written);
      counts.added += sorted.fresh.length;
      counts.replaced += sorted.different.length;
      counts.there += sorted.same;
      done = end;
      onProgress?.({ stage: "writing", done, total: rows.rows });
    }
    return counts;
  } catch (error) {
    throw withRest(error, done, rows.rows);
  }
}

/** Consecutive rows, `size` at a time, each time in memory of their own: a store may keep it. */
async function* batchesOf(
  rows: Rows,
  size: number,
): AsyncGenerator<{ readonly start: number; readonly vectors: Matrix }> {
  const { cols } = rows;
  let [start, filled] = [0, 0];
  let held = new Float32Array(Math.min(size, rows.rows) * cols);
  for await (const { matrix: block } of rows.blocks()) {
    for (let from = 0; from < block.rows; ) {
      const count = Math.min(block.rows - from, held.length / cols - filled);
      held.set(block.data.subarray(from * cols, (from + count) * cols), filled * cols);
      [from, filled] = [from + count, filled + count];
      if (filled * cols < held.length) continue;
      yield { start, vectors: matrix(held, filled, cols) };
      [start, filled] = [start + filled, 0];
      held = new Float32Array(Math.min(size, rows.rows - start) * cols);
    }
  }
}

/** @throws non-finite, zero-vector */
function checkRows(
  vectors: Matrix,
  { schema }: Store,
  name: string,
  numberOf: (row: number) => number,
): void {
  const { rows, count } = nonFiniteRows(vectors, vectors.rows);
  if (count > 0) throw nonFinite(name, rows.map(numberOf), count);
  if (schema.metric !== "cosine") return;
  for (let i = 0; i < vectors.rows; i++) {
    if (vectors.data.subarray(i * vectors.cols, (i + 1) * vectors.cols).some((value) => value !== 0))
      continue;
    throw new IsometerError("zero-vector", `${name}: row ${numberOf(i)} has no direction: all values are 0`, {
      hint: "Cosine needs a direction: leave the row out, or make the store with --metric euclidean.",
    });
  }
}

/** Rows of a batch by what the store has under their ids. */
interface Sorted {
  readonly fresh: readonly number[];
  readonly different: readonly number[];
  readonly same: number;
}

function allNew({ ids }: Items): Sorted {
  return { fresh: [...ids.keys()], different: [], same: 0 };
}

async function sortedOut(store: Store, items: Required<Items>): Promise<Sorted> {
  const there = await store.get(items.ids);
  const placeOf = new Map(there.ids.map((id, at) => [id, at]));
  const fresh: number[] = [];
  const different: number[] = [];
  for (const [i, id] of items.ids.entries()) {
    const at = placeOf.get(id);
    if (at === undefined) fresh.push(i);
    else if (!sameItem(items, i, there, at, store.unitRows)) different.push(i);
  }
  return { fresh, different, same: items.ids.length - fresh.length - different.length };
}

/** A store that divides vectors by their lengths rounds each number to float32 once. */
const UNIT_TOLERANCE = 2 ** -22;

function sameItem(
  given: Required<Items>,
  i: number,
  there: Required<Items>,
  at: number,
  unitRows: boolean,
): boolean {
  const { cols } = given.vectors;
  const own = given.vectors.data.subarray(i * cols, (i + 1) * cols);
  const other = there.vectors.data.subarray(at * cols, (at + 1) * cols);
  const length = unitRows ? Math.hypot(...own) : 1;
  const tolerance = unitRows ? UNIT_TOLERANCE : 0;
  if (!own.every((value, k) => Math.abs(value / length - other[k]!) <= tolerance)) return false;
  const [a, b] = [given.fields[i]!, there.fields[at]!];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) => (a[name] ?? null) === (b[name] ?? null));
}

function chosen({ ids, vectors, fields }: Required<Items>, at: readonly number[]): Required<Items> {
  if (at.length === ids.length) return { ids, vectors, fields };
  const { cols, data } = vectors;
  const held = new Float32Array(at.length * cols);
  for (const [to, from] of at.entries()) held.set(data.subarray(from * cols, (from + 1) * cols), to * cols);
  return {
    ids: at.map((from) => ids[from]!),
    vectors: matrix(held, at.length, cols),
    fields: at.map((from) => fields[from]!),
  };
}

function different(id: string, where: string): IsometerError {
  return new IsometerError(
    "duplicate-id",
    `the store has another item under the id ${JSON.stringify(id)} (${where}): its vector or its fields differ`,
    {
      got: id,
      hint: "Take the new one with --replace, or name rows otherwise with --id or --ids.",
    },
  );
}

/** The same error, which says where the same command goes on. */
function withRest(error: unknown, done: number, total: number): unknown {
  if (!(error instanceof IsometerError) || done === 0) return error;
  const { code, message, needed, got, hint, cause } = error;
  const rest = `${done} of ${total} rows were done: the same command goes on behind them.`;
  return new IsometerError(code, message, {
    ...(needed === undefined ? {} : { needed }),
    ...(got === undefined ? {} : { got }),
    hint: hint === undefined ? rest : `${hint} ${rest}`,
    cause,
  });
}
