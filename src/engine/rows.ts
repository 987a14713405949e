import { closeSync, openSync, readSync, statSync } from "node:fs";
import {
  fileVersion,
  IsometerError,
  type Matrix,
  type PointRows,
  type Points,
  pointRows,
  type StoredValues,
} from "../base/index.ts";

/** Copies rows from where they lie. */
export interface RowReader {
  /** Rows `[start, start + count)` into `out` from position `at` on. */
  copy(start: number, count: number, out: Float32Array, at: number): void;
}

/** So many are copied one by one sooner than a view of them is made. */
const FEW_VALUES = 64;

/** Opens rows for reading, in memory or in a file. */
export function openRows({ data, stored, cols }: PointRows): RowReader {
  if (!stored) {
    return {
      copy(start, count, out, at) {
        const from = start * cols;
        const length = count * cols;
        if (length > FEW_VALUES) out.set(data.subarray(from, from + length), at);
        else for (let p = 0; p < length; p++) out[at + p] = data[from + p]!;
      },
    };
  }
  const file = fileOf(stored);
  return {
    copy(start, count, out, at) {
      readInto(file, stored, 4 * cols * start, out.subarray(at, at + count * cols));
    },
  };
}

/** Some rows of points, copied in the order asked for. */
export function gatherPoints(points: Points, rows: ArrayLike<number>): Matrix {
  return copyRows(pointRows(points), rows);
}

/** All rows in memory: as they are, or read. */
export function heldMatrix(points: Points): Matrix {
  if (!("stored" in points)) return points;
  return gatherPoints(
    points,
    Int32Array.from({ length: points.rows }, (_, i) => i),
  );
}

/** Some rows, copied in the order asked for. */
export function copyRows(from: PointRows, rows: ArrayLike<number>): Matrix {
  const { cols } = from;
  const reader = openRows(from);
  const data = new Float32Array(rows.length * cols);
  for (let i = 0; i < rows.length; i++) reader.copy(rows[i]!, 1, data, i * cols);
  return { data, rows: rows.length, cols };
}

/** Values that are read at a time. */
const SCANNED_VALUES = 2 ** 20;

/** All rows in order, some at a time: row `start + r` is at `r * cols` of the block, which is written over by the next. */
export function scanRows(
  from: PointRows,
  rows: number,
  visit: (block: Float32Array, start: number, count: number) => void,
): void {
  const { cols } = from;
  const reader = openRows(from);
  const step = Math.max(1, Math.floor(SCANNED_VALUES / cols));
  const block = new Float32Array(Math.min(rows, step) * cols);
  for (let start = 0; start < rows; start += step) {
    const count = Math.min(step, rows - start);
    reader.copy(start, count, block, 0);
    visit(block, start, count);
  }
}

/** Single rows, to be looked at in any order: row i starts at `values[place(i)]`. */
export interface RowPlaces {
  readonly values: Float32Array;
  place(i: number): number;
}

/** Rows of a file that are kept: as many as fit into this many values, but one. */
const KEPT_VALUES = 2 ** 20;

/** Rows in memory are where they are; of those in a file the latest are kept, each in a place of its own. */
export function openPlaces(rows: PointRows): RowPlaces {
  const { data, stored, cols } = rows;
  if (!stored) return { values: data, place: (i) => i * cols };
  const places = Math.max(1, Math.min(1024, Math.floor(KEPT_VALUES / cols)));
  const values = new Float32Array(places * cols);
  const held = new Int32Array(places).fill(-1);
  const reader = openRows(rows);
  return {
    values,
    place(i) {
      const slot = i % places;
      if (held[slot] !== i) {
        reader.copy(i, 1, values, slot * cols);
        held[slot] = i;
      }
      return slot * cols;
    },
  };
}

/** An open file, and which it was: another may take its path. */
interface OpenFile {
  readonly descriptor: number;
  readonly version: string;
}

/** Open files by path, the latest used last. Few, and kept: rows are read by the hundred thousand. */
const files = new Map<string, OpenFile>();
const KEPT_FILES = 8;

/** @throws missing-file, also where another file has its path */
function fileOf({ path, version: wanted }: StoredValues): number {
  const kept = files.get(path);
  files.delete(path);
  const version = versionOf(path, kept);
  if (kept && kept.version !== version) closeSync(kept.descriptor);
  if (wanted !== undefined && wanted !== version) {
    throw new IsometerError("missing-file", `${path} is not the file any more that was opened`, {
      hint: "Do not write to the file or replace it during an audit.",
    });
  }
  const file = kept?.version === version ? kept : { descriptor: openSync(path, "r"), version };
  files.set(path, file);
  for (const [oldest, { descriptor }] of files) {
    if (files.size <= KEPT_FILES) break;
    files.delete(oldest);
    closeSync(descriptor);
  }
  return file.descriptor;
}

/** @throws missing-file; the file kept open under that path is closed then */
function versionOf(path: string, kept: OpenFile | undefined): string {
  try {
    return fileVersion(statSync(path));
  } catch (cause) {
    if (kept) closeSync(kept.descriptor);
    throw new IsometerError("missing-file", `there is no file ${path} any more`, {
      hint: "Leave the file where it is during an audit.",
      cause,
    });
  }
}

function readInto(file: number, { path, offset }: StoredValues, from: number, out: Float32Array): void {
  const bytes = new Uint8Array(out.buffer, out.byteOffset, out.byteLength);
  for (let done = 0; done < bytes.length; ) {
    const got = readSync(file, bytes, done, bytes.length - done, offset + from + done);
    if (got === 0) {
      throw new IsometerError("truncated", `${path} became shorter while it was read`, {
        hint: "Do not write to the file during an audit.",
      });
    }
    done += got;
  }
}
