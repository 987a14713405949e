import { exactOrder } from "./exact-order.ts";
import { type Layout, slotRow } from "./layout.ts";
import type { Neighbors } from "./refine.ts";
import type { Space } from "./space.ts";
import { errorBound } from "./tiles.ts";

/**
 * Counts, for each slot, how many rows come before each of its targets: the targets' ranks.
 *
 * A row is before a target when its (order, row number) is smaller. Tiles decide all but the rows whose order
 * is within the error bound of the target's; those few are measured exactly, so the ranks are exact.
 */
export interface RankCounter {
  readonly targets: Neighbors;
  /** `slots x targets.k`: rows surely before each target have orders below `low`, those surely not at least `high`. */
  readonly low: Float32Array;
  readonly high: Float32Array;
  readonly layout: Layout;
  readonly exact: (i: number, j: number) => number;
}

/** @param targets empty places have id -1 */
export function rankCounter(targets: Neighbors, layout: Layout, slots: Space, searched: Space): RankCounter {
  const { k, ids, orders } = targets;
  const { relative, absolute } = errorBound(searched);
  const low = new Float32Array(ids.length).fill(Number.NEGATIVE_INFINITY);
  const high = new Float32Array(ids.length).fill(Number.NEGATIVE_INFINITY);
  for (let at = 0; at < ids.length; at++) {
    if (ids[at]! < 0) continue;
    const n = slots.squaredNorms[slotRow(layout, Math.floor(at / k))]!;
    const order = orders[at]!;
    // A row as near as the target has a squared norm of at most (sqrt(n) + sqrt(order))^2.
    const error = absolute * (n + (Math.sqrt(n) + Math.sqrt(order)) ** 2) + (3 * relative + ROUNDING) * order;
    low[at] = order - error;
    high[at] = order + error + TINY;
  }
  return {
    targets,
    low,
    high,
    layout,
    exact: exactOrder(slots, searched),
  };
}

/** Keeps `high` above `low` where the order is 0. */
const TINY = 2 ** -120;

/** Outweighs the rounding of `low` and `high` themselves to float32. */
const ROUNDING = 2 ** -22;

/** Whether row `id` comes before target q of a slot, measured exactly. */
export function settlePair(
  { targets, layout, exact }: RankCounter,
  slot: number,
  q: number,
  id: number,
): boolean {
  const at = slot * targets.k + q;
  if (targets.ids[at] === id) return false;
  const order = exact(slotRow(layout, slot), id);
  return order < targets.orders[at]! || (order === targets.orders[at] && id < targets.ids[at]!);
}

/** Adds what other workers have counted to the first's. */
export function mergeCounted(parts: readonly Int32Array[]): Int32Array {
  const sum = Int32Array.from(parts[0]!);
  for (const part of parts.slice(1)) for (let i = 0; i < sum.length; i++) sum[i]! += part[i]!;
  return sum;
}

/** Ranks of the targets, 1 = nearest, `slots x k`; 0 where a place is empty. */
export function ranksFrom({ ids }: Neighbors, before: Int32Array): Int32Array {
  return before.map((count, at) => (ids[at]! < 0 ? 0 : count + 1));
}
