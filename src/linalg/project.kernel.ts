import type { PointRows } from "../base/index.ts";
import { type Kernel, type KernelTools, openRows } from "../engine/index.ts";
import { constant, gemm, input, toOnnx } from "../graph/index.ts";
import { toUnitRows } from "./unit-rows.ts";

/** Set-up of a linear map of rows around a centre: `rows x cols` to `rows x components`. */
export interface ProjectSetup extends PointRows {
  /** Scale every row to length 1 first. */
  readonly unitRows: boolean;
  readonly centre: Float64Array;
  /** `components x cols` */
  readonly components: Float32Array;
  /** On shared memory: tasks write their rows. */
  readonly out: Float32Array;
}

const BLOCK = 1024;

/** A task is a range of rows. */
export async function open(
  setup: ProjectSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { cols, unitRows, centre, components, out } = setup;
  const reader = openRows(setup);
  const to = components.length / cols;
  const map = constant(components.slice(), [to, cols]);
  const product = gemm(input("rows", ["m", cols]), map, { transB: true });
  const session = await tools.ownSession(toOnnx({ outputs: { product } }));
  const block = new Float32Array(BLOCK * cols);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        reader.copy(from, count, block, 0);
        if (unitRows) toUnitRows(block.subarray(0, count * cols), cols);
        for (let r = 0; r < count; r++) {
          for (let k = 0; k < cols; k++) block[r * cols + k]! -= centre[k]!;
        }
        const part = { data: new Float32Array(count * to), dims: [count, to] };
        const feeds = { rows: { data: block.subarray(0, count * cols), dims: [count, cols] } };
        await session.run(feeds, { product: part });
        out.set(part.data, from * to);
      }
      return null;
    },
    async finish() {
      await session.close();
      return null;
    },
  };
}
