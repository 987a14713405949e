import { CODE_SLACK, type Reserve } from "./codes.ts";
import type { Measurer } from "./exact-order.ts";
import { type Layout, slotRow } from "./layout.ts";
import type { NearestLists } from "./nearest.ts";
import type { Space } from "./space.ts";
import { errorBound } from "./tiles.ts";

/** For each slot, some rows with their exact orders, ascending, equal orders by row number. */
export interface Neighbors {
  readonly k: number;
  /** `slots x k` row numbers. */
  readonly ids: Int32Array;
  /** `slots x k` exact orders (see `Space`). */
  readonly orders: Float64Array;
}

/** What one worker kept in reserve: every row whose floor is within the bound of a slot. */
export interface Bounded {
  readonly bounds: Float32Array;
  readonly reserve: Reserve;
}

/** What all workers found by codes: the smallest estimates, merged, and their reserves. */
export interface CodedEvidence {
  readonly lists: NearestLists;
  readonly parts: readonly Bounded[];
}

/** Points, where to look for their neighbours, and how to measure them. */
export interface Measured {
  readonly slots: Space;
  readonly searched: Space;
  readonly layout: Layout;
  readonly selfless: boolean;
  readonly measurer: Measurer;
}

/**
 * The exact k nearest of slots `[start, end)` from candidate lists wider than k.
 *
 * Candidates are measured again in float64. The list is complete if no row left out can be nearer than the k-th:
 * one left out has tile order >= the list's last, hence exact order >= that less the error bound, and any row within
 * the k-th order e of a point with |p|^2 = n has |q|^2 <= (sqrt(n) + sqrt(e))^2. Where that does not hold (masses of
 * ties, clusters far smaller than their distance from the centre) all rows are measured exactly; not where lists `mayMiss` rows anyway.
 */
export function refine(
  lists: NearestLists,
  k: number,
  places: Measured,
  start: number,
  end: number,
  mayMiss = false,
): Neighbors {
  const { slots, searched, layout } = places;
  const { relative, absolute } = errorBound(searched);
  const found = emptyNeighbors(k, end - start);
  for (let slot = start; slot < end; slot++) {
    const i = slotRow(layout, slot);
    const to = (slot - start) * k;
    const first = slot * lists.width;
    const n = slots.squaredNorms[i]!;
    /** Whether a row of this tile order can be nearer than the k-th found so far. */
    const reaches = (order: number) => {
      const worst = found.orders[to + k - 1]!;
      const slack = absolute * (n + (Math.sqrt(n) + Math.sqrt(worst)) ** 2);
      return order - slack <= worst * (1 + 2 * relative);
    };
    const count = heldIn(lists, slot);
    const sure = Math.min(k, count);
    measureSome(found, to, places, i, lists.ids, first, first + sure);
    let more = sure;
    while (more < count && reaches(lists.orders[first + more]!)) more++;
    measureSome(found, to, places, i, lists.ids, first + sure, first + more);
    if (!mayMiss && count === lists.width && reaches(lists.bounds[slot]!)) measureAll(found, to, places, i);
  }
  return found;
}

/**
 * The exact k nearest of slots `[start, end)` from candidates by codes, without the slots that these do not settle: their ids are -1.
 *
 * The rows of the smallest estimates are measured first. Every row whose floor is within their k-th order e is then measured: the reserves
 * hold them all unless one overflowed, or e is beyond a bound, which was drawn from estimates.
 */
export function refineCoded(
  { lists, parts }: CodedEvidence,
  k: number,
  places: Measured,
  start: number,
  end: number,
): Neighbors {
  const found = emptyNeighbors(k, end - start);
  const close = new Int32Array(parts.reduce((sum, { reserve }) => sum + reserve.capacity, 0));
  for (let slot = start; slot < end; slot++) {
    const i = slotRow(places.layout, slot);
    const to = (slot - start) * k;
    const first = slot * lists.width;
    const estimated = lists.ids.subarray(first, first + heldIn(lists, slot));
    measureSome(found, to, places, i, estimated, 0, estimated.length);
    const worst = found.orders[to + k - 1]!;
    const n = places.slots.squaredNorms[i]!;
    const limit = worst + CODE_SLACK * (n + (Math.sqrt(n) + Math.sqrt(worst)) ** 2);
    if (!parts.every(({ bounds, reserve }) => reserve.sizes[slot]! >= 0 && bounds[slot]! > limit)) {
      found.ids.fill(-1, to, to + k);
      continue;
    }
    let count = 0;
    for (const { reserve } of parts) {
      const from = slot * reserve.capacity;
      for (let p = from; p < from + reserve.sizes[slot]!; p++) {
        const id = reserve.members[p]!;
        if (reserve.floors[p]! <= limit && !estimated.includes(id)) close[count++] = id;
      }
    }
    measureSome(found, to, places, i, close, 0, count);
  }
  return found;
}

/** How many places of a list are filled. */
function heldIn({ ids, width }: NearestLists, slot: number): number {
  let count = 0;
  while (count < width && ids[slot * width + count]! >= 0) count++;
  return count;
}

function emptyNeighbors(k: number, slots: number): Neighbors {
  return {
    k,
    ids: new Int32Array(slots * k).fill(-1),
    orders: new Float64Array(slots * k).fill(Number.POSITIVE_INFINITY),
  };
}

/** Measures rows `ids[from ... end)` from point i and inserts them into the list at `to`. */
function measureSome(
  found: Neighbors,
  to: number,
  { measurer }: Pick<Measured, "measurer">,
  i: number,
  ids: Int32Array,
  from: number,
  end: number,
): void {
  for (let at = from; at < end; at += measurer.most) {
    const orders = measurer.some(i, ids, at, Math.min(end, at + measurer.most));
    for (let r = 0; r < orders.length; r++) insert(found, to, ids[at + r]!, orders[r]!);
  }
}

/** Measures every row from point i: fills the list at `to` anew. */
function measureAll(
  found: Neighbors,
  to: number,
  { measurer, searched, selfless }: Measured,
  i: number,
): void {
  found.orders.fill(Number.POSITIVE_INFINITY, to, to + found.k);
  for (let from = 0; from < searched.rows; from += measurer.most) {
    const orders = measurer.range(i, from, Math.min(searched.rows, from + measurer.most));
    for (let r = 0; r < orders.length; r++) {
      if (!(selfless && from + r === i)) insert(found, to, from + r, orders[r]!);
    }
  }
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

/** Measures given rows from slots `[start, end)` exactly and sorts them. `ids`: `slots x k`; -1 marks an empty place, after the others. */
export function measureLists(
  ids: Int32Array,
  k: number,
  places: Measured,
  start: number,
  end: number,
): Neighbors {
  const found = emptyNeighbors(k, end - start);
  for (let slot = start; slot < end; slot++) {
    let last = (slot + 1) * k;
    while (last > slot * k && ids[last - 1]! < 0) last--;
    measureSome(found, (slot - start) * k, places, slotRow(places.layout, slot), ids, slot * k, last);
  }
  return found;
}
