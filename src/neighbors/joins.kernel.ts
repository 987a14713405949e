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
  readonly layout: Layout;
  /** Part of each row, below `count`. */
  readonly of: Int32Array;
  readonly count: number;
  /** Keep the closest pair of every two parts, else of each part and all others. */
  readonly paired: boolean;
  /** `tileModel()` */
  readonly model: Uint8Array;
}

/** Closest pairs, a < b: place `p * count + q` for parts p < q, or place p for part p. a is -1 where none came. */
export interface Closest {
  readonly orders: Float32Array;
  readonly a: Int32Array;
  readonly b: Int32Array;
}

/** Keeps, over the tiles of its tasks, the closest rows of different parts. */
export async function open(setup: JoinsSetup, tools: KernelTools): Promise<Kernel<TileTask, null, Closest>> {
  const { space, layout, count, paired, model } = setup;
  const { memory } = await openScanner({ layout, nearest: 0, ranks: null, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, false, memory);
  const places = paired ? count * count : count;
  const kept: Closest = {
    orders: new Float32Array(places).fill(Number.POSITIVE_INFINITY),
    a: new Int32Array(places).fill(-1),
    b: new Int32Array(places).fill(-1),
  };
  return {
    async run(task) {
      for (const [row, col] of task) {
        scan(setup, await tiler.tile(rowPanel(layout, space, row), slotPanel(layout, space, col)), kept);
      }
      return null;
    },
    async finish() {
      await tiler.close();
      return kept;
    },
  };
}

function scan({ of, count, paired }: JoinsSetup, { orders, stride, rows, cols }: Tile, kept: Closest): void {
  const parts = Int32Array.from({ length: cols.count }, (_, c) => of[panelRow(cols, c)]!);
  for (let r = 0; r < rows.count; r++) {
    const i = panelRow(rows, r);
    const p = of[i]!;
    for (let c = 0, at = r * stride; c < cols.count; c++, at++) {
      const q = parts[c]!;
      if (p === q) continue;
      const order = orders[at]!;
      const place = paired ? (p < q ? p * count + q : q * count + p) : p;
      if (order > kept.orders[place]! && (paired || order > kept.orders[q]!)) continue;
      const j = panelRow(cols, c);
      const [a, b] = i < j ? [i, j] : [j, i];
      offerClosest(kept, place, order, a, b);
      if (!paired) offerClosest(kept, q, order, a, b);
    }
  }
}
