import type { Kernel, KernelTools } from "../engine/index.ts";
import { offerClosest } from "./joins.ts";
import { type Layout, rowPanel, slotPanel, type TileTask } from "./layout.ts";
import { panelRow } from "./panel.ts";
import { openScanner } from "./scan.ts";
import type { Space } from "./space.ts";
import { makeTiler, type Tile } from "./tiles.ts";

/** Set-up of the search for the closest rows of different parts. */
export interface JoinsSetup {
  readonly space: Space;
  /** Slots: the rows outside of one of the parts. */
  readonly layout: Layout;
  /** Part of each row, below `count`. */
  readonly of: Int32Array;
  readonly count: number;
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** By part: the closest pair of one of its rows and one of another part, a < b. a is -1 where none came yet. */
export interface Closest {
  readonly orders: Float32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Keeps, over the tiles of its tasks, the closest pair out of each part. */
export async function open(setup: JoinsSetup, tools: KernelTools): Promise<Kernel<TileTask, null, Closest>> {
  const { space, layout, count, model } = setup;
  const { memory } = await openScanner({ layout, nearest: 0, ranks: null, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, false, memory);
  const kept: Closest = {
    orders: new Float32Array(count).fill(Number.POSITIVE_INFINITY),
    a: new Int32Array(count).fill(-1),
    b: new Int32Array(count).fill(-1),
  };
  return {
    async run(task) {
      for (const [row, col] of task) {
        scan(await tiler.tile(rowPanel(layout, space, row), slotPanel(layout, space, col)), setup.of, kept);
      }
      return null;
    },
    async finish() {
      await tiler.close();
      return kept;
    },
  };
}

function scan({ orders, stride, rows, cols }: Tile, of: Int32Array, kept: Closest): void {
  const parts = Int32Array.from({ length: cols.count }, (_, c) => of[panelRow(cols, c)]!);
  for (let r = 0; r < rows.count; r++) {
    const i = panelRow(rows, r);
    const p = of[i]!;
    for (let c = 0, at = r * stride; c < cols.count; c++, at++) {
      const q = parts[c]!;
      if (p === q) continue;
      const order = orders[at]!;
      if (order > kept.orders[p]! && order > kept.orders[q]!) continue;
      const j = panelRow(cols, c);
      const [a, b] = i < j ? [i, j] : [j, i];
      offerClosest(kept, p, order, a, b);
      offerClosest(kept, q, order, a, b);
    }
  }
}
