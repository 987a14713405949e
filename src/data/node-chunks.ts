import type { DuckDBDataChunk } from "@duckdb/node-api";
import { IsometerError } from "../base/index.ts";

/** The memory behind a DuckDB vector: what the reader's classes hold, but keep private. */
interface RawVector {
  readonly items: ArrayLike<number> & { length: number };
  readonly validity: Validity;
}
interface Validity {
  readonly data: BigUint64Array | null;
  readonly offset: number;
}
interface RawList {
  readonly validity: Validity;
  readonly childData: RawVector;
  /** Offset and length of each row, in turn; fixed-size arrays have none. */
  readonly entryData?: BigUint64Array;
}

/** Where a block stands, for error messages. */
export interface ChunkPlace {
  readonly where: string;
  /** The columns that are read, in order. */
  readonly names: readonly string[];
  /** Number of the chunk's first row. */
  readonly start: number;
  readonly cols: number;
}

const ALL_VALID = 0xffff_ffff_ffff_ffffn;

/** The rows of a chunk with one column per dimension, row-major. @throws bad-value at an empty cell or beyond float32 */
export function columnsChunk(chunk: DuckDBDataChunk, place: ChunkPlace): Float32Array {
  const { cols } = place;
  const rows = chunk.rowCount;
  const data = new Float32Array(rows * cols);
  for (let c = 0; c < cols; c++) {
    const { items, validity } = chunk.getColumnVector(c) as unknown as RawVector;
    const empty = firstNull(validity, 0, rows);
    if (empty >= 0) throw emptyCell(place, place.start + empty, place.names[c]!);
    for (let i = 0, at = c; i < rows; i++, at += cols) data[at] = items[i]!;
    if (items instanceof Float64Array) {
      const over = firstOver(data, items, rows, (i) => i * cols + c);
      if (over >= 0) throw beyondFloat32(place, place.start + over, items[over]!);
    }
  }
  return data;
}

/** The rows of a chunk whose only column holds lists. @throws bad-value at NULL, a wrong length, beyond float32 */
export function listChunk(chunk: DuckDBDataChunk, place: ChunkPlace): Float32Array {
  const { cols, start } = place;
  const rows = chunk.rowCount;
  const { validity, childData, entryData } = chunk.getColumnVector(0) as unknown as RawList;
  const { items } = childData;
  const data = new Float32Array(rows * cols);
  const missing = firstNull(validity, 0, rows);
  const first = entryData === undefined || rows === 0 ? 0 : Number(entryData[0]);
  let contiguous = missing < 0;
  for (let i = 0; i < rows; i++) {
    if (i === missing) throw emptyCell(place, start + i, place.names[0]!);
    if (entryData === undefined) continue;
    const length = Number(entryData[2 * i + 1]);
    if (length !== cols) throw unequalList(place, start + i, length);
    contiguous &&= Number(entryData[2 * i]) === first + i * cols;
  }
  const offset = (i: number) => (contiguous ? first + i * cols : Number(entryData![2 * i]));
  for (let i = 0; i < rows; i++) {
    const hole = firstNull(childData.validity, offset(i), cols);
    if (hole >= 0) throw holeInList(place, start + i, hole - offset(i));
  }
  const run = contiguous ? rows : 1;
  for (let i = 0; i < rows; i += run) {
    const values = view(items, offset(i), run * cols);
    data.set(values, i * cols);
  }
  if (items instanceof Float64Array) {
    for (let i = 0; i < rows; i++) {
      const over = firstOver(data, view(items, offset(i), cols) as Float64Array, cols, (c) => i * cols + c);
      if (over >= 0) throw beyondFloat32(place, start + i, items[offset(i) + over]!);
    }
  }
  return data;
}

/** The first of `count` items from `from` on that is NULL, or -1. */
function firstNull({ data, offset }: Validity, from: number, count: number): number {
  if (data === null) return -1;
  const end = offset + from + count;
  for (let bit = offset + from; bit < end; bit++) {
    const word = data[bit >>> 6]!;
    if (word === ALL_VALID) bit |= 63;
    else if ((word & (1n << BigInt(bit & 63))) === 0n) return bit - offset;
  }
  return -1;
}

function view(items: RawVector["items"], start: number, length: number): ArrayLike<number> {
  return (items as Float32Array).subarray(start, start + length);
}

/** The first of `count` values that is finite as float64 and not as float32, or -1. */
function firstOver(
  data: Float32Array,
  stored: Float64Array,
  count: number,
  at: (i: number) => number,
): number {
  for (let i = 0; i < count; i++) {
    const value = data[at(i)]!;
    if ((value === Infinity || value === -Infinity) && Number.isFinite(stored[i])) return i;
  }
  return -1;
}

/** The error for a cell without a value. */
export function emptyCell({ where }: { where: string }, row: number, name: string): IsometerError {
  return new IsometerError("bad-value", `${where}: row ${row} has no value in column "${name}"`, {
    needed: "a number in every cell",
    hint: "Fill it in or remove the row (in both inputs), or leave the column out with --vector.",
  });
}

/** The error for vectors of different lengths. */
export function unequalList(
  { where, cols }: { where: string; cols: number },
  row: number,
  length: number,
): IsometerError {
  return new IsometerError(
    "bad-value",
    `${where}: the vector of row ${row} has ${length} values, that of row 0 has ${cols}`,
    {
      needed: `${cols} values`,
      got: `${length} values`,
      hint: "All vectors must have the same length: repair or remove that row.",
    },
  );
}

/** The error for a NULL inside a vector. */
export function holeInList({ where }: { where: string }, row: number, place: number): IsometerError {
  return new IsometerError("bad-value", `${where}: the vector of row ${row} has no value at place ${place}`, {
    needed: "a number at every place",
    hint: "Repair or remove that row (in both inputs).",
  });
}

/** The error for a number that float32 cannot hold. */
export function beyondFloat32({ where }: { where: string }, row: number, value: number): IsometerError {
  return new IsometerError("bad-value", `${where}: row ${row} holds ${value}, which is beyond float32`, {
    needed: "values of at most 3.4e38",
    got: String(value),
    hint: "Isometer works in float32: divide the data by its largest value, or remove the row.",
  });
}
