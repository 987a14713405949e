import type { PointRows } from "../../base/index.ts";
import { type Kernel, openRows } from "../../engine/index.ts";

/** Set-up of sums over rows, `rows x cols`, as they were given. */
export type RowsSetup = PointRows;

/** Rows read at once. */
const BLOCK = 256;

/** Sums over some rows. */
export interface RowSums {
  /** Of the differences to the first row of all, per column, and of their squares. */
  readonly differences: Float64Array;
  readonly squares: Float64Array;
  /** Of the rows scaled to length 1. */
  readonly directions: Float64Array;
  /** Rows of zeros. */
  readonly zeros: number;
}

/** A task is a range of rows; its result their sums, added in order. */
export async function open(setup: RowsSetup): Promise<Kernel<readonly [number, number], RowSums, null>> {
  const { cols } = setup;
  const reader = openRows(setup);
  const block = new Float32Array(BLOCK * cols);
  const first = new Float32Array(cols);
  reader.copy(0, 1, first, 0);
  return {
    async run([start, end]) {
      const sums = {
        differences: new Float64Array(cols),
        squares: new Float64Array(cols),
        directions: new Float64Array(cols),
      };
      let zeros = 0;
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        reader.copy(from, count, block, 0);
        for (let r = 0; r < count; r++) if (addRow(block, r * cols, first, sums) === 0) zeros++;
      }
      return { ...sums, zeros };
    },
    finish: () => null,
  };
}

/** Adds the row at `at`; gives its squared norm. */
function addRow(
  block: Float32Array,
  at: number,
  first: Float32Array,
  { differences, squares, directions }: Omit<RowSums, "zeros">,
): number {
  const cols = first.length;
  let norm = 0;
  for (let k = 0; k < cols; k++) {
    const value = block[at + k]!;
    const difference = value - first[k]!;
    norm += value * value;
    differences[k]! += difference;
    squares[k]! += difference * difference;
  }
  const factor = norm > 0 ? 1 / Math.sqrt(norm) : 0;
  for (let k = 0; k < cols; k++) directions[k]! += block[at + k]! * factor;
  return norm;
}
