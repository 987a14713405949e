import { readFile } from "node:fs/promises";
import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { columnIndex } from "./columns.ts";
import { scanCsv } from "./node-csv.ts";
import { scanJsonl } from "./node-jsonl.ts";
import { readNpyText } from "./node-npy.ts";
import {
  detectFormat,
  exists,
  missingFile,
  type OpenedSource,
  openSource,
  splitInputs,
} from "./node-open.ts";
import { scanParquet } from "./node-parquet.ts";
import { type TableScan, textColumn } from "./node-tables.ts";
import type { Source } from "./source.ts";

/**
 * One label per row of `source`, as text.
 *
 * @param spec a column of the source; else a file with one value per row (.npy numbers or strings, IDX, one-column
 *   table, .txt with one label per line), a column of a table file (`table.csv:label`), or several files (`a.gz,b.gz`).
 *   A column wins over a file of the same name; `./name` is the file.
 *
 * @param flag what they are called in errors: the option that named them
 * @throws unknown-column, missing-file, ambiguous-column, row-count-mismatch, and what reading the file throws
 */
export async function readLabels(
  spec: string,
  source: Source,
  flag: "labels" | "ids" = "labels",
): Promise<readonly string[]> {
  if (source.column !== undefined && source.columns.includes(spec)) return source.column(spec);
  const labels = await labelsOf(spec, source, flag);
  if (labels.length === source.rows) return labels;
  // A range of rows was opened: labels of the whole file are cut the same way.
  const { within } = source as OpenedSource;
  if (within !== undefined && labels.length === within.rows) {
    return labels.slice(within.range.start, within.range.end);
  }
  throw new IsometerError(
    "row-count-mismatch",
    `${shown(spec)} has ${labels.length} ${flag}, ${shown(source.path)} has ${source.rows} rows`,
    {
      needed: `${source.rows} ${flag}`,
      got: `${labels.length} ${flag}`,
      hint: `Row i of the data needs ${flag === "ids" ? "id" : "label"} i: check that both files belong together.`,
    },
  );
}

/**
 * Row numbers from a file with one per row: as `readLabels` reads files.
 *
 * @throws bad-value where one is no whole number of 0 or more, and what reading the file throws
 */
export async function readRowNumbers(spec: string): Promise<Float64Array> {
  const values = await labelsOf(spec, undefined, "holdout");
  const wrong = values.find((value) => !/^\s*\d{1,15}(\.0*)?\s*$/.test(value));
  if (wrong === undefined) return Float64Array.from(values, Number);
  throw new IsometerError("bad-value", `${shown(spec)} holds "${shown(wrong)}", which is no row number`, {
    needed: "whole numbers of 0 or more, one per row",
    got: shown(wrong),
    hint: "Rows are counted from 0.",
  });
}

async function labelsOf(spec: string, source: Source | undefined, flag: string): Promise<string[]> {
  const column = /^(.+):([^:]+)$/s.exec(spec);
  if (column !== null && !(await exists(spec)) && (await exists(column[1]!))) {
    return fileLabels(column[1]!, column[2]!, flag);
  }
  if (!(await exists(spec)) && !spec.includes(",")) {
    // Neither: say what columns there are, where there are some.
    if (source?.column !== undefined && !/[./\\]/.test(spec)) {
      columnIndex(
        shown(source.path),
        source.columns.map((name) => ({ name })),
        spec,
      );
    }
    throw await missingFile(spec);
  }
  const labels: string[] = [];
  for (const path of await splitInputs(spec)) {
    for (const label of await fileLabels(path, undefined, flag)) labels.push(label);
  }
  return labels;
}

async function fileLabels(path: string, column: string | undefined, flag: string): Promise<string[]> {
  if (/\.txt$/i.test(path)) return textLabels(path);
  const format = await detectFormat(path);
  if (format === "npy") return [...(await readNpyText(path))];
  if (format === "csv" || format === "tsv") return scanLabels(await scanCsv(path), column, flag);
  if (format === "parquet") return scanLabels(await scanParquet(path), column, flag);
  if (format === "jsonl") return scanLabels(await scanJsonl(path), column, flag);
  const source = await openSource(path, {});
  try {
    if (column !== undefined && source.column !== undefined) return [...(await source.column(column))];
    if (source.cols !== 1) throw severalValues(path, source.cols);
    const labels: string[] = [];
    for await (const { matrix } of source.blocks())
      for (const value of matrix.data) labels.push(String(value));
    return labels;
  } finally {
    await source.close();
  }
}

/** The column asked for, or the only one. */
async function scanLabels(scan: TableScan, column: string | undefined, flag: string): Promise<string[]> {
  try {
    const { where, columns } = scan;
    if (column !== undefined) return await textColumn(scan, columnIndex(where, columns, column));
    if (columns.length === 1) return await textColumn(scan, 0);
    const names = columns.slice(0, 8).map((c) => shown(c.name));
    const likely = columns.find((c) => /label|class|target/i.test(c.name)) ?? columns.at(-1)!;
    throw new IsometerError(
      "ambiguous-column",
      `${where} has ${columns.length} columns: ${names.join(", ")}`,
      {
        needed: `one column of ${flag}`,
        hint: `Choose one, for example --${flag} "${where}:${shown(likely.name)}".`,
      },
    );
  } finally {
    await scan.database.close();
  }
}

/** One label per line; only \n ends a line, and a last empty line is none. */
async function textLabels(path: string): Promise<string[]> {
  const lines = (await readFile(path, "utf8")).replace(/^\ufeff/, "").split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
}

function severalValues(path: string, cols: number): IsometerError {
  return new IsometerError(
    "bad-format",
    `${shown(path)} has ${cols} values per row, labels are one per row`,
    {
      needed: "one value per row",
      got: `${cols} values per row`,
      hint: "Name a file of labels.",
    },
  );
}
