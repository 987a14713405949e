import { sharedFloat64, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { CodedSetup } from "./coded.kernel.ts";
import { CAPACITY, CODED_COLS, type CodedCandidates } from "./codes.ts";
import { findNearest, overSlots, type Places } from "./find.ts";
import { type TileTask, tileTasks } from "./layout.ts";
import { isSquared } from "./metric.ts";
import { mergeLists } from "./nearest.ts";
import type { Bounded, CodedEvidence, Neighbors } from "./refine.ts";
import type { Space } from "./space.ts";

/** Below these sizes products are not what takes the time, or a trial would be most of the work. */
const LEAST = { cols: 64, slots: 512, products: 4e9 } as const;

/** More neighbours than this overflow a reserve. */
const MOST_NEIGHBORS = 50;

/** A trial shows whether codes settle this data: some slots meet every 8th task, and most must keep a reserve at most half full. */
const TRIAL = { slots: 128, everyTask: 8, mostKept: CAPACITY / 2, share: 0.9 } as const;

/** Slots searched at once: their reserves take 2 kB each in every worker. */
const BATCH = 8192;

/** Whether to try codes: what they find is the same. Integer products are fast in native code alone. */
export function codesMayPay(slots: Space, searched: Space, k: number, engine: EngineInfo): boolean {
  const { cols, rows, metric } = searched;
  return (
    engine.name === "onnxruntime-node" &&
    engine.provider === "cpu" &&
    isSquared(metric) &&
    cols >= LEAST.cols &&
    cols <= CODED_COLS &&
    slots.rows >= LEAST.slots &&
    slots.rows * rows * cols >= LEAST.products &&
    k <= MOST_NEIGHBORS
  );
}

/**
 * The exact k nearest rows of all slots, by codes where they settle it and by float32 products elsewhere.
 *
 * Codes are too coarse where many rows are nearly as near as the k-th (clusters far smaller than their distance from the centre):
 * a trial shows whether it is so. Where it does not hold what it promised, codes were tried in vain.
 */
export async function findCoded(
  places: Places,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const { rows } = places.slots;
  const found = { k, ids: sharedInt32(rows * k).fill(-1), orders: sharedFloat64(rows * k) };
  if (await codesSettle(places, k, engine, watch)) {
    for (let from = 0; from < rows; from += BATCH) {
      const batch = range(from, Math.min(rows, from + BATCH));
      put(found, batch, await searchByCodes(only(places, batch), k, engine, watch));
    }
  }
  const rest = range(0, rows).filter((slot) => found.ids[slot * k]! < 0);
  if (rest.length > 0) put(found, rest, await findNearest(only(places, rest), k, engine, watch));
  return found;
}

function range(start: number, end: number): Int32Array {
  return Int32Array.from({ length: end - start }, (_, i) => start + i);
}

/** Whether evenly spaced slots, met with some of the rows, keep few rows in reserve. On one thread: the answer must not depend on the clock. */
async function codesSettle(places: Places, k: number, engine: EngineInfo, watch: Watch): Promise<boolean> {
  const { rows } = places.slots;
  const slots = Int32Array.from({ length: TRIAL.slots }, (_, t) => Math.floor((t * rows) / TRIAL.slots));
  const { layout, ...spaces } = only(places, slots);
  const tasks = tileTasks(layout).filter((_, t) => t % TRIAL.everyTask === 0);
  const { parts } = await candidatesByCodes(
    { ...spaces, layout },
    tasks,
    k,
    { ...engine, threads: 1 },
    watch,
  );
  const settled = slots.filter((_, slot) => keptIn(parts[0]!, slot) <= TRIAL.mostKept);
  return settled.length >= TRIAL.share * slots.length;
}

/** How many rows of a reserve are still within the bound; Infinity where it overflowed. */
function keptIn({ bounds, reserve }: Bounded, slot: number): number {
  const size = reserve.sizes[slot]!;
  if (size < 0) return Number.POSITIVE_INFINITY;
  const from = slot * reserve.capacity;
  return reserve.floors.subarray(from, from + size).filter((floor) => floor <= bounds[slot]!).length;
}

type AnchorPlaces = Places & { readonly layout: CodedSetup["layout"] };

function only(places: Places, slots: Int32Array): AnchorPlaces {
  const { rows } = places.searched;
  return { ...places, layout: { kind: "anchors", rows, slots: slots.length, index: slots } };
}

/** Writes the neighbours of some slots to their places. */
function put(found: Neighbors, slots: Int32Array, part: Neighbors): void {
  const { k } = found;
  slots.forEach((slot, s) => {
    found.ids.set(part.ids.subarray(s * k, (s + 1) * k), slot * k);
    found.orders.set(part.orders.subarray(s * k, (s + 1) * k), slot * k);
  });
}

/** The neighbours of the slots that codes settle; ids of the others are -1. */
async function searchByCodes(
  places: AnchorPlaces,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const refineCoded = await candidatesByCodes(places, tileTasks(places.layout), k, engine, watch);
  return overSlots({ ...places, k, work: { refineCoded } }, "refining", engine, watch);
}

async function candidatesByCodes(
  { slots, searched, layout }: AnchorPlaces,
  tasks: readonly TileTask[],
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<CodedEvidence> {
  // A few beyond k: the bound must lie beyond the k-th order although it is drawn from estimates.
  const setup: CodedSetup = { slots, searched, layout, width: (k + 9) & ~3 };
  const { states } = await runBlocks<unknown, null, CodedCandidates>({
    ...watch,
    engine,
    kernel: kernelUrl("./coded.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "candidates",
  });
  return {
    lists: mergeLists(states.map(({ lists }) => lists)),
    parts: states.map(({ lists, reserve }) => ({ bounds: lists.bounds, reserve })),
  };
}
