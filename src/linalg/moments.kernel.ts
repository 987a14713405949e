import type { PointRows } from "../base/index.ts";
import { type Kernel, type KernelTools, openRows } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";
import { toUnitRows } from "./unit-rows.ts";

/** Set-up of second moments: rows around a centre, `rows x cols`. */
export interface MomentsSetup extends PointRows {
  /** Scale every row to length 1 first. */
  readonly unitRows: boolean;
  /** Taken off every row: any point near the mean will do, it spares rounding. */
  readonly centre: Float64Array;
  /** What every value is multiplied by: a power of two that keeps products within float32. */
  readonly unit: number;
}

/** Sums over some rows, in scaled units. */
export interface Moments {
  readonly sums: Float64Array;
  /** `cols x cols`: sums of products. */
  readonly products: Float64Array;
}

/** Rows in one product: float32 sums of as many, float64 sums of those. */
const BLOCK = 512;

/** A task is a range of rows; its result their sums, added in order. */
export async function open(
  setup: MomentsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Moments, null>> {
  const { cols, unitRows, centre, unit } = setup;
  const reader = openRows(setup);
  const rows = input("rows", ["m", cols]);
  const session = await tools.session(toOnnx({ outputs: { products: gemm(rows, rows, { transA: true }) } }));
  const block = new Float32Array(BLOCK * cols);
  const part = { data: new Float32Array(cols * cols), dims: [cols, cols] };
  return {
    async run([start, end]) {
      const sums = new Float64Array(cols);
      const products = new Float64Array(cols * cols);
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        reader.copy(from, count, block, 0);
        if (unitRows) toUnitRows(block.subarray(0, count * cols), cols);
        for (let r = 0; r < count; r++) {
          for (let k = 0; k < cols; k++) {
            const value = (block[r * cols + k]! - centre[k]!) * unit;
            sums[k]! += value;
            block[r * cols + k] = value;
          }
        }
        const feeds = { rows: { data: block.subarray(0, count * cols), dims: [count, cols] } };
        await session.run(feeds, { products: part });
        for (let i = 0; i < products.length; i++) products[i]! += part.data[i]!;
      }
      return { sums, products };
    },
    finish: () => null,
  };
}
