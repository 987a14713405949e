import { randomUUID } from "node:crypto";
import { rename, rm, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { DuckDBConnection, DuckDBDataChunk, DuckDBType } from "@duckdb/node-api";
import { IsometerError, type Matrix, type Rows } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { essence, identifier, literal, openFileDatabase } from "./node-duckdb.ts";
import { checkedBlocks } from "./node-write.ts";

/** Columns to keep beside the vectors: one value per row. Numbers that are not finite are left empty (null). */
export type ExtraColumns = Readonly<Record<string, readonly string[] | ArrayLike<number>>>;

/** How to write a table. */
export interface TableOptions {
  /** Columns beside the vectors, before them in the file: ids, labels. */
  readonly columns?: ExtraColumns;
  readonly signal?: AbortSignal;
}

type TableFormat = "csv" | "tsv" | "parquet" | "jsonl";

/** Rows of one DuckDB chunk. */
const CHUNK = 2048;
/** Larger tables are staged in a temporary database file, not in memory. */
const IN_MEMORY_BYTES = 2 ** 30;
/** DuckDB's longest fixed-size list. */
const MAX_ARRAY = 100_000;

/** Writes delimited text with a header: extra columns, then one column per dimension, x0, x1 ... Rows of no columns leave the extra ones alone. @throws bad-option, truncated */
export function writeCsv(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  return writeTable(path, rows, options, /\.tsv$/i.test(path) ? "tsv" : "csv");
}

/** Writes Parquet: extra columns, then the list column "vector" (FLOAT), row groups of 8,192. @throws bad-option, truncated */
export function writeParquet(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  return writeTable(path, rows, options, "parquet");
}

/** Writes one JSON object per line: extra columns, then "vector". NaN is written as NaN. @throws bad-option, truncated */
export function writeJsonl(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  return writeTable(path, rows, options, "jsonl");
}

/** @throws bad-option unless every extra column has one value per row and a name that is free. */
export function checkExtra(columns: ExtraColumns, rows: number, taken: (name: string) => boolean): void {
  for (const [name, values] of Object.entries(columns)) {
    if (name === "" || taken(name)) {
      throw new IsometerError("bad-option", `a column cannot be named "${shown(name)}" here`, {
        hint: "Choose another name: the vectors use this one.",
      });
    }
    if (values.length !== rows) {
      throw new IsometerError(
        "bad-option",
        `column "${shown(name)}" has ${values.length} values for ${rows} rows`,
        { needed: `${rows} values`, got: `${values.length} values`, hint: "Give one value per row." },
      );
    }
  }
}

/** Is a column of numbers (and not of text)? */
export function isNumeric(values: readonly string[] | ArrayLike<number>): values is ArrayLike<number> {
  return !Array.isArray(values) || typeof values[0] === "number";
}

async function writeTable(
  path: string,
  rows: Rows,
  options: TableOptions,
  format: TableFormat,
): Promise<void> {
  const columns = options.columns ?? {};
  const wide = format === "csv" || format === "tsv";
  checkExtra(columns, rows.rows, (name) => (wide ? /^x\d+$/i.test(name) : /^vector$/i.test(name)));
  if (!wide && rows.cols > MAX_ARRAY) {
    throw new IsometerError("too-large", `rows of ${rows.cols} values cannot be written as ${format}`, {
      needed: `at most ${MAX_ARRAY} values per row`,
      hint: "Write .npy instead.",
    });
  }
  const temporary = `${path}.${randomUUID()}.tmp`;
  const staged = rows.rows * rows.cols * 4 > IN_MEMORY_BYTES ? `${temporary}.duckdb` : undefined;
  await checkFolder(path);
  try {
    await copyTable(temporary, staged, rows, { columns, wide, format, signal: options.signal });
    await rename(temporary, path);
  } catch (error) {
    if (error instanceof IsometerError) throw error;
    throw new IsometerError("bad-option", `${shown(path)} cannot be written: ${essence(error)}`, {
      hint: "Check the name, permissions and free space.",
      cause: error,
    });
  } finally {
    for (const file of [temporary, staged, staged && `${staged}.wal`]) {
      if (file !== undefined) await rm(file, { force: true });
    }
  }
}

interface Plan {
  readonly columns: ExtraColumns;
  /** One column per dimension instead of a list. */
  readonly wide: boolean;
  readonly format: TableFormat;
  readonly signal: AbortSignal | undefined;
}

async function copyTable(target: string, staged: string | undefined, rows: Rows, plan: Plan): Promise<void> {
  const paths = staged === undefined ? [] : [staged, `${staged}.wal`];
  const database = await openFileDatabase(target, { paths, ...(staged && { database: staged }) });
  try {
    const connection = await database.instance.connect();
    const { names, types, sql } = await layout(rows.cols, plan);
    const defined = names.map((name, i) => `${identifier(name)} ${sql[i]}`).join(", ");
    await connection.run(`CREATE TABLE staged (${defined})`);
    await fill(connection, rows, types, plan);
    await connection.run(copySql(target, names, plan));
    connection.closeSync();
  } finally {
    await database.close();
  }
}

/** Names and types of the staged table: e0, e1 ... for extra columns, whose names may differ only in case. */
async function layout(
  cols: number,
  { columns, wide }: Plan,
): Promise<{ names: string[]; types: DuckDBType[]; sql: string[] }> {
  const { ARRAY, DOUBLE, FLOAT, VARCHAR } = await import("@duckdb/node-api");
  const extra = Object.values(columns).map((values) => (isNumeric(values) ? DOUBLE : VARCHAR));
  const list = cols === 0 ? [] : [ARRAY(FLOAT, cols)];
  const vector = wide ? Array.from({ length: cols }, () => FLOAT) : list;
  const types: DuckDBType[] = [...extra, ...vector];
  const names = types.map((_, i) => (i < extra.length ? `e${i}` : wide ? `x${i - extra.length}` : "vector"));
  return { names, types, sql: types.map(String) };
}

function copySql(target: string, names: readonly string[], { columns, format }: Plan): string {
  const extra = Object.entries(columns).map(([name, values], i) => {
    const number = isWhole(values) ? `CAST(e${i} AS BIGINT)` : `CASE WHEN isfinite(e${i}) THEN e${i} END`;
    return `${isNumeric(values) ? number : `e${i}`} AS ${identifier(name)}`;
  });
  const vector = names.slice(extra.length).map((name) => {
    if (format === "parquet") return "CAST(vector AS FLOAT[]) AS vector";
    if (format !== "jsonl") return identifier(name);
    // The shortest digits that give the float back; as JSON it would print the digits of a double.
    const text = "array_to_string(CAST(CAST(vector AS FLOAT[]) AS VARCHAR[]), ',')";
    const json = `replace(replace(${text}, 'nan', 'NaN'), 'inf', 'Infinity')`;
    return `CAST('[' || ${json} || ']' AS JSON) AS vector`;
  });
  const how = {
    csv: "FORMAT csv, HEADER",
    tsv: "FORMAT csv, HEADER, DELIMITER '\t'",
    parquet: "FORMAT parquet, ROW_GROUP_SIZE 8192, COMPRESSION zstd",
    jsonl: "FORMAT json",
  }[format];
  return `COPY (SELECT ${[...extra, ...vector].join(", ")} FROM staged) TO ${literal(target)} (${how})`;
}

/** Is a column one of whole numbers? A typed array of floats is not, whatever is in it: its type must not hang on its values. */
export function isWhole(values: ArrayLike<unknown>): boolean {
  if (values instanceof Float64Array || values instanceof Float32Array) return false;
  for (let i = 0; i < values.length; i++) if (!Number.isSafeInteger(values[i])) return false;
  return true;
}

async function fill(
  connection: DuckDBConnection,
  rows: Rows,
  types: readonly DuckDBType[],
  { columns, wide, signal }: Plan,
): Promise<void> {
  const { DuckDBDataChunk: Chunk } = await import("@duckdb/node-api");
  const appender = await connection.createAppender("staged");
  const extra = Object.values(columns);
  let first = 0;
  for await (const matrix of checkedBlocks(rows, signal)) {
    for (let start = 0; start < matrix.rows; start += CHUNK) {
      const count = Math.min(CHUNK, matrix.rows - start);
      const chunk = Chunk.create(types, count);
      for (const [c, values] of extra.entries()) {
        const part = Array.from({ length: count }, (_, i) => values[first + start + i]!);
        chunk.setColumnValues(c, part);
      }
      if (matrix.cols > 0) fillVectors(chunk, extra.length, matrix, { start, count, wide });
      appender.appendDataChunk(chunk);
    }
    first += matrix.rows;
  }
  appender.closeSync();
}

/** The memory behind DuckDB's vectors, written directly. */
interface RawFloats {
  readonly items: Float32Array;
}

function fillVectors(
  chunk: DuckDBDataChunk,
  column: number,
  { data, cols }: Matrix,
  { start, count, wide }: { start: number; count: number; wide: boolean },
): void {
  if (!wide) {
    const vector = chunk.getColumnVector(column);
    const { childData } = vector as unknown as { childData: RawFloats };
    childData.items.set(data.subarray(start * cols, (start + count) * cols));
    vector.flush();
    return;
  }
  for (let c = 0; c < cols; c++) {
    const vector = chunk.getColumnVector(column + c);
    const { items } = vector as unknown as RawFloats;
    for (let i = 0; i < count; i++) items[i] = data[(start + i) * cols + c]!;
    vector.flush();
  }
}

/** @throws bad-option when `path` cannot be a new file: gzip asked for, no folder, or a folder of that name. */
async function checkFolder(path: string): Promise<void> {
  const kind = async (place: string) => stat(place).catch(() => undefined);
  const refuse = (why: string, hint: string) =>
    new IsometerError("bad-option", `${shown(path)} cannot be written: ${why}`, { hint });
  if (/\.gz$/i.test(path)) throw refuse("compressed output is not written", "Leave .gz off the name.");
  if ((await kind(path))?.isDirectory()) throw refuse("it is a folder", "Name a file.");
  if (!(await kind(dirname(path)))?.isDirectory()) {
    throw refuse("its folder does not exist", "Create the folder first.");
  }
}
