import type { Data, DataType, RecordBatch, Schema, Table } from "apache-arrow";
import type { Filter } from "./filter.ts";
import { schemaText } from "./peer.ts";
import type { Fields, FieldValue, Items, StoreSchema } from "./store.ts";

/** Types of values of fields, each with columns of its own: a field may hold texts here and numbers there. Flags are 1 or 0, since Arrow's JavaScript writes a column of booleans that are all null in a way that Lance refuses. */
const TYPES = ["text", "number", "flag"] as const;
type FieldType = (typeof TYPES)[number];
const SQL_TYPES = { text: "string", number: "double", flag: "tinyint" } as const;

const typeOf = (value: string | number | boolean): FieldType =>
  typeof value === "string" ? "text" : typeof value === "number" ? "number" : "flag";

/** A field's column for one type: `year:number`. Lance has no dots in names; letters, digits and `_` stay as they are. */
const columnOf = (name: string, type: FieldType): string =>
  `${encodeURIComponent(name).replace(/[.!'()*~-]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)}:${type}`;

const typeIn = (column: string) => column.slice(column.lastIndexOf(":") + 1) as FieldType;

const fieldOf = (column: string): string => decodeURIComponent(column.slice(0, column.lastIndexOf(":")));

/** The columns of fields among all columns of a table. */
export const fieldColumns = (schema: Schema): string[] =>
  schema.fields.map(({ name }) => name).filter((name) => name.includes(":"));

/** Columns that some items need. */
export function neededColumns(fields: readonly Fields[]): Set<string> {
  const needed = new Set<string>();
  for (const own of fields)
    for (const [name, value] of Object.entries(own))
      if (value !== null) needed.add(columnOf(name, typeOf(value)));
  return needed;
}

/** How a column is added to a table: empty, which costs nothing. */
export function emptyColumn(name: string): { name: string; valueSql: string } {
  return { name, valueSql: `CAST(NULL AS ${SQL_TYPES[typeIn(name)]})` };
}

/** The columns of a store without fields. */
export async function arrowSchema(schema: StoreSchema): Promise<Schema> {
  const { Field, FixedSizeList, Float32, Schema: ArrowSchema, Utf8 } = await import("apache-arrow");
  const vector = new FixedSizeList(schema.dims, new Field("item", new Float32(), true));
  return new ArrowSchema(
    [new Field("id", new Utf8(), false), new Field("vector", vector, false)],
    new Map([["isometer", schemaText(schema)]]),
  );
}

/** Items as a table with these columns of fields. Vectors are not copied. */
export async function arrowTable(
  { ids, vectors, fields }: Items,
  columns: readonly string[],
): Promise<Table> {
  const arrow = await import("apache-arrow");
  const type = new arrow.FixedSizeList(vectors.cols, new arrow.Field("item", new arrow.Float32(), true));
  const child = arrow.makeData({
    type: new arrow.Float32(),
    length: vectors.data.length,
    data: vectors.data,
  });
  const vector = arrow.makeData({ type, length: vectors.rows, nullCount: 0, child });
  const values = await Promise.all(
    columns.map((column) => columnData(valuesIn(column, fields, ids.length), typeIn(column))),
  );
  const schema = new arrow.Schema([
    new arrow.Field("id", new arrow.Utf8(), false),
    new arrow.Field("vector", type, false),
    ...columns.map((name, c) => new arrow.Field(name, values[c]!.type as DataType, true)),
  ]);
  const children = [arrow.vectorFromArray(ids, new arrow.Utf8()).data[0]!, vector, ...values];
  const struct = new arrow.Struct(schema.fields);
  const rows = arrow.makeData({ type: struct, length: ids.length, nullCount: 0, children });
  return new arrow.Table(schema, new arrow.RecordBatch(schema, rows));
}

/** What a column holds of these fields: null where a field is missing, or of another type. */
function valuesIn(column: string, fields: readonly Fields[] | undefined, rows: number): FieldValue[] {
  const [field, type] = [fieldOf(column), typeIn(column)];
  return Array.from({ length: rows }, (_, i) => {
    const own = fields && Object.hasOwn(fields[i]!, field) ? fields[i]![field]! : null;
    return own !== null && typeOf(own) === type ? own : null;
  });
}

async function columnData(values: readonly FieldValue[], type: FieldType): Promise<Data> {
  const { Float64, Int8, makeData, Utf8, vectorFromArray } = await import("apache-arrow");
  if (type === "text") return vectorFromArray(values as (string | null)[], new Utf8()).data[0]!;
  const nullBitmap = new Uint8Array(Math.ceil(values.length / 64) * 8);
  values.forEach((value, i) => {
    if (value !== null) nullBitmap[i >> 3]! |= 1 << (i & 7);
  });
  const nullCount = values.filter((value) => value === null).length;
  const shared = { length: values.length, nullCount, nullBitmap };
  return type === "flag"
    ? makeData({ type: new Int8(), ...shared, data: Int8Array.from(values, Number) })
    : makeData({ type: new Float64(), ...shared, data: Float64Array.from(values, Number) });
}

/** The items of a batch of a table. */
export function itemsOf(batch: RecordBatch | Table, dims: number): Required<Items> {
  const rows = batch.numRows;
  const data = new Float32Array(rows * dims);
  let at = 0;
  for (const { length, children } of batch.getChild("vector")!.data) {
    data.set((children[0]!.values as Float32Array).subarray(0, length * dims), at);
    at += length * dims;
  }
  const fields: Record<string, FieldValue>[] = Array.from({ length: rows }, () => ({}));
  for (const column of fieldColumns(batch.schema)) {
    const [name, isFlag] = [fieldOf(column), typeIn(column) === "flag"];
    const values = batch.getChild(column)!;
    for (let i = 0; i < rows; i++) {
      const value = values.get(i) as FieldValue;
      if (value !== null) fields[i]![name] = isFlag ? value === 1 : value;
    }
  }
  const ids = batch.getChild("id")!;
  return {
    ids: Array.from({ length: rows }, (_, i) => ids.get(i) as string),
    vectors: { data, rows, cols: dims },
    fields,
  };
}

/** A text in SQL. */
const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Items of these ids, in SQL. */
export const idsIn = (ids: readonly string[]): string => `id IN (${ids.map(quoted).join(", ")})`;

function literal(value: string | number | boolean): string {
  if (typeof value === "string") return quoted(value);
  return typeof value === "number" ? value.toExponential() : value ? "1" : "0";
}

const SIGNS = { eq: "=", gt: ">", gte: ">=", lt: "<", lte: "<=" } as const;

/** A filter in Lance's SQL. Each part is true or false, never null, so that `NOT` turns it round. Check the filter first. */
export function filterSql(filter: Filter, columns: ReadonlySet<string>): string {
  const parts = Object.entries(filter).flatMap(([name, asked]) => {
    if (asked === undefined) return [];
    const lists = asked as readonly Filter[];
    if (name === "all") return lists.map((part) => filterSql(part, columns));
    if (name === "any") return [either(lists.map((part) => filterSql(part, columns)))];
    if (name === "none") return lists.map((part) => `(NOT ${filterSql(part, columns)})`);
    if (asked === null || typeof asked !== "object")
      return [compared(name, "eq", asked as FieldValue, columns)];
    return Object.entries(asked).map(([test, value]) => testSql(name, test, value, columns));
  });
  return parts.length === 0 ? "(true)" : `(${parts.join(" AND ")})`;
}

const either = (parts: readonly string[]): string =>
  parts.length === 0 ? "(false)" : `(${parts.join(" OR ")})`;

function testSql(name: string, test: string, value: unknown, columns: ReadonlySet<string>): string {
  if (test === "in")
    return either((value as readonly FieldValue[]).map((one) => compared(name, "eq", one, columns)));
  if (test === "ne") return `(NOT ${compared(name, "eq", value as FieldValue, columns)})`;
  return compared(name, test as keyof typeof SIGNS, value as FieldValue, columns);
}

function compared(
  name: string,
  test: keyof typeof SIGNS,
  value: FieldValue,
  columns: ReadonlySet<string>,
): string {
  const there = TYPES.map((type) => columnOf(name, type)).filter((column) => columns.has(column));
  if (value === null)
    return there.length === 0 ? "(true)" : `(${there.map((c) => `\`${c}\` IS NULL`).join(" AND ")})`;
  const column = columnOf(name, typeOf(value));
  if (!columns.has(column)) return "(false)";
  return `(\`${column}\` IS NOT NULL AND \`${column}\` ${SIGNS[test]} ${literal(value)})`;
}
