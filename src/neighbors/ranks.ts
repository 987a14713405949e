import { type Layout, slotRow } from "./layout.ts";
import type { Neighbors } from "./refine.ts";
import { exactOrder, type Space } from "./space.ts";
import { errorBound, type Tile } from "./tiles.ts";

/**
 * Counts, for each slot, how many rows come before each of its targets: the targets' ranks.
 *
 * A row is before a target when its (order, row number) is smaller. Tiles decide all but the rows whose order is
 * within the error bound of a target's; those few are measured exactly, so the ranks are exact.
 */
export interface RankCounter {
  readonly targets: Neighbors;
  /** `slots x (k + 1)`: place q counts rows that come after target q - 1 and before target q. */
  readonly places: Int32Array;
  /** Orders above this are beyond a slot's last target whatever the error. */
  readonly reach: Float32Array;
  readonly layout: Layout;
  readonly slots: Space;
  readonly searched: Space;
}

/** @param targets empty places (id -1, order Infinity) at the end of a list are ignored */
export function rankCounter(targets: Neighbors, layout: Layout, slots: Space, searched: Space): RankCounter {
  const { k, ids, orders } = targets;
  const count = ids.length / k;
  const { relative, absolute } = errorBound(searched);
  const reach = new Float32Array(count).fill(-1);
  for (let slot = 0; slot < count; slot++) {
    let last = (slot + 1) * k - 1;
    while (last >= slot * k && ids[last]! < 0) last--;
    if (last < slot * k) continue;
    const n = slots.squaredNorms[slotRow(layout, slot)]!;
    const order = orders[last]!;
    const slack = absolute * (n + (Math.sqrt(n) + Math.sqrt(order)) ** 2);
    // 1e-6 outweighs the rounding of reach itself to float32.
    reach[slot] = (order * (1 + 2 * relative) + slack) * (1 + 1e-6) + 1e-44;
  }
  return { targets, places: new Int32Array(count * (k + 1)), reach, layout, slots, searched };
}

/** A function that counts every pair of a tile: its rows for its columns, and its columns for its rows when mirrored. */
export function tileCounter(counter: RankCounter): (tile: Tile, mirrored: boolean) => void {
  const { targets, places, reach, layout, slots, searched } = counter;
  const { k, ids: targetIds, orders: targetOrders } = targets;
  const exact = exactOrder(slots, searched);
  const { relative, absolute } = errorBound(searched);

  const count = (slot: number, i: number, id: number, order: number) => {
    if (id === i && slots === searched) return;
    const error = relative * order + absolute * (slots.squaredNorms[i]! + searched.squaredNorms[id]!);
    const low = order - error;
    const first = slot * k;
    const end = first + k;
    let at = first;
    for (let high = end; at < high; ) {
      const middle = (at + high) >> 1;
      if (targetOrders[middle]! < low) at = middle + 1;
      else high = middle;
    }
    // targetOrders[at] is the first that may be beyond the row; certain unless it is within the error.
    if (at < end && targetOrders[at]! <= order + error) {
      const truth = targetIds[at] === id ? targetOrders[at]! : exact(i, id);
      while (at < end && (targetOrders[at]! < truth || (targetOrders[at] === truth && targetIds[at]! <= id)))
        at++;
    }
    places[slot * (k + 1) + at - first]!++;
  };

  return ({ orders, rows, cols }, mirrored) => {
    const n = cols.count;
    const colReach = reach.subarray(cols.start, cols.start + n);
    for (let r = 0; r < rows.count; r++) {
      const from = r * n;
      const rowId = rows.index ? rows.index[rows.start + r]! : rows.start + r;
      for (let c = 0; c < n; c++) {
        const order = orders[from + c]!;
        if (order <= colReach[c]!) count(cols.start + c, slotRow(layout, cols.start + c), rowId, order);
      }
      if (!mirrored) continue;
      const rowReach = reach[rows.start + r]!;
      for (let c = 0; c < n; c++) {
        const order = orders[from + c]!;
        if (order <= rowReach) count(rowId, rowId, cols.start + c, order);
      }
    }
  };
}

/** Adds the places of other workers' counters to those of the first. */
export function mergePlaces(parts: readonly Int32Array[]): Int32Array {
  const sum = Int32Array.from(parts[0]!);
  for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  return sum;
}

/** Ranks of the targets, 1 = nearest, `slots x k`; 0 where a place is empty. */
export function ranksFrom(targets: Neighbors, places: Int32Array): Int32Array {
  const { k, ids } = targets;
  const ranks = new Int32Array(ids.length);
  for (let slot = 0; slot * k < ids.length; slot++) {
    let before = 0;
    for (let q = 0; q < k && ids[slot * k + q]! >= 0; q++) {
      before += places[slot * (k + 1) + q]!;
      ranks[slot * k + q] = before + 1;
    }
  }
  return ranks;
}
