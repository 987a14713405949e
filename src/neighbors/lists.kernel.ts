import type { Kernel, KernelTools } from "../engine/index.ts";
import { openMeasurer } from "./exact-order.ts";
import type { Layout } from "./layout.ts";
import type { NearestLists } from "./nearest.ts";
import { type CodedEvidence, measureLists, type Neighbors, refine, refineCoded } from "./refine.ts";
import type { Space } from "./space.ts";

/** Set-up of work slot by slot: refine candidates, or measure given rows. */
export interface ListsSetup {
  readonly slots: Space;
  readonly searched: Space;
  readonly layout: Layout;
  readonly selfless: boolean;
  readonly k: number;
  readonly work:
    | {
        readonly refine: NearestLists;
        /** The lists need not hold the nearest rows, and are not completed. */
        readonly mayMiss?: boolean;
      }
    | { readonly refineCoded: CodedEvidence }
    | { readonly measure: Int32Array };
}

/** A task is a range of slots; its result their neighbours. */
export async function open(
  setup: ListsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Neighbors, null>> {
  const { work, k, slots, searched } = setup;
  const places = { ...setup, measurer: await openMeasurer(slots, searched, tools) };
  return {
    async run([start, end]) {
      if ("refine" in work) return refine(work.refine, k, places, start, end, work.mayMiss);
      if ("refineCoded" in work) return refineCoded(work.refineCoded, k, places, start, end);
      return measureLists(work.measure, k, places, start, end);
    },
    finish: () => null,
  };
}
