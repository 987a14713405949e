import { type Layout, slotRow } from "./layout.ts";
import type { NearestLists } from "./nearest.ts";
import { exactOrder, type Space } from "./space.ts";
import { errorBound } from "./tiles.ts";

/** For each slot, some rows with their exact orders, ascending, equal orders by row number. */
export interface Neighbors {
  readonly k: number;
  /** `slots x k` row numbers. */
  readonly ids: Int32Array;
  /** `slots x k` exact orders (see `Space`). */
  readonly orders: Float64Array;
}

/**
 * The exact k nearest of slots `[start, end)` from candidate lists wider than k.
 *
 * Candidates are measured again in float64. The list is complete if no row left out can be nearer than the k-th:
 * one left out has tile order >= the list's last, hence exact order >= that less the error bound, and any row within
 * the k-th order e of a point with |p|^2 = n has |q|^2 <= (sqrt(n) + sqrt(e))^2. Where that does not hold (masses of
 * ties, clusters far smaller than their distance from the centre) all rows are measured exactly.
 */
export function refine(
  lists: NearestLists,
  k: number,
  places: { slots: Space; searched: Space; layout: Layout; selfless: boolean },
  start: number,
  end: number,
): Neighbors {
  const { slots, searched, layout, selfless } = places;
  const order = exactOrder(slots, searched);
  const { relative, absolute } = errorBound(searched);
  const found: Neighbors = {
    k,
    ids: new Int32Array((end - start) * k),
    orders: new Float64Array((end - start) * k).fill(Number.POSITIVE_INFINITY),
  };
  for (let slot = start; slot < end; slot++) {
    const i = slotRow(layout, slot);
    const first = slot * lists.width;
    const to = (slot - start) * k;
    const n = slots.squaredNorms[i]!;
    const slackAt = (worst: number) => absolute * (n + (Math.sqrt(n) + Math.sqrt(worst)) ** 2);
    for (let p = first; p < first + lists.width && lists.ids[p]! >= 0; p++) {
      // Beyond the k-th so far by more than the error: neither this one nor those after it can enter.
      if (
        lists.orders[p]! - slackAt(found.orders[to + k - 1]!) >
        found.orders[to + k - 1]! * (1 + 2 * relative)
      )
        break;
      insert(found, to, lists.ids[p]!, order(i, lists.ids[p]!));
    }
    const full = lists.ids[first + lists.width - 1]! >= 0;
    const worst = found.orders[to + k - 1]!;
    const certain = !full || lists.bounds[slot]! - slackAt(worst) > worst * (1 + 2 * relative);
    if (certain) continue;
    found.orders.fill(Number.POSITIVE_INFINITY, to, to + k);
    for (let j = 0; j < searched.rows; j++) {
      if (!(selfless && j === i)) insert(found, to, j, order(i, j));
    }
  }
  return found;
}

/** Keeps the k smallest (order, id) at `[to, to + k)`, ascending. */
function insert({ k, ids, orders }: Neighbors, to: number, id: number, order: number): void {
  let at = to + k - 1;
  if (order > orders[at]! || (order === orders[at] && id > ids[at]!)) return;
  while (at > to && (orders[at - 1]! > order || (orders[at - 1] === order && ids[at - 1]! > id))) {
    orders[at] = orders[at - 1]!;
    ids[at] = ids[at - 1]!;
    at--;
  }
  orders[at] = order;
  ids[at] = id;
}

/** Measures given rows from slots `[start, end)` exactly and sorts them. `ids`: `slots x k`; -1 marks an empty place. */
export function measureLists(
  ids: Int32Array,
  k: number,
  places: { slots: Space; searched: Space; layout: Layout },
  start: number,
  end: number,
): Neighbors {
  const order = exactOrder(places.slots, places.searched);
  const size = (end - start) * k;
  const found: Neighbors = {
    k,
    ids: new Int32Array(size).fill(-1),
    orders: new Float64Array(size).fill(Number.POSITIVE_INFINITY),
  };
  for (let slot = start; slot < end; slot++) {
    const i = slotRow(places.layout, slot);
    for (let p = slot * k; p < (slot + 1) * k; p++) {
      if (ids[p]! >= 0) insert(found, (slot - start) * k, ids[p]!, order(i, ids[p]!));
    }
  }
  return found;
}
