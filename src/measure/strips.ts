import type { KernelTools } from "../engine/index.ts";
import { type Layout, slotsOf } from "../neighbors/layout.ts";
import { PANEL, type Panel, TILE } from "../neighbors/panel.ts";
import { openScanner } from "../neighbors/scan.ts";
import type { Space } from "../neighbors/space.ts";
import { makeTiler, type Tile } from "../neighbors/tiles.ts";
import { polisher } from "./pairs.ts";

/** Makes the tiles of a strip: some slots (the columns of its tiles) against all rows, panel by panel. */
export interface StripMaker {
  make(start: number, end: number, take: (tile: Tile) => void): Promise<void>;
}

/** Rows of a tile: as many as make its product long, few enough for it to stay in the second cache. */
const ROWS = { most: PANEL, orders: TILE / 4 } as const;

/** Opens a maker of strips of `space`; near pairs are measured exactly where a product would not tell them (see `polisher`). */
export async function openStrips(
  space: Space,
  layout: Layout,
  model: Uint8Array,
  tools: KernelTools,
): Promise<StripMaker> {
  const all: Layout = { kind: "anchors", rows: space.rows, slots: slotsOf(layout), index: null };
  const scanner = await openScanner({ layout: all, nearest: 0, ranks: null, selfless: false }, space, tools);
  const polish = polisher(space);
  const index = layout.kind === "anchors" ? layout.index : null;
  return {
    async make(start, end, take) {
      const cols: Panel = { space, start, count: end - start, index };
      const tiler = await makeTiler(tools, model, true, scanner.memory);
      // Whole columns are put together from panels that start at a multiple of 4.
      const step = Math.min(ROWS.most, Math.floor(ROWS.orders / (end - start)) & ~3);
      for (let from = 0; from < space.rows; from += step) {
        const rows: Panel = { space, start: from, count: Math.min(step, space.rows - from), index: null };
        const tile = await tiler.tile(rows, cols);
        polish(tile);
        take(tile);
      }
      await tiler.close();
    },
  };
}
