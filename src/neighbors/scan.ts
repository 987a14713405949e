import { IsometerError } from "../base/index.ts";
import { type KernelTools, kernelUrl, type NativeLoops, planLoops } from "../engine/index.ts";
import { type Layout, slotsOf } from "./layout.ts";
import { copyLists, emptyLists, type NearestLists } from "./nearest.ts";
import { PANEL, TILE } from "./panel.ts";
import { openPlacer, type PlaceMemory, planPlaces } from "./place.ts";
import { type RankCounter, settlePair } from "./ranks.ts";
import type { Space } from "./space.ts";
import { isDirect, type Tile, type TileMemory } from "./tiles.ts";

/** What to gather from the tiles of a layout. */
export interface Gathering {
  readonly layout: Layout;
  /** Width of the lists of nearest candidates, or 0 for none. */
  readonly nearest: number;
  readonly ranks: RankCounter | null;
  /** Leave out the pair of a point with itself. */
  readonly selfless: boolean;
}

/** Gathers from tiles, for the slots of their columns and, when mirrored, of their rows. */
export interface Scanner {
  /** Where the tiles to be scanned are made. */
  readonly memory: TileMemory;
  scan(tile: Tile, mirrored: boolean): void;
  /** The lists gathered, or null when none were asked for. */
  nearest(): NearestLists | null;
  /** `slots x k` rows before each target, or null. */
  before(): Int32Array | null;
}

/** Unsure pairs are handed over in portions of at most this many, or those of one slot. */
const PORTION = 2 ** 17;

/**
 * Opens a scanner. Its loops over all pairs are WebAssembly with SIMD, four pairs at a time (scan.as.ts). What they leave over,
 * orders too close to a target's for float32 to decide, is settled one by one here.
 */
export async function openScanner(gathering: Gathering, space: Space, tools: KernelTools): Promise<Scanner> {
  const { layout, nearest: width, ranks, selfless } = gathering;
  const slots = slotsOf(layout);
  const plan = planMemory(slots, width, ranks ? (ranks.targets.k + 3) & ~3 : 0, space);
  const loops = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), plan.bytes);
  const lists = listsIn(loops, plan, slots, width);
  if (width > 0) emptyLists(lists);
  if (ranks) layTargets(ranks, plan, loops);
  const state: Scanning = {
    loops,
    plan,
    hits: new Int32Array(loops.memory, plan.hits, 2 * plan.portion + 1),
    width,
    ranks,
    counts: new Int32Array(loops.memory, plan.counts, slots * plan.targets),
  };
  return {
    memory: tileMemory(loops, plan, space),
    scan(tile, mirrored) {
      if (selfless) hideSelves(tile);
      if (width > 0) scanNearest(state, tile, mirrored);
      if (ranks) scanRanks(state, tile, mirrored);
    },
    nearest: () => (width > 0 ? copyLists(lists) : null),
    before: () => ranks && gatherCounts(state),
  };
}

interface Scanning {
  readonly loops: NativeLoops;
  readonly plan: MemoryPlan;
  readonly hits: Int32Array;
  readonly width: number;
  readonly ranks: RankCounter | null;
  readonly counts: Int32Array;
}

/** Byte offsets into the scanner's memory. */
interface MemoryPlan {
  /** Targets per slot, padded to a multiple of 4. */
  readonly targets: number;
  /** Unsure pairs that `hits` holds. */
  readonly portion: number;
  readonly tile: number;
  readonly hits: number;
  readonly rowValues: number;
  readonly colValues: number;
  readonly places: PlaceMemory;
  readonly bounds: number;
  readonly orders: number;
  readonly ids: number;
  readonly low: number;
  readonly high: number;
  readonly limits: number;
  readonly counts: number;
  readonly scratch: number;
  readonly floors: number;
  readonly below: number;
  readonly bytes: number;
}

/** What nearCols needs: 18 columns of the tallest panel, and four numbers more each. */
const SCRATCH = 18 * (PANEL + 4);

function planMemory(slots: number, width: number, targets: number, space: Space): MemoryPlan {
  const direct = valuesOf(space);
  const portion = targets > 0 ? Math.max(PORTION, PANEL * targets) : 0;
  const { take, bytes } = planLoops();
  const plan = {
    targets,
    portion,
    tile: take(TILE),
    hits: take(2 * portion + 1),
    rowValues: take(PANEL * direct),
    colValues: take(PANEL * direct),
    places: planPlaces(take, isDirect(space) ? 0 : space.cols),
    bounds: take(slots),
    orders: take(slots * width),
    ids: take(slots * width),
    low: take(slots * targets),
    high: take(slots * targets),
    limits: take((slots * targets) / 4),
    counts: take(slots * targets),
    scratch: take(SCRATCH),
    floors: take(PANEL),
    below: take(PANEL),
  };
  return { ...plan, bytes: bytes() };
}

/** Values of a row that are laid out for tiles by differences. */
function valuesOf(space: Space): number {
  return isDirect(space) && space.table === null ? space.cols : 0;
}

function tileMemory(loops: NativeLoops, plan: MemoryPlan, space: Space): TileMemory {
  const { memory, functions } = loops;
  const values = (at: number) => new Float32Array(memory, at, PANEL * valuesOf(space));
  return {
    orders: new Float32Array(memory, plan.tile, TILE),
    rowValues: values(plan.rowValues),
    colValues: values(plan.colValues),
    floors: new Float32Array(memory, plan.floors, PANEL),
    below(r, stride, floor) {
      const orders = plan.tile + 4 * r * stride;
      const found = functions.below!(orders, stride, plan.floors, floor, plan.below);
      return new Int32Array(memory, plan.below, found);
    },
    place: isDirect(space) ? noProducts : openPlacer(loops, plan.places, space),
    fill: (how, rows, stride, d) => {
      functions[how]!(plan.tile, rows, stride, d, plan.rowValues, plan.colValues);
    },
  };
}

/** Spaces whose tiles are made by differences lay nothing out. */
function noProducts(): never {
  throw new IsometerError("internal", "a tile made by differences was laid out for a product");
}

function listsIn({ memory }: NativeLoops, plan: MemoryPlan, slots: number, width: number): NearestLists {
  return {
    width,
    orders: new Float32Array(memory, plan.orders, slots * width),
    ids: new Int32Array(memory, plan.ids, slots * width),
    bounds: new Float32Array(memory, plan.bounds, slots),
  };
}

function gatherCounts({ ranks, counts, plan }: Scanning): Int32Array {
  const { k, ids } = ranks!.targets;
  return new Int32Array(ids.length).map((_, at) => counts[Math.floor(at / k) * plan.targets + (at % k)]!);
}

/** Writes the targets' uncertain intervals, slot by slot; empty places are -Infinity, which nothing is below. */
function layTargets(ranks: RankCounter, plan: MemoryPlan, { memory }: NativeLoops): void {
  const { k, ids } = ranks.targets;
  const slots = ids.length / k;
  const low = new Float32Array(memory, plan.low, slots * plan.targets).fill(Number.NEGATIVE_INFINITY);
  const high = new Float32Array(memory, plan.high, slots * plan.targets).fill(Number.NEGATIVE_INFINITY);
  const limits = new Float32Array(memory, plan.limits, (slots * plan.targets) / 4);
  for (let slot = 0; slot < slots; slot++) {
    const to = slot * plan.targets;
    low.set(ranks.low.subarray(slot * k, (slot + 1) * k), to);
    high.set(ranks.high.subarray(slot * k, (slot + 1) * k), to);
    let largest = Number.NEGATIVE_INFINITY;
    for (let q = 0; q < plan.targets; q++) {
      largest = Math.max(largest, high[to + q]!);
      limits[(to + q) >> 2] = largest;
    }
  }
}

/** Puts the order of every point with itself beyond all others. */
function hideSelves({ orders, stride, rows, cols }: Tile): void {
  for (let c = 0; c < cols.count; c++) {
    // Rows that have an index share it with the columns: then positions tell.
    const r = (cols.index && !rows.index ? cols.index[cols.start + c]! : cols.start + c) - rows.start;
    if (r >= 0 && r < rows.count) orders[r * stride + c] = Number.POSITIVE_INFINITY;
  }
}

function scanNearest({ loops, plan, width }: Scanning, tile: Tile, mirrored: boolean): void {
  const { stride, rows, cols } = tile;
  const lists = [plan.orders, plan.ids, plan.bounds, width, plan.scratch];
  loops.functions.nearCols!(plan.tile, rows.count, stride, cols.count, cols.start, rows.start, ...lists);
  if (mirrored) loops.functions.nearRows!(plan.tile, rows.count, stride, rows.start, cols.start, ...lists);
}

function scanRanks(state: Scanning, tile: Tile, mirrored: boolean): void {
  const { stride, rows, cols } = tile;
  count(state, stride, "countCols", cols.start, cols.count, [rows.count], (index) => {
    const r = (index / stride) | 0;
    return [cols.start + index - r * stride, rows.start + r];
  });
  if (!mirrored) return;
  count(state, stride, "countRows", rows.start, rows.count, [], (index) => {
    const r = (index / stride) | 0;
    return [rows.start + r, cols.start + index - r * stride];
  });
}

/** Counts `slots` slots from `first`, the columns or the rows of a tile, in portions of unsure pairs that fit into `hits`. */
function count(
  { loops, plan, hits, ranks, counts }: Scanning,
  stride: number,
  how: "countCols" | "countRows",
  first: number,
  slots: number,
  size: readonly number[],
  pairAt: (index: number) => readonly [slot: number, id: number],
): void {
  const { targets, portion } = plan;
  const from = 4 * first * targets;
  const arrays = [plan.low + from, plan.high + from, plan.limits + from / 4, plan.counts + from, targets];
  for (let next = 0; next < slots; next = hits[2 * portion]!) {
    const place = [plan.tile, stride, next, slots, ...size, ...arrays, plan.scratch, plan.hits, portion];
    const found = loops.functions[how]!(...place);
    for (let h = 0; h < found; h++) {
      const [slot, id] = pairAt(hits[2 * h]!);
      const q = hits[2 * h + 1]!;
      if (settlePair(ranks!, slot, q, id)) counts[slot * targets + q]!++;
    }
  }
}
