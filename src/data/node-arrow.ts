import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Data, RecordBatch, Schema } from "apache-arrow";
import { IsometerError, type RowBlock, type RowRange } from "../base/index.ts";
import { checkCols, checkRange, shown } from "./array-checks.ts";
import { type ColumnInfo, chooseVector, columnIndex, type VectorPlan } from "./columns.ts";
import { openFile } from "./node-bytes.ts";
import { beyondFloat32, emptyCell, holeInList, unequalList } from "./node-chunks.ts";
import { checkNotEmpty, commonType, narrowedWarning, type TableSource } from "./node-tables.ts";
import type { Contents, OpenOptions } from "./source.ts";

interface ArrowFile {
  readonly path: string;
  readonly where: string;
  readonly columns: readonly ColumnInfo[];
}

/**
 * Opens an Arrow IPC file or stream (Feather version 2 is the file form), uncompressed. Vectors are a column of
 * lists or fixed-size lists, or one number column per dimension. One record batch at a time is in memory.
 *
 * @throws missing-file, not-a-file, empty-input, bad-format (also compressed bodies), ambiguous-column,
 *   unknown-column; while reading also bad-value (NULL, unequal lists, beyond float32)
 */
export async function openArrow(path: string, options: OpenOptions = {}): Promise<TableSource> {
  const { file, rows, first } = await scanArrow(path);
  const { where, columns } = file;
  const plan = chooseVector(where, columns, options);
  const cols = plan.kind === "columns" ? plan.columns.length : firstLength(file, first, plan.column);
  checkCols(where, [rows, cols], cols);
  const used = (plan.kind === "list" ? [plan.column] : plan.columns).map((i) => file.columns[i]!);
  const wide = used.find((c) => /64|U?int32|decimal/i.test(c.dtype));
  const loss = wide && `stored as ${wide.dtype}, about 7 significant digits are kept`;
  const { id } = options;
  return {
    path,
    format: "arrow",
    dtype: commonType(used),
    shape: [rows, cols],
    rows,
    cols,
    columns: columns.map((c) => c.name),
    vector: used.map((c) => c.name),
    warnings: loss === undefined ? [] : [narrowedWarning(where, loss)],
    ...(id === undefined ? {} : { ids: () => arrowText(file, id) }),
    column: (name) => arrowText(file, name),
    blocks: (range = { start: 0, end: rows }) => {
      checkRange(where, range, rows);
      return arrowBlocks(file, { plan, cols, range });
    },
    close: async () => {},
  };
}

/** The columns of an Arrow file. @throws as `openArrow`, but nothing is chosen */
export async function arrowContents(path: string): Promise<Omit<Contents, "format">> {
  const { file, rows } = await scanArrow(path);
  return { rows, columns: file.columns.map(({ name, dtype }) => ({ name, type: dtype })) };
}

/** Reads all batches once: their columns, how many rows there are, and the first that holds some. */
async function scanArrow(path: string): Promise<{ file: ArrowFile; rows: number; first: RecordBatch }> {
  const { handle, where } = await openFile(path);
  await handle.close();
  let rows = 0;
  let columns: readonly ColumnInfo[] | undefined;
  let first: RecordBatch | undefined;
  for await (const batch of batches(path, where)) {
    columns ??= await arrowColumns(batch.schema);
    if (batch.numRows > 0) first ??= batch;
    rows += batch.numRows;
  }
  if (first === undefined || columns === undefined) {
    checkNotEmpty(where, 0, columns ?? []);
    throw new IsometerError("internal", `${where}: no batch`);
  }
  return { file: { path, where, columns }, rows, first };
}

/** The record batches of a file or stream, in order. */
async function* batches(path: string, where: string): AsyncGenerator<RecordBatch> {
  const { RecordBatchReader } = await import("apache-arrow");
  const handle = await open(path, "r");
  const stream = createReadStream(path);
  try {
    const magic = (await handle.read(Buffer.alloc(6), 0, 6, 0)).buffer.toString("latin1");
    // A file is read batch by batch by its footer; a stream from front to back.
    const reader =
      magic === "ARROW1" ? await RecordBatchReader.from(handle) : await RecordBatchReader.from(stream);
    await reader.open();
    if (reader.schema === undefined) throw new Error("no schema");
    for await (const batch of reader) yield batch as RecordBatch;
  } catch (error) {
    throw arrowError(where, error);
  } finally {
    stream.destroy();
    await handle.close().catch(() => {});
  }
}

function arrowError(where: string, error: unknown): IsometerError {
  if (error instanceof IsometerError) return error;
  const message = error instanceof Error ? error.message.split("\n")[0]! : String(error);
  if (/compress/i.test(message)) {
    return new IsometerError("bad-format", `${where} is a compressed Arrow file, which is not read`, {
      needed: "an uncompressed Arrow file",
      hint: 'Write it with compression="uncompressed", or as Parquet.',
      cause: error,
    });
  }
  return new IsometerError("bad-format", `${where} cannot be read as Arrow: ${shown(message)}`, {
    hint: "The file may be cut off, damaged or of another format: write it again.",
    cause: error,
  });
}

async function arrowColumns(schema: Schema): Promise<ColumnInfo[]> {
  const { DataType } = await import("apache-arrow");
  const isNumber = (type: unknown) => DataType.isInt(type) || DataType.isFloat(type);
  return schema.fields.map(({ name, type }) => {
    const dtype = shown(String(type));
    if (isNumber(type)) return { name, kind: "number", dtype };
    if (DataType.isList(type) || DataType.isFixedSizeList(type)) {
      return { name, kind: isNumber(type.children[0]!.type) ? "list" : "other", dtype };
    }
    const text = DataType.isUtf8(type) || DataType.isLargeUtf8(type) || DataType.isDictionary(type);
    return { name, kind: text ? "text" : "other", dtype };
  });
}

function firstLength(file: ArrowFile, batch: RecordBatch, column: number): number {
  const value = batch.getChildAt(column)!.get(0) as { length: number } | null;
  const name = file.columns[column]!.name;
  if (value === null) throw emptyCell(file, 0, name);
  if (value.length > 0) return value.length;
  throw new IsometerError("bad-value", `${file.where}: the vector of row 0 in "${shown(name)}" is empty`, {
    hint: "Repair or remove that row, or choose another column with --vector.",
  });
}

async function* arrowBlocks(
  file: ArrowFile,
  { plan, cols, range }: { plan: VectorPlan; cols: number; range: RowRange },
): AsyncGenerator<RowBlock> {
  const { float16 } = await halfFloats();
  let start = 0;
  for await (const batch of batches(file.path, file.where)) {
    if (start >= range.end) return;
    const from = Math.max(0, range.start - start);
    const to = Math.min(batch.numRows, range.end - start);
    if (from < to) {
      const rows = to - from;
      const data = new Float32Array(rows * cols);
      const place = { file, cols, first: start + from, from, rows, float16 };
      if (plan.kind === "list") listInto(data, batch.getChildAt(plan.column)!.data[0]!, plan.column, place);
      else {
        for (const [c, column] of plan.columns.entries()) {
          numbersInto(data, batch.getChildAt(column)!.data[0]!, { ...place, c, column });
        }
      }
      yield { start: start + from, matrix: { data, rows, cols } };
    }
    start += batch.numRows;
  }
}

interface Place {
  readonly file: ArrowFile;
  readonly cols: number;
  /** Number of the first row that is wanted, in the whole file and in the batch. */
  readonly first: number;
  readonly from: number;
  readonly rows: number;
  readonly float16: (bits: number) => number;
}

function numbersInto(data: Float32Array, stored: Data, place: Place & { c: number; column: number }): void {
  const { file, cols, c, column, first, from, rows } = place;
  if (stored.nullCount > 0) {
    for (let i = 0; i < rows; i++) {
      if (!stored.getValid(from + i)) throw emptyCell(file, first + i, file.columns[column]!.name);
    }
  }
  const at = reader(stored, place);
  for (let i = 0; i < rows; i++) {
    const value = at(from + i);
    data[i * cols + c] = value;
    if (Math.abs(value) > MAX_FLOAT32) checkSize(file, first + i, value);
  }
}

function listInto(data: Float32Array, lists: Data, column: number, place: Place): void {
  const { file, cols, first, from, rows } = place;
  const child = lists.children[0]! as Data;
  // Lists have offsets; fixed-size lists lie one after another.
  const offsets = lists.valueOffsets as Int32Array | undefined;
  const base = offsets === undefined || offsets.length === 0 ? undefined : offsets;
  const at = reader(child, place);
  const plain = child.values instanceof Float32Array;
  for (let i = 0; i < rows; i++) {
    if (lists.nullCount > 0 && !lists.getValid(from + i)) {
      throw emptyCell(file, first + i, file.columns[column]!.name);
    }
    const start = base === undefined ? (lists.offset + from + i) * cols - child.offset : base[from + i]!;
    if (base !== undefined && base[from + i + 1]! - start !== cols) {
      throw unequalList({ where: file.where, cols }, first + i, base[from + i + 1]! - start);
    }
    for (let k = 0; child.nullCount > 0 && k < cols; k++) {
      if (!child.getValid(start + k)) throw holeInList(file, first + i, k);
    }
    if (plain) {
      data.set((child.values as Float32Array).subarray(start, start + cols), i * cols);
      continue;
    }
    for (let k = 0; k < cols; k++) {
      const value = at(start + k);
      data[i * cols + k] = value;
      if (Math.abs(value) > MAX_FLOAT32) checkSize(file, first + i, value);
    }
  }
}

const MAX_FLOAT32 = 3.4028234663852886e38;

function checkSize(file: ArrowFile, row: number, value: number): void {
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw beyondFloat32(file, row, value);
}

/** Reads stored numbers: half floats from their bits, 64-bit integers as numbers. */
function reader(stored: Data, { float16 }: Place): (i: number) => number {
  const values = stored.values as ArrayLike<number> | BigInt64Array;
  // Type.Float with 2 bytes per value.
  if (values instanceof Uint16Array && String(stored.type) === "Float16") return (i) => float16(values[i]!);
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return (i) => Number(values[i]);
  return (i) => (values as ArrayLike<number>)[i]!;
}

async function halfFloats(): Promise<{ float16: (bits: number) => number }> {
  const { util } = await import("apache-arrow");
  return { float16: util.uint16ToFloat64 };
}

async function arrowText(file: ArrowFile, name: string): Promise<string[]> {
  const column = columnIndex(file.where, file.columns, name);
  const values: string[] = [];
  for await (const batch of batches(file.path, file.where)) {
    const vector = batch.getChildAt(column)!;
    for (let i = 0; i < batch.numRows; i++) {
      const value: unknown = vector.get(i);
      values.push(value === null || value === undefined ? "" : String(value));
    }
  }
  return values;
}
