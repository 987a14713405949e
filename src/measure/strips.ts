import type { KernelTools } from "../engine/index.ts";
import { type Layout, slotsOf } from "../neighbors/layout.ts";
import { PANEL, type Panel, TILE } from "../neighbors/panel.ts";
import { openScanner } from "../neighbors/scan.ts";
import type { Space } from "../neighbors/space.ts";
import { makeTiler, type Tile } from "../neighbors/tiles.ts";
import { polisher } from "./pairs.ts";

/** Makes the tiles of a strip: some slots (the rows of its tiles) against all rows, panel by panel. */
export interface StripMaker {
  make(start: number, end: number, take: (tile: Tile) => void): Promise<void>;
  close(): Promise<void>;
}

/** Rows that a tile sees from its slots: as many as make its product long, few enough for it to stay in the second cache. */
const SEEN = { most: PANEL, orders: TILE / 4 } as const;

/** All rows, laid out, stay with each worker up to this size; more are laid out again for each strip. */
const HELD_BYTES = 2 ** 26;

/**
 * Opens a maker of strips of `space`; near pairs are measured exactly where a product would not tell them (see `polisher`).
 *
 * @param width the most slots of a strip
 */
export async function openStrips(
  space: Space,
  layout: Layout,
  width: number,
  model: Uint8Array,
  tools: KernelTools,
): Promise<StripMaker> {
  const all: Layout = { kind: "anchors", rows: space.rows, slots: slotsOf(layout), index: null };
  const scanner = await openScanner({ layout: all, nearest: 0, ranks: null, selfless: false }, space, tools);
  const isHeld = 4 * space.rows * (space.cols + 2) <= HELD_BYTES;
  // A panel that comes by once a strip is gone from any cache before it comes again.
  const tiler = await makeTiler(tools, model, isHeld, scanner.memory, 0);
  const polish = polisher(space, scanner.memory);
  const index = layout.kind === "anchors" ? layout.index : null;
  const step = Math.min(SEEN.most, Math.floor(SEEN.orders / width) & ~3);
  return {
    async make(start, end, take) {
      const rows: Panel = { space, start, count: end - start, index };
      for (let from = 0; from < space.rows; from += step) {
        const cols: Panel = { space, start: from, count: Math.min(step, space.rows - from), index: null };
        const tile = await tiler.tile(rows, cols);
        polish(tile);
        take(tile);
      }
    },
    close: tiler.close,
  };
}
