import type { Source } from "../../../data/source.ts";
import type { ViewColumn } from "../../views-contract.ts";

/** A column of a view, and its values: one per row. */
export interface DataColumn {
  readonly column: ViewColumn;
  /** Numbers, NaN where there is none; or codes of categories, 65535 where there is none. */
  readonly values: Float32Array | Uint16Array;
}

/** Columns of a table beside its vectors that are read: the first. */
const MOST_COLUMNS = 16;

/** More different texts are names of rows rather than categories of them. */
const MOST_CATEGORIES = 1000;

/** The code of no category. */
const NONE = 65_535;

const MISSING = /^\s*(|null|nan|none|n\/a)\s*$/i;

const inOrder = new Intl.Collator("en", { numeric: true }).compare;

/** The columns of a table that are neither vectors, nor ids, nor the labels. */
export async function readColumns(
  source: Source,
  leftOut: readonly (string | undefined)[],
): Promise<readonly { readonly name: string; readonly texts: readonly string[] }[]> {
  if (source.column === undefined) return [];
  const known = new Set([...(source.vector ?? []), ...leftOut]);
  const names = source.columns.filter((name) => !known.has(name)).slice(0, MOST_COLUMNS);
  const read: { name: string; texts: readonly string[] }[] = [];
  for (const name of names) {
    const texts = await source.column(name);
    // What is all different is held for nothing, unless it is numbers.
    if (numbersIn(texts) || fewIn(texts)) read.push({ name, texts });
  }
  return read;
}

/**
 * A column as what it can colour: numbers, where all are, else categories. Null where it is neither: too many different texts, or no value at all.
 *
 * @param label it is one of classes, whatever it looks like
 */
export function columnOf(name: string, texts: readonly string[], label: boolean): DataColumn | null {
  const numbers = label ? null : numbersIn(texts);
  return numbers ? numberColumn({ name, latent: null }, numbers) : categoryColumn(name, texts, label);
}

function numbersIn(texts: readonly string[]): Float32Array | null {
  const values = new Float32Array(texts.length);
  for (const [row, text] of texts.entries()) {
    values[row] = MISSING.test(text) ? Number.NaN : Number(text);
    if (!Number.isFinite(values[row]) && !MISSING.test(text)) return null;
  }
  return values;
}

function fewIn(texts: readonly string[]): boolean {
  const seen = new Set<string>();
  for (const text of texts) if (seen.add(text).size > MOST_CATEGORIES + 1) return false;
  return true;
}

/** Null where no value is a number. */
export function numberColumn(
  known: Omit<Extract<ViewColumn, { kind: "number" }>, "kind" | "min" | "max">,
  values: Float32Array,
): DataColumn | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min > max ? null : { column: { ...known, kind: "number", min, max }, values };
}

function categoryColumn(name: string, texts: readonly string[], label: boolean): DataColumn | null {
  const there = new Set(texts);
  const categories = [...there].filter((text) => text !== "").sort(inOrder);
  const most = label ? NONE : MOST_CATEGORIES;
  if (categories.length === 0 || categories.length > most) return null;
  const codes = new Map(categories.map((text, code) => [text, code]));
  const values = Uint16Array.from(texts, (text) => codes.get(text) ?? NONE);
  return { column: { name, kind: "category", categories, latent: null }, values };
}
