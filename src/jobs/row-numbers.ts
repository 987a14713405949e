import type { OpenedSource } from "../data/index.ts";
import type { Source } from "../data/source.ts";

/** Where the rows that are compared stand in the file of the original: `--rows` and `--id` leave rows out. */
export interface RowNumbers {
  /** Rows of the whole file. */
  readonly total: number;
  /** Number of the first row that was opened. */
  readonly start: number;
  /** Of each compared row, its number among those opened; null where all are there in order. */
  readonly opened: Int32Array | null;
}

/** @param opened as `readPair` gives it: for each row its number in the opened original */
export function rowNumbersOf(original: Source, opened: Int32Array | undefined): RowNumbers {
  const { within } = original as OpenedSource;
  return {
    total: within?.rows ?? original.rows,
    start: within?.range.start ?? 0,
    opened: opened ?? null,
  };
}

/** The number in the file of a row that is compared. */
export function rowNumber({ start, opened }: RowNumbers, row: number): number {
  return start + (opened ? opened[row]! : row);
}
