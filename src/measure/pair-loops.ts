import { type KernelTools, kernelUrl, type NativeLoops, planLoops } from "../engine/index.ts";
import { type Layout, slotRow, slotsOf } from "../neighbors/layout.ts";
import { isSquared } from "../neighbors/metric.ts";
import { TILE } from "../neighbors/panel.ts";
import type { Space } from "../neighbors/space.ts";
import type { Tile } from "../neighbors/tiles.ts";
import type { Bins } from "./bins.ts";
import { offerExtreme } from "./extremes.ts";
import {
  emptyCounts,
  MOMENTS_WIDTH,
  type PairBins,
  type PairCounts,
  RANK_SUMS_WIDTH,
  type RankTables,
} from "./pairs.ts";

/** What the loops over pairs are to do: the first pass, or with `tables` the second. */
export interface PairWork {
  readonly spaces: { readonly x: Space; readonly z: Space };
  readonly layout: Layout;
  readonly bins: PairBins;
  readonly tables: RankTables | null;
}

/** Gathers from pairs of tiles. */
export interface PairLoops {
  /** Takes in all pairs of two tiles of the same rows and columns. */
  add(x: Tile, z: Tile): void;
  /** The float64 sums since the last call (MOMENTS or RANK_SUMS, per slot or in all), which start again from 0. */
  takeSums(): Float64Array;
  /** First pass: what was counted, over all calls. */
  readonly counts: PairCounts | null;
  /** Second pass: the histogram of the ratios of far pairs, over all calls. */
  readonly far: Float64Array | null;
}

/** Bytes of a bins record in pairs.as.ts. */
const BINS_RECORD = 32;

/** Columns taken in at once: the extremes' bounds are looked at in between. */
const COLUMNS = 64;

/** Opens the loops (pairs.as.ts) with memory of their own, into which tiles are copied. */
export async function openPairLoops(work: PairWork, tools: KernelTools): Promise<PairLoops> {
  const { layout, bins, tables } = work;
  const perSlot = layout.kind === "anchors";
  const width = tables ? RANK_SUMS_WIDTH : MOMENTS_WIDTH;
  const records = perSlot ? slotsOf(layout) + 4 : 1;
  const at = planMemory(bins, tables !== null, records * width);
  const loops = await tools.loops(kernelUrl("./pairs.wasm", import.meta.url), at.bytes);
  layBins(loops, at, bins, tables);
  const sums = new Float64Array(loops.memory, at.sums, records * width);
  const counts = tables ? null : emptyCounts(bins);
  const far = tables ? new Float64Array(bins.ratio.count) : null;
  const take = openTiles(loops, at, layout);
  return {
    counts,
    far,
    add(x, z) {
      take(x, z);
      const step = perSlot ? 8 * width : 0;
      const target = at.sums + step * x.cols.start;
      if (tables) sumTile(loops, at, work, x, target, step);
      else countTile(loops, at, work, x, target, step, counts!);
    },
    takeSums() {
      if (counts) drainHistograms(loops, at, counts);
      if (far) drain(loops, at.tables[2], far);
      const taken = sums.slice(0, perSlot ? slotsOf(layout) * width : width);
      sums.fill(0);
      return taken;
    },
  };
}

interface PairMemory {
  readonly x: number;
  readonly z: number;
  readonly hits: number;
  readonly bins: number;
  readonly special: number;
  readonly sums: number;
  /** Tables of x and z: counts (u32), or [rank, influence] (f64); and of the ratio: counts. */
  readonly tables: readonly [number, number, number];
  readonly bytes: number;
}

function planMemory(bins: PairBins, ranks: boolean, sums: number): PairMemory {
  const { take, bytes } = planLoops();
  const entry = ranks ? 4 : 1;
  const at = {
    x: take(TILE),
    z: take(TILE),
    hits: take(TILE),
    bins: take((3 * BINS_RECORD) / 4),
    special: take(4),
    sums: take(2 * sums),
    tables: [take(entry * bins.x.count), take(entry * bins.z.count), take(bins.ratio.count)] as const,
  };
  return { ...at, bytes: bytes() };
}

/** Writes the records of the bins and, for the second pass, the tables. */
function layBins({ memory }: NativeLoops, at: PairMemory, bins: PairBins, tables: RankTables | null): void {
  [bins.x, bins.z, bins.ratio].forEach(({ low, high, shift }: Bins, i) => {
    const below = low >>> 18;
    const above = below + ((high - low) >>> shift);
    new Int32Array(memory, at.bins + i * BINS_RECORD, 6).set([low, high, shift, below, above, at.tables[i]!]);
  });
  if (!tables) return;
  const lay = (address: number, ranks: Float64Array, influence: Float64Array | undefined) => {
    const out = new Float64Array(memory, address, 2 * ranks.length);
    for (let bin = 0; bin < ranks.length; bin++) {
      out[2 * bin] = ranks[bin]!;
      out[2 * bin + 1] = influence ? influence[bin]! : 0;
    }
  };
  lay(at.tables[0], tables.x, tables.influence?.x);
  lay(at.tables[1], tables.z, tables.influence?.z);
}

/** A function that copies two tiles in. Of a diagonal tile of `all` only pairs above the diagonal count: once each. */
function openTiles({ memory }: NativeLoops, at: PairMemory, layout: Layout): (x: Tile, z: Tile) => void {
  const xOrders = new Float32Array(memory, at.x, TILE);
  const zOrders = new Float32Array(memory, at.z, TILE);
  return (x, z) => {
    xOrders.set(x.orders);
    zOrders.set(z.orders);
    if (layout.kind === "anchors" || x.rows.start !== x.cols.start) return;
    for (let r = 0; r < x.rows.count; r++) {
      xOrders.fill(Number.POSITIVE_INFINITY, r * x.stride, r * x.stride + Math.min(x.stride, r + 1));
    }
  };
}

/** Whether orders are squared lengths, as the loops want to know it. */
const squared = (space: Space) => (isSquared(space.metric) ? 1 : 0);

function countTile(
  { functions, memory }: NativeLoops,
  at: PairMemory,
  { spaces, layout }: PairWork,
  tile: Tile,
  sums: number,
  step: number,
  { extremes, special }: PairCounts,
): void {
  const { rows, cols, stride } = tile;
  const flags = [squared(spaces.x), squared(spaces.z)];
  const hits = new Int32Array(memory, at.hits, TILE);
  const [xs, zs] = [new Float32Array(memory, at.x, TILE), new Float32Array(memory, at.z, TILE)];
  const length = (order: number, space: Space) => (squared(space) ? Math.sqrt(order) : order);
  for (let c = 0; c < stride; c += COLUMNS) {
    const place = [at.x, at.z, rows.count, stride, c, Math.min(stride, c + COLUMNS), ...flags];
    const bounds = [extremes.largest.bound, extremes.smallest.bound];
    const found = functions.countPairs!(...place, at.bins, sums, step, at.special, ...bounds, at.hits);
    for (let h = 0; h < found; h++) {
      const p = hits[h]!;
      const r = Math.floor(p / stride);
      const ratio = Math.fround(length(zs[p]!, spaces.z) / length(xs[p]!, spaces.x));
      offerExtreme(extremes, ratio, rows.start + r, slotRow(layout, cols.start + p - r * stride));
    }
  }
  const seen = new Float64Array(memory, at.special, 2);
  special[0]! += seen[0]!;
  special[1]! += seen[1]!;
  seen.fill(0);
}

function sumTile(
  { functions }: NativeLoops,
  at: PairMemory,
  { spaces, tables }: PairWork,
  { rows, stride }: Tile,
  sums: number,
  step: number,
): void {
  const flags = [squared(spaces.x), squared(spaces.z)];
  functions.sumRanks!(
    at.x,
    at.z,
    rows.count,
    stride,
    0,
    stride,
    ...flags,
    at.bins,
    sums,
    step,
    ...tables!.ratios,
    tables!.farFrom,
    ...(tables!.bands ? [...tables!.bands.far, ...tables!.bands.middle] : [0, 0, 0, 0]),
  );
}

/** Moves the 32-bit counts, which could overflow, into the float64 ones. */
function drainHistograms(loops: NativeLoops, at: PairMemory, counts: PairCounts): void {
  drain(loops, at.tables[0], counts.x);
  drain(loops, at.tables[1], counts.z);
  counts.special[2]! += drain(loops, at.tables[2], counts.ratio);
}

/** Adds a table of counts to a histogram and empties it; returns how many there were. */
function drain({ memory }: NativeLoops, address: number, total: Float64Array): number {
  const table = new Uint32Array(memory, address, total.length);
  let sum = 0;
  for (let bin = 0; bin < table.length; bin++) {
    total[bin]! += table[bin]!;
    sum += table[bin]!;
  }
  table.fill(0);
  return sum;
}
