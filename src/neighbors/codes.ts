import { sharedFloat32, sharedInt32 } from "../base/index.ts";
import { type KernelTools, kernelUrl, type NativeLoops, planLoops, type Session } from "../engine/index.ts";
import { constant, input, matMulInteger, toOnnx, transpose } from "../graph/index.ts";
import { type Layout, slotsOf } from "./layout.ts";
import { copyLists, emptyLists, type NearestLists } from "./nearest.ts";
import { PANEL, type Panel, panelRow, TILE } from "./panel.ts";
import { copyRows } from "./place.ts";
import type { Space } from "./space.ts";
import { BEYOND, U } from "./tiles.ts";

/*
 * Candidates from products of small integers, which are about twice as fast as those of float32.
 *
 * p is nearly s a, with a of integers and a step s, and q nearly t b. The product of the integers is exact, and
 * |p.q - s t a.b| <= |p - s a| |q| + |s a| |q - t b|, so each pair has an estimate of |p - q|^2 and a floor that it is not below.
 * The floor is strict: no row that it rules out can be a neighbour.
 */

/**
 * The largest integers. Rows are given as unsigned bytes, 64 more than they are; kernels without special instructions add two
 * products in 16 bits, and 2 x 127 x 127 < 2^15.
 */
const ROWS = { most: 63, shift: 64 } as const;
const COLUMNS = { most: 127, shift: 0 } as const;

/** No more dimensions than this: sums of products stay far below 2^31. */
export const CODED_COLS = 2 ** 16;

/** Rows encoded at once: a panel of rows. */
const CHUNK = 256;

/** Rows of a reserve. */
export const CAPACITY = 256;

/**
 * Rounding of estimates and floors to float32, relative to the sum of the squared norms, at worst: 3 u for the norms and their sum, 12 u for the
 * product (three roundings; integers times steps are at most twice as long as the points), 9 u for the residuals' part, 4 u for the rest.
 */
export const CODE_SLACK = 32 * U;

/** For each slot, the rows that may be nearer than its bound. */
export interface Reserve {
  readonly capacity: number;
  /** How many; -1 where there were too many. */
  readonly sizes: Int32Array;
  /** `slots x capacity`: the order is not below this. */
  readonly floors: Float32Array;
  /** `slots x capacity` row numbers. */
  readonly members: Int32Array;
}

/** What a worker found: the smallest estimates, and every row whose floor is within the last of them. */
export interface CodedCandidates {
  readonly lists: NearestLists;
  readonly reserve: Reserve;
}

/** Points as integers, and what is to be known of them. Valid until the next call. */
interface Encoded {
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly norms: Float64Array;
  readonly steps: Float32Array;
  readonly residuals: Float32Array;
  readonly sums: Int32Array;
}

/** A panel of columns: its product with rows, and its facts as `nearCodes` wants them. */
interface Columns {
  readonly session: Session;
  readonly stride: number;
  readonly facts: Float32Array;
}

export interface Coder {
  /** Takes in all pairs of a panel of rows and a panel of slots. */
  meet(rows: Panel, slots: Panel): Promise<void>;
  finish(): Promise<CodedCandidates>;
}

/** Opens the search for candidates by codes; slots are the columns. */
export async function openCoder(
  { searched, layout, width }: { searched: Space; layout: Layout; width: number },
  tools: KernelTools,
): Promise<Coder> {
  const slots = slotsOf(layout);
  const at = planMemory(searched.cols, slots, width);
  const loops = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), at.bytes);
  const { memory } = loops;
  const lists: NearestLists = {
    width,
    orders: new Float32Array(memory, at.orders, slots * width),
    ids: new Int32Array(memory, at.ids, slots * width),
    bounds: new Float32Array(memory, at.bounds, slots),
  };
  emptyLists(lists);
  new Float64Array(memory, at.centre, searched.cols).set(searched.centre);
  const columns = new Map<number, Promise<Columns>>();
  let rows = { start: -1, codes: new Uint8Array(0) };
  let laid = -1;
  return {
    async meet(rowPanel, slotPanel) {
      let own = columns.get(slotPanel.start);
      if (!own) {
        own = openColumns(slotPanel, loops, at, tools);
        columns.set(slotPanel.start, own);
        rows = { start: -1, codes: rows.codes };
      }
      const { session, stride, facts } = await own;
      if (rows.start !== rowPanel.start)
        rows = { start: rowPanel.start, codes: layRows(rowPanel, loops, at) };
      if (laid !== slotPanel.start) new Float32Array(memory, at.colFacts, facts.length).set(facts);
      laid = slotPanel.start;
      const products = new Int32Array(memory, at.tile, rowPanel.count * stride);
      await session.run(
        { rows: { data: rows.codes, dims: [rowPanel.count, searched.cols] } },
        { products: { data: products, dims: [rowPanel.count, stride] } },
      );
      const place = [rowPanel.count, stride, slotPanel.count, slotPanel.start, rowPanel.start];
      const known = [at.rowFacts, CHUNK, at.colFacts, at.orders, at.ids, at.bounds, width];
      const reserve = [at.sizes, at.floors, at.members, CAPACITY];
      loops.functions.nearCodes!(at.tile, ...place, ...known, ...reserve, at.scratch);
    },
    async finish() {
      for (const own of columns.values()) await (await own).session.close();
      return { lists: copyLists(lists), reserve: copyReserve(loops, at, slots) };
    },
  };
}

type MemoryPlan = ReturnType<typeof planMemory>;

/** Byte offsets. */
function planMemory(d: number, slots: number, width: number) {
  const { take, bytes } = planLoops();
  const plan = {
    tile: take(TILE),
    raw: take(CHUNK * d),
    scales: take(2 * CHUNK),
    centre: take(2 * d),
    placed: take(d),
    codes: take((CHUNK * d) / 4 + 4),
    norms: take(2 * CHUNK),
    steps: take(CHUNK),
    residuals: take(CHUNK),
    sums: take(CHUNK),
    rowFacts: take(4 * CHUNK),
    colFacts: take(5 * PANEL),
    orders: take(slots * width),
    ids: take(slots * width),
    bounds: take(slots),
    sizes: take(slots),
    floors: take(slots * CAPACITY),
    members: take(slots * CAPACITY),
    // Three columns of a panel of rows, sixteen more, and four numbers more each.
    scratch: take(19 * (CHUNK + 4)),
  };
  return { ...plan, bytes: bytes() };
}

/** Encodes rows `[from, from + count)` of a panel. */
function encode(
  panel: Panel,
  from: number,
  count: number,
  { most, shift }: { most: number; shift: number },
  { memory, functions }: NativeLoops,
  at: MemoryPlan,
): Encoded {
  const { cols } = panel.space;
  const raw = new Float32Array(memory, at.raw, count * cols);
  copyRows({ ...panel, start: panel.start + from, count }, raw, new Float64Array(memory, at.scales, count));
  const results = [at.codes, at.norms, at.steps, at.residuals, at.sums];
  functions.encode!(at.raw, count, cols, at.scales, at.centre, at.placed, most, shift, ...results);
  return {
    codes: new Uint8Array(memory, at.codes, count * cols),
    norms: new Float64Array(memory, at.norms, count),
    steps: new Float32Array(memory, at.steps, count),
    residuals: new Float32Array(memory, at.residuals, count),
    sums: new Int32Array(memory, at.sums, count),
  };
}

/** Encodes a panel of rows, notes their norms for the space, and writes their facts: n, step, 2 residual, 2 reach. */
function layRows(panel: Panel, loops: NativeLoops, at: MemoryPlan): Encoded["codes"] {
  const { codes, norms, steps, residuals } = encode(panel, 0, panel.count, ROWS, loops, at);
  panel.space.squaredNorms.set(norms, panel.start);
  const facts = new Float32Array(loops.memory, at.rowFacts, 4 * CHUNK).fill(0);
  facts.fill(BEYOND, panel.count, CHUNK);
  for (let r = 0; r < panel.count; r++) {
    facts[r] = norms[r]!;
    facts[CHUNK + r] = steps[r]!;
    facts[2 * CHUNK + r] = 2 * residuals[r]!;
    facts[3 * CHUNK + r] = 2 * (Math.sqrt(norms[r]!) + residuals[r]!);
  }
  return codes;
}

/** Compiles the product with a panel of columns, notes their norms, and keeps their facts: n, 2 step, shift * sum, length, residual. */
async function openColumns(
  panel: Panel,
  loops: NativeLoops,
  at: MemoryPlan,
  tools: KernelTools,
): Promise<Columns> {
  const { cols, squaredNorms } = panel.space;
  const stride = (panel.count + 3) & ~3;
  const codes = new Int8Array(stride * cols);
  const facts = new Float32Array(5 * stride);
  const shifted = new Int32Array(facts.buffer, 4 * 2 * stride, stride);
  for (let from = 0; from < panel.count; from += CHUNK) {
    const encoded = encode(panel, from, Math.min(CHUNK, panel.count - from), COLUMNS, loops, at);
    codes.set(encoded.codes, from * cols);
    encoded.norms.forEach((norm, r) => {
      const c = from + r;
      squaredNorms[panelRow(panel, c)] = norm;
      facts[c] = norm;
      facts[stride + c] = 2 * encoded.steps[r]!;
      shifted[c] = ROWS.shift * encoded.sums[r]!;
      facts[3 * stride + c] = Math.sqrt(norm);
      facts[4 * stride + c] = encoded.residuals[r]!;
    });
  }
  const products = matMulInteger(
    input("rows", ["m", cols], "uint8"),
    transpose(constant(codes, [stride, cols])),
  );
  const session = await tools.ownSession(toOnnx({ outputs: { products } }, "codes"));
  return { session, stride, facts };
}

/** The reserve on shared memory: it goes to all workers. */
function copyReserve({ memory }: NativeLoops, at: MemoryPlan, slots: number): Reserve {
  const reserve = {
    capacity: CAPACITY,
    sizes: sharedInt32(slots),
    floors: sharedFloat32(slots * CAPACITY),
    members: sharedInt32(slots * CAPACITY),
  };
  reserve.sizes.set(new Int32Array(memory, at.sizes, slots));
  reserve.floors.set(new Float32Array(memory, at.floors, slots * CAPACITY));
  reserve.members.set(new Int32Array(memory, at.members, slots * CAPACITY));
  return reserve;
}
