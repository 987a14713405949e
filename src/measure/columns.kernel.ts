import { type Kernel, type KernelTools, kernelUrl, type NativeLoops, planLoops } from "../engine/index.ts";
import { type Layout, slotRow } from "../neighbors/layout.ts";
import { isSquared } from "../neighbors/metric.ts";
import type { Space } from "../neighbors/space.ts";
import { isDirect } from "../neighbors/tiles.ts";
import { openSettler, type Settler } from "./settle.ts";
import { openStrips, type StripMaker } from "./strips.ts";

/** Set-up of the study of whole columns. */
export interface ColumnsSetup {
  /** The original, then the latents. */
  readonly spaces: readonly Space[];
  readonly layout: Layout;
  /** `tileModel()` */
  readonly model: Uint8Array;
  /** The most slots of a task. */
  readonly width: number;
  /** The order that densities are scaled by, in each space. */
  readonly furthest: readonly number[];
  /** What a rank adds to a slot's share, by rank, 0 ... n; null where ranks are not wanted. */
  readonly weights: Float64Array | null;
}

/** The pair of the largest order that a task has seen. */
export interface FurthestPair {
  readonly order: number;
  readonly a: number;
  readonly b: number;
}

/** What a task found in one space. */
export interface ColumnSums {
  /** `slots x 3`: sums of exp(-u / sigma) over all rows, for sigma 1, 0.1 and 0.01. */
  readonly densities: Float64Array;
  readonly furthest: FurthestPair;
}

export interface ColumnsResult {
  /** For each space. */
  readonly sums: readonly ColumnSums[];
  /** For each latent: sum of the weights of the larger rank of every other row, by slot. Empty where ranks are not wanted. */
  readonly shares: readonly Float64Array[];
}

/** One space: its strip of orders in WebAssembly's memory, column after column, and the ranks of the column at hand. */
interface Side {
  readonly space: Space;
  readonly strips: StripMaker;
  readonly settler: Settler;
  readonly strip: number;
  readonly ranks: number;
  readonly furthest: number;
}

/** Numbers of 11 bits, in three tables. */
const COUNTS = 3 * 2 ** 11;

/**
 * Gathers from whole columns of orders: densities, ranks in both spaces, and how often each number was the larger of a row's two
 * ranks, for each latent. A task is a range of slots. Memory: 4 bytes per slot of a task, row and space; 24 per row, and 8 more for each space.
 */
export async function open(
  setup: ColumnsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], ColumnsResult, readonly Float64Array[]>> {
  const { layout, weights, spaces } = setup;
  const n = layout.rows;
  const at = planMemory(n, setup.width, spaces.length);
  const loops = await tools.loops(kernelUrl("./columns.wasm", import.meta.url), at.bytes);
  if (weights) new Float64Array(loops.memory, at.weights, n + 1).set(weights);
  const counts = spaces.slice(1).map((_, l) => new Uint32Array(loops.memory, at.counts[l], n + 1));
  const totals = counts.map(() => new Float64Array(n + 1));
  const sides: Side[] = [];
  for (const [i, space] of spaces.entries()) {
    sides.push({
      space,
      strips: await openStrips(space, layout, setup.width, setup.model, tools),
      settler: await openSettler(space, at.kept.read, tools),
      strip: at.strips[i]!,
      ranks: at.ranks[i]!,
      furthest: setup.furthest[i]!,
    });
  }
  return {
    async run([start, end]) {
      for (const side of sides) await fill(loops, at, side, start, end);
      const sums = sides.map((side) => sumColumns(loops, at, layout, side, start, end));
      const shares = weights ? rankColumns(loops, at, layout, sides, start, end) : [];
      // Counts have 32 bits, which all rows of a huge space could overflow: they are moved task by task.
      counts.forEach((own, l) => {
        for (let rank = 0; rank <= n; rank++) totals[l]![rank]! += own[rank]!;
        own.fill(0);
      });
      return { sums, shares };
    },
    async finish() {
      for (const { strips } of sides) await strips.close();
      return totals;
    },
  };
}

type Memory = ReturnType<typeof planMemory>;

function planMemory(n: number, width: number, spaces: number) {
  const { take, bytes } = planLoops();
  const height = (n + 3) & ~3;
  const strip = height * ((width + 3) & ~3);
  const kept = keptOf(n);
  const at = {
    height,
    kept,
    strips: Array.from({ length: spaces }, () => take(strip)),
    ranks: Array.from({ length: spaces }, () => take(n)),
    records: take(2 * n),
    others: take(2 * n),
    digits: take(COUNTS),
    sorted: take(kept.read),
    sums: take(6),
    counts: Array.from({ length: spaces - 1 }, () => take(n + 1)),
    weights: take(2 * (n + 1)),
  };
  return { ...at, bytes: bytes() };
}

/**
 * How many of the smallest ranks of a column are settled exactly, and how far to read on for what ties with them: all of a few
 * rows, else those that hold most of the weight.
 */
function keptOf(n: number): { settled: number; read: number } {
  return n <= 2048 ? { settled: n - 1, read: n - 1 } : { settled: 512, read: 1024 };
}

/** Makes the columns of slots `[start, end)`. */
async function fill(
  { memory }: NativeLoops,
  at: Memory,
  { strips, strip }: Side,
  start: number,
  end: number,
): Promise<void> {
  const columns = new Float32Array(memory, strip, at.height * (end - start));
  await strips.make(start, end, ({ orders, stride, cols: { start: from, count } }) => {
    for (let r = 0; r < end - start; r++) {
      columns.set(orders.subarray(r * stride, r * stride + count), r * at.height + from);
    }
  });
}

/** Densities of slots `[start, end)`, and the largest order in their columns. A row is at distance 0 from itself. */
function sumColumns(
  { memory, functions }: NativeLoops,
  at: Memory,
  layout: Layout,
  { space, strip, furthest: largest }: Side,
  start: number,
  end: number,
): ColumnSums {
  const scale = largest > 0 ? 1 / largest : 0;
  const sums = new Float64Array(memory, at.sums, 3);
  const densities = new Float64Array(3 * (end - start));
  let pair: FurthestPair = { order: -1, a: -1, b: -1 };
  for (let slot = start; slot < end; slot++) {
    const address = strip + 4 * at.height * (slot - start);
    const column = new Float32Array(memory, address, layout.rows);
    const a = slotRow(layout, slot);
    column[a] = 0;
    const b = functions.furthest!(address, layout.rows);
    if (column[b]! > pair.order) pair = { order: column[b]!, a, b };
    sums.fill(0);
    functions.densities!(address, layout.rows, scale, isSquared(space.metric) ? 0 : 1, at.sums);
    densities.set(sums, 3 * (slot - start));
  }
  return { densities, furthest: pair };
}

/**
 * Leading bits of orders that ranks go by. Those of products are off by more than the last of 22, which is 2^-20 of an order or less where a
 * column spreads over eight octaves: ranks that matter are settled exactly.
 */
function rankedBits(space: Space): number {
  return isDirect(space) ? 32 : 22;
}

/** Ranks slots `[start, end)` in all spaces and counts, latent by latent. */
function rankColumns(
  { memory, functions }: NativeLoops,
  at: Memory,
  layout: Layout,
  sides: readonly Side[],
  start: number,
  end: number,
): readonly Float64Array[] {
  const n = layout.rows;
  const { settled, read } = at.kept;
  const sorted = new Int32Array(memory, at.sorted, read);
  const shares = sides.slice(1).map(() => new Float64Array(end - start));
  for (let slot = start; slot < end; slot++) {
    const row = slotRow(layout, slot);
    for (const { space, strip, ranks, settler } of sides) {
      const address = strip + 4 * at.height * (slot - start);
      const work = [at.records, at.others, at.digits, at.sorted, read];
      functions.rankColumn!(address, n, row, rankedBits(space), ranks, ...work);
      settler.settle(
        row,
        new Float32Array(memory, address, n),
        sorted,
        settled,
        new Int32Array(memory, ranks, n),
      );
    }
    shares.forEach((own, l) => {
      const ranks = [at.ranks[0]!, at.ranks[l + 1]!];
      own[slot - start] = functions.countRanks!(...ranks, n, at.counts[l]!, at.weights);
    });
  }
  return shares;
}
