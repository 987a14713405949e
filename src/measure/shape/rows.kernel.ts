import type { Kernel } from "../../engine/index.ts";

/** Set-up of sums over rows, `rows x cols`, as they were given. */
export interface RowsSetup {
  readonly data: Float32Array;
  readonly cols: number;
}

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
export async function open({
  data,
  cols,
}: RowsSetup): Promise<Kernel<readonly [number, number], RowSums, null>> {
  const first = Float64Array.from(data.subarray(0, cols));
  return {
    async run([start, end]) {
      const differences = new Float64Array(cols);
      const squares = new Float64Array(cols);
      const directions = new Float64Array(cols);
      let zeros = 0;
      for (let i = start; i < end; i++) {
        const at = i * cols;
        let norm = 0;
        for (let k = 0; k < cols; k++) {
          const value = data[at + k]!;
          const difference = value - first[k]!;
          norm += value * value;
          differences[k]! += difference;
          squares[k]! += difference * difference;
        }
        if (norm === 0) zeros++;
        const factor = norm > 0 ? 1 / Math.sqrt(norm) : 0;
        for (let k = 0; k < cols; k++) directions[k]! += data[at + k]! * factor;
      }
      return { differences, squares, directions, zeros };
    },
    finish: () => null,
  };
}
