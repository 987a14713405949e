import type { DuckDBType } from "@duckdb/node-api";
import type { RowRange } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { ColumnInfo } from "./columns.ts";
import { closeOnError, openFile } from "./node-bytes.ts";
import {
  type FileDatabase,
  identifier,
  openFileDatabase,
  tableError,
  withConnection,
} from "./node-duckdb.ts";
import { type ColumnRead, limitOf, openScan, type TableScan, type TableSource } from "./node-tables.ts";
import type { OpenOptions } from "./source.ts";

/** Types that DuckDB hands out as typed arrays of plain numbers; other numbers are cast to DOUBLE. */
const PLAIN = /^(FLOAT|DOUBLE|U?TINYINT|U?SMALLINT|U?INTEGER)$/;
const NUMBERS = /^(FLOAT|DOUBLE|U?TINYINT|U?SMALLINT|U?INTEGER|U?BIGINT|U?HUGEINT|DECIMAL\(.*\))$/;
/** Stored with more digits than float32 keeps. */
const WIDE = /^(DOUBLE|U?INTEGER|U?BIGINT|U?HUGEINT|DECIMAL\(.*\))$/;

interface ParquetFile {
  readonly columns: readonly ColumnInfo[];
  readonly types: readonly string[];
}

/**
 * Opens a Parquet file: vectors are a list column or one number column per dimension.
 *
 * @throws missing-file, not-a-file, empty-input, bad-format, ambiguous-column, unknown-column;
 *   while reading also bad-value (NULL, unequal lists, beyond float32)
 */
export async function openParquet(path: string, options: OpenOptions = {}): Promise<TableSource> {
  return openScan(await scanParquet(path), options);
}

/** A Parquet file, before it is decided which columns are vectors. */
export async function scanParquet(path: string): Promise<TableScan> {
  const { handle, where } = await openFile(path);
  await handle.close();
  const database = await openFileDatabase(path);
  const explain = async (error: unknown) => tableError(where, "Parquet", error);
  return closeOnError(database, async () => {
    const { file, rows } = await readSchema(database).catch((error: unknown) => {
      throw tableError(where, "Parquet", error);
    });
    return {
      path,
      where,
      format: "parquet",
      database,
      rows,
      columns: file.columns,
      warnings: [],
      narrowed: lostDigits,
      select: (reads, range) => selectSql(file, reads, range),
      explain,
    };
  });
}

async function readSchema(database: FileDatabase): Promise<{ file: ParquetFile; rows: number }> {
  return withConnection(database, async (connection) => {
    const result = await connection.run(`SELECT * FROM ${SCAN} LIMIT 0`, [database.pattern]);
    const types = result.columnTypes();
    const columns = result.columnNames().map((name, i) => parquetColumn(name, types[i]!));
    const counted = await connection.runAndReadAll(`SELECT count(*) FROM ${SCAN}`, [database.pattern]);
    return { file: { columns, types: types.map(elementType) }, rows: Number(counted.getRows()[0]![0]) };
  });
}

const SCAN = "read_parquet($1, hive_partitioning = false)";
const NUMBERED_SCAN = "read_parquet($1, hive_partitioning = false, file_row_number = true)";

function selectSql(file: ParquetFile, reads: readonly ColumnRead[], range: RowRange | undefined): string {
  const wanted = reads.map((read) => expression(file, read)).join(", ");
  if (range === undefined) return `SELECT ${wanted} FROM ${SCAN}`;
  // A filter on the row number lets DuckDB skip whole row groups; LIMIT stops it early.
  if (file.columns.some((c) => /^file_row_number$/i.test(c.name))) {
    return `SELECT ${wanted} FROM ${SCAN}${limitOf(range)}`;
  }
  return `SELECT ${wanted} FROM ${NUMBERED_SCAN} WHERE file_row_number >= ${range.start}
    AND file_row_number < ${range.end} LIMIT ${range.end - range.start}`;
}

function expression(file: ParquetFile, { column, as }: ColumnRead): string {
  const name = identifier(file.columns[column]!.name);
  if (as === "text") return `CAST(${name} AS VARCHAR)`;
  if (PLAIN.test(file.types[column]!)) return name;
  return `CAST(${name} AS DOUBLE${as === "list" ? "[]" : ""})`;
}

function parquetColumn(name: string, type: DuckDBType): ColumnInfo {
  const dtype = shown(String(type).toLowerCase());
  const element = elementType(type);
  if (element === String(type))
    return { name, kind: NUMBERS.test(element) ? "number" : textKind(element), dtype };
  return { name, kind: NUMBERS.test(element) ? "list" : "other", dtype };
}

function textKind(type: string): "text" | "other" {
  return /^(VARCHAR|ENUM.*)$/.test(type) ? "text" : "other";
}

/** "FLOAT" of FLOAT[] and FLOAT[3]; the type itself where it is no list. */
function elementType(type: DuckDBType): string {
  return String("valueType" in type && !String(type).startsWith("MAP") ? type.valueType : type);
}

function lostDigits(used: readonly ColumnInfo[]): string | undefined {
  const wide = used.find((c) => WIDE.test(c.dtype.toUpperCase().replace(/\[\d*\]$/, "")));
  if (wide === undefined) return undefined;
  return /int/.test(wide.dtype)
    ? `stored as ${wide.dtype}, whole numbers beyond 16,777,216 are rounded to 7 digits`
    : `stored as ${wide.dtype}, about 7 significant digits are kept`;
}
