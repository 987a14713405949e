// AssemblyScript (strict, WebAssembly SIMD). The loops that touch every pair of a tile; see scan.ts for what they mean.
// Pointers are byte offsets into the one imported memory; `cols` is a multiple of 4 (tiles are padded with infinities).

export { absolutes, place, squares } from "./tiles.as";

/**
 * Offers every pair of a tile to the lists of its columns (slots from `colSlot`) and, with `mirrored`, of its rows (slots
 * from `rowId`, which are also row numbers). Lists are `width` orders and ids per slot, ascending by (order, id).
 */
export function near(
  tile: usize,
  rows: i32,
  stride: i32,
  cols: i32,
  colSlot: i32,
  rowId: i32,
  mirrored: i32,
  orders: usize,
  ids: usize,
  bounds: usize,
  width: i32,
): void {
  const colBounds = bounds + ((<usize>colSlot) << 2);
  for (let r: i32 = 0; r < rows; r++) {
    const ownBound = bounds + ((<usize>(rowId + r)) << 2);
    let rowLimit = f32x4.splat(mirrored ? load<f32>(ownBound) : -Infinity);
    for (let c: i32 = 0; c < stride; c += 4) {
      const at = tile + ((<usize>(r * stride + c)) << 2);
      const limit = f32x4.max(rowLimit, v128.load(colBounds + ((<usize>c) << 2)));
      let mask = i32x4.bitmask(f32x4.le(v128.load(at), limit));
      while (mask !== 0) {
        const lane = ctz(mask);
        mask &= mask - 1;
        const order = load<f32>(at + ((<usize>lane) << 2));
        const slot = colSlot + c + lane;
        if (c + lane >= cols || order === Infinity) continue;
        if (order <= load<f32>(bounds + ((<usize>slot) << 2)))
          offer(slot, rowId + r, order, orders, ids, bounds, width);
        if (mirrored && order <= load<f32>(ownBound)) {
          offer(rowId + r, slot, order, orders, ids, bounds, width);
          rowLimit = f32x4.splat(load<f32>(ownBound));
        }
      }
    }
  }
}

/** Inserts (order, id) where it belongs in the list of `slot`; see `offer` of nearest.ts. */
function offer(slot: i32, id: i32, order: f32, orders: usize, ids: usize, bounds: usize, width: i32): void {
  const first = orders + ((<usize>(slot * width)) << 2);
  const toId = ids - orders;
  let at = first + ((<usize>(width - 1)) << 2);
  if (order === load<f32>(at) && id > load<i32>(at + toId) && load<i32>(at + toId) >= 0) return;
  while (at > first) {
    const before = load<f32>(at - 4);
    if (before < order || (before === order && load<i32>(at + toId - 4) < id)) break;
    store<f32>(at, before);
    store<i32>(at + toId, load<i32>(at + toId - 4));
    at -= 4;
  }
  store<f32>(at, order);
  store<i32>(at + toId, id);
  store<f32>(bounds + ((<usize>slot) << 2), load<f32>(first + ((<usize>(width - 1)) << 2)));
}

/**
 * For the rows as slots: adds to counts[q][r] how many orders of row r are below low[q][r], and writes (index, q) of each order
 * in [low, high) to `out`; returns how many. `k` is a multiple of 4, `step` the bytes from one q to the next.
 */
export function countRows(
  tile: usize,
  rows: i32,
  cols: i32,
  low: usize,
  high: usize,
  counts: usize,
  k: i32,
  step: usize,
  out: usize,
): i32 {
  let found: i32 = 0;
  for (let r: i32 = 0; r < rows; r++) {
    const row = tile + ((<usize>(r * cols)) << 2);
    const end = row + ((<usize>cols) << 2);
    for (let q: i32 = 0; q < k; q += 4) {
      const at = <usize>q * step + ((<usize>r) << 2);
      const l0 = v128.load32_splat(low + at);
      const l1 = v128.load32_splat(low + at + step);
      const l2 = v128.load32_splat(low + at + 2 * step);
      const l3 = v128.load32_splat(low + at + 3 * step);
      const h0 = v128.load32_splat(high + at);
      const h1 = v128.load32_splat(high + at + step);
      const h2 = v128.load32_splat(high + at + 2 * step);
      const h3 = v128.load32_splat(high + at + 3 * step);
      let n0 = i32x4.splat(0);
      let n1 = n0;
      let n2 = n0;
      let n3 = n0;
      let m0 = n0;
      let m1 = n0;
      let m2 = n0;
      let m3 = n0;
      for (let p = row; p < end; p += 16) {
        const v = v128.load(p);
        n0 = i32x4.sub(n0, f32x4.lt(v, l0));
        m0 = i32x4.sub(m0, f32x4.lt(v, h0));
        n1 = i32x4.sub(n1, f32x4.lt(v, l1));
        m1 = i32x4.sub(m1, f32x4.lt(v, h1));
        n2 = i32x4.sub(n2, f32x4.lt(v, l2));
        m2 = i32x4.sub(m2, f32x4.lt(v, h2));
        n3 = i32x4.sub(n3, f32x4.lt(v, l3));
        m3 = i32x4.sub(m3, f32x4.lt(v, h3));
      }
      found = settleRow(tile, r, cols, q, n0, m0, low + at, high + at, counts + at, out, found);
      found = settleRow(
        tile,
        r,
        cols,
        q + 1,
        n1,
        m1,
        low + at + step,
        high + at + step,
        counts + at + step,
        out,
        found,
      );
      const third = at + 2 * step;
      found = settleRow(tile, r, cols, q + 2, n2, m2, low + third, high + third, counts + third, out, found);
      const fourth = at + 3 * step;
      found = settleRow(
        tile,
        r,
        cols,
        q + 3,
        n3,
        m3,
        low + fourth,
        high + fourth,
        counts + fourth,
        out,
        found,
      );
    }
  }
  return found;
}

/** The same for the columns `[from, to)` as slots, multiples of 4; low, high and counts start at column 0. */
export function countCols(
  tile: usize,
  rows: i32,
  cols: i32,
  from: i32,
  to: i32,
  low: usize,
  high: usize,
  counts: usize,
  k: i32,
  step: usize,
  out: usize,
): i32 {
  let found: i32 = 0;
  for (let c: i32 = from; c < to; c += 4) {
    for (let q: i32 = 0; q < k; q += 4) {
      const at = <usize>q * step + ((<usize>c) << 2);
      const l0 = v128.load(low + at);
      const l1 = v128.load(low + at + step);
      const l2 = v128.load(low + at + 2 * step);
      const l3 = v128.load(low + at + 3 * step);
      const h0 = v128.load(high + at);
      const h1 = v128.load(high + at + step);
      const h2 = v128.load(high + at + 2 * step);
      const h3 = v128.load(high + at + 3 * step);
      let n0 = i32x4.splat(0);
      let n1 = n0;
      let n2 = n0;
      let n3 = n0;
      let m0 = n0;
      let m1 = n0;
      let m2 = n0;
      let m3 = n0;
      let p = tile + ((<usize>c) << 2);
      for (let r: i32 = 0; r < rows; r++, p += (<usize>cols) << 2) {
        const v = v128.load(p);
        n0 = i32x4.sub(n0, f32x4.lt(v, l0));
        m0 = i32x4.sub(m0, f32x4.lt(v, h0));
        n1 = i32x4.sub(n1, f32x4.lt(v, l1));
        m1 = i32x4.sub(m1, f32x4.lt(v, h1));
        n2 = i32x4.sub(n2, f32x4.lt(v, l2));
        m2 = i32x4.sub(m2, f32x4.lt(v, h2));
        n3 = i32x4.sub(n3, f32x4.lt(v, l3));
        m3 = i32x4.sub(m3, f32x4.lt(v, h3));
      }
      found = settleCols(tile, c, rows, cols, q, n0, m0, low + at, high + at, counts + at, out, found);
      const second = at + step;
      found = settleCols(
        tile,
        c,
        rows,
        cols,
        q + 1,
        n1,
        m1,
        low + second,
        high + second,
        counts + second,
        out,
        found,
      );
      const third = at + 2 * step;
      found = settleCols(
        tile,
        c,
        rows,
        cols,
        q + 2,
        n2,
        m2,
        low + third,
        high + third,
        counts + third,
        out,
        found,
      );
      const fourth = at + 3 * step;
      found = settleCols(
        tile,
        c,
        rows,
        cols,
        q + 3,
        n3,
        m3,
        low + fourth,
        high + fourth,
        counts + fourth,
        out,
        found,
      );
    }
  }
  return found;
}

/** Adds the count of one target of row r, and lists the row's orders in [low, high) if there are any. */
function settleRow(
  tile: usize,
  r: i32,
  cols: i32,
  q: i32,
  below: v128,
  belowHigh: v128,
  low: usize,
  high: usize,
  count: usize,
  out: usize,
  listed: i32,
): i32 {
  let found = listed;
  const sure = total(below);
  store<i32>(count, load<i32>(count) + sure);
  if (total(belowHigh) === sure) return found;
  const l = f32x4.splat(load<f32>(low));
  const h = f32x4.splat(load<f32>(high));
  for (let c: i32 = 0; c < cols; c += 4) {
    const v = v128.load(tile + ((<usize>(r * cols + c)) << 2));
    let mask = i32x4.bitmask(v128.and(f32x4.ge(v, l), f32x4.lt(v, h)));
    while (mask !== 0) {
      found = list(out, found, r * cols + c + ctz(mask), q);
      mask &= mask - 1;
    }
  }
  return found;
}

/** Adds the counts of one target of columns c to c + 3, and lists their orders in [low, high). */
function settleCols(
  tile: usize,
  c: i32,
  rows: i32,
  cols: i32,
  q: i32,
  below: v128,
  belowHigh: v128,
  low: usize,
  high: usize,
  counts: usize,
  out: usize,
  listed: i32,
): i32 {
  let found = listed;
  v128.store(counts, i32x4.add(v128.load(counts), below));
  if (i32x4.all_true(i32x4.eq(below, belowHigh))) return found;
  const l = v128.load(low);
  const h = v128.load(high);
  for (let r: i32 = 0; r < rows; r++) {
    const v = v128.load(tile + ((<usize>(r * cols + c)) << 2));
    let mask = i32x4.bitmask(v128.and(f32x4.ge(v, l), f32x4.lt(v, h)));
    while (mask !== 0) {
      found = list(out, found, r * cols + c + ctz(mask), q);
      mask &= mask - 1;
    }
  }
  return found;
}

function list(out: usize, found: i32, index: i32, q: i32): i32 {
  store<i32>(out + ((<usize>found) << 3), index);
  store<i32>(out + ((<usize>found) << 3) + 4, q);
  return found + 1;
}

function total(n: v128): i32 {
  return (
    i32x4.extract_lane(n, 0) + i32x4.extract_lane(n, 1) + i32x4.extract_lane(n, 2) + i32x4.extract_lane(n, 3)
  );
}
