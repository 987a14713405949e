// AssemblyScript (strict, WebAssembly SIMD). Counting ranks; see ranks.ts for what is counted. Built into scan.wasm.
//
// Slot s has k targets, k a multiple of 4, ascending: low[s][q], high[s][q], counts[s][q], and for every four of them limits[s][q / 4], the
// largest `high` so far. Most orders lie beyond all targets: they are dropped first, then those beyond all but the last four, ...

import { STRIP, together, turn } from "./strips.as";

/**
 * For the rows `[from, to)` of a tile as slots: adds to counts[q] how many orders of the row are below low[q], and writes
 * (index in the tile, q) of each order in [low[q], high[q]) to `out`. Stops before a row whose pairs might not fit into `capacity`.
 * Returns how many were written; the row to go on with stands behind the last place of `out`.
 */
export function countRows(
  tile: usize,
  stride: i32,
  from: i32,
  to: i32,
  low: usize,
  high: usize,
  limits: usize,
  counts: usize,
  k: i32,
  scratch: usize,
  out: usize,
  capacity: i32,
): i32 {
  let found: i32 = 0;
  let r = from;
  for (; r < to && found + stride * k <= capacity; r++) {
    const at = (<usize>(r * k)) << 2;
    const orders = tile + ((<usize>(r * stride)) << 2);
    found = countSlot(orders, stride, r * stride, 1, low + at, high + at, limits + (at >> 2), counts + at, k, scratch, out, found);
  }
  store<i32>(out + ((<usize>capacity) << 3), r);
  return found;
}

/** The same for the columns `[from, to)` as slots. `scratch` holds 17 columns of the tile, padded to multiples of 4, and four orders more each. */
export function countCols(
  tile: usize,
  stride: i32,
  from: i32,
  to: i32,
  rows: i32,
  low: usize,
  high: usize,
  limits: usize,
  counts: usize,
  k: i32,
  scratch: usize,
  out: usize,
  capacity: i32,
): i32 {
  const height = (rows + 3) & ~3;
  const turned = scratch + ((<usize>(height + 4)) << 2);
  let found: i32 = 0;
  let c = from;
  while (c < to && found + rows * k <= capacity) {
    const end = min(to, c + STRIP);
    turn(tile + ((<usize>c) << 2), stride, rows, end - c, turned, height);
    let orders = turned;
    for (; c < end && found + rows * k <= capacity; c++, orders += (<usize>height) << 2) {
      const at = (<usize>(c * k)) << 2;
      found = countSlot(orders, height, c, stride, low + at, high + at, limits + (at >> 2), counts + at, k, scratch, out, found);
    }
  }
  store<i32>(out + ((<usize>capacity) << 3), c);
  return found;
}

/** Counts one slot. Order p of `orders` is that of index `first + p * step` in the tile. `count` is a multiple of 4. */
function countSlot(
  orders: usize,
  count: i32,
  first: i32,
  step: i32,
  low: usize,
  high: usize,
  limits: usize,
  counts: usize,
  k: i32,
  kept: usize,
  out: usize,
  listed: i32,
): i32 {
  let found = listed;
  let left = count;
  let source = orders;
  for (let q = k - 4; q >= 0; q -= 4) {
    left = keep(source, left, load<f32>(limits + <usize>q), kept);
    if (left === 0) break;
    source = kept;
    const at = (<usize>q) << 2;
    const l = v128.load(low + at);
    const h = v128.load(high + at);
    let below = i32x4.splat(0);
    let belowHigh = below;
    const end = kept + ((<usize>left) << 2);
    for (let p = kept; p < end; p += 4) {
      const v = v128.load32_splat(p);
      below = i32x4.sub(below, f32x4.lt(v, l));
      belowHigh = i32x4.sub(belowHigh, f32x4.lt(v, h));
    }
    v128.store(counts + at, i32x4.add(v128.load(counts + at), below));
    let unsure = i32x4.bitmask(i32x4.ne(below, belowHigh));
    while (unsure !== 0) {
      const lane = ctz(unsure);
      unsure &= unsure - 1;
      const own = at + ((<usize>lane) << 2);
      found = list(orders, count, first, step, load<f32>(low + own), load<f32>(high + own), q + lane, out, found);
    }
  }
  return found;
}

/** Writes the orders below `limit` to `to`, which may be `from`, and three infinities behind them. Returns how many. */
function keep(from: usize, count: i32, limit: f32, to: usize): i32 {
  const l = f32x4.splat(limit);
  const end = from + ((<usize>count) << 2);
  let at = to;
  for (let p = from; p < end; p += 16) {
    const v = v128.load(p);
    const mask = i32x4.bitmask(f32x4.lt(v, l));
    v128.store(at, together(v, mask));
    at += (<usize>popcnt(mask)) << 2;
  }
  v128.store(at, f32x4.splat(Infinity));
  return <i32>((at - to) >> 2);
}

/** Writes the index of each order in [low, high), and q. */
function list(
  orders: usize,
  count: i32,
  first: i32,
  step: i32,
  low: f32,
  high: f32,
  q: i32,
  out: usize,
  listed: i32,
): i32 {
  let found = listed;
  const l = f32x4.splat(low);
  const h = f32x4.splat(high);
  for (let p: i32 = 0; p < count; p += 4) {
    const v = v128.load(orders + ((<usize>p) << 2));
    let mask = i32x4.bitmask(v128.and(f32x4.ge(v, l), f32x4.lt(v, h)));
    while (mask !== 0) {
      const at = out + ((<usize>found) << 3);
      store<i32>(at, first + (p + ctz(mask)) * step);
      store<i32>(at + 4, q);
      found++;
      mask &= mask - 1;
    }
  }
  return found;
}
