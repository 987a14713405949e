import { ranges, type Watch } from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import { nearestIn } from "../../neighbors/exact.ts";
import type { Space } from "../../neighbors/index.ts";
import type { Boxes } from "./boxes.ts";
import type { Near, NearSetup } from "./near.kernel.ts";

/** Up to so many dimensions few boxes hold neighbours; beyond, products over all rows are faster. */
const BOXED_COLS = 3;

/** Boxes of one task. */
const TASK_BOXES = 16;

/** The k nearest other rows of each row and their orders, exact, `n x k`. In few dimensions about n log n, else n^2 d / 2 multiplications. */
export async function nearestRows(
  space: Space,
  boxes: Boxes,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Near> {
  if (space.cols > BOXED_COLS) return nearestIn(space, space, k, engine, watch);
  const setup: NearSetup = { space, boxes, k };
  const tasks = ranges(boxes.count, TASK_BOXES);
  const { results } = await runBlocks<readonly [number, number], Near, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./near.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "neighbours",
  });
  const ids = new Int32Array(space.rows * k);
  const orders = new Float64Array(space.rows * k);
  results.forEach((part, t) => {
    const first = boxes.starts[tasks[t]![0]]!;
    for (let r = 0; r < part.ids.length / k; r++) {
      const to = boxes.order[first + r]! * k;
      ids.set(part.ids.subarray(r * k, (r + 1) * k), to);
      orders.set(part.orders.subarray(r * k, (r + 1) * k), to);
    }
  });
  return { ids, orders };
}
