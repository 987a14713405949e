import { IsometerError, type RowRange } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { hasLongNumbers } from "./csv-head.ts";
import {
  brokenLine,
  isObject,
  type JsonlHead,
  parseJsonLine,
  readJsonlHead,
  valueProblem,
} from "./jsonl-head.ts";
import { closeOnError } from "./node-bytes.ts";
import { identifier, literal, openFileDatabase, query, tableError } from "./node-duckdb.ts";
import { type ColumnRead, limitOf, openScan, type TableScan, type TableSource } from "./node-tables.ts";
import { scanText, type TextScan, textLines } from "./node-text.ts";
import type { OpenOptions } from "./source.ts";

interface JsonFile {
  readonly text: TextScan;
  readonly head: JsonlHead;
}

/**
 * Opens JSON Lines (gzip too): one object per line with a list of numbers or one number per dimension, or one
 * plain list per line (then its column is called "json").
 *
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, ambiguous-column, unknown-column;
 *   while reading also bad-value (a key or number missing, unequal lists, beyond float32)
 */
export async function openJsonl(path: string, options: OpenOptions = {}): Promise<TableSource> {
  return openScan(await scanJsonl(path), options);
}

/** A JSON Lines file, before it is decided which keys are vectors. Keys are those of the first 2 MiB. */
export async function scanJsonl(path: string): Promise<TableScan> {
  const text = await scanText(path);
  const head = readJsonlHead(text.where, text.head, text.complete);
  const file: JsonFile = { text, head };
  const database = await openFileDatabase(path);
  const explain = (error: unknown, reads: readonly ColumnRead[]) => explainJson(path, file, error, reads);
  return closeOnError(database, async () => {
    const sql = `SELECT count(*) FROM ${readJson(file, [])}`;
    const counted = await query(database, sql, [database.pattern]).catch(async (error: unknown) => {
      throw await explain(error, []);
    });
    return {
      path,
      where: text.where,
      format: "jsonl",
      database,
      rows: Number(counted[0]![0]),
      columns: head.columns,
      warnings: [],
      narrowed: () => (hasLongNumbers(text.head) ? "about 7 significant digits are kept" : undefined),
      select: (reads, range) => selectSql(file, reads, range),
      explain,
    };
  });
}

function selectSql(file: JsonFile, reads: readonly ColumnRead[], range: RowRange | undefined): string {
  const names = reads.map(({ column }) => identifier(file.head.columns[column]!.name)).join(", ");
  return `SELECT ${names} FROM ${readJson(file, reads)}${limitOf(range)}`;
}

function readJson({ text, head }: JsonFile, reads: readonly ColumnRead[]): string {
  const types = { number: "DOUBLE", list: "DOUBLE[]", text: "VARCHAR" };
  const wanted: readonly ColumnRead[] = reads.length > 0 ? reads : [{ column: 0, as: "text" }];
  const typed = wanted.map(({ column, as }) => `${literal(head.columns[column]!.name)}: '${types[as]}'`);
  return `read_json($1, format = 'newline_delimited', records = '${head.objects}', columns = {${typed.join(", ")}},
    compression = '${text.gzip ? "gzip" : "uncompressed"}', hive_partitioning = false, ignore_errors = false,
    maximum_object_size = ${2 ** 28})`;
}

/** Finds the first line that does not fit by reading again: DuckDB counts its lines loosely. */
async function explainJson(
  path: string,
  { text, head }: JsonFile,
  error: unknown,
  reads: readonly ColumnRead[],
): Promise<IsometerError> {
  const { where } = text;
  let line = 0;
  for await (const content of textLines(path)) {
    line++;
    if (content.trim() === "") continue;
    const parsed = parseJsonLine(content);
    if (parsed === undefined) return brokenLine(where, line, error);
    for (const { column, as } of reads) {
      const { name } = head.columns[column]!;
      const value = isObject(parsed.value) ? parsed.value[name] : head.objects ? undefined : parsed.value;
      const problem = as === "text" ? undefined : valueProblem(value, as === "list");
      if (problem !== undefined) return valueError(where, line, name, problem, error);
    }
  }
  return tableError(where, "JSON Lines", error);
}

function valueError(
  where: string,
  line: number,
  name: string,
  problem: string,
  cause: unknown,
): IsometerError {
  return new IsometerError("bad-value", `${where}: line ${line}, "${shown(name)}" ${problem}`, {
    needed: "numbers in every vector",
    hint: "Repair or remove that line, or choose another column with --vector.",
    cause,
  });
}
