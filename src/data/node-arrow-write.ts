import { setImmediate } from "node:timers/promises";
import type { Data, RecordBatch } from "apache-arrow";
import type { Matrix, Rows } from "../base/index.ts";
import { checkExtra, type ExtraColumns, isNumeric, isWhole, type TableOptions } from "./node-table-write.ts";
import { atomicWrite, checkedBlocks } from "./node-write.ts";

/**
 * Writes an Arrow IPC file, uncompressed (Feather version 2): extra columns, then the fixed-size list column
 * "vector" (float32); one record batch per block. Rows of no columns leave the extra ones alone. Streams; whole or not at all.
 *
 * @throws bad-option, truncated, aborted
 */
export async function writeArrow(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  const { columns = {} } = options;
  checkExtra(columns, rows.rows, (name) => name === "vector");
  const types = extraTypes(options);
  const { RecordBatchFileWriter } = await import("apache-arrow");
  await atomicWrite(path, async (file) => {
    const writer = new RecordBatchFileWriter();
    const written = (async () => {
      for await (const bytes of writer) await file.append(bytes);
    })();
    // Its failure is thrown below; until then it must not count as unhandled.
    written.catch(() => {});
    let first = 0;
    for await (const matrix of checkedBlocks(rows, options.signal)) {
      writer.write(await batch(matrix, first, columns, types));
      first += matrix.rows;
      await setImmediate();
    }
    writer.finish();
    await written;
  });
}

/** The bytes of an Arrow IPC stream with the one column "vector" (fixed-size list of float32), a record batch per block of rows, read as they are taken. @throws truncated */
export async function* arrowStream(rows: Rows): AsyncGenerator<Uint8Array> {
  const { RecordBatchStreamWriter } = await import("apache-arrow");
  const writer = new RecordBatchStreamWriter();
  let taken = () => {};
  const batches = (async function* () {
    for await (const matrix of checkedBlocks(rows)) {
      yield await batch(matrix, 0, {}, new Map());
      await new Promise<void>((resolve) => {
        taken = resolve;
      });
    }
  })();
  const written = writer.writeAll(batches);
  // Its failure is thrown below; until then it must not count as unhandled.
  written.catch(() => {});
  for await (const bytes of writer) {
    yield bytes;
    taken();
  }
  await written;
}

/** What a column is stored as, decided by all of its values. */
type ExtraType = "text" | "int32" | "float64";

function extraTypes({ columns = {} }: TableOptions): ReadonlyMap<string, ExtraType> {
  return new Map(
    Object.entries(columns).map(([name, values]) => {
      if (!isNumeric(values)) return [name, "text"];
      return [name, isWhole(values) && inInt32(values) ? "int32" : "float64"];
    }),
  );
}

function inInt32(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++) if ((values[i]! | 0) !== values[i]) return false;
  return true;
}

async function batch(
  m: Matrix,
  first: number,
  columns: ExtraColumns,
  types: ReadonlyMap<string, ExtraType>,
): Promise<RecordBatch> {
  const arrow = await import("apache-arrow");
  const { Field, FixedSizeList, Float32, Float64, Int32, makeData, Schema, Struct, Utf8, vectorFromArray } =
    arrow;
  const fields: InstanceType<typeof Field>[] = [];
  const children: Data[] = [];
  for (const [name, values] of Object.entries(columns)) {
    const kind = types.get(name)!;
    const part = Array.from({ length: m.rows }, (_, i) => {
      const value = values[first + i]!;
      return kind === "float64" && !Number.isFinite(value) ? null : value;
    });
    const type = { text: new Utf8(), int32: new Int32(), float64: new Float64() }[kind];
    children.push(vectorFromArray(part, type).data[0]!);
    fields.push(new Field(name, type, kind === "float64"));
  }
  if (m.cols > 0) {
    const list = new FixedSizeList(m.cols, new Field("item", new Float32(), false));
    // The writer keeps views: blocks may be reused by their source.
    const values = makeData({ type: new Float32(), length: m.data.length, data: m.data.slice() });
    children.push(makeData({ type: list, length: m.rows, nullCount: 0, child: values }));
    fields.push(new Field("vector", list, false));
  }
  const type = new Struct(fields);
  const schema = new Schema(fields);
  return new arrow.RecordBatch(schema, makeData({ type, length: m.rows, nullCount: 0, children }));
}
