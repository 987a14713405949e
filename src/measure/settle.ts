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
   * @param sorted row numbers by order, smallest first; changed
   * @param count places to settle: a run of close orders that begins among them is followed as far as `sorted` goes
   * @param ranks by row; changed
   */
  settle(i: number, orders: Float32Array, sorted: Int32Array, count: number, ranks: Int32Array): void;
}

/** Opens a settler of columns of a space. */
export async function openSettler(space: Space, tools: KernelTools): Promise<Settler> {
  const { relative, absolute } = errorBound(space);
  const { squaredNorms } = space;
  const measurer = await openMeasurer(space, space, tools);

  const measure = (i: number, sorted: Int32Array, from: number, to: number) => {
    const exact = new Float64Array(to - from);
    for (let p = from; p < to; p += measurer.most) {
      exact.set(measurer.some(i, sorted, p, Math.min(to, p + measurer.most)), p - from);
    }
    return exact;
  };

  const order = (i: number, sorted: Int32Array, from: number, to: number, ranks: Int32Array) => {
    const exact = measure(i, sorted, from, to);
    const ids = sorted.slice(from, to);
    const places = Array.from(ids.keys()).sort((a, b) => exact[a]! - exact[b]! || ids[a]! - ids[b]!);
    places.forEach((place, p) => {
      sorted[from + p] = ids[place]!;
      ranks[ids[place]!] = from + p + 1;
    });
  };

  return {
    settle(i, orders, sorted, count, ranks) {
      const error = (j: number) => relative * orders[j]! + absolute * (squaredNorms[i]! + squaredNorms[j]!);
      for (let p = 0; p < count; ) {
        let q = p;
        let reach = -1;
        do {
          const j = sorted[q++]!;
          reach = Math.max(reach, orders[j]! + error(j));
        } while (q < sorted.length && orders[sorted[q]!]! - error(sorted[q]!) <= reach);
        if (q - p > 1) order(i, sorted, p, q, ranks);
        p = q;
      }
    },
  };
}
