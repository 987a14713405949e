import { IsometerError, type Warning } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { ColumnInfo } from "./columns.ts";

/** What the first part of a delimited text file tells: how to read all of it. */
export interface CsvHead {
  readonly delimiter: string;
  readonly header: boolean;
  readonly columns: readonly ColumnInfo[];
  /** Columns without any value in the part that was seen. */
  readonly unseen: readonly number[];
  /** The longest line that was seen, in characters. */
  readonly longest: number;
  readonly warnings: readonly Warning[];
}

/** A decimal number, NaN or an infinity; spaces around it do not count. */
export const NUMBER = /^\s*[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?|nan|inf|infinity)\s*$/i;
const LIST = /^\s*\[[^[\]]*\]\s*$/;

/** What tools write where there is no value: neither number nor text. */
const MISSING = /^\s*(?:|na|n\/a|#n\/a|null|none|nil|-|\?|\.)\s*$/i;

/** One record of delimited text and the number of its first line (from 1). */
interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/**
 * Reads delimiter, header and column kinds off the start of a file.
 *
 * The first line is a header unless all its cells are numbers. A line 0, 1, 2 ... (pandas' names for unnamed
 * columns) is one too. Wherever that was a guess there is a `header-guessed` warning.
 *
 * @param text the first part of the file; `complete` when that is all of it
 * @throws empty-input, bad-format (first line empty, two columns of one name)
 */
export function readCsvHead(where: string, text: string, complete: boolean, delimiter?: string): CsvHead {
  const start = text.startsWith("\ufeff") ? text.slice(1) : text;
  const separator = delimiter ?? guessDelimiter(start);
  const records = parseRecords(start, separator, complete);
  const first = records[0];
  if (first === undefined || start.trim() === "") {
    throw new IsometerError("empty-input", `${where} holds no rows`, {
      hint: "Check the program that wrote it.",
    });
  }
  if (first.cells.length === 1 && first.cells[0]!.trim() === "") {
    throw new IsometerError("bad-format", `${where}: line 1 is empty`, {
      hint: "Remove empty lines at the start of the file.",
    });
  }
  const { header, warning } = guessHeader(where, records);
  const names = first.cells.map((cell, i) => (header && cell.trim() !== "" ? cell.trim() : `column${i + 1}`));
  const body = header ? records.slice(1) : records;
  checkNames(where, names);
  checkWidths(where, body, first, header);
  if (header && isCounter(first, body)) names[0] = "Unnamed: 0";
  const columns = names.map((name, i) => columnOf(name, body, i));
  return {
    delimiter: separator,
    header,
    columns,
    unseen: columns.flatMap((c, i) => (c.dtype === "nothing" ? [i] : [])),
    longest: text.split("\n").reduce((longest, line) => Math.max(longest, line.length), 0),
    warnings: warning === undefined ? [] : [warning],
  };
}

/** Does `text` hold a number with more digits than float32 keeps? */
export function hasLongNumbers(text: string): boolean {
  for (const [, digits] of text.matchAll(/(?:^|[\s,;[:"])[+-]?(\d[\d.]{8,})/g)) {
    const significant = digits!.replace(".", "").replace(/^0+/, "");
    if (significant.length > 9) return true;
    if (!digits!.includes(".") && Math.fround(Number(digits)) !== Number(digits)) return true;
  }
  return false;
}

function guessDelimiter(text: string): string {
  const line = text.slice(0, text.search(/\r|\n|$/));
  const count = (separator: string) => parseRecords(line, separator, true)[0]?.cells.length ?? 1;
  const best = [",", "\t", ";", "|"].reduce((a, b) => (count(b) > count(a) ? b : a));
  if (count(best) > 1) return best;
  return count(" ") > 1 &&
    line
      .trim()
      .split(" ")
      .every((cell) => NUMBER.test(cell))
    ? " "
    : ",";
}

function guessHeader(where: string, records: readonly CsvRecord[]): { header: boolean; warning?: Warning } {
  const cells = records[0]!.cells;
  const guessed = (header: boolean, why: string) => ({
    header,
    warning: { code: "header-guessed", message: `${where}: line 1 ${why}` } as const,
  });
  const isNumber = cells.map((cell) => NUMBER.test(cell));
  const counts = cells.length > 2 && cells.every((cell, i) => cell.trim() === String(i));
  const rest = cells.length > 3 && cells[0] === "" && cells.slice(1).every((cell, i) => cell === String(i));
  if (counts || rest) return guessed(true, "counts 0, 1, 2 ... and is read as column names, not as a row");
  if (isNumber.every(Boolean))
    return guessed(false, "holds only numbers and is read as a row: no column names");
  if (!isNumber.some(Boolean) && !cells.some((cell) => LIST.test(cell))) return { header: true };
  // Some numbers: a row when every number stands over numbers and every text over text.
  const below = records.slice(1, 101);
  const likeRow = cells.every(
    (cell, i) =>
      cell.trim() === "" ||
      below.every((r) => NUMBER.test(r.cells[i] ?? "") === isNumber[i] || (r.cells[i] ?? "").trim() === ""),
  );
  return likeRow
    ? guessed(false, "looks like the rows below and is read as a row: no column names")
    : guessed(true, "holds a number among its names and is read as column names");
}

function columnOf(name: string, body: readonly CsvRecord[], i: number): ColumnInfo {
  let numbers = 0;
  let lists = 0;
  let values = 0;
  for (const { cells } of body) {
    const cell = cells[i];
    if (cell === undefined || MISSING.test(cell)) continue;
    values++;
    if (NUMBER.test(cell)) numbers++;
    else if (LIST.test(cell)) lists++;
  }
  if (values === 0) return { name, kind: "text", dtype: "nothing" };
  // Half numbers or more: a number column, and what is none in it becomes an error when it is read.
  if (numbers >= values / 2 && numbers > 0) return { name, kind: "number", dtype: "decimal" };
  if (lists >= values / 2 && lists > 0) return { name, kind: "list", dtype: "decimal[]" };
  return { name, kind: "text", dtype: "text" };
}

function checkNames(where: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice === undefined) return;
  throw new IsometerError("bad-format", `${where} has two columns named "${shown(twice)}"`, {
    hint: "Give every column a name of its own in line 1.",
  });
}

/** Ragged lines that can be seen already get their error here, with the line number. */
function checkWidths(where: string, body: readonly CsvRecord[], first: CsvRecord, header: boolean): void {
  const width = first.cells.length;
  for (const { cells, line } of body) {
    if (cells.length === width) continue;
    if (cells.length === 1 && cells[0]!.trim() === "") throw blankLine(where, line);
    throw raggedLine(where, line, cells.length, width, header);
  }
}

/** The error for a line with too many or too few cells. */
export function raggedLine(
  where: string,
  line: number,
  got: number,
  width: number,
  header = true,
): IsometerError {
  const reference = header ? "the header" : "line 1";
  return new IsometerError(
    "bad-format",
    `${where}: line ${line} has ${got} ${got === 1 ? "cell" : "cells"}, ${reference} has ${width}`,
    {
      needed: `${width} cells`,
      got: `${got} cells`,
      hint: "Repair or remove that line; text that holds the delimiter needs quotes around it.",
    },
  );
}

/** The error for an empty line between rows. */
export function blankLine(where: string, line: number): IsometerError {
  return new IsometerError("bad-format", `${where}: line ${line} is empty`, {
    needed: "one row per line",
    hint: "Remove the line, or fill it in: skipping it would shift all later rows.",
  });
}

/** Is the first column without a name and counts the rows? Table tools write such an index; it gets pandas' name for it. */
function isCounter(first: CsvRecord, body: readonly CsvRecord[]): boolean {
  if (first.cells[0]!.trim() !== "" || first.cells.length < 2) return false;
  return body.every((r, i) => r.cells[0] === String(i) || r.cells[0] === String(i + 1));
}

/** Records of RFC 4180 text; an unfinished last one is dropped unless the text is complete. */
function parseRecords(text: string, delimiter: string, complete: boolean): CsvRecord[] {
  const records: CsvRecord[] = [];
  let cells: string[] = [];
  let line = 1;
  let first = 1;
  let at = 0;
  while (at < text.length) {
    const [cell, end] = text[at] === '"' ? quotedCell(text, at) : plainCell(text, at, delimiter);
    cells.push(cell);
    for (let i = text.indexOf("\n", at); i >= 0 && i < end; i = text.indexOf("\n", i + 1)) line++;
    at = end;
    if (at < text.length && text[at] === delimiter) {
      at++;
      if (at < text.length && text[at] !== "\n" && text[at] !== "\r") continue;
      cells.push("");
    }
    if (at >= text.length && !complete) return records;
    if (at < text.length && text[at] !== "\r" && text[at] !== "\n") continue;
    records.push({ cells, line: first });
    cells = [];
    if (text[at] === "\r" && text[at + 1] === "\n") at++;
    at++;
    line++;
    first = line;
  }
  // Empty lines at the very end are no rows.
  while (records.length > 1 && records.at(-1)!.cells.join("") === "" && records.at(-1)!.cells.length === 1) {
    records.pop();
  }
  return records;
}

function plainCell(text: string, at: number, delimiter: string): [cell: string, end: number] {
  let end = at;
  while (end < text.length && text[end] !== delimiter && text[end] !== "\n" && text[end] !== "\r") end++;
  return [text.slice(at, end), end];
}

function quotedCell(text: string, at: number): [cell: string, end: number] {
  let end = at + 1;
  while (end < text.length) {
    if (text[end] !== '"') end++;
    else if (text[end + 1] === '"') end += 2;
    else break;
  }
  return [text.slice(at + 1, end).replaceAll('""', '"'), Math.min(end + 1, text.length)];
}
