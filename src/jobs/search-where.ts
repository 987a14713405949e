import { IsometerError } from "../base/index.ts";
import type { Source } from "../data/index.ts";
import { holds } from "../stores/filter.ts";
import type { Fields, FieldValue } from "../stores/index.ts";
import type { InputsRead } from "./read-inputs.ts";
import { type Clause, filterOf, kindOfValues, typedColumn } from "./where.ts";

/** Other columns of the files that are searched. */
export interface FileFields {
  /** Of each field the values of one file, row after row as that was opened, and which file. */
  readonly columns: ReadonlyMap<string, { readonly values: readonly FieldValue[]; readonly from: Source }>;
  /** Row of each id in SPACE, where both files are joined by ids. */
  readonly places: ReadonlyMap<string, number> | null;
  readonly original: Source;
}

/**
 * The columns that are asked about: of SPACE, else of its original.
 *
 * @param sources what was opened, the original first; SPACE is the last
 * @throws unknown-column, bad-option where neither has columns
 */
export async function readFields(
  sources: readonly Source[],
  clauses: readonly Clause[],
): Promise<FileFields> {
  const [original, space] = [sources[0]!, sources.at(-1)!];
  const columns = new Map<string, { values: readonly FieldValue[]; from: Source }>();
  for (const { field } of clauses) {
    if (columns.has(field)) continue;
    const from =
      [space, original].find((own) => own.column && own.columns.includes(field)) ??
      [space, original].find((own) => own.column);
    if (!from?.column) {
      throw new IsometerError("bad-option", `--where ${field}: ${space.path} has no other columns`, {
        got: field,
        hint: "Give a table (parquet, csv, jsonl) or a store, with the fields beside the vectors.",
      });
    }
    columns.set(field, { values: typedColumn(await from.column(field)), from });
  }
  const { idPlaces } = await import("../data/index.ts");
  const joined = space !== original && space.ids && original.ids;
  const places = joined ? idPlaces(await space.ids!(), space.path) : null;
  return { columns, places, original };
}

/** The joined rows that all clauses hold for. @throws bad-option, bad-value where there are none */
export function rowsWhere(
  { columns, places, original }: FileFields,
  clauses: readonly Clause[],
  { ids, numbers, original: { points } }: InputsRead,
): Int32Array {
  const filter = filterOf(clauses, (field) => kindOfValues(columns.get(field)!.values));
  const inOriginal = (row: number) => numbers.opened?.[row] ?? row;
  const inSpace = (row: number) => (places && ids ? places.get(ids[row]!)! : row);
  const fieldsOf = (row: number): Fields =>
    Object.fromEntries(
      Array.from(columns, ([field, { values, from }]) => [
        field,
        values[from === original ? inOriginal(row) : inSpace(row)]!,
      ]),
    );
  const rows = Int32Array.from({ length: points.rows }, (_, row) => row).filter((row) =>
    holds(filter, fieldsOf(row)),
  );
  if (rows.length > 0) return rows;
  throw new IsometerError("bad-value", "--where leaves no row", {
    got: clauses.map(({ field }) => field).join(", "),
    hint: "Values are compared as they are stored: isometer info shows the columns.",
  });
}
