import { IsometerError } from "../base/index.ts";
import { type KernelTools, kernelUrl, type NativeLoops } from "../engine/index.ts";
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

/** Unsure pairs are handed over in portions of at most this many. */
const PORTION = 2 ** 20;

/**
 * Opens a scanner. Its loops over all pairs are WebAssembly with SIMD, four pairs at a time (scan.as.ts). What they leave over,
 * orders too close to a target's for float32 to decide, is settled one by one here.
 */
export async function openScanner(gathering: Gathering, space: Space, tools: KernelTools): Promise<Scanner> {
  const { layout, nearest: width, ranks, selfless } = gathering;
  const slots = slotsOf(layout);
  const plan = planMemory(slots, width, ranks ? ranks.k : 0, space);
  const loops = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), plan.bytes);
  const lists = listsIn(loops, plan, slots, width);
  if (width > 0) emptyLists(lists);
  if (ranks) layTargets(ranks, plan, loops);
  const state: Scanning = {
    loops,
    plan,
    hits: new Int32Array(loops.memory, plan.hits, 2 * PORTION),
    width,
    ranks,
    counts: new Int32Array(loops.memory, plan.counts, (ranks ? ranks.k : 0) * plan.stride),
  };
  return {
    memory: tileMemory(loops, plan, space),
    scan(tile, mirrored) {
      if (selfless) hideSelves(tile);
      if (width > 0) scanNearest(state, tile, mirrored);
      if (ranks) scanRanks(state, tile, mirrored);
    },
    nearest: () => (width > 0 ? copyLists(lists) : null),
    before: () => ranks && gatherCounts(state, slots),
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

/** Byte offsets into the scanner's memory. Slots are padded to `stride` so that four can be read at any of them. */
interface MemoryPlan {
  readonly stride: number;
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
  readonly counts: number;
  readonly bytes: number;
}

function planMemory(slots: number, width: number, k: number, space: Space): MemoryPlan {
  const direct = isDirect(space) ? space.cols : 0;
  const stride = ((slots + 3) & ~3) + 4;
  // The first kilobyte is left to the module.
  let bytes = 1024;
  const take = (elements: number) => {
    const at = bytes;
    bytes += 4 * ((elements + 3) & ~3);
    return at;
  };
  const plan = {
    stride,
    tile: take(TILE),
    hits: take(2 * PORTION),
    rowValues: take(PANEL * direct),
    colValues: take(PANEL * direct),
    places: planPlaces(take, isDirect(space) ? 0 : space.cols),
    bounds: take(stride),
    orders: take(slots * width),
    ids: take(slots * width),
    low: take(k * stride),
    high: take(k * stride),
    counts: take(k * stride),
  };
  return { ...plan, bytes };
}

function tileMemory(loops: NativeLoops, plan: MemoryPlan, space: Space): TileMemory {
  const { memory, functions } = loops;
  const values = (at: number) => new Float32Array(memory, at, isDirect(space) ? PANEL * space.cols : 0);
  return {
    orders: new Float32Array(memory, plan.tile, TILE),
    rowValues: values(plan.rowValues),
    colValues: values(plan.colValues),
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

function gatherCounts({ ranks, counts, plan }: Scanning, slots: number): Int32Array {
  const { k } = ranks!.targets;
  const before = new Int32Array(slots * k);
  for (let q = 0; q < k; q++) {
    for (let slot = 0; slot < slots; slot++) before[slot * k + q] = counts[q * plan.stride + slot]!;
  }
  return before;
}

/** Writes the targets' uncertain intervals, `[q][slot]`; empty places are -Infinity, which nothing is below. */
function layTargets(ranks: RankCounter, plan: MemoryPlan, { memory }: NativeLoops): void {
  const { k, targets } = ranks;
  const low = new Float32Array(memory, plan.low, k * plan.stride).fill(Number.NEGATIVE_INFINITY);
  const high = new Float32Array(memory, plan.high, k * plan.stride).fill(Number.NEGATIVE_INFINITY);
  for (let slot = 0; slot * targets.k < targets.ids.length; slot++) {
    for (let q = 0; q < targets.k; q++) {
      low[q * plan.stride + slot] = ranks.low[slot * targets.k + q]!;
      high[q * plan.stride + slot] = ranks.high[slot * targets.k + q]!;
    }
  }
}

/** Puts the order of every point with itself beyond all others. */
function hideSelves({ orders, stride, rows, cols }: Tile): void {
  for (let c = 0; c < cols.count; c++) {
    const r = (cols.index ? cols.index[cols.start + c]! : cols.start + c) - rows.start;
    if (r >= 0 && r < rows.count) orders[r * stride + c] = Number.POSITIVE_INFINITY;
  }
}

function scanNearest({ loops, plan, width }: Scanning, tile: Tile, mirrored: boolean): void {
  const { stride, rows, cols } = tile;
  const place = [rows.count, stride, cols.count, cols.start, rows.start, mirrored ? 1 : 0];
  loops.functions.near!(plan.tile, ...place, plan.orders, plan.ids, plan.bounds, width);
}

/** Counts in portions of rows, then of columns, small enough that even a tile of nothing but ties fits into `hits`. */
function scanRanks({ loops, plan, hits, ranks, counts }: Scanning, tile: Tile, mirrored: boolean): void {
  const { stride, rows, cols } = tile;
  const { k } = ranks!;
  const step = 4 * plan.stride;
  const arrays = (slot: number) =>
    [plan.low + 4 * slot, plan.high + 4 * slot, plan.counts + 4 * slot] as const;
  const width = Math.max(4, Math.floor(PORTION / (rows.count * k)) & ~3);
  for (let c = 0; c < stride; c += width) {
    const to = Math.min(stride, c + width);
    const found = loops.functions.countCols!(
      plan.tile,
      rows.count,
      stride,
      c,
      to,
      ...arrays(cols.start),
      k,
      step,
      plan.hits,
    );
    for (let h = 0; h < found; h++) {
      const r = (hits[2 * h]! / stride) | 0;
      const slot = cols.start + hits[2 * h]! - r * stride;
      if (settlePair(ranks!, slot, hits[2 * h + 1]!, rows.start + r))
        counts[hits[2 * h + 1]! * plan.stride + slot]!++;
    }
  }
  if (!mirrored) return;
  const height = Math.max(1, Math.floor(PORTION / (stride * k)));
  for (let r = 0; r < rows.count; r += height) {
    const count = Math.min(height, rows.count - r);
    const at = plan.tile + 4 * r * stride;
    const found = loops.functions.countRows!(
      at,
      count,
      stride,
      ...arrays(rows.start + r),
      k,
      step,
      plan.hits,
    );
    for (let h = 0; h < found; h++) {
      const row = (hits[2 * h]! / stride) | 0;
      const slot = rows.start + r + row;
      const id = cols.start + hits[2 * h]! - row * stride;
      if (settlePair(ranks!, slot, hits[2 * h + 1]!, id)) counts[hits[2 * h + 1]! * plan.stride + slot]!++;
    }
  }
}
