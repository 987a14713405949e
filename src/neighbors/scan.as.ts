// AssemblyScript (strict, WebAssembly SIMD). The loops that touch every pair of a tile; see scan.ts for what they mean.
// Pointers are byte offsets into the one imported memory; rows of a tile are `stride` long, a multiple of 4.

import { OUTSIDE, STRIP, together, turn } from "./strips.as";

export { encode, nearCodes } from "./codes.as";
export { countCols, countRows } from "./count.as";
export { sumAbsolutes, sumChords, sumSquares } from "./exact-order.as";
export { absolutes, below, place, squares } from "./tiles.as";

/**
 * Offers every pair of a tile to the lists of its columns, slots from `slot`; its rows are rows from `id`. Lists are `width` orders and
 * ids per slot, a multiple of 4, ascending by (order, id). `scratch` holds 18 columns of the tile, padded to multiples of 4, and four numbers more each.
 */
export function nearCols(
  tile: usize,
  rows: i32,
  stride: i32,
  cols: i32,
  slot: i32,
  id: i32,
  orders: usize,
  ids: usize,
  bounds: usize,
  width: i32,
  scratch: usize,
): void {
  const height = (rows + 3) & ~3;
  const turned = scratch + ((<usize>(height + 4)) << 3);
  for (let c: i32 = 0; c < cols; c += STRIP) {
    const count = min(STRIP, cols - c);
    turn(tile + ((<usize>c) << 2), stride, rows, count, turned, height);
    for (let i: i32 = 0; i < count; i++) {
      offerAll(turned + ((<usize>(i * height)) << 2), height, slot + c + i, id, orders, ids, bounds, width, scratch);
    }
  }
}

/** The same for the rows of a tile, slots from `slot`; its columns are rows from `id`. */
export function nearRows(
  tile: usize,
  rows: i32,
  stride: i32,
  slot: i32,
  id: i32,
  orders: usize,
  ids: usize,
  bounds: usize,
  width: i32,
  scratch: usize,
): void {
  for (let r: i32 = 0; r < rows; r++) {
    offerAll(tile + ((<usize>(r * stride)) << 2), stride, slot + r, id, orders, ids, bounds, width, scratch);
  }
}

/** Offers `count` orders, those of rows from `id` on, to the list of a slot: what cannot enter is dropped first. */
function offerAll(
  values: usize,
  count: i32,
  slot: i32,
  id: i32,
  orders: usize,
  ids: usize,
  bounds: usize,
  width: i32,
  scratch: usize,
): void {
  const bound = bounds + ((<usize>slot) << 2);
  const limit = f32x4.splat(min(load<f32>(bound), OUTSIDE));
  const toId = (<usize>(count + 4)) << 2;
  const end = values + ((<usize>count) << 2);
  let at = scratch;
  let p = values;
  let next = id;
  // Once a list is good hardly anything enters: sixteen at a time are passed over.
  for (; p + 64 <= end; p += 64, next += 16) {
    const first = v128.or(f32x4.le(v128.load(p), limit), f32x4.le(v128.load(p, 16), limit));
    const second = v128.or(f32x4.le(v128.load(p, 32), limit), f32x4.le(v128.load(p, 48), limit));
    if (!v128.any_true(v128.or(first, second))) continue;
    at = push(v128.load(p), next, limit, at, toId);
    at = push(v128.load(p, 16), next + 4, limit, at, toId);
    at = push(v128.load(p, 32), next + 8, limit, at, toId);
    at = push(v128.load(p, 48), next + 12, limit, at, toId);
  }
  for (; p < end; p += 16, next += 4) at = push(v128.load(p), next, limit, at, toId);
  const first = <usize>(slot * width) << 2;
  for (let c = scratch; c < at; c += 4) {
    const order = load<f32>(c);
    if (order <= load<f32>(bound)) offer(order, load<i32>(c + toId), orders + first, ids + first, bound, width);
  }
}

/** Appends the orders within the limit, of four rows from `id`, and these rows; returns where to go on. */
@inline
function push(v: v128, id: i32, limit: v128, at: usize, toId: usize): usize {
  const mask = i32x4.bitmask(f32x4.le(v, limit));
  v128.store(at, together(v, mask));
  v128.store(at + toId, together(i32x4.add(i32x4.splat(id), i32x4(0, 1, 2, 3)), mask));
  return at + ((<usize>popcnt(mask)) << 2);
}

/**
 * Inserts (order, id) where it belongs in a list, without a branch: from the end on, each place keeps what it has if that comes before,
 * else takes the newcomer if what is before it comes before, else what is before it.
 */
export function offer(order: f32, id: i32, first: usize, ids: usize, bound: usize, width: i32): void {
  const toId = ids - first;
  const o = f32x4.splat(order);
  const d = i32x4.splat(id);
  let at = first + ((<usize>(width - 4)) << 2);
  let own = v128.load(at);
  let ownId = v128.load(at + toId);
  let stays = comesBefore(own, ownId, o, d);
  for (; at > first; at -= 16) {
    const next = v128.load(at - 16);
    const nextId = v128.load(at - 16 + toId);
    const nextStays = comesBefore(next, nextId, o, d);
    settle(at, toId, own, ownId, stays, next, nextId, nextStays, o, d);
    own = next;
    ownId = nextId;
    stays = nextStays;
  }
  settle(at, toId, own, ownId, stays, o, d, i32x4.splat(-1), o, d);
  store<f32>(bound, load<f32>(first + ((<usize>(width - 1)) << 2)));
}

/** Whether (order, id) comes before the newcomer; empty places, with id -1, do not. */
@inline
function comesBefore(order: v128, id: v128, newcomer: v128, newId: v128): v128 {
  const ties = v128.and(f32x4.eq(order, newcomer), i32x4.lt_u(id, newId));
  return v128.or(f32x4.lt(order, newcomer), ties);
}

/** Writes four places of a list; `before` are the four before them. */
@inline
function settle(
  at: usize,
  toId: usize,
  own: v128,
  ownId: v128,
  stays: v128,
  before: v128,
  beforeId: v128,
  beforeStays: v128,
  newcomer: v128,
  newId: v128,
): void {
  const shifted = v128.shuffle<i32>(before, own, 3, 4, 5, 6);
  const shiftedId = v128.shuffle<i32>(beforeId, ownId, 3, 4, 5, 6);
  const enters = v128.shuffle<i32>(beforeStays, stays, 3, 4, 5, 6);
  v128.store(at, v128.bitselect(own, v128.bitselect(newcomer, shifted, enters), stays));
  v128.store(at + toId, v128.bitselect(ownId, v128.bitselect(newId, shiftedId, enters), stays));
}
