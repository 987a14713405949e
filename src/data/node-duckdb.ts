import type { DuckDBConnection, DuckDBDataChunk, DuckDBInstance, DuckDBValue } from "@duckdb/node-api";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";

/** A DuckDB in memory that can read one file and nothing else. */
export interface FileDatabase {
  /** The path to hand to a table function: characters that DuckDB would expand are escaped. */
  readonly pattern: string;
  readonly instance: DuckDBInstance;
  close(): Promise<void>;
}

/**
 * Starts a database that may touch only `path` (and `also`): no network, no other file, no extension, and no
 * way back, so that neither a file's content nor its name can reach anything else.
 */
export async function openFileDatabase(
  path: string,
  also: { readonly paths?: readonly string[]; readonly database?: string } = {},
): Promise<FileDatabase> {
  const { DuckDBInstance: Instance } = await import("@duckdb/node-api");
  const instance = await Instance.create(also.database ?? ":memory:");
  const pattern = globSafe(path);
  const connection = await instance.connect();
  try {
    const allowed = [path, pattern, ...(also.paths ?? [])].map(literal).join(", ");
    await connection.run(`SET allowed_paths = [${allowed}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET preserve_insertion_order = true");
    await connection.run("SET lock_configuration = true");
  } catch (error) {
    instance.closeSync();
    throw error;
  } finally {
    connection.closeSync();
  }
  return { pattern, instance, close: async () => instance.closeSync() };
}

/** Runs `use` on a connection of its own, so that several readers never disturb each other. */
export async function withConnection<T>(
  database: FileDatabase,
  use: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const connection = await database.instance.connect();
  try {
    return await use(connection);
  } finally {
    connection.closeSync();
  }
}

/** The result of a query in pieces, in order. */
export async function* chunks(
  database: FileDatabase,
  sql: string,
  values: DuckDBValue[],
): AsyncGenerator<DuckDBDataChunk> {
  const connection = await database.instance.connect();
  try {
    const result = await connection.stream(sql, values);
    for (let chunk = await result.fetchChunk(); chunk?.rowCount; chunk = await result.fetchChunk())
      yield chunk;
  } finally {
    connection.closeSync();
  }
}

/** All rows of a small result. */
export async function query(
  database: FileDatabase,
  sql: string,
  values: DuckDBValue[],
): Promise<DuckDBValue[][]> {
  return withConnection(database, async (connection) =>
    (await connection.runAndReadAll(sql, values)).getRows(),
  );
}

/** `name` as an SQL identifier. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `text` as an SQL string, for the few places that take no bound value. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The first line of a DuckDB message, without its class ("Invalid Input Error: "). */
export function essence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const line = message.split("\n")[0]!.replace(/^[A-Za-z ]+(?:Error|Exception): /, "");
  return shown(line.trim());
}

/** A failure inside DuckDB for which we have no better words. */
export function tableError(where: string, format: string, error: unknown): IsometerError {
  if (error instanceof IsometerError) return error;
  return new IsometerError("bad-format", `${where} cannot be read as ${format}: ${essence(error)}`, {
    hint: "The file may be damaged or of another format; write it again, or give it its right extension.",
    cause: error,
  });
}

/** `*`, `?` and `[` stand for themselves: a file named `a*b.csv` is one file. */
function globSafe(path: string): string {
  return path.replace(/[*?[]/g, (c) => `[${c}]`);
}
