import { IsometerError, ranges, sharedFloat64, type Watch } from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import { lengthOf, type Space } from "../../neighbors/index.ts";
import type { OrdersSetup } from "./orders.kernel.ts";

/** Rows of a task at most: a request that is broken off stops after the tasks in flight. */
const TASK_ROWS = 2 ** 15;

/**
 * The orders (see `Space`) of all rows from one row, n numbers in float64, straight from the values: the truth that products only approach. One pass, n d.
 *
 * @throws bad-range for a row that there is none of; aborted
 */
export async function ordersFrom(
  space: Space,
  row: number,
  engine: EngineInfo,
  watch: Watch = {},
): Promise<Float64Array> {
  checkRow(row, space.rows);
  const setup: OrdersSetup = { space, row, orders: sharedFloat64(space.rows) };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./orders.kernel.js", import.meta.url),
    setup,
    tasks: ranges(space.rows, Math.min(TASK_ROWS, Math.max(256, Math.ceil(space.rows / 16)))),
    stage: "distances",
  });
  return setup.orders;
}

/** The lengths from one row to all, n numbers in the units of the data. @throws as `ordersFrom` */
export async function lengthsFrom(
  space: Space,
  row: number,
  engine: EngineInfo,
  watch: Watch = {},
): Promise<Float32Array> {
  const orders = await ordersFrom(space, row, engine, watch);
  return new Float32Array(space.rows).map((_, i) => lengthOf(orders[i]!, space));
}

/** @throws bad-range */
export function checkRow(row: number, rows: number): void {
  if (Number.isInteger(row) && row >= 0 && row < rows) return;
  throw new IsometerError("bad-range", `there is no row ${row}`, {
    needed: `0 to ${rows - 1}`,
    got: String(row),
  });
}
