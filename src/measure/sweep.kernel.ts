import type { Kernel, KernelTools } from "../engine/index.ts";
import { isMirrored, type Layout, rowPanel, slotPanel, type TileTask } from "../neighbors/layout.ts";
import type { NearestLists } from "../neighbors/nearest.ts";
import { rankCounter } from "../neighbors/ranks.ts";
import type { Neighbors } from "../neighbors/refine.ts";
import { openScanner } from "../neighbors/scan.ts";
import type { Space } from "../neighbors/space.ts";
import { makeTiler, type Tile } from "../neighbors/tiles.ts";
import { openPairLoops, type PairLoops } from "./pair-loops.ts";
import { type PairBins, type PairCounts, polisher, type RankTables } from "./pairs.ts";

/** What to gather in one of the two spaces. */
export interface SideSetup {
  /** Width of the lists of nearest candidates, or 0 for none. */
  readonly nearest: number;
  /** Rows whose ranks to count, or null. */
  readonly targets: Neighbors | null;
}

/** One pass over all tiles of a layout: of the original, of latents, or of all of them side by side. */
export interface SweepSetup {
  readonly x: Space;
  readonly zs: readonly Space[];
  readonly layout: Layout;
  readonly model: Uint8Array;
  /** What to gather in the original; null: its tiles are not made. */
  readonly xSide: SideSetup | null;
  /** What to gather in each latent; null: none of their tiles are made. */
  readonly zSides: readonly SideSetup[] | null;
  /** For each latent the first pass over pairs (counts and moments), or the second (rank sums); null: none. Needs both sides. */
  readonly pairs: readonly PairSetup[] | null;
}

/** How to count the pairs of the original and one latent; `tables` for the second pass. */
export interface PairSetup {
  readonly bins: PairBins;
  readonly tables: RankTables | null;
}

export interface SideState {
  readonly nearest: NearestLists | null;
  /** `slots x k` counts of rows before each target. */
  readonly before: Int32Array | null;
}

export interface SweepState {
  readonly x: SideState | null;
  readonly zs: readonly SideState[];
  /** What was counted of the pairs, for each latent. */
  readonly pairs: readonly PairState[];
}

export interface PairState {
  readonly counts: PairCounts | null;
  /** Second pass: the ratios of far pairs, by bin. */
  readonly far: Float64Array | null;
}

/** The tiles of one space, and what is gathered from them. */
interface Side {
  visit(place: readonly [number, number]): Promise<Tile>;
  finish(): Promise<SideState>;
}

async function openSide(
  { layout, model, pairs }: SweepSetup,
  space: Space,
  side: SideSetup,
  tools: KernelTools,
): Promise<Side> {
  const ranks = side.targets ? rankCounter(side.targets, layout, space, space) : null;
  const scanner = await openScanner({ layout, nearest: side.nearest, ranks, selfless: true }, space, tools);
  const tiler = await makeTiler(tools, model, layout.kind === "anchors", scanner.memory);
  const polish = pairs ? polisher(space, scanner.memory) : null;
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

/** Gathers neighbours, ranks and pair statistics over the tiles of its tasks. A task's results are its pair sums, for each latent. */
export async function open(
  setup: SweepSetup,
  tools: KernelTools,
): Promise<Kernel<TileTask, readonly Float64Array[], SweepState>> {
  const { x: xSpace, zs, layout, xSide, zSides, pairs } = setup;
  const x = xSide && (await openSide(setup, xSpace, xSide, tools));
  const sides: Side[] = [];
  const loops: PairLoops[] = [];
  for (const [l, z] of zs.entries()) {
    if (zSides) sides.push(await openSide(setup, z, zSides[l]!, tools));
    if (pairs) loops.push(await openPairLoops({ spaces: { x: xSpace, z }, layout, ...pairs[l]! }, tools));
  }
  return {
    async run(task) {
      for (const place of task) {
        const xTile = await x?.visit(place);
        for (const [l, side] of sides.entries()) {
          const zTile = await side.visit(place);
          if (xTile) loops[l]?.add(xTile, zTile);
        }
      }
      return loops.map((loop) => loop.takeSums());
    },
    async finish() {
      const states: SideState[] = [];
      for (const side of sides) states.push(await side.finish());
      return {
        x: (await x?.finish()) ?? null,
        zs: states,
        pairs: loops.map(({ counts, far }) => ({ counts, far })),
      };
    },
  };
}
