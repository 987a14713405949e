import { IsometerError, type RowBlock, type RowRange, type Rows } from "../base/index.ts";
import { checkRange, MAX_COLS, narrowedWarnings, shown, truncatedError } from "./array-checks.ts";
import { type DType, decodeFloat32, dtypeOf, encodeLittleEndian } from "./dtype.ts";
import { type ByteInput, closeOnError, countBytes, openBytes, readStart } from "./node-bytes.ts";
import { atomicWrite, checkedBlocks } from "./node-write.ts";
import type { OpenOptions, Source } from "./source.ts";

/** The three formats of the TEXMEX corpora: values of float32, uint8 or int32. */
export type VecsFormat = "fvecs" | "bvecs" | "ivecs";

/** Rows are delivered in blocks of about this many bytes. */
const BLOCK_BYTES = 2 ** 23;

/**
 * Opens .fvecs, .bvecs or .ivecs (a name that ends in .gz too): each row is its own dimension (int32, little-endian)
 * and then that many values. Specified at http://corpus-texmex.irisa.fr/. All rows must have the same dimension.
 *
 * @param format by default the one that the name ends in
 * @throws missing-file, not-a-file, empty-input, truncated, bad-format, too-large; while reading also bad-format (a
 *   row of another dimension)
 */
export async function openFvecs(
  path: string,
  _options: OpenOptions = {},
  format: VecsFormat = vecsFormat(path),
): Promise<Source> {
  const input = await openBytes(path, "name");
  return closeOnError(input, async () => {
    const { where } = input;
    const dtype = valueType(format);
    const cols = firstDimension(where, await readStart(input, 4));
    const rowBytes = 4 + cols * dtype.bytes;
    const size = input.size ?? (await inflatedSize(input));
    if (size < rowBytes || size % rowBytes !== 0) throw await unevenError(input, size, rowBytes, cols);
    const rows = size / rowBytes;
    return {
      path,
      format,
      dtype: dtype.name,
      shape: [rows, cols],
      rows,
      cols,
      columns: [],
      warnings: narrowedWarnings(where, dtype),
      blocks: (range = { start: 0, end: rows }) => {
        checkRange(where, range, rows);
        return records(input, dtype, cols, range);
      },
      close: () => input.close(),
    };
  });
}

/** How to write .fvecs and its kin. */
export interface VecsOptions {
  /** Default: the format that the name ends in. */
  readonly format?: VecsFormat;
  readonly signal?: AbortSignal;
}

/**
 * Writes .fvecs, .bvecs or .ivecs. Streams; whole or not at all.
 *
 * @throws bad-value when a value is not an integer of the range of .bvecs (0..255) or .ivecs (32 bits)
 * @throws bad-option (the place cannot be written), truncated, aborted
 */
export function writeFvecs(path: string, rows: Rows, options: VecsOptions = {}): Promise<void> {
  const { format = vecsFormat(path), signal } = options;
  return atomicWrite(path, async (file) => {
    let first = 0;
    for await (const matrix of checkedBlocks(rows, signal)) {
      const width = valueType(format).bytes;
      const bytes = new Uint8Array(matrix.rows * (4 + matrix.cols * width));
      const view = new DataView(bytes.buffer);
      for (let i = 0; i < matrix.rows; i++) {
        const at = i * (4 + matrix.cols * width);
        const values = matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols);
        view.setInt32(at, matrix.cols, true);
        bytes.set(encodeRow(path, format, values, first + i), at + 4);
      }
      first += matrix.rows;
      await file.append(bytes);
    }
  });
}

/** Reads records `range` and checks the dimension of each. */
async function* records(
  input: ByteInput,
  dtype: DType,
  cols: number,
  range: RowRange,
): AsyncGenerator<RowBlock> {
  const width = cols * dtype.bytes;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / (cols * 4)));
  const stream = await input.openAt(range.start * (4 + width));
  try {
    for (let start = range.start; start < range.end; start += step) {
      const rows = Math.min(step, range.end - start);
      const raw = new Uint8Array(rows * (4 + width));
      if ((await stream.read(raw)) < raw.length)
        throw truncatedError(input.where, `${range.end} rows`, `fewer`);
      const view = new DataView(raw.buffer);
      const values = new Uint8Array(rows * width);
      for (let i = 0; i < rows; i++) {
        const at = i * (4 + width);
        const dimension = view.getInt32(at, true);
        if (dimension !== cols) throw dimensionError(input.where, start + i, dimension, cols);
        values.set(raw.subarray(at + 4, at + 4 + width), i * width);
      }
      yield { start, matrix: { data: decodeFloat32(values, dtype), rows, cols } };
    }
  } finally {
    await stream.close();
  }
}

function firstDimension(where: string, bytes: Uint8Array): number {
  if (bytes.length === 0) {
    throw new IsometerError("empty-input", `${where} is empty (0 bytes)`, {
      hint: "Check the program that wrote it.",
    });
  }
  if (bytes.length < 4) throw truncatedError(where, "a dimension of 4 bytes", `${bytes.length} bytes`);
  const cols = new DataView(bytes.buffer, bytes.byteOffset).getInt32(0, true);
  if (cols > 0 && cols <= MAX_COLS) return cols;
  throw new IsometerError(
    cols > 0 ? "too-large" : "bad-format",
    `${where}: the first row announces ${cols} values`,
    {
      needed: `1 to ${MAX_COLS} values`,
      got: String(cols),
      hint: "The file is not little-endian fvecs, bvecs or ivecs: check its name.",
    },
  );
}

async function inflatedSize(input: ByteInput): Promise<number> {
  const stream = await input.openAt(0);
  try {
    return await countBytes(stream, Number.MAX_SAFE_INTEGER);
  } finally {
    await stream.close();
  }
}

/** A size that is no whole number of rows: either the rows differ, which the first ones may show, or the end is missing. */
async function unevenError(
  input: ByteInput,
  size: number,
  rowBytes: number,
  cols: number,
): Promise<IsometerError> {
  const { where } = input;
  for (let row = 1, at = rowBytes; row < 1000 && at + 4 <= size; row++, at += rowBytes) {
    if (!input.seekable && row > 1) break;
    const next = new DataView((await readStart(input, 4, at)).buffer).getInt32(0, true);
    if (next !== cols) return dimensionError(where, row, next, cols);
  }
  const rows = Math.floor(size / rowBytes);
  return truncatedError(where, `rows of ${rowBytes} bytes`, `${rows} and ${size - rows * rowBytes} bytes`);
}

function dimensionError(where: string, row: number, got: number, cols: number): IsometerError {
  return new IsometerError("bad-format", `${where}: row ${row} announces ${got} values, row 0 has ${cols}`, {
    needed: `${cols} values in every row`,
    got: String(got),
    hint: "Every row must have the same dimension; a damaged file or a wrong name (fvecs, bvecs, ivecs) also looks like this.",
  });
}

function encodeRow(path: string, format: VecsFormat, values: Float32Array, row: number): Uint8Array {
  if (format === "fvecs") return encodeLittleEndian(values);
  const [low, high] = format === "bvecs" ? [0, 255] : [-(2 ** 31), 2 ** 31 - 1];
  const bad = values.find((value) => !(Number.isInteger(value) && value >= low && value <= high));
  if (bad !== undefined) {
    throw new IsometerError(
      "bad-value",
      `${shown(path)}: row ${row} holds ${bad}, which ${format} cannot hold`,
      {
        needed: `integers from ${low} to ${high}`,
        got: String(bad),
        hint: "Write .fvecs or .npy instead.",
      },
    );
  }
  return format === "bvecs" ? new Uint8Array(values) : encodeLittleEndian(new Int32Array(values));
}

function valueType(format: VecsFormat): DType {
  return dtypeOf(format === "fvecs" ? "float32" : format === "bvecs" ? "uint8" : "int32");
}

function vecsFormat(path: string): VecsFormat {
  const end = /\.([bfi]vecs)(\.gz)?$/i.exec(path)?.[1]?.toLowerCase();
  return end === "bvecs" || end === "ivecs" ? end : "fvecs";
}
