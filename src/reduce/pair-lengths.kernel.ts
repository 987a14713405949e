import type { Kernel, KernelTools } from "../engine/index.ts";
import { openLengths, PAIR_ROWS, type PairRows } from "./pair-rows.ts";

/** Set-up of the lengths of the pairs of each place with those that follow it. */
export interface PairLengthsSetup extends PairRows {
  readonly partners: number;
  /** Out: n x partners. */
  readonly lengths: Float32Array;
}

/** A task is the first of `PAIR_ROWS` places, or what is left of them. */
export async function open(setup: PairLengthsSetup, tools: KernelTools): Promise<Kernel<number, null, null>> {
  const { order, partners, lengths } = setup;
  const lengthsOf = await openLengths(setup, partners, tools);
  return {
    async run(first) {
      const rows = Math.min(PAIR_ROWS, order.length - first);
      lengths.set(await lengthsOf(first, rows, 1, partners), first * partners);
      return null;
    },
    finish: () => null,
  };
}
