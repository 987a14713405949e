import type { Matrix } from "../base/index.ts";
import type { Filter } from "./filter.ts";
import type { Fields, FieldValue, Items } from "./store.ts";

/** A row of the table of a store. */
export interface StoredRow {
  readonly id: string;
  /** As pgvector writes it: `[1,2.5]`, each number the shortest that reads back as its float32. */
  readonly embedding: string;
  readonly fields: Fields;
}

/** A name in SQL. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Row i of a matrix as pgvector reads it. */
export const vectorText = ({ data, cols }: Matrix, row: number): string =>
  `[${data.subarray(row * cols, (row + 1) * cols).join(",")}]`;

export function itemsOfRows(rows: readonly StoredRow[], dims: number): Required<Items> {
  const data = new Float32Array(rows.length * dims);
  rows.forEach(({ embedding }, i) => {
    data.set(JSON.parse(embedding) as number[], i * dims);
  });
  return {
    ids: rows.map(({ id }) => id),
    vectors: { data, rows: rows.length, cols: dims },
    fields: rows.map(({ fields }) => fields),
  };
}

const SIGNS: Readonly<Record<string, string>> = { gt: ">", gte: ">=", lt: "<", lte: "<=" };

/**
 * A filter in SQL over the column `fields` (jsonb). Values and names go into `params`; each part is true or false, never null. Check the filter first.
 */
export function filterSql(filter: Filter, params: unknown[]): string {
  const parts = Object.entries(filter).flatMap(([name, asked]) => {
    if (asked === undefined) return [];
    const lists = asked as readonly Filter[];
    if (name === "all") return lists.map((part) => filterSql(part, params));
    if (name === "any") return [`(${lists.map((part) => filterSql(part, params)).join(" OR ") || "false"})`];
    if (name === "none") return lists.map((part) => `NOT ${filterSql(part, params)}`);
    if (asked === null || typeof asked !== "object") return [equal(name, [asked as FieldValue], params)];
    return Object.entries(asked).map(([test, value]) => testSql(name, test, value, params));
  });
  return `(${parts.join(" AND ") || "true"})`;
}

function testSql(name: string, test: string, value: unknown, params: unknown[]): string {
  if (test === "in") return equal(name, value as readonly FieldValue[], params);
  if (test === "eq") return equal(name, [value as FieldValue], params);
  if (test === "ne") return `NOT ${equal(name, [value as FieldValue], params)}`;
  const [field, asked] = [`$${params.push(name)}::text`, `$${params.push(value)}`];
  const [type, own, other] =
    typeof value === "number"
      ? ["number", `(fields ->> ${field})::float8`, `${asked}::float8`]
      : ["string", `(fields ->> ${field}) COLLATE "C"`, `${asked}::text`];
  // In a CASE, since AND may be evaluated in any order, and a text is no number.
  return `CASE WHEN jsonb_typeof(fields -> ${field}) = '${type}' THEN ${own} ${SIGNS[test]} ${other} ELSE false END`;
}

function equal(name: string, values: readonly FieldValue[], params: unknown[]): string {
  const field = `$${params.push(name)}::text`;
  const texts = `$${params.push(values.map((value) => JSON.stringify(value)))}::text[]`;
  return `(COALESCE(fields -> ${field}, 'null'::jsonb) = ANY(${texts}::jsonb[]))`;
}
