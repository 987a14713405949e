import { ranges, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Cells } from "./cells.ts";
import { overSlots } from "./find.ts";
import type { JoinedCellsSetup } from "./joined-cells.kernel.ts";
import type { Layout } from "./layout.ts";
import { mergeLists, type NearestLists } from "./nearest.ts";
import type { Neighbors } from "./refine.ts";
import type { Space } from "./space.ts";
import { tileModel } from "./tiles.ts";

/** Which cells are searched against which. */
export interface JoinedCells {
  /**
   * Pairs of cells, three numbers each, on shared memory: around whose centroid points are placed, and the two. Those of cells that are near
   * each other follow each other.
   */
  readonly pairs: Int32Array;
  /** Pairs of rows that are measured, of all there are. */
  readonly share: number;
}

/** In how many tasks pairs are searched: as few as threads share evenly, for lists that one thread fills stay short of work. */
const TASKS = 128;

/** Candidates kept, a multiple of 4: at least one beyond k. Nothing has to be proven by more. */
function widthFor(k: number): number {
  return (k + 4) & ~3;
}

/** Joins every cell with its `probes` nearest, itself among them, or as many as hold more than k rows. One that is joined with another is so from both sides. */
export function joinCells({ count, starts, near }: Cells, probes: number, k: number): JoinedCells {
  const size = (cell: number) => starts[cell + 1]! - starts[cell]!;
  const path = pathThrough(near, count);
  const place = new Int32Array(count);
  path.forEach((cell, at) => {
    place[cell] = at;
  });
  const partners = Array.from({ length: count }, (): number[] => []);
  for (let cell = 0; cell < count; cell++) {
    let held = 0;
    for (let rank = 0; rank < count && (rank < probes || held <= k); rank++) {
      const other = near[cell * count + rank]!;
      held += size(other);
      const [first, second] = [place[cell]!, place[other]!];
      partners[Math.min(first, second)]!.push(Math.max(first, second));
    }
  }
  const joined: number[] = [];
  let measured = 0;
  let frame = path[0]!;
  partners.forEach((later, at) => {
    const cell = path[at]!;
    // What is near has one frame for long: panels are placed once for it.
    if (near.subarray(frame * count, (frame + 1) * count).indexOf(cell) >= probes) frame = cell;
    for (const p of [...new Set(later)].sort((a, b) => a - b)) {
      const other = path[p]!;
      joined.push(frame, cell, other);
      measured += p === at ? (size(cell) * (size(cell) - 1)) / 2 : size(cell) * size(other);
    }
  });
  const pairs = sharedInt32(joined.length);
  pairs.set(joined);
  const rows = starts[count]!;
  return { pairs, share: measured / ((rows * (rows - 1)) / 2) };
}

/** All cells, each followed by the nearest that is left: panels stay in memory for the next. */
function pathThrough(near: Int32Array, count: number): number[] {
  const path = [0];
  const passed = new Uint8Array(count);
  passed[0] = 1;
  for (let cell = 0; path.length < count; path.push(cell)) {
    let at = cell * count;
    while (passed[near[at]!]) at++;
    cell = near[at]!;
    passed[cell] = 1;
  }
  return path;
}

/** The k nearest of each row among the rows of the cells that its own is joined with, by row: candidates by float32 products, then exact. */
export async function searchCells(
  space: Space,
  cells: Cells,
  pairs: Int32Array,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const { order, starts, centroids } = cells;
  const width = widthFor(k);
  const setup: JoinedCellsSetup = {
    space,
    cells: { order, starts, centroids },
    pairs,
    width,
    model: tileModel(),
  };
  const { states } = await runBlocks<readonly [number, number], null, NearestLists>({
    ...watch,
    engine,
    kernel: kernelUrl("./joined-cells.kernel.js", import.meta.url),
    setup,
    tasks: ranges(pairs.length / 3, Math.ceil(pairs.length / 3 / TASKS)),
    stage: "neighbours",
  });
  const layout: Layout = { kind: "anchors", rows: space.rows, slots: space.rows, index: order };
  const lists = withRows(mergeLists(states), order);
  const places = { slots: space, searched: space, layout, selfless: true, k };
  const work = { refine: lists, mayMiss: true };
  return byRow(await overSlots({ ...places, work }, "refining", engine, watch), order);
}

/** Row numbers in place of positions. */
function withRows(lists: NearestLists, order: Int32Array): NearestLists {
  const ids = sharedInt32(lists.ids.length);
  for (let p = 0; p < ids.length; p++) ids[p] = lists.ids[p]! < 0 ? -1 : order[lists.ids[p]!]!;
  return { ...lists, ids };
}

/** Neighbours by the number of the row that they are of. */
function byRow({ k, ids, orders }: Neighbors, order: Int32Array): Neighbors {
  const sorted: Neighbors = {
    k,
    ids: new Int32Array(ids.length),
    orders: new Float64Array(orders.length),
  };
  order.forEach((row, slot) => {
    for (let q = 0; q < k; q++) {
      sorted.ids[row * k + q] = ids[slot * k + q]!;
      sorted.orders[row * k + q] = orders[slot * k + q]!;
    }
  });
  return sorted;
}
