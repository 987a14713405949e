import { IsometerError, type Rows, rowsFromMatrix, throwIfAborted } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { writeArrow } from "./node-arrow-write.ts";
import {
  type ExtraColumns,
  isNumeric,
  isWhole,
  type TableOptions,
  writeCsv,
  writeJsonl,
  writeParquet,
} from "./node-table-write.ts";
import { atomicWrite, type WriteOptions } from "./node-write.ts";
import { npyHeaderBytes } from "./npy-header.ts";

type ColumnsWriter = (path: string, rows: Rows, options: TableOptions) => Promise<void>;

/** Formats that have room for named columns, by extension. */
const WRITERS: Readonly<Record<string, ColumnsWriter>> = {
  parquet: writeParquet,
  csv: writeCsv,
  tsv: writeCsv,
  jsonl: writeJsonl,
  arrow: writeArrow,
  npy: writeRecords,
};

/** @throws bad-option where the extension is none of a format with named columns */
export function columnsWriter(path: string): ColumnsWriter {
  const extension = /\.([a-z0-9]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
  const writer = Object.hasOwn(WRITERS, extension) ? WRITERS[extension] : undefined;
  if (writer) return writer;
  throw new IsometerError("bad-option", `${shown(path)}: no format with named columns has this extension`, {
    needed: Object.keys(WRITERS).join(", "),
    got: extension,
    hint: "For example: points.parquet, points.csv or points.npy.",
  });
}

/**
 * Writes named columns of equal length as a table, in the format of the extension: parquet, csv, tsv, jsonl, arrow, or npy (an array of
 * records: numpy.load(path)["trust"]). Whole or not at all. Typed arrays of floats are doubles, other whole numbers integers; what is no finite number
 * is null, in npy NaN.
 *
 * @throws bad-option
 */
export async function writeColumns(
  path: string,
  columns: ExtraColumns,
  { signal }: Pick<WriteOptions, "signal"> = {},
): Promise<void> {
  const write = columnsWriter(path);
  const rows = Object.values(columns)[0]?.length ?? 0;
  const none = rowsFromMatrix({ data: new Float32Array(0), rows, cols: 0 });
  await write(path, none, { columns, ...(signal && { signal }) });
}

/** A column of records: its type in NumPy's words, bytes per value, and how one is written. */
interface RecordField {
  readonly descr: string;
  readonly bytes: number;
  put(view: DataView, at: number, row: number): void;
}

/** Records encoded at a time. */
const BLOCK = 4096;

/** Writes columns as a one-dimensional array of records (version 1.0 .npy, little-endian, packed). */
async function writeRecords(path: string, { rows }: Rows, { columns = {}, signal }: TableOptions) {
  for (const name of Object.keys(columns)) {
    if (/^[A-Za-z_]\w*$/.test(name)) continue;
    throw new IsometerError("bad-option", `a field of an .npy file cannot be named "${shown(name)}"`, {
      needed: "letters, digits and _",
      hint: "Write .parquet or .csv.",
    });
  }
  const fields = Object.values(columns).map(recordField);
  const width = fields.reduce((sum, { bytes }) => sum + bytes, 0);
  const named = Object.keys(columns).map((name, f) => [name, fields[f]!.descr] as const);
  await atomicWrite(path, async (file) => {
    await file.append(npyHeaderBytes(named, [rows]));
    for (let start = 0; start < rows; start += BLOCK) {
      throwIfAborted(signal);
      const count = Math.min(BLOCK, rows - start);
      const view = new DataView(new ArrayBuffer(count * width));
      for (let r = 0; r < count; r++) {
        let at = r * width;
        for (const { put, bytes } of fields) {
          put(view, at, start + r);
          at += bytes;
        }
      }
      await file.append(new Uint8Array(view.buffer));
    }
  });
}

function recordField(values: readonly string[] | ArrayLike<number>): RecordField {
  if (!isNumeric(values)) return textField(values as readonly string[]);
  if (isWhole(values)) {
    const put = (view: DataView, at: number, row: number) => view.setBigInt64(at, BigInt(values[row]!), true);
    return { descr: "<i8", bytes: 8, put };
  }
  const put = (view: DataView, at: number, row: number) => view.setFloat64(at, values[row]!, true);
  return { descr: "<f8", bytes: 8, put };
}

/** UTF-32, padded with zeros: NumPy's text. */
function textField(values: readonly string[]): RecordField {
  const longest = values.reduce((most, value) => Math.max(most, [...value].length), 1);
  return {
    descr: `<U${longest}`,
    bytes: 4 * longest,
    put(view, at, row) {
      [...values[row]!].forEach((character, c) => {
        view.setUint32(at + 4 * c, character.codePointAt(0)!, true);
      });
    },
  };
}
