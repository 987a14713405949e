import { IsometerError } from "./errors.ts";

/** A dense `rows x cols` matrix of float32, row-major. Plain data: functions act on it, it has no methods. */
export interface Matrix {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

/** Float32 values in a file, in the machine's byte order, from byte `offset` on. */
export interface StoredValues {
  readonly path: string;
  readonly offset: number;
  /** Which file it was (`fileVersion`): another one under its path is refused. Left out: whatever lies there. */
  readonly version?: string;
}

/** What tells a file from another one that took its path, or from itself before it was written to. */
export function fileVersion(file: {
  readonly ino: number;
  readonly mtimeMs: number;
  readonly size: number;
}): string {
  return `${file.ino} ${file.mtimeMs} ${file.size}`;
}

/** The twin of `Matrix` whose values stay in a file: for what is too large to hold. Row-major. */
export interface StoredMatrix {
  readonly stored: StoredValues;
  readonly rows: number;
  readonly cols: number;
}

/** Rows that can be looked at in any order, wherever they lie. */
export type Points = Matrix | StoredMatrix;

/** Where the rows of points lie: in `data` on shared memory, or (then that is empty) in a file. */
export interface PointRows {
  readonly data: Float32Array;
  readonly stored: StoredValues | null;
  readonly cols: number;
}

/** The rows of points, ready for worker threads: at most one copy is made. */
export function pointRows(points: Points): PointRows {
  const { cols } = points;
  if ("stored" in points) return { data: sharedFloat32(0), stored: points.stored, cols };
  return { data: toShared(points).data, stored: null, cols };
}

/** Zero-based half-open range of rows, `[start, end)`. */
export interface RowRange {
  readonly start: number;
  readonly end: number;
}

/** Consecutive rows of a larger whole; `start` is the number of the first. */
export interface RowBlock {
  readonly start: number;
  readonly matrix: Matrix;
}

/** The streaming twin of `Matrix`: a known count of rows, delivered in order in blocks. */
export interface Rows {
  readonly rows: number;
  readonly cols: number;
  /** Blocks of consecutive rows covering `range` (default: all). Each call starts anew. The values of a block may be written over once the next is asked for. */
  blocks(range?: RowRange): AsyncIterable<RowBlock>;
}

/** Wraps row-major `data` as a `rows x cols` matrix. @throws bad-value when the length does not fit. */
export function matrix(data: Float32Array | readonly number[], rows: number, cols: number): Matrix {
  const values = data instanceof Float32Array ? data : Float32Array.from(data);
  if (!Number.isInteger(rows) || !Number.isInteger(cols) || values.length !== rows * cols) {
    throw new IsometerError(
      "bad-value",
      `a ${rows} x ${cols} matrix needs ${rows * cols} values, got ${values.length}`,
    );
  }
  return { data: values, rows, cols };
}

/** The `cols` values of row `i`, a view without copying. */
export function row(m: Matrix, i: number): Float32Array {
  return m.data.subarray(i * m.cols, (i + 1) * m.cols);
}

/** Rows `[start, end)` as a matrix over the same memory. */
export function rowsOf(m: Matrix, { start, end }: RowRange): Matrix {
  return { data: m.data.subarray(start * m.cols, end * m.cols), rows: end - start, cols: m.cols };
}

/** The rows of `m` named by `indices`, copied in that order. */
export function gatherRows(m: Matrix, indices: ArrayLike<number>): Matrix {
  const data = new Float32Array(indices.length * m.cols);
  for (let i = 0; i < indices.length; i++) data.set(row(m, indices[i]!), i * m.cols);
  return { data, rows: indices.length, cols: m.cols };
}

/** Matrices of one width, below one another. */
export function stackRows(parts: readonly Matrix[]): Matrix {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const cols = parts[0]?.cols ?? 0;
  const data = new Float32Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, cols };
}

/** A float32 array that worker threads can share. */
export function sharedFloat32(length: number): Float32Array<SharedArrayBuffer> {
  return new Float32Array(new SharedArrayBuffer(length * 4));
}

/** An int32 array that worker threads can share. */
export function sharedInt32(length: number): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** A float64 array that worker threads can share. */
export function sharedFloat64(length: number): Float64Array<SharedArrayBuffer> {
  return new Float64Array(new SharedArrayBuffer(length * 8));
}

/** `m` on shared memory: itself when it already is, else one copy. */
export function toShared(m: Matrix): Matrix {
  if (m.data.buffer instanceof SharedArrayBuffer) return m;
  const data = sharedFloat32(m.data.length);
  data.set(m.data);
  return { data, rows: m.rows, cols: m.cols };
}

/** Streams a matrix that is already in memory, in blocks of about `blockRows` rows. */
export function rowsFromMatrix(m: Matrix, blockRows = 4096): Rows {
  return {
    rows: m.rows,
    cols: m.cols,
    async *blocks(range = { start: 0, end: m.rows }) {
      for (let start = range.start; start < range.end; start += blockRows) {
        const end = Math.min(range.end, start + blockRows);
        yield { start, matrix: rowsOf(m, { start, end }) };
      }
    },
  };
}

/** Reads a stream of rows into one matrix on shared memory. Cost: `rows * cols * 4` bytes. */
export async function collectRows(
  source: Rows,
  range: RowRange = { start: 0, end: source.rows },
): Promise<Matrix> {
  const rows = range.end - range.start;
  if (!(range.start >= 0 && rows >= 0 && range.end <= source.rows)) {
    throw new IsometerError(
      "bad-range",
      `rows ${range.start}:${range.end} were asked for, there are ${source.rows}`,
    );
  }
  const data = sharedFloat32(rows * source.cols);
  let filled = 0;
  for await (const block of source.blocks(range)) {
    data.set(block.matrix.data, (block.start - range.start) * source.cols);
    filled += block.matrix.rows;
  }
  if (filled !== rows) {
    throw new IsometerError("truncated", `${rows} rows were announced, ${filled} came`, {
      hint: "The file may be cut off or still being written.",
    });
  }
  return { data, rows, cols: source.cols };
}

/** The power of two that brings `size` near 1. */
export function powerOfTwoNear(size: number): number {
  return size > 0 && Number.isFinite(size) ? 2 ** -Math.round(Math.log2(size)) : 1;
}

/** `[0, count)` cut into pieces `[start, end)` of `step`, the last of what is left. */
export function ranges(count: number, step: number): (readonly [start: number, end: number])[] {
  return Array.from({ length: Math.ceil(count / step) }, (_, t) => [
    t * step,
    Math.min(count, (t + 1) * step),
  ]);
}
