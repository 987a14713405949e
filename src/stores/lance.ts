import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Connection, Table, VectorQuery } from "@lancedb/lancedb";
import { IsometerError, type Matrix, ranges, throwIfAborted } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { checkFilter, type Filter } from "./filter.ts";
import { checkIndexKind, checkItems, checkQuery, checkSchema, settings } from "./items.ts";
import {
  arrowSchema,
  arrowTable,
  emptyColumn,
  fieldColumns,
  filterSql,
  idsIn,
  itemsOf,
  neededColumns,
} from "./lance-table.ts";
import { whileLocked } from "./lock.ts";
import {
  completed,
  HELD,
  inOrder,
  inTurns,
  joined,
  joinItems,
  nearestInParts,
  nearestOf,
} from "./measured.ts";
import { alreadyThere, type Failures, loadPeer, nothingThere, parseSchema, told } from "./peer.ts";
import type {
  BuildOptions,
  Hit,
  IndexState,
  Items,
  QueryOptions,
  Store,
  StoreMetric,
  StoreSchema,
  Tuning,
} from "./store.ts";

export interface LanceOptions {
  readonly engine: EngineInfo;
}

/** Queries at once: LanceDB answers each on a thread of its own. */
const AT_ONCE = 8;
/** From so many queries on, reading all vectors once for the engine is cheaper than LanceDB's own pass for each. */
const MANY = 8;
/** Ids in one condition. */
const SOME_IDS = 20_000;
/** Numbers of vectors in one write. */
const WRITTEN = 2 ** 24;
/** Each write leaves a fragment of its own; so many are joined when the store is closed. */
const MANY_FRAGMENTS = 64;

/** More candidates than answers where float32 decides who is among them. */
const SPARE = 8;
/** LanceDB trains an index with fewer only by warning on its own output. */
const FEWEST_ROWS = 256;
/** How often a write is tried that others come before. */
const MOST_TURNS = 20;
const INDEX = "vector_idx";
/** Names of LanceDB, and ours. */
const KINDS: Readonly<Record<string, string>> = { IVF_RQ: "ivf-rq", IVF_HNSW_SQ: "hnsw-sq" };
const DISTANCES = { cosine: "cosine", euclidean: "l2" } as const satisfies Record<StoreMetric, string>;

/** ivf-rq keeps about one bit a number: of narrow vectors its order is coarse, and more candidates are measured. 10 from 100 numbers on. */
const refineFactor = (dims: number) => Math.max(10, Math.ceil(1000 / dims));

const tuningsOf = ({ dims }: StoreSchema): readonly Tuning[] => [
  {
    name: "nprobes",
    about: "cells of the index that are looked into",
    default: 20,
    ladder: [5, 10, 20, 50, 100, 200],
    indexes: ["ivf-rq", "hnsw-sq"],
  },
  {
    name: "refineFactor",
    about: "candidates per answer that are measured by their vectors",
    default: refineFactor(dims),
    ladder: [1, 2, 5, 10, 20, 50],
    indexes: ["ivf-rq", "hnsw-sq"],
  },
  {
    name: "ef",
    about: "candidates that the graph is searched for",
    default: 100,
    ladder: [50, 100, 200, 400, 800],
    indexes: ["hnsw-sq"],
  },
];

/** An open table, and what is known of it. */
interface Lance {
  readonly table: Table;
  readonly connection: Connection;
  readonly schema: StoreSchema;
  readonly engine: EngineInfo;
  readonly failures: Failures;
  readonly path: string;
}

const failuresOf = (place: string): Failures => ({
  place,
  full: /No space left|os error 28|os error 27|File too large|quota/i,
  gone: /not found|No such file/i,
  check: "Check that the folder is there and may be written to.",
});

const load = () => loadPeer("@lancedb/lancedb", () => import("@lancedb/lancedb"));

/** Every read sees what other processes have written. */
async function connected(folder: string): Promise<Connection> {
  return (await load()).connect(folder, { readConsistencyInterval: 0 });
}

/** Makes an empty table in a folder of LanceDB. @throws file-exists, bad-option, store-failed */
export async function createLanceStore(
  folder: string,
  table: string,
  schema: StoreSchema,
  options: LanceOptions,
): Promise<Store> {
  checkSchema(schema);
  const place = placeOf(folder, table);
  await told(failuresOf(place), async () => {
    const connection = await connected(folder);
    if ((await connection.tableNames()).includes(table)) throw alreadyThere(place);
    (await connection.createEmptyTable(table, await arrowSchema(schema))).close();
    connection.close();
  });
  return openLanceStore(folder, table, options);
}

/**
 * Opens a table of LanceDB that `createLanceStore` has made: vectors and fields in columns, on disk, in versions. Without an index every query is exact; `ivf-rq` is built in seconds, `hnsw-sq` in
 * minutes. Distances are measured anew from the vectors. Several processes may write.
 *
 * Cost of an exact query m n d; through an index far less.
 *
 * @throws missing-file, bad-format, store-failed; store-failed with the line that installs `@lancedb/lancedb` where it is not
 */
export async function openLanceStore(
  folder: string,
  table: string,
  { engine }: LanceOptions,
): Promise<Store> {
  const place = placeOf(folder, table);
  const path = join(folder, `${table}.lance`);
  const failures = failuresOf(place);
  return told(failures, async () => {
    await load();
    if (!existsSync(path)) throw nothingThere(place);
    const connection = await connected(folder);
    const own = await connection.openTable(table);
    const schema = parseSchema((await own.schema()).metadata.get("isometer"), place);
    return lanceStore({ table: own, connection, schema, engine, failures, path });
  });
}

const unevenWidth = (dims: number) =>
  new IsometerError("bad-option", `ivf-rq wants vectors of 8, 16, 24 ... numbers, these have ${dims}`, {
    hint: "Take hnsw-sq, or none: without an index answers are exact.",
  });

const placeOf = (folder: string, table: string) => `lance:${folder}#${table}`;

function lanceStore(lance: Lance): Store {
  const { table, schema, failures } = lance;
  const guarded = <T>(work: () => Promise<T>): Promise<T> => told(failures, work);
  let last: Promise<unknown> = Promise.resolve();
  let written = false;
  // One after the other: two at once would have to try again.
  const write = <T>(work: () => Promise<T>): Promise<T> => {
    const own = last.then(() => guarded(() => present(lance, work)));
    last = own.catch(() => {});
    written = true;
    return own;
  };
  return {
    kind: "lance",
    schema,
    unitRows: false,
    batchRows: Math.max(1, Math.floor(WRITTEN / schema.dims)),
    tunings: tuningsOf(schema),
    indexKinds: Object.values(KINDS),
    index: () => guarded(() => indexOf(table)),
    buildIndex: async (kind, options = {}) => {
      checkIndexKind(kind, Object.values(KINDS));
      if (kind === "ivf-rq" && schema.dims % 8 !== 0) throw unevenWidth(schema.dims);
      await write(() => built(lance, kind, options));
    },
    count: (filter) => guarded(async () => table.countRows(filter && (await whereOf(table, filter)))),
    async upsert(items) {
      checkItems(items, schema);
      if (items.ids.length > 0)
        await write(() => whileLocked(lance.path, () => tryAgain(() => upserted(table, items))));
    },
    get: (ids) => guarded(() => itemsOfIds(lance, ids)),
    async query(vectors, options) {
      checkQuery(vectors, options, schema, tuningsOf(schema));
      return guarded(() => queried(lance, vectors, options));
    },
    scan: (options) => scanned(lance, options),
    remove: (ids) => write(() => tryAgain(() => removed(table, ids))),
    async close() {
      await last;
      await guarded(async () => {
        if (written && existsSync(lance.path)) await joinFragments(table);
      });
      table.close();
      lance.connection.close();
    },
  };
}

/** A table whose folder was removed would be written to all the same, into nothing. */
function present<T>({ path, failures }: Lance, work: () => Promise<T>): Promise<T> {
  if (existsSync(join(path, "_versions"))) return work();
  throw new IsometerError("store-failed", `${failures.place}: it is gone`, {
    got: path,
    hint: failures.check,
  });
}

/** Another process has written, or has made a column, between reading and committing: nothing of ours is there, and it can be done anew. */
async function tryAgain<T>(work: () => Promise<T>): Promise<T> {
  for (let turn = 1; ; turn++) {
    try {
      return await work();
    } catch (error) {
      if (turn === MOST_TURNS || !/conflict|already exists/i.test(String(error))) throw error;
    }
  }
}

/** In one commit. Merging reads and joins all ids: where none is there items are appended, several times as fast, and nobody of ours may write between looking and writing. */
async function upserted(table: Table, items: Items): Promise<void> {
  const there = fieldColumns(await table.schema());
  const missing = [...neededColumns(items.fields ?? [])].filter((name) => !there.includes(name));
  if (missing.length > 0) await table.addColumns(missing.map(emptyColumn));
  const given = await arrowTable(items, [...there, ...missing]);
  if (await areNew(table, items.ids)) await table.add(given);
  else await table.mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll().execute(given);
}

async function areNew(table: Table, ids: readonly string[]): Promise<boolean> {
  if ((await table.countRows()) === 0) return true;
  if (ids.length <= SOME_IDS) return (await table.countRows(idsIn(ids))) === 0;
  // Beyond that many, reading all ids is cheaper than a condition that names these.
  const own = new Set(ids);
  for await (const batch of table.query().select(["id"])) {
    const there = batch.getChild("id")!;
    for (let i = 0; i < batch.numRows; i++) if (own.has(there.get(i) as string)) return false;
  }
  return true;
}

async function removed(table: Table, ids: readonly string[]): Promise<number> {
  const own = [...new Set(ids)];
  return own.length === 0 ? 0 : (await table.delete(idsIn(own))).numDeletedRows;
}

async function joinFragments(table: Table): Promise<void> {
  const { fragmentStats } = await table.stats();
  if (fragmentStats.numSmallFragments > MANY_FRAGMENTS) await table.optimize();
}

async function whereOf(table: Table, filter: Filter): Promise<string> {
  checkFilter(filter);
  return filterSql(filter, new Set(fieldColumns(await table.schema())));
}

async function itemsOfIds({ table, schema }: Lance, ids: readonly string[]): Promise<Required<Items>> {
  const parts = await Promise.all(
    ranges(ids.length, SOME_IDS).map(async ([start, end]) => {
      const found = await table
        .query()
        .where(idsIn(ids.slice(start, end)))
        .toArrow();
      return itemsOf(found, schema.dims);
    }),
  );
  return inOrder(ids, joinItems(parts, schema.dims));
}

async function* scanned(
  { table, schema, failures }: Lance,
  { filter, batchRows = 4096 }: { readonly filter?: Filter; readonly batchRows?: number } = {},
): AsyncIterable<Required<Items>> {
  const query = table.query();
  if (filter) query.where(await told(failures, () => whereOf(table, filter)));
  const batches = query[Symbol.asyncIterator]();
  while (true) {
    const { done, value } = await told(failures, () => batches.next());
    if (done) return;
    for (const [start, end] of ranges(value.numRows, batchRows))
      yield itemsOf(value.slice(start, end), schema.dims);
  }
}

async function queried(lance: Lance, vectors: Matrix, options: QueryOptions): Promise<readonly Hit[][]> {
  const { filter, exact = false, nNeighbors } = options;
  const where = filter && (await whereOf(lance.table, filter));
  const kind = exact ? null : ((await indexOf(lance.table))?.kind ?? null);
  if (kind === null) return ofAll(lance, vectors, options, where);
  const tuned = (query: VectorQuery) => throughIndex(query, kind, lance.schema, options);
  const found = await each(lance, vectors, options, where, nNeighbors, tuned);
  return completed(found, vectors, nNeighbors, (rest) => ofAll(lance, rest, options, where));
}

/** Exactly: many queries in one pass of the engine, a few by LanceDB. */
async function ofAll(
  lance: Lance,
  vectors: Matrix,
  options: QueryOptions,
  where: string | undefined,
): Promise<Hit[][]> {
  const { filter, nNeighbors } = options;
  const { schema, engine } = lance;
  if (vectors.rows >= MANY) {
    const parts = joined(scanned(lance, { ...(filter ? { filter } : {}), batchRows: HELD }), schema.dims);
    return nearestInParts(parts, vectors, nNeighbors, schema, engine, options);
  }
  return each(lance, vectors, options, where, nNeighbors + SPARE, (query) => query.bypassVectorIndex());
}

/** Asks LanceDB query by query for candidates, and measures them. */
function each(
  { table, schema }: Lance,
  { data, rows, cols }: Matrix,
  options: QueryOptions,
  where: string | undefined,
  candidates: number,
  tuned: (query: VectorQuery) => VectorQuery,
): Promise<Hit[][]> {
  return inTurns(rows, 1, AT_ONCE, options, async (row) => {
    const vector = data.subarray(row * cols, (row + 1) * cols);
    const query = table.query().nearestTo(vector).distanceType(DISTANCES[schema.metric]).limit(candidates);
    const found = itemsOf(await tuned(where ? query.where(where) : query).toArrow(), cols);
    return [nearestOf(vector, found, options.nNeighbors, schema.metric)];
  });
}

function throughIndex(
  query: VectorQuery,
  kind: string,
  schema: StoreSchema,
  { nNeighbors, tuning }: QueryOptions,
): VectorQuery {
  const set = settings(tuningsOf(schema), tuning);
  const refined = query.nprobes(set.nprobes!).refineFactor(set.refineFactor!);
  // The graph has to be searched for all candidates that are to be refined.
  return kind === "hnsw-sq" ? refined.ef(Math.max(set.ef!, nNeighbors * set.refineFactor!)) : refined;
}

async function indexOf(table: Table): Promise<IndexState | null> {
  const stats = await table.indexStats(INDEX);
  return stats ? { kind: KINDS[stats.indexType] ?? stats.indexType, rows: stats.numIndexedRows } : null;
}

async function built(
  { table, schema }: Lance,
  kind: string,
  { links, effort, partitions, signal, onProgress }: BuildOptions,
): Promise<void> {
  const rows = await table.countRows();
  if (rows < FEWEST_ROWS) {
    throw new IsometerError(
      "too-few-rows",
      `an index needs at least ${FEWEST_ROWS} items, there are ${rows}`,
      {
        got: String(rows),
        needed: String(FEWEST_ROWS),
        hint: "Query without one: every query is exact, and as fast.",
      },
    );
  }
  throwIfAborted(signal);
  onProgress?.({ stage: "index", done: 0, total: rows });
  const { Index } = await load();
  const shared = {
    distanceType: DISTANCES[schema.metric],
    ...(partitions === undefined ? {} : { numPartitions: partitions }),
  };
  const graph = {
    ...(links === undefined ? {} : { m: links }),
    ...(effort === undefined ? {} : { efConstruction: effort }),
  };
  const config = kind === "ivf-rq" ? Index.ivfRq(shared) : Index.hnswSq({ ...shared, ...graph });
  await table.createIndex("vector", { config, replace: true, name: INDEX });
  onProgress?.({ stage: "index", done: rows, total: rows });
}
