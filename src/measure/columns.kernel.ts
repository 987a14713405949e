import { type Kernel, type KernelTools, kernelUrl, type NativeLoops, planLoops } from "../engine/index.ts";
import { type Layout, slotRow } from "../neighbors/layout.ts";
import { isSquared } from "../neighbors/metric.ts";
import { TILE } from "../neighbors/panel.ts";
import type { Space } from "../neighbors/space.ts";
import { openSettler, type Settler } from "./settle.ts";
import { openStrips, type StripMaker } from "./strips.ts";

/** Set-up of the study of whole columns. */
export interface ColumnsSetup {
  readonly spaces: { readonly x: Space; readonly z: Space };
  readonly layout: Layout;
  /** `tileModel()` */
  readonly model: Uint8Array;
  /** The most slots of a task. */
  readonly width: number;
  /** The order that densities are scaled by, in each space. */
  readonly furthest: { readonly x: number; readonly z: number };
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
  readonly x: ColumnSums;
  readonly z: ColumnSums;
  /** Sum of the weights of the larger rank of every other row, by slot. Null where ranks are not wanted. */
  readonly shares: Float64Array | null;
}

/** One space: its strip of orders in WebAssembly's memory, column after column, and the ranks of the column at hand. */
interface Side {
  readonly space: Space;
  readonly strips: StripMaker;
  readonly settler: Settler;
  readonly strip: number;
  readonly ranks: number;
}

/** Numbers of 11 bits, in three tables. */
const COUNTS = 3 * 2 ** 11;

/**
 * Gathers from whole columns of orders: densities, ranks in both spaces, and how often each number was the larger of a row's two
 * ranks. A task is a range of slots. Memory: 8 bytes per slot of a task and row, 36 per row.
 */
export async function open(
  setup: ColumnsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], ColumnsResult, Float64Array>> {
  const { layout, weights } = setup;
  const n = layout.rows;
  const at = planMemory(n, setup.width);
  const loops = await tools.loops(kernelUrl("./columns.wasm", import.meta.url), at.bytes);
  if (weights) new Float64Array(loops.memory, at.weights, n + 1).set(weights);
  const counts = new Uint32Array(loops.memory, at.counts, n + 1);
  const total = new Float64Array(n + 1);
  const side = async (which: "x" | "z"): Promise<Side> => {
    const space = setup.spaces[which];
    return {
      space,
      strips: await openStrips(space, layout, setup.model, tools),
      settler: await openSettler(space, at.kept.read, tools),
      strip: at[which],
      ranks: which === "x" ? at.xRanks : at.zRanks,
    };
  };
  const [x, z] = [await side("x"), await side("z")];
  return {
    async run([start, end]) {
      await fill(loops, at, x, start, end);
      await fill(loops, at, z, start, end);
      const result = {
        x: sumColumns(loops, at, setup, x, start, end),
        z: sumColumns(loops, at, setup, z, start, end),
        shares: weights && rankColumns(loops, at, setup, [x, z], start, end),
      };
      // Counts have 32 bits, which all rows of a huge space could overflow: they are moved task by task.
      for (let rank = 0; rank <= n; rank++) total[rank]! += counts[rank]!;
      counts.fill(0);
      return result;
    },
    finish: () => total,
  };
}

type Memory = ReturnType<typeof planMemory>;

function planMemory(n: number, width: number) {
  const { take, bytes } = planLoops();
  const height = (n + 3) & ~3;
  const strip = height * ((width + 3) & ~3);
  const kept = keptOf(n);
  const at = {
    height,
    kept,
    tile: take(TILE),
    x: take(strip),
    z: take(strip),
    xRanks: take(n),
    zRanks: take(n),
    records: take(2 * n),
    others: take(2 * n),
    digits: take(COUNTS),
    sorted: take(kept.read),
    sums: take(6),
    counts: take(n + 1),
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
  { memory, functions }: NativeLoops,
  at: Memory,
  { strips, strip }: Side,
  start: number,
  end: number,
): Promise<void> {
  const tile = new Float32Array(memory, at.tile, TILE);
  await strips.make(start, end, ({ orders, stride, rows }) => {
    tile.set(orders);
    functions.columnsOf!(at.tile, stride, rows.count, end - start, strip, at.height, rows.start);
  });
}

/** Densities of slots `[start, end)`, and the largest order in their columns. A row is at distance 0 from itself. */
function sumColumns(
  { memory, functions }: NativeLoops,
  at: Memory,
  { layout, furthest, spaces }: ColumnsSetup,
  { space, strip }: Side,
  start: number,
  end: number,
): ColumnSums {
  const largest = space === spaces.x ? furthest.x : furthest.z;
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

/** Ranks slots `[start, end)` in both spaces and counts. */
function rankColumns(
  { memory, functions }: NativeLoops,
  at: Memory,
  { layout }: ColumnsSetup,
  sides: readonly Side[],
  start: number,
  end: number,
): Float64Array {
  const n = layout.rows;
  const { settled, read } = at.kept;
  const sorted = new Int32Array(memory, at.sorted, read);
  const shares = new Float64Array(end - start);
  for (let slot = start; slot < end; slot++) {
    const row = slotRow(layout, slot);
    for (const { strip, ranks, settler } of sides) {
      const address = strip + 4 * at.height * (slot - start);
      const work = [at.records, at.others, at.digits, at.sorted, read];
      functions.rankColumn!(address, n, row, ranks, ...work);
      settler.settle(
        row,
        new Float32Array(memory, address, n),
        sorted,
        settled,
        new Int32Array(memory, ranks, n),
      );
    }
    shares[slot - start] = functions.countRanks!(at.xRanks, at.zRanks, n, at.counts, at.weights);
  }
  return shares;
}
