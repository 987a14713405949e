import { argsort } from "../base/index.ts";
import type { Kernel, KernelTools } from "../engine/index.ts";
import { layCentroids, openPoints, productModel } from "./centroid-products.ts";
import type { Space } from "./space.ts";

/** Work with the centroids of cells, `count x cols`, as points of the space around its centre. */
export interface CellsSetup {
  readonly space: Space;
  readonly centroids: Float64Array;
  readonly work: AssignWork | RankWork;
}

/** Write the cell of each row into `out`, the nearest, of equal ones the first. `rows` (null: all) are row numbers; a task is a range of their positions. */
export interface AssignWork {
  readonly kind: "assign";
  readonly rows: Int32Array | null;
  readonly out: Int32Array;
}

/** Write all cells from the nearest on into `out`, `count x count`, each cell being the first of its own. A task is a range of cells. */
export interface RankWork {
  readonly kind: "rank";
  readonly out: Int32Array;
}

/** Rows of one product. */
const BLOCK = 256;

export async function open(
  setup: CellsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { space, centroids, work } = setup;
  const { cols } = space;
  const count = centroids.length / cols;
  const session = await tools.session(productModel(cols));
  const c = { data: layCentroids(centroids, cols), dims: [count, cols + 1] };
  const lay = work.kind === "assign" ? openRowPoints(space, work.rows) : openCentroidPoints(centroids, cols);
  const settle = work.kind === "assign" ? writeNearest : writeRanks;
  const points = new Float32Array(BLOCK * (cols + 1));
  const products = new Float32Array(BLOCK * count);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += BLOCK) {
        const m = Math.min(BLOCK, end - from);
        for (let r = 0; r < m; r++) lay(from + r, points, r * (cols + 1));
        const orders = { data: products.subarray(0, m * count), dims: [m, count] };
        const feeds = { rows: { data: points.subarray(0, m * (cols + 1)), dims: [m, cols + 1] }, c };
        await session.run(feeds, { orders });
        settle(orders.data, m, count, work.out, from);
      }
      return null;
    },
    finish: () => null,
  };
}

function openRowPoints(space: Space, rows: Int32Array | null) {
  const lay = openPoints(space);
  return rows
    ? (at: number, out: Float32Array, to: number) => lay(rows[at]!, out, to)
    : (at: number, out: Float32Array, to: number) => lay(at, out, to);
}

function openCentroidPoints(centroids: Float64Array, cols: number) {
  return (cell: number, out: Float32Array, to: number): void => {
    for (let k = 0; k < cols; k++) out[to + k] = centroids[cell * cols + k]!;
    out[to + cols] = 1;
  };
}

function writeNearest(orders: Float32Array, m: number, count: number, out: Int32Array, from: number): void {
  for (let r = 0; r < m; r++) {
    const first = r * count;
    let best = 0;
    let least = orders[first]!;
    for (let c = 1; c < count; c++) {
      if (orders[first + c]! < least) {
        least = orders[first + c]!;
        best = c;
      }
    }
    out[from + r] = best;
  }
}

function writeRanks(orders: Float32Array, m: number, count: number, out: Int32Array, from: number): void {
  for (let r = 0; r < m; r++) {
    // |c'|^2 - 2 c.c' lacks |c|^2, and is -|c|^2 for the cell itself.
    const own = orders[r * count + from + r]!;
    const gaps = Float64Array.from(orders.subarray(r * count, (r + 1) * count), (order) =>
      Math.max(Number.MIN_VALUE, order - own),
    );
    gaps[from + r] = 0;
    out.set(argsort(gaps), (from + r) * count);
  }
}
