import type { Tile } from "./tiles.ts";

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

export function emptyLists(slots: number, width: number): NearestLists {
  return {
    width,
    orders: new Float32Array(slots * width).fill(Number.POSITIVE_INFINITY),
    ids: new Int32Array(slots * width).fill(-1),
    bounds: new Float32Array(slots).fill(Number.POSITIVE_INFINITY),
  };
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

/**
 * Offers every pair of a tile: its rows to the lists of its columns, and with `mirrored` its columns
 * to the lists of its rows. Slots are panel positions; a point is never offered to itself when `selfless`.
 */
export function offerTile(lists: NearestLists, tile: Tile, mirrored: boolean, selfless: boolean): void {
  const { orders, rows, cols } = tile;
  const { bounds } = lists;
  const n = cols.count;
  const colSlots = bounds.subarray(cols.start, cols.start + n);
  for (let r = 0; r < rows.count; r++) {
    const from = r * n;
    const rowId = rows.index ? rows.index[rows.start + r]! : rows.start + r;
    for (let c = 0; c < n; c++) {
      if (orders[from + c]! <= colSlots[c]!) {
        const colId = cols.index ? cols.index[cols.start + c]! : cols.start + c;
        if (!(selfless && colId === rowId)) offer(lists, cols.start + c, rowId, orders[from + c]!);
      }
    }
    if (mirrored) offerRow(lists, tile, r);
  }
}

function offerRow(lists: NearestLists, { orders, rows, cols }: Tile, r: number): void {
  const slot = rows.start + r;
  const n = cols.count;
  for (let c = 0; c < n; c++) {
    const order = orders[r * n + c]!;
    if (order <= lists.bounds[slot]!) offer(lists, slot, cols.start + c, order);
  }
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
