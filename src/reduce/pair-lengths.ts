import { sharedFloat32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { PairLengthsSetup } from "./pair-lengths.kernel.ts";
import { PAIR_ROWS, type PairRows } from "./pair-rows.ts";

/** The lengths of the pairs of each place with the `partners` that follow it, n x partners, on shared memory. Cost: n partners D. */
export async function pairLengths(
  rows: PairRows,
  partners: number,
  { engine, signal }: Watch & { readonly engine: EngineInfo },
): Promise<Float32Array> {
  const n = rows.order.length;
  const setup: PairLengthsSetup = { ...rows, partners, lengths: sharedFloat32(n * partners) };
  await runBlocks<number, null, null>({
    engine,
    ...(signal && { signal }),
    kernel: kernelUrl("./pair-lengths.kernel.js", import.meta.url),
    setup,
    tasks: Array.from({ length: Math.ceil(n / PAIR_ROWS) }, (_, t) => t * PAIR_ROWS),
    stage: "fitting",
  });
  return setup.lengths;
}
