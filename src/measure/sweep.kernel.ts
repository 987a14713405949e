import type { Kernel, KernelTools } from "../engine/index.ts";
import { isMirrored, type Layout, rowPanel, slotPanel, type TileTask } from "../neighbors/layout.ts";
import type { NearestLists } from "../neighbors/nearest.ts";
import { rankCounter } from "../neighbors/ranks.ts";
import type { Neighbors } from "../neighbors/refine.ts";
import { openScanner } from "../neighbors/scan.ts";
import type { Space } from "../neighbors/space.ts";
import { makeTiler, type Tile } from "../neighbors/tiles.ts";
import { openPairLoops } from "./pair-loops.ts";
import { type PairBins, type PairCounts, polisher, type RankTables } from "./pairs.ts";

/** What to gather in one of the two spaces. */
export interface SideSetup {
  /** Width of the lists of nearest candidates, or 0 for none. */
  readonly nearest: number;
  /** Rows whose ranks to count, or null. */
  readonly targets: Neighbors | null;
}

/** One pass over all tiles of a layout, in one space or in both side by side. */
export interface SweepSetup {
  readonly spaces: { readonly x: Space; readonly z: Space };
  readonly layout: Layout;
  readonly model: Uint8Array;
  readonly x: SideSetup | null;
  readonly z: SideSetup | null;
  /** First pass over pairs (counts and moments), or the second (rank sums), or none. Needs both sides. */
  readonly pairs: { readonly bins: PairBins; readonly tables: RankTables | null } | null;
}

export interface SideState {
  readonly nearest: NearestLists | null;
  /** `slots x k` counts of rows before each target. */
  readonly before: Int32Array | null;
}

export interface SweepState {
  readonly x: SideState | null;
  readonly z: SideState | null;
  readonly counts: PairCounts | null;
  /** Second pass over pairs: the ratios of far pairs, by bin. */
  readonly far: Float64Array | null;
}

/** The tiles of one space, and what is gathered from them. */
interface Side {
  visit(place: readonly [number, number]): Promise<Tile>;
  finish(): Promise<SideState>;
}

async function openSide(setup: SweepSetup, which: "x" | "z", tools: KernelTools): Promise<Side | null> {
  const side = setup[which];
  if (!side) return null;
  const { layout } = setup;
  const space = setup.spaces[which];
  const ranks = side.targets ? rankCounter(side.targets, layout, space, space) : null;
  const scanner = await openScanner({ layout, nearest: side.nearest, ranks, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, setup.model, layout.kind === "anchors", scanner.memory);
  const polish = setup.pairs ? polisher(space, space, layout) : null;
  return {
    async visit(place) {
      const tile = await tiler.tile(rowPanel(layout, space, place[0]), slotPanel(layout, space, place[1]));
      scanner.scan(tile, isMirrored(layout, place));
      polish?.(tile);
      return tile;
    },
    async finish() {
      await tiler.close();
      return { nearest: scanner.nearest(), before: scanner.before() };
    },
  };
}

/** Gathers neighbours, ranks and pair statistics over the tiles of its tasks. A task's result is its pair sums. */
export async function open(
  setup: SweepSetup,
  tools: KernelTools,
): Promise<Kernel<TileTask, Float64Array | null, SweepState>> {
  const { spaces, layout, pairs } = setup;
  const x = await openSide(setup, "x", tools);
  const z = await openSide(setup, "z", tools);
  const loops = pairs && (await openPairLoops({ spaces, layout, ...pairs }, tools));
  return {
    async run(task) {
      for (const place of task) {
        const xTile = await x?.visit(place);
        const zTile = await z?.visit(place);
        if (xTile && zTile) loops?.add(xTile, zTile);
      }
      return loops?.takeSums() ?? null;
    },
    async finish() {
      return {
        x: (await x?.finish()) ?? null,
        z: (await z?.finish()) ?? null,
        counts: loops?.counts ?? null,
        far: loops?.far ?? null,
      };
    },
  };
}
