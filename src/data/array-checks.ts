import { IsometerError, nearestName, type RowRange, type Warning } from "../base/index.ts";
import { type DType, isNarrowed } from "./dtype.ts";

/** A row longer than this is refused: it is an array that lies on its side, or no array at all. */
export const MAX_COLS = 2 ** 26;

/** At most this many names are listed in one error. */
const LISTED_NAMES = 8;

/** A name from outside (path, array, tensor) made fit for one line: no control characters, at most 120 long. */
export function shown(name: string): string {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "?");
  return clean.length <= 120 ? clean : `${clean.slice(0, 60)}...${clean.slice(-57)}`;
}

/** "10000 x 28 x 28"; "a single value" for rank 0. */
export function shapeText(shape: readonly number[]): string {
  return shape.length === 0 ? "a single value" : shape.join(" x ");
}

/** "1,234 bytes", "1.5 GB": a size for people. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${bytes.toLocaleString("en")} bytes`;
  if (bytes >= 1e18) return "more than 1,000 PB";
  const power = Math.min(5, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toPrecision(3)} ${["", "kB", "MB", "GB", "TB", "PB"][power]}`;
}

/**
 * Rows and columns of an array of any rank above 0: shape[0] x the product of the rest.
 *
 * @throws bad-format for impossible sizes, for rank 0
 * @throws empty-input where there are no rows or no columns
 */
export function rowsAndCols(where: string, shape: readonly number[]): { rows: number; cols: number } {
  const bad = shape.find((size) => !Number.isSafeInteger(size) || size < 0);
  if (bad !== undefined) {
    throw new IsometerError("bad-format", `${where}: ${bad} in the stored shape is not a possible size`, {
      needed: "whole numbers from 0 up",
      got: shapeText(shape.slice(0, 8)),
      hint: "The header is damaged: write the file again.",
    });
  }
  if (shape.length === 0) {
    throw new IsometerError("bad-format", `${where} holds a single value, not an array of rows`, {
      needed: "an array with one row per item",
      got: "rank 0",
      hint: "Save an array of rows x columns.",
    });
  }
  const cols = shape.slice(1).reduce((product, size) => product * size, 1);
  if (shape[0] === 0 || cols === 0) {
    throw new IsometerError(
      "empty-input",
      `${where} is empty: its shape is ${shapeText(shape.slice(0, 8))}`,
      {
        needed: "at least one row and one column",
        hint: "Check the program that wrote it.",
      },
    );
  }
  return { rows: shape[0]!, cols };
}

/** @throws too-large when one row has more than MAX_COLS values. */
export function checkCols(where: string, shape: readonly number[], cols: number): void {
  if (cols <= MAX_COLS) return;
  throw new IsometerError(
    "too-large",
    `${where} is ${shapeText(shape.slice(0, 8))}: one row would have ${cols.toLocaleString("en")} values`,
    {
      needed: `at most ${MAX_COLS.toLocaleString("en")} values per row`,
      hint: "Rows are items: transpose the array if its items lie along the last axis.",
    },
  );
}

/** The error for a file that holds fewer bytes than its header announces. */
export function truncatedError(where: string, needed: string, got: string, cause?: unknown): IsometerError {
  return new IsometerError("truncated", `${where} is cut off: ${needed} announced, ${got} there`, {
    needed,
    got,
    hint: "Copy or write the file again: it may be half-downloaded or still being written.",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** @throws bad-range unless `range` lies within 0..rows. */
export function checkRange(where: string, range: RowRange, rows: number): void {
  const { start, end } = range;
  if (Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= rows) return;
  throw new IsometerError("bad-range", `${where} has ${rows} rows: there is no range ${start}:${end}`, {
    needed: `0 <= start <= end <= ${rows}`,
    got: `${start}:${end}`,
    hint: `Choose rows within 0:${rows}.`,
  });
}

/** The `narrowed` warning of a type with more digits than float32, else none. */
export function narrowedWarnings(where: string, dtype: DType): Warning[] {
  if (!isNarrowed(dtype.name)) return [];
  const loss =
    dtype.name === "float64"
      ? "about 7 significant digits are kept"
      : "whole numbers beyond 16,777,216 are rounded to 7 digits";
  return [{ code: "narrowed", message: `${where} is stored as ${dtype.name} and read as float32: ${loss}` }];
}

/** One array of several in a file. `shape` is left out where it was not needed; `numeric`: could it be the vectors? */
export interface NamedArray {
  readonly name: string;
  readonly shape?: readonly number[];
  readonly numeric: boolean;
}

/**
 * Which array of a file holds the vectors: the one asked for, the only one, or the only numeric one of rank 2
 * or more (the rest being labels, ids, scales).
 *
 * @param kind what the format calls them, for messages: "array", "tensor"
 * @throws unknown-column when `wanted` is not there
 * @throws ambiguous-column when nothing decides; names the arrays
 * @throws empty-input when there are none
 */
export function chooseArray<T extends NamedArray>(
  where: string,
  kind: string,
  arrays: readonly T[],
  wanted?: string,
): T {
  if (arrays.length === 0) {
    throw new IsometerError("empty-input", `${where} holds no ${kind}s`, {
      hint: "Check the program that wrote it.",
    });
  }
  if (wanted !== undefined) return namedArray(where, kind, arrays, wanted);
  if (arrays.length === 1) return arrays[0]!;
  const wide = arrays.filter((array) => array.numeric && (array.shape?.length ?? 0) >= 2);
  if (wide.length === 1) return wide[0]!;
  throw new IsometerError(
    "ambiguous-column",
    `${where} holds ${arrays.length} ${kind}s: ${listArrays(arrays)}`,
    { needed: `the name of the ${kind} with the vectors`, hint: "Choose one with --vector NAME." },
  );
}

/** The array called `wanted`. @throws unknown-column with the names that there are. */
export function namedArray<T extends NamedArray>(
  where: string,
  kind: string,
  arrays: readonly T[],
  wanted: string,
): T {
  const found = arrays.find((array) => array.name === wanted);
  if (found !== undefined) return found;
  const near = nearestName(
    wanted,
    arrays.map((array) => array.name),
  );
  throw new IsometerError(
    "unknown-column",
    `${where} has no ${kind} "${shown(wanted)}"; it holds ${listArrays(arrays)}`,
    {
      got: wanted,
      hint: near === undefined ? "Use one of these names." : `Did you mean "${shown(near)}"?`,
    },
  );
}

function listArrays(arrays: readonly NamedArray[]): string {
  const names = arrays
    .slice(0, LISTED_NAMES)
    .map(({ name, shape }) => shown(name) + (shape === undefined ? "" : ` (${shapeText(shape)})`));
  const rest = arrays.length - names.length;
  return names.join(", ") + (rest > 0 ? ` and ${rest} more` : "");
}
