import { IsometerError, type RowBlock, type RowRange, type Warning } from "../base/index.ts";
import { checkCols, checkRange, shown } from "./array-checks.ts";
import { type ColumnInfo, chooseVector, columnIndex, type VectorPlan } from "./columns.ts";
import { closeOnError } from "./node-bytes.ts";
import { columnsChunk, emptyCell, listChunk } from "./node-chunks.ts";
import { chunks, type FileDatabase } from "./node-duckdb.ts";
import type { Format, OpenOptions, Source } from "./source.ts";

/** One column to read, and what its values become. */
export interface ColumnRead {
  readonly column: number;
  readonly as: "number" | "list" | "text";
}

/** A table file as DuckDB sees it: what `tableSource` needs to know of a format. */
export interface TableScan {
  readonly path: string;
  readonly where: string;
  readonly format: Format;
  readonly database: FileDatabase;
  readonly rows: number;
  readonly columns: readonly ColumnInfo[];
  readonly warnings: readonly Warning[];
  /** Does a plan lose digits? Its stored types in words, or undefined. */
  readonly narrowed: (columns: readonly ColumnInfo[]) => string | undefined;
  /** The SQL that reads some columns of a range of rows in file order; `$1` is the file. */
  readonly select: (reads: readonly ColumnRead[], range: RowRange | undefined) => string;
  /** A DuckDB failure in our words. */
  readonly explain: (error: unknown, reads: readonly ColumnRead[]) => Promise<IsometerError>;
}

/** A table, and which of its columns are the vectors. */
export interface TableSource extends Source {
  /** Names of the columns that make up a vector, in order; one name for a column of lists. */
  readonly vector: readonly string[];
}

/** `tableSource` that closes the database when it fails. */
export function openScan(scan: TableScan, options: OpenOptions): Promise<TableSource> {
  return closeOnError(scan.database, () => tableSource(scan, options));
}

/** A scanned table as a source of rows. Closing it closes the database. @throws as `chooseVector`, empty-input */
async function tableSource(scan: TableScan, options: OpenOptions): Promise<TableSource> {
  const { where, columns, rows } = scan;
  checkNotEmpty(where, rows, columns);
  const plan = chooseVector(where, columns, options);
  const reads = readsOf(plan);
  const names = reads.map((read) => columns[read.column]!.name);
  const cols = plan.kind === "columns" ? plan.columns.length : await listLength(scan, reads);
  checkCols(where, [rows, cols], cols);
  const used = reads.map((read) => columns[read.column]!);
  const loss = scan.narrowed(used);
  const { id } = options;
  return {
    path: scan.path,
    format: scan.format,
    dtype: commonType(used),
    shape: [rows, cols],
    rows,
    cols,
    columns: columns.map((c) => c.name),
    vector: names,
    warnings: [...scan.warnings, ...(loss === undefined ? [] : [narrowedWarning(where, loss)])],
    ...(id === undefined ? {} : { ids: () => textColumn(scan, columnIndex(where, columns, id)) }),
    column: async (name) => textColumn(scan, columnIndex(where, columns, name)),
    blocks: (range = { start: 0, end: rows }) => {
      checkRange(where, range, rows);
      return tableBlocks(scan, { reads, names, cols, range });
    },
    close: () => scan.database.close(),
  };
}

/** @throws empty-input when a table has no columns or no rows. */
export function checkNotEmpty(where: string, rows: number, columns: readonly { name: string }[]): void {
  if (rows > 0 && columns.length > 0) return;
  const what = columns.length > 0 ? "column names but no rows" : "no rows";
  throw new IsometerError("empty-input", `${where} holds ${what}`, {
    needed: "at least one row",
    hint: "Check the program that wrote it.",
  });
}

/** The stored type of the columns used: one name, or all that occur. */
export function commonType(used: readonly ColumnInfo[]): string {
  return [...new Set(used.map((c) => c.dtype))].join(", ");
}

/** The warning that values lose digits. `loss` says which. */
export function narrowedWarning(where: string, loss: string): Warning {
  return { code: "narrowed", message: `${where} is read as float32: ${loss}` };
}

function readsOf(plan: VectorPlan): ColumnRead[] {
  if (plan.kind === "list") return [{ column: plan.column, as: "list" }];
  return plan.columns.map((column) => ({ column, as: "number" }));
}

async function* tableBlocks(
  scan: TableScan,
  plan: { reads: ColumnRead[]; names: string[]; cols: number; range: RowRange },
): AsyncGenerator<RowBlock> {
  const { reads, names, cols, range } = plan;
  if (range.start === range.end) return;
  const convert = reads[0]!.as === "list" ? listChunk : columnsChunk;
  const whole = range.start === 0 && range.end === scan.rows;
  const sql = scan.select(reads, whole ? undefined : range);
  let start = range.start;
  try {
    for await (const chunk of chunks(scan.database, sql, [scan.database.pattern])) {
      const data = convert(chunk, { where: scan.where, names, start, cols });
      yield { start, matrix: { data, rows: chunk.rowCount, cols } };
      start += chunk.rowCount;
    }
    if (start < range.end) throw endedEarly(range.end - range.start, start - range.start);
  } catch (error) {
    throw error instanceof IsometerError ? error : await scan.explain(error, reads);
  }
}

/** DuckDB ends a stream without a word where it fails in its midst: `explain` then looks for the reason. */
function endedEarly(needed: number, got: number): Error {
  return new Error(`${needed} rows were announced, ${got} came`);
}

/** The length of the first vector. */
async function listLength(scan: TableScan, reads: ColumnRead[]): Promise<number> {
  const name = scan.columns[reads[0]!.column]!.name;
  const sql = scan.select(reads, { start: 0, end: 1 });
  try {
    for await (const chunk of chunks(scan.database, sql, [scan.database.pattern])) {
      const value = chunk.getColumnVector(0).getItem(0) as { items: readonly unknown[] } | null;
      if (value === null) throw emptyCell(scan, 0, name);
      if (value.items.length > 0) return value.items.length;
    }
  } catch (error) {
    throw error instanceof IsometerError ? error : await scan.explain(error, reads);
  }
  throw new IsometerError("bad-value", `${scan.where}: the vector of row 0 in "${shown(name)}" is empty`, {
    needed: "vectors of one length",
    hint: "Repair or remove that row, or choose another column with --vector.",
  });
}

/** The values of a column as text; no value is "". */
export async function textColumn(scan: TableScan, column: number): Promise<string[]> {
  const reads: ColumnRead[] = [{ column, as: "text" }];
  const values: string[] = [];
  try {
    for await (const chunk of chunks(scan.database, scan.select(reads, undefined), [scan.database.pattern])) {
      for (const value of chunk.getColumnValues(0)) values.push(value === null ? "" : String(value));
    }
    if (values.length < scan.rows) throw endedEarly(scan.rows, values.length);
  } catch (error) {
    throw error instanceof IsometerError ? error : await scan.explain(error, reads);
  }
  return values;
}

/** `LIMIT` and `OFFSET` of a range. The numbers are ours, checked integers. */
export function limitOf(range: RowRange | undefined): string {
  return range === undefined ? "" : ` LIMIT ${range.end - range.start} OFFSET ${range.start}`;
}
