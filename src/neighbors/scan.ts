import { type KernelTools, kernelUrl, type NativeLoops } from "../engine/index.ts";
import { type Layout, slotsOf } from "./layout.ts";
import { emptyLists, type NearestLists, offer } from "./nearest.ts";
import { type RankCounter, settlePair } from "./ranks.ts";
import { PANEL, type Tile } from "./tiles.ts";

/** What to gather from the tiles of a layout. */
export interface Gathering {
  readonly layout: Layout;
  /** Width of the lists of nearest candidates, or 0 for none. */
  readonly nearest: number;
  readonly ranks: RankCounter | null;
  /** Leave out the pair of a point with itself. */
  readonly selfless: boolean;
}

/** Gathers from tiles made in `scratch`, for the slots of their columns and, when mirrored, of their rows. */
export interface Scanner {
  readonly scratch: Float32Array;
  scan(tile: Tile, mirrored: boolean): void;
  readonly nearest: NearestLists | null;
  /** Adds the counts that are still in WebAssembly's memory to the counter's. Once, at the end. */
  finish(): void;
}

/** Hits and unsure pairs are handed over in portions of at most this many. */
const PORTION = 2 ** 20;

/**
 * Opens a scanner. Its loops over all pairs are WebAssembly with SIMD, four pairs at a time (scan.as.ts): most pairs are too
 * far from a point to matter to it, and what is left over, a newcomer to a list or an order too close to a
 * target's for float32 to decide, is settled one by one here.
 */
export async function openScanner(
  { layout, nearest, ranks, selfless }: Gathering,
  tools: KernelTools,
): Promise<Scanner> {
  const slots = slotsOf(layout);
  const k = ranks ? ranks.k : 0;
  const plan = planMemory(slots, k);
  const loops = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), plan.bytes);
  const floats = (at: number, length: number) => new Float32Array(loops.memory, at, length);
  const bounds = floats(plan.bounds, plan.stride);
  const lists = nearest > 0 ? emptyLists(slots, nearest, bounds.subarray(0, slots)) : null;
  floats(plan.nothing, PANEL).fill(Number.NEGATIVE_INFINITY);
  if (ranks) layTargets(ranks, plan, loops);
  const hits = new Int32Array(loops.memory, plan.hits, 2 * PORTION);
  const counts = new Int32Array(loops.memory, plan.counts, k * plan.stride);
  const state: Scanning = { loops, plan, hits, lists, bounds, ranks, counts };
  return {
    scratch: floats(plan.tile, PANEL * PANEL),
    nearest: lists,
    scan(tile, mirrored) {
      if (selfless) hideSelves(tile);
      if (lists) scanNearest(state, tile, mirrored);
      if (ranks) scanRanks(state, tile, mirrored);
    },
    finish() {
      for (let q = 0; ranks && q < ranks.targets.k; q++) {
        for (let slot = 0; slot < slots; slot++)
          ranks.before[slot * ranks.targets.k + q]! += counts[q * plan.stride + slot]!;
      }
    },
  };
}

interface Scanning {
  readonly loops: NativeLoops;
  readonly plan: MemoryPlan;
  readonly hits: Int32Array;
  readonly lists: NearestLists | null;
  readonly bounds: Float32Array;
  readonly ranks: RankCounter | null;
  readonly counts: Int32Array;
}

/** Byte offsets into the scanner's memory. Slots are padded to `stride` so that four can be read at any of them. */
interface MemoryPlan {
  readonly stride: number;
  readonly tile: number;
  readonly hits: number;
  readonly bounds: number;
  readonly nothing: number;
  readonly low: number;
  readonly high: number;
  readonly counts: number;
  readonly bytes: number;
}

function planMemory(slots: number, k: number): MemoryPlan {
  const stride = ((slots + 3) & ~3) + 4;
  const tile = 1024;
  const hits = tile + 4 * PANEL * PANEL;
  const bounds = hits + 8 * PORTION;
  const nothing = bounds + 4 * stride;
  const low = nothing + 4 * PANEL;
  const high = low + 4 * k * stride;
  const counts = high + 4 * k * stride;
  return { stride, tile, hits, bounds, nothing, low, high, counts, bytes: counts + 4 * k * stride };
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

/** Rows scanned between looks at the bounds: lists fill fast at first, and what is no longer near need not be listed. */
const NEAR_ROWS = 32;

function scanNearest({ loops, plan, hits, lists, bounds }: Scanning, tile: Tile, mirrored: boolean): void {
  const { orders, stride, rows, cols } = tile;
  for (let start = 0; start < rows.count; start += NEAR_ROWS) {
    const count = Math.min(NEAR_ROWS, rows.count - start);
    const from = start * stride;
    const rowBounds = mirrored ? plan.bounds + 4 * (rows.start + start) : plan.nothing;
    const colBounds = plan.bounds + 4 * cols.start;
    const found = loops.functions.near!(plan.tile + 4 * from, count, stride, colBounds, rowBounds, plan.hits);
    for (let h = 0; h < found; h++) {
      const p = from + hits[h]!;
      const order = orders[p]!;
      const r = (p / stride) | 0;
      const c = p - r * stride;
      if (c >= cols.count || order === Number.POSITIVE_INFINITY) continue;
      const rowId = rows.start + r;
      const slot = cols.start + c;
      if (order <= bounds[slot]!) offer(lists!, slot, rowId, order);
      if (mirrored && order <= bounds[rowId]!) offer(lists!, rowId, slot, order);
    }
  }
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
