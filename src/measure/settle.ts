import type { KernelTools } from "../engine/index.ts";
import { openMeasurer } from "../neighbors/exact-order.ts";
import type { Space } from "../neighbors/space.ts";
import { errorBound } from "../neighbors/tiles.ts";

/** Puts right the ranks that float32 orders cannot be trusted with. */
export interface Settler {
  /**
   * Settles the first ranks of a column, that of row i: wherever orders are too close for their error bounds to tell which is smaller,
   * rows are measured exactly and ranked anew, equal orders by row number.
   *
   * @param sorted row numbers by order, smallest first
   * @param count places to settle: a run of close orders that begins among them is followed as far as `sorted` goes
   * @param ranks by row; changed
   */
  settle(i: number, orders: Float32Array, sorted: Int32Array, count: number, ranks: Int32Array): void;
}

/** Runs of close orders: run r is places `[from[r], from[r] + length[r])` of the column, its rows stand one after the other in `ids`. */
interface Runs {
  readonly from: Int32Array;
  readonly length: Int32Array;
  readonly ids: Int32Array;
  readonly exact: Float64Array;
}

/** Opens a settler of columns of a space, of at most `most` places. */
export async function openSettler(space: Space, most: number, tools: KernelTools): Promise<Settler> {
  const measurer = await openMeasurer(space, space, tools);
  const runs: Runs = {
    from: new Int32Array(most),
    length: new Int32Array(most),
    ids: new Int32Array(most),
    exact: new Float64Array(most),
  };
  const findRuns = runFinder(space, runs);
  return {
    settle(i, orders, sorted, count, ranks) {
      const { found, rows } = findRuns(i, orders, sorted, count);
      for (let p = 0; p < rows; p += measurer.most) {
        runs.exact.set(measurer.some(i, runs.ids, p, Math.min(rows, p + measurer.most)), p);
      }
      for (let r = 0, first = 0; r < found; first += runs.length[r]!, r++) {
        const end = first + runs.length[r]!;
        sortRun(runs, first, end);
        for (let p = first; p < end; p++) ranks[runs.ids[p]!] = runs.from[r]! + p - first + 1;
      }
    },
  };
}

/** A function that notes the runs of a column: how many there are, and how many rows in all of them. */
function runFinder(space: Space, runs: Runs) {
  const { relative, absolute } = errorBound(space);
  const { squaredNorms } = space;
  return (i: number, orders: Float32Array, sorted: Int32Array, count: number) => {
    const own = squaredNorms[i]!;
    let found = 0;
    let rows = 0;
    for (let p = 0; p < count; ) {
      let q = p;
      let reach = -1;
      for (; q < sorted.length; q++) {
        const order = orders[sorted[q]!]!;
        const error = relative * order + absolute * (own + squaredNorms[sorted[q]!]!);
        if (q > p && order - error > reach) break;
        reach = Math.max(reach, order + error);
      }
      if (q - p > 1) {
        runs.from[found] = p;
        runs.length[found++] = q - p;
        for (let at = p; at < q; at++) runs.ids[rows++] = sorted[at]!;
      }
      p = q;
    }
    return { found, rows };
  };
}

/** Longer runs are left to the sort of the language. */
const SHORT = 48;

/** Sorts places `[start, end)` of `ids` and `exact` by exact order, equal ones by row number. */
function sortRun({ ids, exact }: Runs, start: number, end: number): void {
  if (end - start > SHORT) {
    const [oldIds, old] = [ids.slice(start, end), exact.slice(start, end)];
    const places = Int32Array.from(old.keys()).sort((a, b) => old[a]! - old[b]! || oldIds[a]! - oldIds[b]!);
    places.forEach((place, p) => {
      ids[start + p] = oldIds[place]!;
      exact[start + p] = old[place]!;
    });
    return;
  }
  for (let p = start + 1; p < end; p++) {
    const [id, order] = [ids[p]!, exact[p]!];
    let at = p;
    for (; at > start && (exact[at - 1]! > order || (exact[at - 1] === order && ids[at - 1]! > id)); at--) {
      ids[at] = ids[at - 1]!;
      exact[at] = exact[at - 1]!;
    }
    ids[at] = id;
    exact[at] = order;
  }
}
