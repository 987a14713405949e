import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { ColumnInfo } from "./columns.ts";

/** What the first lines of a JSON Lines file tell. */
export interface JsonlHead {
  /** Is each line an object? Otherwise each is a list, the only column, called "json". */
  readonly objects: boolean;
  readonly columns: readonly ColumnInfo[];
}

/** The only column of a file whose lines are lists. */
export const LIST_LINES = "json";

/** The value of a line; NaN and infinities, which Python writes, are numbers. Undefined where it is no JSON. */
export function parseJsonLine(line: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    try {
      // Strings keep their text; bare words become a number.
      const quiet = line.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (word) =>
        word.startsWith('"') ? word : "0",
      );
      return { value: JSON.parse(quiet) };
    } catch {
      return undefined;
    }
  }
}

/**
 * Reads keys and kinds off the start of a file; an unfinished last line does not count.
 *
 * @throws bad-format (a line that is no JSON, or neither object nor list), too-large (first line longer than the part)
 */
export function readJsonlHead(where: string, text: string, complete: boolean): JsonlHead {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  if (!complete) lines.pop();
  const values: unknown[] = [];
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") continue;
    const parsed = parseJsonLine(line);
    if (parsed === undefined) throw brokenLine(where, i + 1);
    values.push(parsed.value);
  }
  if (values.length === 0) {
    if (complete) {
      throw new IsometerError("empty-input", `${where} holds no rows`, {
        hint: "Check the program that wrote it.",
      });
    }
    throw new IsometerError("too-large", `${where}: line 1 is longer than ${text.length} characters`, {
      hint: "Write one object per line, or use Parquet for vectors this long.",
    });
  }
  const objects = isObject(values[0]);
  if (!objects && !Array.isArray(values[0])) {
    throw new IsometerError("bad-format", `${where}: line 1 is neither an object nor a list`, {
      needed: 'lines like {"id": "a", "vector": [0.1, 0.2]}',
      got: shown(JSON.stringify(values[0])),
      hint: "A file with one number or text per line can be read as CSV: name it .csv.",
    });
  }
  if (!objects) return { objects, columns: [{ name: LIST_LINES, ...kindOf(values) }] };
  const names = new Set(values.flatMap((value) => (isObject(value) ? Object.keys(value) : [])));
  const columns = [...names].map((name) => ({
    name,
    ...kindOf(values.map((value) => (isObject(value) ? value[name] : undefined))),
  }));
  return { objects, columns };
}

/** The error for a line that is no JSON. */
export function brokenLine(where: string, line: number, cause?: unknown): IsometerError {
  return new IsometerError("bad-format", `${where}: line ${line} is not valid JSON`, {
    needed: "one JSON object (or list of numbers) per line",
    hint: "Repair or remove that line.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** What is wrong with one value of a vector column, in words, or undefined. */
export function valueProblem(value: unknown, list: boolean): string | undefined {
  if (value === undefined || value === null) return "has no value";
  if (!list) return typeof value === "number" ? undefined : `is ${described(value)}, not a number`;
  if (!Array.isArray(value)) return `is ${described(value)}, not a list of numbers`;
  const at = value.findIndex((item) => typeof item !== "number");
  if (at < 0) return undefined;
  return value[at] === null
    ? `has no value at place ${at}`
    : `holds ${described(value[at])} at place ${at}, not a number`;
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function described(value: unknown): string {
  return shown(JSON.stringify(value) ?? "nothing");
}

/** The kind of at least half the values of a column. What does not fit becomes an error when it is read. */
function kindOf(values: readonly unknown[]): Omit<ColumnInfo, "name"> {
  const present = values.filter((value) => value !== null && value !== undefined);
  const most = (test: (value: unknown) => boolean) => present.filter(test).length >= present.length / 2;
  if (present.length === 0) return { kind: "text", dtype: "nothing" };
  if (most(isNumberList)) return { kind: "list", dtype: "number[]" };
  if (most((v) => typeof v === "number")) return { kind: "number", dtype: "number" };
  if (most((v) => Array.isArray(v) && v.some(Array.isArray)))
    return { kind: "other", dtype: "lists of lists" };
  if (most(Array.isArray)) return { kind: "other", dtype: "lists without numbers" };
  return most(isObject) ? { kind: "other", dtype: "objects" } : { kind: "text", dtype: "text" };
}

function isNumberList(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0) return false;
  return value.filter((item) => typeof item === "number").length >= value.length / 2;
}
