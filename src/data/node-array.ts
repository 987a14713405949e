import { statSync } from "node:fs";
import { fileVersion, IsometerError, type Matrix, type RowBlock, type RowRange } from "../base/index.ts";
import {
  checkCols,
  checkRange,
  narrowedWarnings,
  rowsAndCols,
  shapeText,
  sizeText,
  truncatedError,
} from "./array-checks.ts";
import { type DType, decodeFloat32, firstOverflow, HOST_BIG_ENDIAN, storedFloat64 } from "./dtype.ts";
import { type ByteInput, type ByteStream, countBytes } from "./node-bytes.ts";
import type { Format, Source } from "./source.ts";

/** Where the elements of one array lie in its bytes. */
export interface ArrayLayout {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** First index fastest (NumPy's fortran_order). */
  readonly fortran: boolean;
  /** Bytes before the first element. */
  readonly start: number;
  /** Whether bytes after the last element are an error. */
  readonly exact: boolean;
}

/** What a format adds to the rows. */
export interface SourceNames {
  readonly path: string;
  readonly format: Format;
  readonly columns?: readonly string[];
  readonly vector?: readonly string[];
  readonly ids?: Source["ids"];
  readonly column?: Source["column"];
}

/** A layout whose shape has been checked against the bytes. */
interface Plan extends ArrayLayout {
  readonly input: ByteInput;
  readonly rows: number;
  readonly cols: number;
}

/** Float32 rows are delivered in blocks of about this many bytes. */
const BLOCK_BYTES = 2 ** 23;
/** Fortran order by slices: at least this many rows at a time, so that a read of one column is worth its call ... */
const COLUMN_RUN = 1024;
/** ... in blocks of at most this many bytes; wider arrays are read whole. */
const MAX_BLOCK_BYTES = 2 ** 26;
/** Announced bytes beyond this multiple of the stored ones are counted before anyone may allocate for them. */
const TRUSTED_RATIO = 16;

/**
 * One array of raw numbers as a source of rows. Closing it closes `input`.
 *
 * Everything announced is checked against the bytes here, before any row is read.
 *
 * @throws bad-format (impossible shape, bytes after the end), empty-input, truncated, too-large
 */
export async function arraySource(
  input: ByteInput,
  layout: ArrayLayout,
  names: SourceNames,
): Promise<Source> {
  const { rows, cols } = rowsAndCols(input.where, layout.shape);
  await checkBytes(input, layout, rows * cols * layout.dtype.bytes);
  const plan: Plan = { ...layout, input, rows, cols };
  const { path, format, columns = [], vector, ids, column } = names;
  return {
    path,
    format,
    dtype: layout.dtype.name,
    shape: layout.shape,
    rows,
    cols,
    columns,
    warnings: narrowedWarnings(input.where, layout.dtype),
    ...(vector === undefined ? {} : { vector }),
    ...(ids === undefined ? {} : { ids }),
    ...(column === undefined ? {} : { column }),
    ...(input.path !== undefined && isPlain(layout)
      ? { stored: { path: input.path, offset: layout.start, version: fileVersion(statSync(input.path)) } }
      : {}),
    blocks: (range = { start: 0, end: rows }) => {
      checkRange(input.where, range, rows);
      if (!layout.fortran || layout.shape.length === 1) return rowBlocks(plan, range);
      const slices = input.seekable && rows > sliceRows(cols) && sliceRows(cols) >= COLUMN_RUN;
      return slices ? columnSlices(plan, range) : wholeColumns(plan, range);
    },
    close: () => input.close(),
  };
}

/** Whether the bytes are the values, row after row, as this machine has them. */
function isPlain({ dtype, fortran, shape }: ArrayLayout): boolean {
  const native = dtype.name === "float32" && dtype.bigEndian === HOST_BIG_ENDIAN;
  return native && (!fortran || shape.length === 1);
}

/**
 * Checks that `bytes` elements' bytes lie behind the header.
 *
 * Where the bytes are compressed and the claim is far beyond what is stored, they are counted first (streamed, not kept).
 * @throws truncated, too-large, bad-format
 */
export async function checkBytes(input: ByteInput, layout: ArrayLayout, bytes: number): Promise<void> {
  const { where, size } = input;
  const end = layout.start + bytes;
  const announced = `${shapeText(layout.shape.slice(0, 8))} ${layout.dtype.name} (${sizeText(bytes)})`;
  if (size !== undefined && size < end) {
    throw truncatedError(where, announced, sizeText(Math.max(0, size - layout.start)));
  }
  if (size !== undefined && layout.exact && size > end) throw extraBytes(where, announced);
  checkCols(where, layout.shape, rowsAndCols(where, layout.shape).cols);
  if (input.proven || end <= TRUSTED_RATIO * input.stored) return;
  const stream = await input.openAt(0);
  try {
    const seen = await countBytes(stream, end);
    if (seen < end) throw truncatedError(where, announced, sizeText(Math.max(0, seen - layout.start)));
  } finally {
    await stream.close();
  }
}

/** Rows that lie one after another: read in pieces, each decoded into a block of its own. */
async function* rowBlocks(plan: Plan, range: RowRange): AsyncGenerator<RowBlock> {
  const { input, cols, dtype } = plan;
  const rowBytes = cols * dtype.bytes;
  const step = Math.max(1, Math.floor(BLOCK_BYTES / (cols * 4)));
  const stream = await input.openAt(plan.start + range.start * rowBytes);
  try {
    for (let start = range.start; start < range.end; start += step) {
      const rows = Math.min(step, range.end - start);
      const raw = await readExactly(plan, stream, rows * rowBytes, start);
      yield { start, matrix: { data: decode(plan, raw, (i) => start + Math.floor(i / cols)), rows, cols } };
    }
    if (range.end === plan.rows) await checkEnd(plan, stream);
  } finally {
    await stream.close();
  }
}

/** Rows per block of a Fortran array when it is read by slices of columns: as many as make a slice worth its call. */
function sliceRows(cols: number): number {
  const bytes = Math.max(BLOCK_BYTES, Math.min(COLUMN_RUN * cols * 4, MAX_BLOCK_BYTES));
  return Math.max(1, Math.floor(bytes / (cols * 4)));
}

/** Fortran order in a large file that can seek: a slice of every column per block, so that memory stays bounded. */
async function* columnSlices(plan: Plan, range: RowRange): AsyncGenerator<RowBlock> {
  const { input, rows, cols, dtype } = plan;
  const step = sliceRows(cols);
  const place = columnOrder(plan.shape);
  for (let start = range.start; start < range.end; start += step) {
    const count = Math.min(step, range.end - start);
    const matrix = { data: new Float32Array(count * cols), rows: count, cols };
    for (let c = 0; c < cols; c++) {
      const stream = await input.openAt(plan.start + (c * rows + start) * dtype.bytes);
      const raw = await readExactly(plan, stream, count * dtype.bytes, start);
      fillColumn(
        matrix,
        place(c),
        decode(plan, raw, (i) => start + i),
        0,
      );
    }
    yield { start, matrix };
  }
}

/** Fortran order otherwise (compressed, or many short columns): one pass fills the whole float32 matrix of the range. */
async function* wholeColumns(plan: Plan, range: RowRange): AsyncGenerator<RowBlock> {
  const { input, rows, cols, dtype } = plan;
  const count = range.end - range.start;
  const matrix = { data: new Float32Array(count * cols), rows: count, cols };
  const place = columnOrder(plan.shape);
  // Each read takes several whole columns, or a part of a long one.
  const run = Math.min(rows, Math.floor(BLOCK_BYTES / dtype.bytes));
  const together = Math.max(1, Math.floor(BLOCK_BYTES / dtype.bytes / rows));
  const stream = await input.openAt(plan.start);
  try {
    for (let c = 0; c < cols; c += together) {
      const columns = Math.min(together, cols - c);
      for (let start = 0; start < rows; start += run) {
        const part = Math.min(run, rows - start);
        const raw = await readExactly(plan, stream, columns * part * dtype.bytes, start);
        const values = decode(plan, raw, (i) => start + (i % part));
        for (let k = 0; k < columns; k++) {
          fillColumn(matrix, place(c + k), values.subarray(k * part, (k + 1) * part), start - range.start);
        }
      }
    }
    await checkEnd(plan, stream);
  } finally {
    await stream.close();
  }
  const step = Math.max(1, Math.floor(BLOCK_BYTES / (cols * 4)));
  for (let start = 0; start < count; start += step) {
    const end = Math.min(count, start + step);
    const data = matrix.data.subarray(start * cols, end * cols);
    yield { start: range.start + start, matrix: { data, rows: end - start, cols } };
  }
}

/** Writes `values` down column `col` from row `first` on; rows outside the matrix are dropped. */
function fillColumn(matrix: Matrix, col: number, values: Float32Array, first: number): void {
  const from = Math.max(0, -first);
  const to = Math.min(values.length, matrix.rows - first);
  for (let i = from; i < to; i++) matrix.data[(first + i) * matrix.cols + col] = values[i]!;
}

/**
 * Where the c-th stored column of a Fortran array of any rank goes: its index over shape[1..] has the first
 * dimension fastest, a flattened row has the last one fastest.
 */
function columnOrder(shape: readonly number[]): (c: number) => number {
  const rest = shape.slice(1);
  if (rest.length < 2) return (c) => c;
  return (c) => {
    let place = 0;
    let stride = rest.reduce((product, size) => product * size, 1);
    for (const size of rest) {
      stride /= size;
      place += (c % size) * stride;
      c = Math.floor(c / size);
    }
    return place;
  };
}

function decode(plan: Plan, raw: Uint8Array, rowOf: (index: number) => number): Float32Array {
  const values = decodeFloat32(raw, plan.dtype);
  const over = firstOverflow(raw, plan.dtype, values);
  if (over < 0) return values;
  const value = storedFloat64(raw, over);
  throw new IsometerError(
    "bad-value",
    `${plan.input.where}: row ${rowOf(over)} holds ${value}, which is beyond float32`,
    {
      needed: "values of at most 3.4e38",
      got: String(value),
      hint: "Isometer works in float32: divide the data by its largest value, or remove the row.",
    },
  );
}

async function readExactly(plan: Plan, stream: ByteStream, bytes: number, row: number): Promise<Uint8Array> {
  const raw = new Uint8Array(bytes);
  const got = await stream.read(raw);
  if (got === bytes) return raw;
  throw truncatedError(plan.input.where, `${plan.rows} rows`, `the bytes end near row ${row}`);
}

/** Reads on at the end: a decompressor then checks its sum, and formats that forbid it complain of more bytes. */
async function checkEnd(plan: Plan, stream: ByteStream): Promise<void> {
  const more = await stream.read(new Uint8Array(1));
  if (more > 0 && plan.exact) throw extraBytes(plan.input.where, shapeText(plan.shape));
}

function extraBytes(where: string, announced: string): IsometerError {
  return new IsometerError("bad-format", `${where} has more bytes than its header announces (${announced})`, {
    needed: announced,
    hint: "The file is damaged, or was written by appending: write it again.",
  });
}
