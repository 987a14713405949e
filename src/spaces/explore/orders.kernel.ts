import type { Kernel, KernelTools } from "../../engine/index.ts";
import { openMeasurer } from "../../neighbors/exact-order.ts";
import type { Space } from "../../neighbors/index.ts";

export interface OrdersSetup {
  readonly space: Space;
  readonly row: number;
  /** Out: n orders, on shared memory. */
  readonly orders: Float64Array;
}

/** Measures rows `[start, end)` from the row. */
export async function open(
  { space, row, orders }: OrdersSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const measurer = await openMeasurer(space, space, tools);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += measurer.most) {
        orders.set(measurer.range(row, from, Math.min(end, from + measurer.most)), from);
      }
      return null;
    },
    finish: () => null,
  };
}
