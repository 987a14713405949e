import type { Kernel, KernelTools } from "../engine/index.ts";
import { isMirrored, type Layout, rowPanel, slotPanel, type TileTask } from "./layout.ts";
import type { NearestLists } from "./nearest.ts";
import { openScanner } from "./scan.ts";
import type { Space } from "./space.ts";
import { makeTiler } from "./tiles.ts";

/** Set-up of the search for nearest candidates. */
export interface NearestSetup {
  readonly slots: Space;
  readonly searched: Space;
  readonly layout: Layout;
  /** Candidates kept per slot. */
  readonly width: number;
  readonly selfless: boolean;
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** Keeps, over the tiles of its tasks, the nearest candidates of every slot. */
export async function open(
  setup: NearestSetup,
  tools: KernelTools,
): Promise<Kernel<TileTask, null, NearestLists>> {
  const { slots, searched, layout, selfless } = setup;
  const scanner = await openScanner({ layout, nearest: setup.width, ranks: null, selfless }, searched, tools);
  const tiler = await makeTiler(tools, setup.model, layout.kind === "anchors", scanner.memory);
  return {
    async run(task) {
      for (const place of task) {
        const tile = await tiler.tile(
          rowPanel(layout, searched, place[0]),
          slotPanel(layout, slots, place[1]),
        );
        scanner.scan(tile, isMirrored(layout, place));
      }
      return null;
    },
    async finish() {
      await tiler.close();
      return scanner.nearest()!;
    },
  };
}
