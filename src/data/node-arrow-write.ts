import { setImmediate } from "node:timers/promises";
import type { Data, RecordBatch } from "apache-arrow";
import type { Matrix, Rows } from "../base/index.ts";
import { checkExtra, isNumeric, type TableOptions } from "./node-table-write.ts";
import { atomicWrite, checkedBlocks } from "./node-write.ts";

/**
 * Writes an Arrow IPC file, uncompressed (Feather version 2): extra columns, then the fixed-size list column
 * "vector" (float32); one record batch per block. Streams; whole or not at all.
 *
 * @throws bad-option, truncated, aborted
 */
export async function writeArrow(path: string, rows: Rows, options: TableOptions = {}): Promise<void> {
  checkExtra(options.columns ?? {}, rows.rows, (name) => name === "vector");
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
      writer.write(await batch(matrix, first, options));
      first += matrix.rows;
      await setImmediate();
    }
    writer.finish();
    await written;
  });
}

async function batch(m: Matrix, first: number, options: TableOptions): Promise<RecordBatch> {
  const arrow = await import("apache-arrow");
  const { Field, FixedSizeList, Float32, Float64, makeData, Schema, Struct, Utf8, vectorFromArray } = arrow;
  const fields: InstanceType<typeof Field>[] = [];
  const children: Data[] = [];
  for (const [name, values] of Object.entries(options.columns ?? {})) {
    const part = Array.from({ length: m.rows }, (_, i) => values[first + i]!);
    const type = isNumeric(values) ? new Float64() : new Utf8();
    children.push(vectorFromArray(part, type).data[0]!);
    fields.push(new Field(name, type, false));
  }
  const list = new FixedSizeList(m.cols, new Field("item", new Float32(), false));
  // The writer keeps views: blocks may be reused by their source.
  const values = makeData({ type: new Float32(), length: m.data.length, data: m.data.slice() });
  children.push(makeData({ type: list, length: m.rows, nullCount: 0, child: values }));
  fields.push(new Field("vector", list, false));
  const type = new Struct(fields);
  const schema = new Schema(fields);
  return new arrow.RecordBatch(schema, makeData({ type, length: m.rows, nullCount: 0, children }));
}
