import { ranges, sharedFloat64, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { type AllPairsSetup, PAIRS_PANEL } from "./all-pairs.kernel.ts";
import { exactOrder } from "./exact-order.ts";
import { lengthOf, type Space } from "./space.ts";

/**
 * The lengths, in the units of the data, of all pairs of some rows: `m x m`, symmetric, 0 on the diagonal, float64 from the points as
 * given (geodesics: from their table, which must know the rows). Cost m^2 d / 2, on all threads; 8 m^2 bytes.
 *
 * @param rows m row numbers of `space`
 */
export async function allLengths(
  space: Space,
  rows: Int32Array,
  engine: EngineInfo,
  watch: Watch,
): Promise<Float64Array> {
  const m = rows.length;
  const orders = sharedFloat64(m * m);
  if (space.table) lookUp(space, rows, orders);
  else await measureAll(space, rows, orders, engine, watch);
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) {
      const length = lengthOf(orders[i * m + j]!, space);
      orders[i * m + j] = length;
      orders[j * m + i] = length;
    }
  }
  return orders;
}

/** Orders above the diagonal, from a table that has them. */
function lookUp(space: Space, rows: Int32Array, orders: Float64Array): void {
  const order = exactOrder(space, space);
  const m = rows.length;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++) orders[i * m + j] = order(rows[i]!, rows[j]!);
  }
}

/** Orders above the diagonal, from the points. */
async function measureAll(
  space: Space,
  rows: Int32Array,
  orders: Float64Array,
  engine: EngineInfo,
  watch: Watch,
): Promise<void> {
  const setup: AllPairsSetup = { space, rows, orders };
  await runBlocks({
    ...watch,
    engine,
    kernel: kernelUrl("./all-pairs.kernel.js", import.meta.url),
    setup,
    // The widest first: no thread is left with the longest task.
    tasks: ranges(rows.length, PAIRS_PANEL).reverse(),
    stage: "landmarks",
  });
}
