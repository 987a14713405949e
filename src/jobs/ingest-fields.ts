import { IsometerError } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { Fields, FieldValue } from "../stores/index.ts";

/** Types of a column whose values are texts although they may look like numbers. */
const TEXT = /varchar|utf8/i;
/** Types of a column of numbers, in the words of the formats that have types. */
const NUMBER = /^(u?(tiny|small|big|huge)?int\d*|integer|uinteger|float\d*|double|decimal.*|number)$/i;

/**
 * The fields of each row, from columns of its table. A column of numbers gives numbers, one of true and false gives those, any other texts; what is not there is null. Numbers that a float64 does not
 * hold (ids beyond 2^53), or that are written with zeros in front, stay texts.
 *
 * @param names columns, each by itself or several with commas between
 * @throws bad-option where the input has no columns; unknown-column
 */
export async function readFields(
  source: Source,
  names: readonly string[],
): Promise<readonly Fields[] | null> {
  if (names.length === 0) return null;
  const { column } = source;
  if (!column) {
    throw new IsometerError(
      "bad-option",
      `--fields names columns, which ${source.format} input does not have`,
      {
        got: names.join(", "),
        hint: "Write a table: parquet, csv, jsonl or arrow; or leave --fields out.",
      },
    );
  }
  const { listContents } = await import("../data/index.ts");
  const types = new Map((await listContents(source.path))?.columns.map(({ name, type }) => [name, type]));
  const wanted = names.flatMap((name) => (source.columns.includes(name) ? [name] : name.split(",")));
  const columns: (readonly [string, readonly FieldValue[]])[] = [];
  for (const name of wanted) columns.push([name, valuesOf(await column(name), types.get(name) ?? "")]);
  return Array.from({ length: source.rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, values[row]!])),
  );
}

function valuesOf(texts: readonly string[], type: string): readonly FieldValue[] {
  const every = (holds: (text: string) => boolean) => texts.every((text) => text === "" || holds(text));
  if (NUMBER.test(type) && every(isNumber)) return texts.map((text) => (text === "" ? null : Number(text)));
  if (!TEXT.test(type) && every((text) => text === "true" || text === "false"))
    return texts.map((text) => (text === "" ? null : text === "true"));
  return texts.map((text) => (text === "" ? null : text));
}

function isNumber(text: string): boolean {
  if (!/^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i.test(text)) return false;
  return /^-?\d+$/.test(text) ? Number.isSafeInteger(Number(text)) : Number.isFinite(Number(text));
}
