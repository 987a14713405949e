import { ranges, sharedFloat64, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { NearestSetup } from "./exact.kernel.ts";
import { type Layout, slotsOf, tileTasks } from "./layout.ts";
import type { ListsSetup } from "./lists.kernel.ts";
import { mergeLists, type NearestLists } from "./nearest.ts";
import type { Neighbors } from "./refine.ts";
import type { Space } from "./space.ts";
import { tileModel } from "./tiles.ts";

/** Points, where to look for their neighbours, and which pairs. */
export interface Places {
  readonly slots: Space;
  readonly searched: Space;
  readonly layout: Layout;
  readonly selfless: boolean;
}

/** Candidates kept, a multiple of 4: some beyond k, that refinement may promote. More lets more rows be proven without a full scan. */
export function candidateWidth(k: number): number {
  return (k + Math.max(6, k >> 2) + 3) & ~3;
}

/** Sweeps all tiles for candidates, then refines them. */
export async function findNearest(
  places: Places,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const setup: NearestSetup = { ...places, width: candidateWidth(k), model: tileModel() };
  const { states } = await runBlocks<unknown, null, NearestLists>({
    ...watch,
    engine,
    kernel: kernelUrl("./exact.kernel.js", import.meta.url),
    setup,
    tasks: tileTasks(places.layout),
    stage: "neighbours",
  });
  return refineLists(mergeLists(states), places, k, engine, watch);
}

/** The exact neighbours from candidate lists (see `refine`), on all threads. */
export function refineLists(
  lists: NearestLists,
  places: Places,
  k: number,
  engine: EngineInfo,
  watch: Watch,
) {
  return overSlots({ ...places, k, work: { refine: lists } }, "refining", engine, watch);
}

/** Exact orders of given rows, `slots x k` (-1: empty), sorted slot by slot, on all threads. */
export function measureRows(ids: Int32Array, places: Places, k: number, engine: EngineInfo, watch: Watch) {
  return overSlots({ ...places, k, work: { measure: ids } }, "measuring", engine, watch);
}

/** Work slot by slot, on all threads. */
export async function overSlots(
  setup: ListsSetup,
  stage: string,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const slots = slotsOf(setup.layout);
  const tasks = ranges(slots, Math.max(64, Math.ceil(slots / 64)));
  const { results } = await runBlocks<readonly [number, number], Neighbors, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./lists.kernel.js", import.meta.url),
    setup,
    tasks,
    stage,
  });
  const ids = sharedInt32(slots * setup.k);
  const orders = sharedFloat64(slots * setup.k);
  results.forEach((part, t) => {
    ids.set(part.ids, tasks[t]![0] * setup.k);
    orders.set(part.orders, tasks[t]![0] * setup.k);
  });
  return { k: setup.k, ids, orders };
}
