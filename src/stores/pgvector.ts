import { checkInteger, IsometerError, type Matrix, ranges, throwIfAborted } from "../base/index.ts";
import { checkFilter, type Filter } from "./filter.ts";
import { checkIndexKind, checkItems, checkQuery, settings } from "./items.ts";
import { completed, inOrder, inTurns, nearestOf } from "./measured.ts";
import { type Failures, nothingThere, parseSchema, told } from "./peer.ts";
import { filterSql, identifier, itemsOfRows, type StoredRow, vectorText } from "./pgvector-sql.ts";
import { commentOf, failuresOf, inTransaction, type PostgresClient } from "./pgvector-table.ts";
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

/** Numbers of vectors in one statement. */
const WRITTEN = 2 ** 22;
/** Queries in one statement. */
const TOGETHER = 32;
/** More candidates than answers where float32 decides who is among them. */
const SPARE = 8;
/** pgvector's own limits: an index over `vector`, and over `halfvec`. */
const MOST_INDEXED = 2000;
const MOST_HALVED = 4000;
/** The longest list of candidates that pgvector allows. */
const MOST_EF = 1000;
/** From this version of pgvector on, an index goes on looking until a filter has let through enough. */
const ITERATIVE = 8;

const KINDS = ["hnsw", "ivfflat"] as const;
const OPERATORS = { cosine: "<=>", euclidean: "<->" } as const satisfies Record<StoreMetric, string>;
const CLASSES = { cosine: "cosine_ops", euclidean: "l2_ops" } as const satisfies Record<StoreMetric, string>;

const TUNINGS: readonly Tuning[] = [
  {
    name: "hnsw.ef_search",
    about: "candidates that the graph is searched for, at most 1000",
    default: 100,
    ladder: [20, 40, 100, 200, 400, 800],
    indexes: ["hnsw"],
  },
  {
    name: "ivfflat.probes",
    about: "lists of the index that are looked into",
    default: 10,
    ladder: [1, 2, 5, 10, 20, 50, 100],
    indexes: ["ivfflat"],
  },
];

/** An open table, and what is known of it. */
interface Postgres {
  readonly client: PostgresClient;
  /** Quoted. */
  readonly table: string;
  readonly schema: StoreSchema;
  /** What vectors are ordered and indexed by: the column, or half of its bits where an index takes no more. */
  readonly indexed: string;
  readonly isIterative: boolean;
}

/**
 * Opens a table that `createPgvectorStore` has made: columns `id`, `embedding` and `fields` (jsonb). Without an index every query is exact, by the server. Distances are measured anew from the
 * vectors. Several processes may write.
 *
 * Above 2000 dimensions an index holds half precision, above 4000 there is none.
 *
 * @param client one connection, not a pool; left open by `close` where `end` is not given
 * @throws missing-file, bad-format, store-failed
 */
export async function openPgvectorStore(
  client: PostgresClient,
  table: string,
  place: string,
  end: () => Promise<void> = async () => {},
): Promise<Store> {
  const failures = failuresOf(place);
  const own = await told(failures, async () => {
    const found = await commentOf(client, table);
    if (!found) throw nothingThere(place);
    const schema = parseSchema(found.comment, place);
    const { rows } = await client.query("SELECT extversion FROM pg_extension WHERE extname = 'vector'");
    const [major, minor] = (rows[0] as { extversion: string }).extversion.split(".").map(Number);
    const { dims } = schema;
    return {
      client,
      table: identifier(table),
      schema,
      indexed: dims > MOST_INDEXED && dims <= MOST_HALVED ? `(embedding::halfvec(${dims}))` : "embedding",
      isIterative: major! > 0 || minor! >= ITERATIVE,
    };
  });
  return pgvectorStore(own, failures, end);
}

function pgvectorStore(own: Postgres, failures: Failures, end: () => Promise<void>): Store {
  const { schema, client, table } = own;
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: a connection has one transaction.
  const alone = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(() => told(failures, work));
    last = next.catch(() => {});
    return next;
  };
  return {
    kind: "pgvector",
    schema,
    unitRows: false,
    batchRows: Math.max(1, Math.floor(WRITTEN / schema.dims)),
    tunings: TUNINGS,
    indexKinds: KINDS,
    index: () => alone(() => indexOf(own)),
    buildIndex: async (kind, options = {}) => {
      checkIndexKind(kind, KINDS);
      await alone(() => built(own, kind, options));
    },
    count: (filter) => alone(() => counted(own, filter)),
    async upsert(items) {
      checkItems(items, schema);
      await alone(() => upserted(own, items));
    },
    get: (ids) =>
      alone(async () => {
        const { rows } = await client.query(`SELECT * FROM ${table} WHERE id = ANY($1::text[])`, [[...ids]]);
        return inOrder(ids, itemsOfRows(rows as StoredRow[], schema.dims));
      }),
    async query(vectors, options) {
      checkQuery(vectors, options, schema, TUNINGS);
      return alone(() => queried(own, vectors, options));
    },
    async *scan({ filter, batchRows = 1000 } = {}) {
      if (filter) checkFilter(filter);
      for (let after: string | null = null; ; ) {
        const part = await alone(() => pageOf(own, filter, after, batchRows));
        if (part.ids.length > 0) yield part;
        if (part.ids.length < batchRows) return;
        after = part.ids.at(-1)!;
      }
    },
    remove: (ids) =>
      alone(async () => {
        const { rows } = await client.query(`DELETE FROM ${table} WHERE id = ANY($1::text[]) RETURNING id`, [
          [...ids],
        ]);
        return rows.length;
      }),
    async close() {
      await last;
      await told(failures, end);
    },
  };
}

async function counted({ client, table }: Postgres, filter: Filter | undefined): Promise<number> {
  if (filter) checkFilter(filter);
  const params: unknown[] = [];
  const where = filter ? ` WHERE ${filterSql(filter, params)}` : "";
  const { rows } = await client.query(`SELECT count(*)::float8 AS n FROM ${table}${where}`, params);
  return (rows[0] as { n: number }).n;
}

/** One statement, or several in a transaction. */
async function upserted({ client, table, schema }: Postgres, { ids, vectors, fields }: Items): Promise<void> {
  if (ids.length === 0) return;
  const text = `INSERT INTO ${table} (id, embedding, fields)
    SELECT id, v::vector, f::jsonb FROM unnest($1::text[], $2::text[], $3::text[]) AS given (id, v, f)
    ON CONFLICT (id) DO UPDATE SET embedding = excluded.embedding, fields = excluded.fields`;
  await inTransaction(client, async () => {
    for (const [start, end] of ranges(ids.length, Math.max(1, Math.floor(WRITTEN / schema.dims)))) {
      const rows = Array.from({ length: end - start }, (_, i) => start + i);
      await client.query(text, [
        ids.slice(start, end),
        rows.map((row) => vectorText(vectors, row)),
        rows.map((row) => JSON.stringify(fields?.[row] ?? {})),
      ]);
    }
  });
}

async function pageOf(
  { client, table, schema }: Postgres,
  filter: Filter | undefined,
  after: string | null,
  rows: number,
): Promise<Required<Items>> {
  const params: unknown[] = [rows, after];
  const where = filter ? `AND ${filterSql(filter, params)}` : "";
  const found = await client.query(
    `SELECT * FROM ${table} WHERE ($2::text IS NULL OR id > $2) ${where} ORDER BY id LIMIT $1`,
    params,
  );
  return itemsOfRows(found.rows as StoredRow[], schema.dims);
}

async function indexOf(own: Postgres): Promise<IndexState | null> {
  const [index] = await indexesOf(own);
  return index ? { kind: index.kind, rows: await counted(own, undefined) } : null;
}

async function indexesOf({
  client,
  table,
}: Postgres): Promise<readonly { readonly kind: string; readonly name: string }[]> {
  const { rows } = await client.query(
    `SELECT am.amname AS kind, i.indexrelid::regclass::text AS name
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
     WHERE i.indrelid = to_regclass($1) AND i.indisvalid AND am.amname = ANY($2::text[])`,
    [table, [...KINDS]],
  );
  return rows as { kind: string; name: string }[];
}

async function built(
  own: Postgres,
  kind: string,
  { links, effort, partitions, signal, onProgress }: BuildOptions,
): Promise<void> {
  const { client, table, schema, indexed } = own;
  const { dims, metric } = schema;
  if (dims > MOST_HALVED) {
    throw new IsometerError(
      "bad-option",
      `pgvector indexes at most ${MOST_HALVED} dimensions, the store has ${dims}`,
      {
        got: String(dims),
        needed: `at most ${MOST_HALVED}`,
        hint: "Reduce the vectors first, and make a store for those: isometer reduce --help.",
      },
    );
  }
  const rows = await counted(own, undefined);
  // As pgvector advises: a list for each thousand, the root beyond a million.
  const lists = partitions ?? Math.max(1, Math.round(rows <= 1e6 ? rows / 1000 : Math.sqrt(rows)));
  const numbers = kind === "hnsw" ? { m: links ?? 16, ef_construction: effort ?? 64 } : { lists };
  for (const [name, value] of Object.entries(numbers)) checkInteger(name, value, 1);
  throwIfAborted(signal);
  onProgress?.({ stage: "index", done: 0, total: rows });
  const type = indexed === "embedding" ? "vector" : "halfvec";
  const withs = Object.entries(numbers).map(([name, value]) => `${name} = ${value}`);
  await inTransaction(client, async () => {
    for (const { name } of await indexesOf(own)) await client.query(`DROP INDEX ${name}`);
    await client.query(
      `CREATE INDEX ON ${table} USING ${kind} (${indexed} ${type}_${CLASSES[metric]}) WITH (${withs.join(", ")})`,
    );
  });
  onProgress?.({ stage: "index", done: rows, total: rows });
}

async function queried(own: Postgres, vectors: Matrix, options: QueryOptions): Promise<readonly Hit[][]> {
  const { nNeighbors, exact = false, filter } = options;
  if (filter) checkFilter(filter);
  const kind = exact ? null : ((await indexesOf(own))[0]?.kind ?? null);
  const ofAll = (some: Matrix) =>
    answered(own, some, options, { enable_indexscan: "off" }, nNeighbors + SPARE);
  if (kind === null) return ofAll(vectors);
  const found = await answered(own, vectors, options, tuned(own, kind, options), nNeighbors);
  return completed(found, vectors, nNeighbors, ofAll);
}

/** Settings of a transaction, for an index of this kind. */
function tuned(
  { isIterative }: Postgres,
  kind: string,
  { nNeighbors, tuning }: QueryOptions,
): Record<string, string> {
  const set = settings(TUNINGS, tuning);
  const ef = Math.min(MOST_EF, Math.max(nNeighbors, set["hnsw.ef_search"]!));
  return {
    ...(kind === "hnsw"
      ? { "hnsw.ef_search": String(ef) }
      : { "ivfflat.probes": String(set["ivfflat.probes"]) }),
    ...(isIterative
      ? { [`${kind}.iterative_scan`]: kind === "hnsw" ? "strict_order" : "relaxed_order" }
      : {}),
  };
}

/** Asks for candidates, some queries a statement, and measures them. */
function answered(
  { client, table, schema, indexed }: Postgres,
  vectors: Matrix,
  options: QueryOptions,
  set: Readonly<Record<string, string>>,
  candidates: number,
): Promise<Hit[][]> {
  const { dims, metric } = schema;
  const params: unknown[] = [null, candidates];
  const where = options.filter ? `WHERE ${filterSql(options.filter, params)}` : "";
  const type = indexed === "embedding" ? "vector" : "halfvec";
  // Materialised, or every text is read anew for every row.
  const text = `WITH q AS MATERIALIZED (
      SELECT n::float8 AS n, v::${type}(${dims}) AS v FROM unnest($1::text[]) WITH ORDINALITY AS given (v, n))
    SELECT q.n, found.* FROM q CROSS JOIN LATERAL (SELECT id, embedding, fields FROM ${table} ${where}
      ORDER BY ${indexed} ${OPERATORS[metric]} q.v LIMIT $2) AS found`;
  const names = Object.keys(set).map((name) => `set_config('${name}', '${set[name]}', true)`);
  return inTurns(vectors.rows, TOGETHER, 1, options, async (start, end) => {
    const asked = Array.from({ length: end - start }, (_, i) => start + i);
    const rows = await inTransaction(client, async () => {
      await client.query(`SELECT ${names.join(", ")}`);
      const found = await client.query(text, [
        asked.map((row) => vectorText(vectors, row)),
        ...params.slice(1),
      ]);
      return found.rows as readonly (StoredRow & { readonly n: number })[];
    });
    const found: StoredRow[][] = asked.map(() => []);
    for (const row of rows) found[row.n - 1]!.push(row);
    return found.map((own, i) => {
      const query = vectors.data.subarray((start + i) * dims, (start + i + 1) * dims);
      return nearestOf(query, itemsOfRows(own, dims), options.nNeighbors, metric);
    });
  });
}
