import { kernelUrl, runBlocks } from "../engine/index.ts";
import type { CompareOptions } from "./compare.ts";
import type { Concordance, Isotonic, OrdersSetup } from "./landmark-orders.kernel.ts";
import type { LandmarkEvidence } from "./landmarks.ts";

/** What the order of the lengths between landmarks tells. */
export interface OrderEvidence {
  readonly concordance: Concordance;
  readonly isotonic: Isotonic;
}

/** Sorts the pairs of landmarks, on two threads. Cost: N log N for their N = m (m - 1) / 2 pairs. */
export async function gatherOrders(
  { rows, x, z }: LandmarkEvidence,
  { engine, watch }: CompareOptions,
): Promise<OrderEvidence> {
  const setup: OrdersSetup = { m: rows.length, x, z };
  const { results } = await runBlocks<"concordance" | "isotonic", Concordance | Isotonic, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./landmark-orders.kernel.js", import.meta.url),
    setup,
    tasks: ["concordance", "isotonic"],
    stage: "landmarks",
  });
  return { concordance: results[0] as Concordance, isotonic: results[1] as Isotonic };
}
