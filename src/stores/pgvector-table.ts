import { checkInteger, IsometerError } from "../base/index.ts";
import { checkSchema } from "./items.ts";
import { alreadyThere, type Failures, loadPeer, schemaText, told } from "./peer.ts";
import { identifier } from "./pgvector-sql.ts";
import type { StoreSchema } from "./store.ts";

/** One connection to a Postgres: a client of `pg`, or PGlite. */
export interface PostgresClient {
  query(text: string, params?: unknown[]): Promise<{ readonly rows: readonly unknown[] }>;
}

/** The most that a column of pgvector holds. */
const MOST_DIMS = 16_000;
const CONNECT_MS = 10_000;

export const failuresOf = (place: string): Failures => ({
  place,
  full: /53100|No space left|disk full/i,
  gone: /ECONN|ENOTFOUND|EHOSTUNREACH|ETIMEDOUT|terminated|not queryable|timeout|57P0\d|08\d{3}|42P01|closed/i,
  check: "Check that the server runs and that the table is there.",
});

/** Connects to the server of an address, without its table. @throws store-failed */
export async function connectPostgres(
  connectionString: string,
  place: string,
): Promise<{ readonly client: PostgresClient; close(): Promise<void> }> {
  const { default: pg } = await loadPeer("pg", () => import("pg"));
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_MS });
  // A connection that is lost between two queries: the next query says so.
  client.on("error", () => {});
  await told(failuresOf(place), () => client.connect());
  return { client, close: () => client.end() };
}

/** Makes a table for a store, with its schema as the comment of the table. @throws file-exists, bad-option, store-failed */
export async function createPgvectorStore(
  client: PostgresClient,
  table: string,
  schema: StoreSchema,
  place: string,
): Promise<void> {
  checkSchema(schema);
  checkInteger("dims", schema.dims, 1, MOST_DIMS);
  await told(failuresOf(place), async () => {
    await checkExtension(client, place);
    if (await commentOf(client, table)) throw alreadyThere(place);
    await inTransaction(client, async () => {
      await client.query("CREATE EXTENSION IF NOT EXISTS vector");
      await client.query(
        `CREATE TABLE ${identifier(table)} (id text PRIMARY KEY, embedding vector(${schema.dims}) NOT NULL, fields jsonb NOT NULL)`,
      );
      const { rows } = await client.query(
        "SELECT format('COMMENT ON TABLE %I IS %L', $1::text, $2::text) AS text",
        [table, schemaText(schema)],
      );
      await client.query((rows[0] as { text: string }).text);
    });
  });
}

async function checkExtension(client: PostgresClient, place: string): Promise<void> {
  const { rows } = await client.query("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'");
  if (rows.length > 0) return;
  throw new IsometerError("store-failed", `${place}: this Postgres has no pgvector`, {
    needed: "the extension vector",
    hint: "Install pgvector on the server, for instance the package postgresql-VERSION-pgvector.",
  });
}

/** The comment of a table, "" where it has none; null where there is no table. */
export async function commentOf(
  client: PostgresClient,
  table: string,
): Promise<{ readonly comment: string } | null> {
  const { rows } = await client.query(
    "SELECT coalesce(obj_description(oid, 'pg_class'), '') AS comment FROM pg_class WHERE oid = to_regclass($1)",
    [identifier(table)],
  );
  return (rows[0] as { comment: string } | undefined) ?? null;
}

export async function inTransaction<T>(client: PostgresClient, work: () => Promise<T>): Promise<T> {
  await client.query("BEGIN");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}
