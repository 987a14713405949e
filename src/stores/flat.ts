import { IsometerError, type Matrix, ranges } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { openSearched, type Searched } from "../neighbors/index.ts";
import { checkFilter, type Filter, holds } from "./filter.ts";
import {
  appendFiles,
  clearFiles,
  createFiles,
  guarded,
  type Manifest,
  nextGeneration,
  readLog,
  readManifest,
  readVectors,
  vectorsPath,
  writeManifest,
} from "./flat-log.ts";
import { checkItems, checkQuery } from "./items.ts";
import { lockStore } from "./lock.ts";
import { HELD, lengthIn, nearestInParts } from "./measured.ts";
import type { Fields, Hit, Items, QueryOptions, Store, StoreSchema } from "./store.ts";

export interface FlatOptions {
  readonly engine: EngineInfo;
  /** Only read: another process may write meanwhile, which is not seen. Default false. */
  readonly readOnly?: boolean;
}

/** What is known of the rows of a store: row r is the r-th vector that was written. */
interface State {
  manifest: Manifest;
  readonly ids: string[];
  readonly fields: Fields[];
  /** The row of each id that is there. */
  readonly rowOf: Map<string, number>;
  /** All rows, ready to be searched. */
  searched: Promise<Searched> | null;
}

/** So many rows that were replaced or removed are searched with the others and left out of what was found. */
const FEW_DEAD = 32;
/** A store is written anew when it is closed with more dead rows than living ones, and than this. */
const MOST_DEAD = 1000;

/** Makes an empty store in a folder that is empty or not there. @throws file-exists, bad-option, store-failed */
export async function createFlatStore(
  path: string,
  schema: StoreSchema,
  options: FlatOptions,
): Promise<Store> {
  await createFiles(path, schema);
  return openFlatStore(path, options);
}

/**
 * Opens vectors in a folder: a file of float32, a log of ids and fields, and a manifest that says how much of both counts. What was written is there after any crash; what was being written is
 * not. Every query is exact: the engine compares it with all rows, which stay in their file. Ids and fields are held in memory.
 *
 * Cost of a query m n d; of opening n.
 *
 * @throws missing-file, bad-format, truncated, store-locked, store-failed
 */
export async function openFlatStore(path: string, { engine, readOnly = false }: FlatOptions): Promise<Store> {
  // Before the lock, which is made in no folder that is not a store; and after it, for another may have written in between.
  const seen = await readManifest(path);
  const release = readOnly ? async () => {} : await lockStore(path);
  try {
    const manifest = readOnly ? seen : await readManifest(path);
    const state = replayed(await readLog(path, manifest), manifest);
    if (!readOnly) await guarded(path, () => clearFiles(path, manifest));
    return flatStore(path, state, engine, readOnly, release);
  } catch (error) {
    await release();
    throw error;
  }
}

/** A line of the log: an item and the next vector, or an id that was taken out. */
type Line = { readonly id: string; readonly fields: Fields } | { readonly removed: string };

function replayed(lines: readonly unknown[], manifest: Manifest): State {
  const state: State = { manifest, ids: [], fields: [], rowOf: new Map(), searched: null };
  for (const line of lines as readonly Line[]) apply(state, line);
  if (state.ids.length === manifest.rows) return state;
  throw new IsometerError("bad-format", `the store has ${manifest.rows} vectors and ${state.ids.length} ids`);
}

function apply({ ids, fields, rowOf }: State, line: Line): void {
  if ("removed" in line) {
    rowOf.delete(line.removed);
    return;
  }
  rowOf.set(line.id, ids.length);
  ids.push(line.id);
  fields.push(line.fields);
}

function flatStore(
  path: string,
  state: State,
  engine: EngineInfo,
  readOnly: boolean,
  release: () => Promise<void>,
): Store {
  const { schema } = state.manifest;
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: each begins where the one before has ended.
  const write = (vectors: Float32Array, lines: readonly Line[]): Promise<void> => {
    const own = last.then(() => append(vectors, lines));
    last = own.catch(() => {});
    return own;
  };
  const append = async (vectors: Float32Array, lines: readonly Line[]) => {
    if (readOnly) throw new IsometerError("bad-option", `the store ${path} was opened for reading`);
    const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
    state.manifest = await appendFiles(path, state.manifest, vectors, text);
    for (const line of lines) apply(state, line);
    state.searched = null;
  };
  return {
    kind: "flat",
    schema,
    unitRows: false,
    batchRows: Math.max(1, Math.floor(HELD / schema.dims)),
    tunings: [],
    indexKinds: [],
    index: async () => null,
    count: async (filter) => rowsFor(state, filter).length,
    async upsert(items) {
      checkItems(items, schema);
      const { ids, vectors, fields } = items;
      await write(
        vectors.data,
        ids.map((id, i) => ({ id, fields: fields?.[i] ?? {} })),
      );
    },
    get: (ids) =>
      itemsAt(
        path,
        state,
        ids.flatMap((id) => state.rowOf.get(id) ?? []),
      ),
    async query(vectors, options) {
      checkQuery(vectors, options, schema);
      return queried(path, state, vectors, options, engine);
    },
    async *scan({ filter, batchRows = 4096 } = {}) {
      const rows = rowsFor(state, filter);
      for (const [start, end] of ranges(rows.length, batchRows))
        yield await itemsAt(path, state, rows.slice(start, end));
    },
    async remove(ids) {
      const there = [...new Set(ids)].filter((id) => state.rowOf.has(id));
      if (there.length > 0)
        await write(
          new Float32Array(0),
          there.map((removed) => ({ removed })),
        );
      return there.length;
    },
    async close() {
      await last;
      try {
        const dead = state.ids.length - state.rowOf.size;
        if (!readOnly && dead > MOST_DEAD && dead > state.rowOf.size) await compacted(path, state);
      } finally {
        await release();
      }
    },
  };
}

/** The living rows that a filter holds for, in the order in which they were written. */
function rowsFor({ rowOf, fields }: State, filter: Filter | undefined): number[] {
  if (filter) checkFilter(filter);
  const rows = [...rowOf.values()].sort((a, b) => a - b);
  return filter ? rows.filter((row) => holds(filter, fields[row]!)) : rows;
}

async function itemsAt(path: string, state: State, rows: readonly number[]): Promise<Required<Items>> {
  const { dims } = state.manifest.schema;
  const data = await readVectors(path, state.manifest, rows);
  return {
    ids: rows.map((row) => state.ids[row]!),
    vectors: { data, rows: rows.length, cols: dims },
    fields: rows.map((row) => state.fields[row]!),
  };
}

async function queried(
  path: string,
  state: State,
  vectors: Matrix,
  options: QueryOptions,
  engine: EngineInfo,
): Promise<Hit[][]> {
  const rows = rowsFor(state, options.filter);
  if (vectors.rows === 0 || rows.length === 0) return Array.from({ length: vectors.rows }, () => []);
  const dead = state.ids.length - state.rowOf.size;
  return options.filter || dead > FEW_DEAD
    ? amongSome(path, state, vectors, rows, options, engine)
    : amongAll(path, state, vectors, dead, options, engine);
}

/** All rows are searched, and the dead ones left out of what was found. */
async function amongAll(
  path: string,
  state: State,
  vectors: Matrix,
  dead: number,
  { nNeighbors, signal }: QueryOptions,
  engine: EngineInfo,
): Promise<Hit[][]> {
  const { rows, schema } = state.manifest;
  const { metric, dims: cols } = schema;
  state.searched ??= openSearched(
    { stored: { path: vectorsPath(path, state.manifest), offset: 0 }, rows, cols },
    { metric, engine, name: "the store" },
  );
  const searched = await state.searched;
  const k = Math.min(nNeighbors + dead, rows);
  const found = await searched.nearest(vectors, k, signal ? { signal } : {});
  return Array.from({ length: vectors.rows }, (_, q) => {
    const own = Array.from({ length: k }, (__, p) => {
      const row = found.ids[q * k + p]!;
      const distance = lengthIn(metric, found.distances[q * k + p]!);
      return { row, hit: { id: state.ids[row]!, distance, fields: state.fields[row]! } };
    });
    const living = own.filter(({ row, hit }) => state.rowOf.get(hit.id) === row);
    return living.slice(0, nNeighbors).map(({ hit }) => hit);
  });
}

/** Rows are read, and searched, some at a time. */
function amongSome(
  path: string,
  state: State,
  vectors: Matrix,
  rows: readonly number[],
  { nNeighbors, ...watch }: QueryOptions,
  engine: EngineInfo,
): Promise<Hit[][]> {
  const { schema } = state.manifest;
  const parts = async function* () {
    for (const [start, end] of ranges(rows.length, Math.max(1, Math.floor(HELD / schema.dims))))
      yield await itemsAt(path, state, rows.slice(start, end));
  };
  return nearestInParts(parts(), vectors, nNeighbors, schema, engine, watch);
}

/** Writes the living rows to new files, which then take the place of the old ones. */
async function compacted(path: string, state: State): Promise<void> {
  const rows = rowsFor(state, undefined);
  let next = await guarded(path, () => nextGeneration(path, state.manifest));
  // The manifest of the old files stands until the new ones are whole.
  for (const [start, end] of ranges(rows.length, Math.max(1, Math.floor(HELD / next.schema.dims)))) {
    const { ids, vectors, fields } = await itemsAt(path, state, rows.slice(start, end));
    const lines = ids.map((id, i) => `${JSON.stringify({ id, fields: fields[i]! })}\n`).join("");
    next = await appendFiles(path, next, vectors.data, lines, false);
  }
  await guarded(path, async () => {
    await writeManifest(path, next);
    await clearFiles(path, next);
  });
}
