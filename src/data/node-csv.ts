import { IsometerError, type RowRange } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { ColumnInfo } from "./columns.ts";
import { blankLine, type CsvHead, hasLongNumbers, raggedLine, readCsvHead } from "./csv-head.ts";
import { closeOnError } from "./node-bytes.ts";
import {
  essence,
  type FileDatabase,
  literal,
  openFileDatabase,
  query,
  tableError,
  withConnection,
} from "./node-duckdb.ts";
import { type ColumnRead, limitOf, openScan, type TableScan, type TableSource } from "./node-tables.ts";
import { scanText, type TextScan } from "./node-text.ts";
import type { OpenOptions } from "./source.ts";

interface CsvFile {
  readonly format: "csv" | "tsv";
  readonly text: TextScan;
  readonly head: CsvHead;
  readonly database: FileDatabase;
}

/**
 * Opens delimited text, gzip too. `.tsv` is tab-separated; otherwise the first line tells comma, tab, semicolon,
 * bar or space. Columns are numbers, lists ("[0.1, 0.2]") or text by what they hold; nothing is skipped or filled in:
 * a line that does not fit is an error with its number.
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, ambiguous-column, unknown-column
 */
export async function openCsv(path: string, options: OpenOptions = {}): Promise<TableSource> {
  return openScan(await scanCsv(path), options);
}

/** A delimited file, before it is decided which columns are vectors. */
export async function scanCsv(path: string): Promise<TableScan> {
  const tabs = /\.tsv(\.gz)?$/i.test(path);
  const text = await scanText(path);
  const head = readCsvHead(text.where, text.head, text.complete, tabs ? "\t" : undefined);
  if (text.blankLine > 0) throw blankLine(text.where, text.blankLine);
  const format = head.delimiter === "\t" ? "tsv" : "csv";
  const database = await openFileDatabase(path);
  return closeOnError(database, async () => {
    const { rows, columns } = await countRows({ format, text, head, database });
    const file: CsvFile = { format, text, head: { ...head, columns }, database };
    return {
      path,
      where: text.where,
      format,
      database,
      rows,
      columns,
      warnings: head.warnings,
      narrowed: () => (hasLongNumbers(text.head) ? "about 7 significant digits are kept" : undefined),
      select: (reads, range) => selectSql(file, reads, range),
      explain: (error, reads) => explainCsv(file, error, reads),
    };
  });
}

function selectSql(file: CsvFile, reads: readonly ColumnRead[], range: RowRange | undefined): string {
  const names = reads.map(({ column }) => `c${column}`).join(", ");
  return `SELECT ${names} FROM ${readCsv(file, reads, false)}${limitOf(range)}`;
}

/** DuckDB's reader with everything decided by us. Columns are called c0, c1 ...: no name from the file enters SQL. */
function readCsv(file: CsvFile, reads: readonly ColumnRead[], rejects: boolean): string {
  const { head, text } = file;
  const types = head.columns.map(() => "VARCHAR");
  for (const { column, as } of reads) {
    if (as !== "text") types[column] = as === "list" ? "DOUBLE[]" : "DOUBLE";
  }
  const columns = types.map((type, i) => `c${i}: '${type}'`).join(", ");
  const longLines = head.longest > 200_000 ? `, max_line_size = ${head.longest * 8}` : "";
  const strict = rejects ? "store_rejects = true, rejects_limit = 100" : "ignore_errors = false";
  return `read_csv($1, auto_detect = false, columns = {${columns}}, header = ${head.header},
    delim = ${literal(head.delimiter)}, quote = '"', escape = '"', strict_mode = true, null_padding = false,
    hive_partitioning = false, compression = ${text.gzip ? "'gzip'" : "'none'"}, ${strict}${longLines})`;
}

/** Counts the rows, and looks through all of them for numbers in columns whose first cells are empty. */
async function countRows(file: CsvFile): Promise<{ rows: number; columns: readonly ColumnInfo[] }> {
  const { head, database } = file;
  const seen = head.unseen.flatMap((i) => [`count(TRY_CAST(c${i} AS DOUBLE))`, `count(c${i})`]);
  const sql = `SELECT ${["count(*)", ...seen].join(", ")} FROM ${readCsv(file, [], false)}`;
  try {
    const counts = (await query(database, sql, [database.pattern]))[0]!.map(Number);
    const columns = head.columns.map((column, i): ColumnInfo => {
      const at = head.unseen.indexOf(i);
      if (at < 0) return column;
      const [numbers, values] = [counts[1 + 2 * at]!, counts[2 + 2 * at]!];
      if (numbers > values / 2) return { ...column, kind: "number", dtype: "decimal" };
      return values > 0 ? { ...column, dtype: "text" } : column;
    });
    return { rows: counts[0]!, columns };
  } catch (error) {
    throw await explainCsv(file, error, []);
  }
}

/** Finds the first line that does not fit by reading again with DuckDB's table of rejected lines. */
async function explainCsv(
  file: CsvFile,
  error: unknown,
  reads: readonly ColumnRead[],
): Promise<IsometerError> {
  const { where } = file.text;
  if (/utf-8/i.test(String(error))) {
    return new IsometerError("bad-format", `${where} is not UTF-8 text: ${essence(error)}`, {
      hint: "Save it as UTF-8.",
      cause: error,
    });
  }
  if (/invalid state/i.test(String(error))) {
    return new IsometerError("bad-format", `${where} mixes line ends or has stray quotes`, {
      hint: 'Save it with one kind of line end; inside a quoted cell a quote is written "".',
      cause: error,
    });
  }
  const rejected = await firstReject(file, reads).catch(() => undefined);
  if (rejected === undefined) return tableError(where, file.format.toUpperCase(), error);
  return rejectError(file, rejected, error);
}

interface Reject {
  readonly line: number;
  readonly column: number;
  readonly kind: string;
  readonly message: string;
}

async function firstReject(file: CsvFile, reads: readonly ColumnRead[]): Promise<Reject | undefined> {
  const { database } = file;
  // All columns: DuckDB misnumbers the column when it reads only some.
  const counted = file.head.columns.map((_, i) => `count(c${i})`).join(", ");
  return withConnection(database, async (connection) => {
    await connection.run(`SELECT ${counted} FROM ${readCsv(file, reads, true)}`, [database.pattern]);
    const found = await connection.runAndReadAll(
      "SELECT line, column_idx, error_type::VARCHAR, error_message FROM reject_errors ORDER BY line, column_idx LIMIT 1",
    );
    const [line, column, kind, message] = found.getRows()[0] ?? [];
    if (line === undefined) return undefined;
    return {
      line: Number(line),
      column: Number(column) - 1,
      kind: String(kind),
      message: String(message),
    };
  });
}

function rejectError(file: CsvFile, reject: Reject, cause: unknown): IsometerError {
  const { head } = file;
  const { where } = file.text;
  const { line, kind, message } = reject;
  if (kind === "MISSING COLUMNS" || kind === "TOO MANY COLUMNS") {
    const got = Number(/Found: (\d+)/.exec(message)?.[1] ?? Number.NaN);
    return raggedLine(where, line, got, head.columns.length, head.header);
  }
  if (kind === "CAST") {
    const text = shown(/Could not convert string "(.*)" to '/s.exec(message)?.[1] ?? "text");
    const column = head.columns[reject.column];
    const list = column?.kind === "list";
    const what = list ? "a list of numbers like [0.1, 0.2]" : "a number";
    return new IsometerError(
      "bad-value",
      `${where}: line ${line}, column "${shown(column?.name ?? "")}": "${text}" is not ${what}`,
      {
        needed: what,
        got: text,
        hint: "Repair or remove that line, or choose other columns with --vector.",
        cause,
      },
    );
  }
  const what: Record<string, string> = {
    "UNQUOTED VALUE": "has a quote that is not closed, or text after a closing quote",
    "LINE SIZE OVER MAXIMUM": "is too long to be a row",
    "INVALID ENCODING": "is not UTF-8 text",
  };
  return new IsometerError("bad-format", `${where}: line ${line} ${what[kind] ?? "cannot be read"}`, {
    hint: "Repair or remove that line.",
    cause,
  });
}
