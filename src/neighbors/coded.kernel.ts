import type { Kernel, KernelTools } from "../engine/index.ts";
import { type CodedCandidates, openCoder } from "./codes.ts";
import { type Layout, rowPanel, slotPanel, type TileTask } from "./layout.ts";
import type { Space } from "./space.ts";

/** Set-up of the search for candidates by codes. */
export interface CodedSetup {
  readonly slots: Space;
  readonly searched: Space;
  readonly layout: Layout & { readonly kind: "anchors" };
  /** Smallest estimates kept per slot. */
  readonly width: number;
}

/** Keeps, over the tiles of its tasks, all rows that may be among the nearest of every slot. */
export async function open(
  setup: CodedSetup,
  tools: KernelTools,
): Promise<Kernel<TileTask, null, CodedCandidates>> {
  const { slots, searched, layout } = setup;
  const coder = await openCoder(setup, tools);
  return {
    async run(task) {
      for (const [row, slot] of task)
        await coder.meet(rowPanel(layout, searched, row), slotPanel(layout, slots, slot));
      return null;
    },
    finish: coder.finish,
  };
}
