/**
 * The `width` pairs of smallest order seen so far, for each of `slots` points, ascending.
 * Equal orders go by row number, so the content depends on what was offered, not on when:
 * lists filled by different workers merge into the same result.
 */
export interface NearestLists {
  readonly width: number;
  /** `slots x width`; Infinity where nothing came yet. */
  readonly orders: Float32Array;
  /** `slots x width` row numbers; -1 where nothing came yet. */
  readonly ids: Int32Array;
  /** The last order of each list: what a newcomer must beat. */
  readonly bounds: Float32Array;
}

/** Empties lists in place. */
export function emptyLists({ orders, ids, bounds }: NearestLists): void {
  orders.fill(Number.POSITIVE_INFINITY);
  ids.fill(-1);
  bounds.fill(Number.POSITIVE_INFINITY);
}

/** The lists in memory of their own. */
export function copyLists({ width, orders, ids, bounds }: NearestLists): NearestLists {
  return { width, orders: orders.slice(), ids: ids.slice(), bounds: bounds.slice() };
}

/** Puts row `id` into the list of `slot` where it belongs, if it does. */
export function offer(lists: NearestLists, slot: number, id: number, order: number): void {
  const { width, orders, ids, bounds } = lists;
  const first = slot * width;
  let at = first + width - 1;
  if (order === orders[at] && id > ids[at]! && ids[at]! >= 0) return;
  while (at > first && (orders[at - 1]! > order || (orders[at - 1] === order && ids[at - 1]! > id))) {
    orders[at] = orders[at - 1]!;
    ids[at] = ids[at - 1]!;
    at--;
  }
  orders[at] = order;
  ids[at] = id;
  bounds[slot] = orders[first + width - 1]!;
}

/** Merges lists filled by different workers, slot by slot. */
export function mergeLists(parts: readonly NearestLists[]): NearestLists {
  const [first, ...rest] = parts;
  for (const part of rest) {
    for (let slot = 0; slot < part.bounds.length; slot++) {
      for (let p = slot * part.width; p < (slot + 1) * part.width && part.ids[p]! >= 0; p++) {
        if (part.orders[p]! > first!.bounds[slot]!) break;
        offer(first!, slot, part.ids[p]!, part.orders[p]!);
      }
    }
  }
  return first!;
}
