import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { columnIndex } from "./columns.ts";
import { scanCsv } from "./node-csv.ts";
import { scanJsonl } from "./node-jsonl.ts";
import { detectFormat, exists, missingFile } from "./node-open.ts";
import { scanParquet } from "./node-parquet.ts";
import { type TableScan, textColumn } from "./node-tables.ts";

/** Columns of a table as text, one array for each. */
export interface TextColumns {
  readonly path: string;
  /** Their names in the file. */
  readonly columns: readonly string[];
  readonly values: readonly (readonly string[])[];
}

/**
 * Reads named columns of a table (csv, tsv, parquet, jsonl) as text.
 *
 * @param spec a file, with the names of the columns behind it where they are not `wanted`: "human.csv:word1,word2,score". One more
 *   name may be given, of a column that says which group a row belongs to
 * @param wanted the columns that are needed: those of these names, or all columns of a table with just as many
 * @param flag the option that named the file, for errors
 * @throws missing-file, bad-format (no table), ambiguous-column, unknown-column, bad-option, and what reading throws
 */
export async function readTextColumns(
  spec: string,
  wanted: readonly string[],
  flag: string,
): Promise<TextColumns> {
  const { path, names } = await splitSpec(spec);
  if (names && names.length !== wanted.length && names.length !== wanted.length + 1) {
    throw new IsometerError("bad-option", `--${flag} ${shown(spec)} names ${names.length} columns`, {
      needed: `${wanted.length} columns (${wanted.join(", ")}), or one more for the group`,
      got: names.join(", "),
      hint: `For example --${flag} "${shown(path)}:${wanted.join(",")}".`,
    });
  }
  const scan = await scanTable(path, flag);
  try {
    const places = names
      ? names.map((name) => columnIndex(scan.where, scan.columns, name))
      : chosen(scan, wanted, flag);
    const values: string[][] = [];
    for (const place of places) values.push(await textColumn(scan, place));
    return { path, columns: places.map((place) => scan.columns[place]!.name), values };
  } finally {
    await scan.database.close();
  }
}

/** A file of that name wins over columns. */
async function splitSpec(spec: string): Promise<{ path: string; names: string[] | undefined }> {
  if (await exists(spec)) return { path: spec, names: undefined };
  const match = /^(.+):([^:]+)$/s.exec(spec);
  if (match && (await exists(match[1]!))) {
    return { path: match[1]!, names: match[2]!.split(",").map((name) => name.trim()) };
  }
  throw await missingFile(match ? match[1]! : spec);
}

export async function scanTable(path: string, flag: string): Promise<TableScan> {
  const format = await detectFormat(path);
  if (format === "csv" || format === "tsv") return scanCsv(path);
  if (format === "parquet") return scanParquet(path);
  if (format === "jsonl") return scanJsonl(path);
  throw new IsometerError("bad-format", `--${flag} needs a table, ${shown(path)} is ${format}`, {
    needed: "csv, tsv, parquet or jsonl",
    got: format,
    hint: "Save it as CSV with a header.",
  });
}

function chosen({ where, columns }: TableScan, wanted: readonly string[], flag: string): number[] {
  const named = wanted.map((name) => columns.findIndex((column) => column.name === name));
  if (named.every((place) => place >= 0)) return named;
  if (columns.length === wanted.length) return columns.map((_, i) => i);
  const names = columns.map(({ name }) => shown(name));
  throw new IsometerError(
    "ambiguous-column",
    `${where} has no columns ${wanted.join(", ")}; it has ${names.join(", ")}`,
    {
      needed: `the columns that stand for ${wanted.join(", ")}`,
      hint: `Name them in that order, and a column of groups behind them if there is one: --${flag} "${where}:${names.slice(0, wanted.length).join(",")}".`,
    },
  );
}
