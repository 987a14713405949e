import {
  checkInteger,
  type Matrix,
  type Points,
  pointRows,
  ranges,
  sharedFloat32,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import type { QuantizeSetup } from "./quantize.kernel.ts";
import type { Quantizer } from "./scalar.ts";

export interface QuantizedOptions extends Watch {
  readonly engine: EngineInfo;
  /** Numbers of a row that are kept, the first ones; default all. */
  readonly dims?: number;
  /** Scale every row to length 1 before. Default false. */
  readonly unitRows?: boolean;
  /** Scale what is kept of it to length 1 after. Default false. */
  readonly unitCodes?: boolean;
  /** Shared memory for at least `n x dims` numbers, which is written over; default new memory. */
  readonly out?: Float32Array;
}

/**
 * Rows as their codes say them: the first numbers of each, rounded to the levels of a quantizer, and back as float32. Cost O(n D).
 *
 * @param points n x D
 * @returns n x dims, on shared memory
 * @throws bad-option; aborted
 */
export async function quantized(
  points: Points,
  quantizer: Quantizer,
  { engine, dims = points.cols, unitRows = false, unitCodes = false, out, ...watch }: QuantizedOptions,
): Promise<Matrix> {
  const { rows, cols } = points;
  checkInteger("dims", dims, 1, cols);
  const data = (out ?? sharedFloat32(rows * dims)).subarray(0, rows * dims);
  const setup: QuantizeSetup = { ...pointRows(points), dims, unitRows, unitCodes, quantizer, out: data };
  await runBlocks({
    ...watch,
    engine,
    kernel: kernelUrl("./quantize.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.max(256, Math.ceil(rows / 64))),
    stage: "rounding",
  });
  return { data, rows, cols: dims };
}
