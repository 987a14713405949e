import { IsometerError, nearestName } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { OpenOptions } from "./source.ts";

/** What a table's column can be to us: one dimension, whole vectors, or neither. */
export type ColumnKind = "number" | "list" | "text" | "other";

/** One column of a table. `dtype` is the stored type in the words of its format. */
export interface ColumnInfo {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly dtype: string;
}

/** Which columns hold the vectors: one list column, or one column per dimension. Indices into the columns. */
export type VectorPlan =
  | { readonly kind: "list"; readonly column: number }
  | { readonly kind: "columns"; readonly columns: readonly number[] };

/** Names that number columns of ids, labels and row counters have; such a column is no dimension without asking. */
const NOT_A_DIMENSION =
  /^(id|ids|_id|index|idx|row|row_?id|row_?number|key|label|labels|class|target|cluster|unnamed: 0)$/i;

const LISTED = 8;

/**
 * Decides which columns hold the vectors.
 *
 * `options.vector` may be a list column ("emb"), one number column ("x"), a comma list ("x,y"), a pattern in
 * which `*` stands for any characters ("pca_*", in file order), or a range of neighbours ("x0..x63"). A column
 * whose own name looks like a pattern wins over the pattern. Without it: the only list column; else every
 * number column except the id column. Text is never a dimension; numbers are never left out unasked.
 *
 * @throws ambiguous-column, unknown-column, bad-format
 */
export function chooseVector(
  where: string,
  columns: readonly ColumnInfo[],
  options: Pick<OpenOptions, "vector" | "id">,
): VectorPlan {
  if (options.id !== undefined) columnIndex(where, columns, options.id);
  if (options.vector !== undefined) return namedVector(where, columns, options.vector);
  const lists = indicesOf(columns, (c) => c.kind === "list");
  if (lists.length === 1) return { kind: "list", column: lists[0]! };
  if (lists.length > 1) {
    throw new IsometerError(
      "ambiguous-column",
      `${where} has ${lists.length} columns of lists: ${nameList(lists.map((i) => columns[i]!.name))}`,
      {
        needed: "the name of the column that holds the vectors",
        hint: `Choose one, for example --vector ${quoted(columns[lists[0]!]!.name)}.`,
      },
    );
  }
  const numbers = indicesOf(columns, (c) => c.kind === "number" && c.name !== options.id);
  if (numbers.length === 0) throw noNumbers(where, columns);
  const doubtful = numbers.filter((i) => NOT_A_DIMENSION.test(columns[i]!.name));
  if (doubtful.length > 0 && numbers.length > doubtful.length) {
    throw doubtfulColumns(where, columns, numbers, doubtful);
  }
  return { kind: "columns", columns: numbers };
}

/** The place of the column called `name`. @throws unknown-column with the names that there are */
export function columnIndex(where: string, columns: readonly { name: string }[], name: string): number {
  const at = columns.findIndex((c) => c.name === name);
  if (at >= 0) return at;
  const names = columns.map((c) => c.name);
  const near = nearestName(name, names);
  throw new IsometerError(
    "unknown-column",
    `${where} has no column "${shown(name)}"; it has ${nameList(names)}`,
    {
      got: name,
      hint: near === undefined ? "Use one of these names." : `Did you mean "${shown(near)}"?`,
    },
  );
}

/** "a, b, c and 4 more" */
export function nameList(names: readonly string[]): string {
  const rest = names.length - LISTED;
  const list = names.slice(0, LISTED).map(shown).join(", ");
  return rest > 0 ? `${list} and ${rest} more` : list;
}

function namedVector(where: string, columns: readonly ColumnInfo[], vector: string): VectorPlan {
  const whole = columns.findIndex((c) => c.name === vector);
  const places = whole >= 0 ? [whole] : vector.split(",").flatMap((part) => matching(where, columns, part));
  const twice = places.find((i, at) => places.indexOf(i) !== at);
  if (twice !== undefined) {
    throw new IsometerError(
      "bad-option",
      `--vector ${quoted(vector)} names column "${shown(columns[twice]!.name)}" twice`,
      { hint: "Name each column once." },
    );
  }
  const first = columns[places[0]!]!;
  if (places.length === 1 && first.kind === "list") return { kind: "list", column: places[0]! };
  const wrong = places.map((i) => columns[i]!).find((c) => c.kind !== "number");
  if (wrong === undefined) return { kind: "columns", columns: places };
  const several =
    wrong.kind === "list" ? "is a list, and only one list column can be the vectors" : undefined;
  throw new IsometerError(
    "bad-format",
    `${where}: column "${shown(wrong.name)}" ${several ?? `holds ${wrong.dtype}, not numbers`}`,
    { needed: "one list column or number columns", got: wrong.dtype, hint: numbersHint(columns) },
  );
}

/** Columns named by one part of `--vector`: a name, `first..last`, or a pattern with `*`. */
function matching(where: string, columns: readonly ColumnInfo[], part: string): number[] {
  const name = columns.some((c) => c.name === part) ? part : part.trim();
  if (columns.some((c) => c.name === name)) return [columnIndex(where, columns, name)];
  const range = /^(.+)\.\.(.+)$/.exec(name);
  if (range) {
    const first = columnIndex(where, columns, range[1]!);
    const last = columnIndex(where, columns, range[2]!);
    if (first <= last) return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    throw new IsometerError(
      "bad-option",
      `${where}: column "${shown(range[1]!)}" comes after "${shown(range[2]!)}"`,
      {
        hint: `Write "${shown(range[2]!)}..${shown(range[1]!)}".`,
      },
    );
  }
  if (!name.includes("*")) return [columnIndex(where, columns, name)];
  const pieces = name.split("*").map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`^${pieces.join(".*")}$`, "su");
  const found = indicesOf(columns, (c) => pattern.test(c.name));
  return found.length > 0 ? found : [columnIndex(where, columns, name)];
}

function noNumbers(where: string, columns: readonly ColumnInfo[]): IsometerError {
  const described = columns.slice(0, LISTED).map((c) => `${shown(c.name)} (${c.dtype})`);
  return new IsometerError("bad-format", `${where} has no column of numbers: ${described.join(", ")}`, {
    needed: "a list column, or one number column per dimension",
    hint: "Numbers are written like 1.5 or -2e-3, with a point; vectors like [0.1, 0.2].",
  });
}

function doubtfulColumns(
  where: string,
  columns: readonly ColumnInfo[],
  numbers: readonly number[],
  doubtful: readonly number[],
): IsometerError {
  const rest = numbers.filter((i) => !doubtful.includes(i)).map((i) => columns[i]!.name);
  const all = numbers.map((i) => columns[i]!.name);
  const name = columns[doubtful[0]!]!.name;
  return new IsometerError(
    "ambiguous-column",
    `${where}: column "${shown(name)}" holds numbers, but by its name it is no dimension`,
    {
      needed: "the columns that hold the vectors",
      got: `number columns ${nameList(all)}`,
      hint: `Without it: --vector ${vectorText(columns, rest)}; with it: --vector ${vectorText(columns, all)}${
        /label|class|target|cluster/i.test(name) ? "" : `; as row ids: --id ${quoted(name)}`
      }.`,
    },
  );
}

/** A `--vector` value that names exactly `names`, as short as a range allows. */
function vectorText(columns: readonly ColumnInfo[], names: readonly string[]): string {
  const places = names.map((name) => columns.findIndex((c) => c.name === name));
  const neighbours = places.every((place, i) => i === 0 || place === places[i - 1]! + 1);
  if (names.length > 3 && neighbours) return quoted(`${names[0]}..${names.at(-1)}`);
  return quoted(names.join(","));
}

function numbersHint(columns: readonly ColumnInfo[]): string {
  const usable = columns.filter((c) => c.kind === "number" || c.kind === "list").map((c) => c.name);
  return usable.length === 0
    ? "No column of this file holds numbers."
    : `Numbers are in ${nameList(usable)}.`;
}

function indicesOf(columns: readonly ColumnInfo[], test: (column: ColumnInfo) => boolean): number[] {
  return columns.flatMap((c, i) => (test(c) ? [i] : []));
}

function quoted(text: string): string {
  return `"${shown(text)}"`;
}
