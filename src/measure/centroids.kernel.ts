import { type Kernel, type KernelTools, openPlaces } from "../engine/index.ts";
import { layCentroids, openPoints, productModel } from "../neighbors/centroid-products.ts";
import type { Space } from "../neighbors/space.ts";

/** Work over all rows and some centroids. */
export interface CentroidsSetup {
  readonly space: Space;
  readonly work: SumWork | AssignWork | WinWork;
}

/** Add up the points of each class. */
export interface SumWork {
  readonly kind: "sum";
  readonly classes: Int32Array;
  readonly count: number;
}

/** Write the number of the nearest centroid of each row into `out`, on shared memory; of equal ones the smallest. */
export interface AssignWork {
  readonly kind: "assign";
  readonly centroids: Float64Array;
  readonly out: Int32Array;
}

/**
 * Count, for each pair of classes (a, b), the rows of a that are nearer to the centroid of b, a tie being half a row. After these, `SPREAD_WIDTH` numbers
 * for each class: see `SPREAD`.
 */
export interface WinWork {
  readonly kind: "win";
  readonly centroids: Float64Array;
  readonly classes: Int32Array;
}

/** Of each class: rows that are nearest to its centroid (a tie is half a row), the sum of their distances from it, and of the squares. */
export const SPREAD = { nearest: 0, distances: 1, squares: 2 } as const;
export const SPREAD_WIDTH = 3;

/** Rows of one product. */
const BLOCK = 256;

/** Within this share of |p|^2 + |a|^2 + |b|^2 two squared distances are the same: points are rounded to float32. */
const TIE = 2 ** -22;

/** A task is a range of rows. Results: `classes x cols` sums, wins and spreads; none of what is written. */
export async function open(
  setup: CentroidsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Float64Array, null>> {
  const { work } = setup;
  if (work.kind === "sum") {
    return { run: async ([start, end]) => addUp(setup, work, start, end), finish: () => null };
  }
  const products = await openProducts(setup, work.centroids, tools);
  return {
    async run([start, end]) {
      const size = work.centroids.length / setup.space.cols;
      const result = new Float64Array(work.kind === "win" ? size * (size + SPREAD_WIDTH) : 0);
      for (let from = start; from < end; from += BLOCK) {
        const until = Math.min(end, from + BLOCK);
        const near = await products(from, until);
        if (work.kind === "win") countWins(setup, work, near, from, result);
        else assign(work, near, from);
      }
      return result;
    },
    finish: () => null,
  };
}

function addUp(setup: CentroidsSetup, { classes, count }: SumWork, start: number, end: number): Float64Array {
  const { cols, scales, centre } = setup.space;
  const { values, place } = openPlaces(setup.space);
  const sums = new Float64Array(count * cols);
  for (let i = start; i < end; i++) {
    const to = classes[i]! * cols;
    const scale = scales[i]!;
    const p = place(i);
    for (let k = 0; k < cols; k++) sums[to + k]! += values[p + k]! * scale - centre[k]!;
  }
  return sums;
}

/** Points of some rows and, for each, |c|^2 - 2 p.c for every centroid c: smaller is nearer. */
interface Nearness {
  readonly rows: number;
  readonly points: Float32Array;
  readonly orders: Float32Array;
  readonly count: number;
}

/** A function that makes the products of rows `[from, until)` with all centroids. */
async function openProducts({ space }: CentroidsSetup, centroids: Float64Array, tools: KernelTools) {
  const { cols } = space;
  const count = centroids.length / cols;
  const session = await tools.session(productModel(cols));
  const c = { data: layCentroids(centroids, cols), dims: [count, cols + 1] };
  const lay = openPoints(space);
  const points = new Float32Array(BLOCK * (cols + 1));
  return async (from: number, until: number): Promise<Nearness> => {
    const m = until - from;
    for (let r = 0; r < m; r++) lay(from + r, points, r * (cols + 1));
    const orders = { data: new Float32Array(m * count), dims: [m, count] };
    const feeds = { rows: { data: points.subarray(0, m * (cols + 1)), dims: [m, cols + 1] }, c };
    await session.run(feeds, { orders });
    return { rows: m, points, orders: orders.data, count };
  };
}

/** Writes the nearest centroids. */
function assign({ out }: AssignWork, { rows, orders, count }: Nearness, from: number): void {
  for (let r = 0; r < rows; r++) {
    let best = 0;
    for (let c = 1; c < count; c++) if (orders[r * count + c]! < orders[r * count + best]!) best = c;
    out[from + r] = best;
  }
}

function countWins(
  setup: CentroidsSetup,
  { classes, centroids }: WinWork,
  near: Nearness,
  from: number,
  wins: Float64Array,
): void {
  const { cols } = setup.space;
  const { rows, orders, count, points } = near;
  const unsure = (4 * Math.sqrt(cols + 1) + 8) * 2 ** -24;
  const norms = squaredNorms(centroids, cols);
  for (let r = 0; r < rows; r++) {
    const own = classes[from + r]!;
    const point = points.subarray(r * (cols + 1), r * (cols + 1) + cols);
    const norm = squaredNorms(point, cols)[0]!;
    let losses = 0;
    for (let c = 0; c < count; c++) {
      if (c === own) continue;
      // Where float32 cannot tell, float64 does.
      const size = norm + norms[own]! + norms[c]!;
      let lead = orders[r * count + own]! - orders[r * count + c]!;
      if (Math.abs(lead) <= unsure * size) lead = leadOf(point, centroids, own, c);
      const loss = lead > TIE * size ? 1 : lead >= -TIE * size ? 0.5 : 0;
      wins[own * count + c]! += loss;
      losses = Math.max(losses, loss);
    }
    const square = squareTo(point, centroids, own);
    const at = count * count + own * SPREAD_WIDTH;
    wins[at + SPREAD.nearest]! += 1 - losses;
    wins[at + SPREAD.distances]! += Math.sqrt(square);
    wins[at + SPREAD.squares]! += square;
  }
}

function squaredNorms(values: Float32Array | Float64Array, cols: number): Float64Array {
  return new Float64Array(values.length / cols).map((_, i) => {
    let sum = 0;
    for (let p = i * cols; p < (i + 1) * cols; p++) sum += values[p]! * values[p]!;
    return sum;
  });
}

/** |p - a|^2 - |p - b|^2: how much nearer the point is to centroid b. */
function leadOf(point: Float32Array, centroids: Float64Array, a: number, b: number): number {
  const cols = point.length;
  let lead = 0;
  for (let k = 0; k < cols; k++) {
    const p = centroids[a * cols + k]!;
    const q = centroids[b * cols + k]!;
    lead += (q - p) * (2 * point[k]! - p - q);
  }
  return lead;
}

/** |p - a|^2 */
function squareTo(point: Float32Array, centroids: Float64Array, a: number): number {
  const cols = point.length;
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += (point[k]! - centroids[a * cols + k]!) ** 2;
  return sum;
}
