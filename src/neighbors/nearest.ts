import { sharedFloat32, sharedInt32 } from "../base/index.ts";

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

/** Merges lists filled by different workers, slot by slot, into lists on shared memory. */
export function mergeLists(parts: readonly NearestLists[]): NearestLists {
  return parts.slice(1).reduce(mergeTwo, parts[0]!);
}

function mergeTwo(a: NearestLists, b: NearestLists): NearestLists {
  const { width } = a;
  const merged = sharedLists(a.bounds.length, width);
  for (let slot = 0; slot < a.bounds.length; slot++) {
    const first = slot * width;
    let p = first;
    let q = first;
    for (let at = first; at < first + width; at++) {
      const tied = a.orders[p] === b.orders[q];
      // An empty place has id -1, which is the largest number without a sign.
      const own = tied ? a.ids[p]! >>> 0 < b.ids[q]! >>> 0 : a.orders[p]! < b.orders[q]!;
      merged.orders[at] = own ? a.orders[p]! : b.orders[q]!;
      merged.ids[at] = own ? a.ids[p++]! : b.ids[q++]!;
    }
    merged.bounds[slot] = merged.orders[first + width - 1]!;
  }
  return merged;
}

function sharedLists(slots: number, width: number): NearestLists {
  return {
    width,
    orders: sharedFloat32(slots * width),
    ids: sharedInt32(slots * width),
    bounds: sharedFloat32(slots),
  };
}
