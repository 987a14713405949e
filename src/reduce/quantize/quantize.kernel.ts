import type { PointRows } from "../../base/index.ts";
import { type Kernel, openRows } from "../../engine/index.ts";
import { toUnitRows } from "../../linalg/index.ts";
import { type Quantizer, quantize } from "./scalar.ts";

/** Set-up of rounding rows: the first `dims` numbers of each, as a quantizer keeps them. */
export interface QuantizeSetup extends PointRows {
  readonly dims: number;
  /** Scale every row to length 1 before. */
  readonly unitRows: boolean;
  /** Scale what is kept of it to length 1 after; a row of zeros stays. */
  readonly unitCodes: boolean;
  readonly quantizer: Quantizer;
  /** `rows x dims`, on shared memory: tasks write their rows. */
  readonly out: Float32Array;
}

const BLOCK = 256;

/** A task is a range of rows. */
export function open(setup: QuantizeSetup): Promise<Kernel<readonly [number, number], null, null>> {
  const { cols, dims, unitRows, unitCodes, quantizer, out } = setup;
  const reader = openRows(setup);
  const block = new Float32Array(BLOCK * cols);
  const run = ([start, end]: readonly [number, number]) => {
    for (let from = start; from < end; from += BLOCK) {
      const count = Math.min(BLOCK, end - from);
      reader.copy(from, count, block, 0);
      if (unitRows) toUnitRows(block.subarray(0, count * cols), cols);
      const kept = out.subarray(from * dims, (from + count) * dims);
      for (let r = 0; r < count; r++) kept.set(block.subarray(r * cols, r * cols + dims), r * dims);
      quantize(kept, dims, quantizer);
      if (unitCodes) toUnitRows(kept, dims);
    }
    return Promise.resolve(null);
  };
  return Promise.resolve({ run, finish: () => null });
}
