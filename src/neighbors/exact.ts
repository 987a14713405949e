import { checkInteger, IsometerError, type Matrix, sharedFloat64, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, kernelUrl, runBlocks } from "../engine/index.ts";
import type { NearestSetup } from "./exact.kernel.ts";
import { type Layout, slotsOf, tileTasks } from "./layout.ts";
import type { ListsSetup } from "./lists.kernel.ts";
import type { Metric } from "./metric.ts";
import { mergeLists, type NearestLists } from "./nearest.ts";
import type { Neighbors } from "./refine.ts";
import { isSound, lengthOf, makeSpace, type Space } from "./space.ts";
import { DIRECT_COLS, tileModel } from "./tiles.ts";

export interface NearestOptions extends EngineOptions, Watch {
  /** k, default 15. */
  readonly nNeighbors?: number;
  /** Default euclidean. */
  readonly metric?: Metric;
}

/** The k nearest rows of each query, nearest first; equal distances go by row number. */
export interface NearestResult {
  readonly k: number;
  /** `queries x k` row numbers. */
  readonly ids: Int32Array;
  /** `queries x k` distances in the units of the data (cosine: chords sqrt(2 - 2 cos)). */
  readonly distances: Float64Array;
  readonly engine: EngineInfo;
}

/**
 * The exact k nearest neighbours of every query among the rows of `searched`.
 *
 * Candidates come from float32 products over centred blocks, the winners are measured again in float64
 * and proven complete, so the answer is exact far from the origin and among duplicates. Give the same matrix
 * twice (or leave `searched` out) for the neighbours within one set: then a row is not its own neighbour.
 *
 * Cost: m n d multiplications (half of it within one set), O(m k) memory beyond the data.
 *
 * @param queries m x d
 * @param searched n x d, default `queries`
 * @throws bad-option k outside [1, n - 1] (n for another set); non-finite; bad-value different widths
 */
export async function nearestNeighbors(
  queries: Matrix,
  searched: Matrix = queries,
  options: NearestOptions = {},
): Promise<NearestResult> {
  const { nNeighbors: k = 15, metric = "euclidean" } = options;
  const selfless = queries === searched;
  checkInteger("nNeighbors", k, 1, selfless ? searched.rows - 1 : searched.rows);
  if (queries.cols !== searched.cols) {
    throw new IsometerError(
      "bad-value",
      `queries have ${queries.cols} dimensions, the searched rows ${searched.cols}`,
    );
  }
  const engine = await findEngine(options);
  const search = async (later: boolean) => {
    const space = await makeSpace(searched, metric, { engine, name: "searched", later });
    const slots = selfless
      ? space
      : await makeSpace(queries, metric, { engine, name: "queries", like: space });
    const layout: Layout = selfless
      ? { kind: "all", rows: space.rows }
      : { kind: "anchors", rows: space.rows, slots: slots.rows, index: null };
    const found = await findNearest({ slots, searched: space, layout, selfless }, k, engine, options);
    return { space, found };
  };
  // Products note the norms as they go; where they do not fit after all, the search is repeated with norms first.
  const later = metric !== "manhattan" && searched.cols > DIRECT_COLS;
  let { space, found } = await search(later);
  if (later && !isSound(space, "searched")) ({ space, found } = await search(false));
  // Copies: what callers get is theirs, and not on shared memory.
  return { k, ids: found.ids.slice(), distances: lengthsOf(found.orders, space), engine };
}

function lengthsOf(orders: Float64Array, space: Space): Float64Array {
  return new Float64Array(orders.length).map((_, at) => lengthOf(orders[at]!, space));
}

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

async function overSlots(
  setup: ListsSetup,
  stage: string,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const slots = slotsOf(setup.layout);
  const step = Math.max(64, Math.ceil(slots / 64));
  const tasks: [number, number][] = [];
  for (let start = 0; start < slots; start += step) tasks.push([start, Math.min(slots, start + step)]);
  const { results } = await runBlocks<[number, number], Neighbors, null>({
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
