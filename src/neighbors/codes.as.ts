// AssemblyScript (strict, WebAssembly SIMD). Points as small integers, and what their products say of distances; see codes.ts.
// Built into scan.wasm.

import { offer } from "./scan.as";
import { OUTSIDE, STRIP, together, turn } from "./strips.as";
import { placeOne } from "./tiles.as";

/**
 * Writes rows as integers: p = x * scale - centre is nearly step * code, |code| <= most, and `shift` is added to what is written to
 * `codes` (rows x d bytes). Writes |p|^2, the step, |p - step * code| (never too small) and the sum of the codes. `p` holds d floats.
 */
export function encode(
  raw: usize,
  rows: i32,
  d: i32,
  scales: usize,
  centre: usize,
  p: usize,
  most: f32,
  shift: i32,
  codes: usize,
  norms: usize,
  steps: usize,
  residuals: usize,
  sums: usize,
): void {
  // Rounding of the residual's own sum.
  const inflation: f32 = 1 + <f32>(d + 16) * 5.9604644775390625e-8;
  for (let r: i32 = 0; r < rows; r++) {
    const four = (<usize>r) << 2;
    const from = raw + <usize>(r * d) * 4;
    const norm = placeOne(from, d, load<f64>(scales + ((<usize>r) << 3)), centre, 1, p);
    store<f64>(norms + ((<usize>r) << 3), norm);
    const step = largest(p, d) / most;
    store<f32>(steps + four, step);
    const inverse: f32 = step > 0 ? 1 / step : 0;
    const to = codes + <usize>(r * d);
    let k: i32 = 0;
    let errors = f32x4.splat(0);
    let sum = i32x4.splat(0);
    const scale = f32x4.splat(inverse);
    const size = f32x4.splat(step);
    const shifts = i32x4.splat(shift);
    for (; k + 16 <= d; k += 16) {
      const at = p + ((<usize>k) << 2);
      const c0 = f32x4.nearest(f32x4.mul(v128.load(at), scale));
      const c1 = f32x4.nearest(f32x4.mul(v128.load(at, 16), scale));
      const c2 = f32x4.nearest(f32x4.mul(v128.load(at, 32), scale));
      const c3 = f32x4.nearest(f32x4.mul(v128.load(at, 48), scale));
      const e0 = f32x4.sub(v128.load(at), f32x4.mul(c0, size));
      const e1 = f32x4.sub(v128.load(at, 16), f32x4.mul(c1, size));
      const e2 = f32x4.sub(v128.load(at, 32), f32x4.mul(c2, size));
      const e3 = f32x4.sub(v128.load(at, 48), f32x4.mul(c3, size));
      const e01 = f32x4.add(f32x4.mul(e0, e0), f32x4.mul(e1, e1));
      const e23 = f32x4.add(f32x4.mul(e2, e2), f32x4.mul(e3, e3));
      errors = f32x4.add(errors, f32x4.add(e01, e23));
      const i0 = i32x4.trunc_sat_f32x4_s(c0);
      const i1 = i32x4.trunc_sat_f32x4_s(c1);
      const i2 = i32x4.trunc_sat_f32x4_s(c2);
      const i3 = i32x4.trunc_sat_f32x4_s(c3);
      sum = i32x4.add(sum, i32x4.add(i32x4.add(i0, i1), i32x4.add(i2, i3)));
      const low = i16x8.narrow_i32x4_s(i32x4.add(i0, shifts), i32x4.add(i1, shifts));
      const high = i16x8.narrow_i32x4_s(i32x4.add(i2, shifts), i32x4.add(i3, shifts));
      v128.store(to + <usize>k, i8x16.narrow_i16x8_s(low, high));
    }
    let error = lanes(errors);
    let total = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
    for (; k < d; k++) {
      const v = load<f32>(p + ((<usize>k) << 2));
      const c = nearest<f32>(v * inverse);
      const e = v - c * step;
      error += e * e;
      total += <i32>c;
      store<u8>(to + <usize>k, <u8>(<i32>c + shift));
    }
    store<f32>(residuals + four, sqrt<f32>(error) * inflation);
    store<i32>(sums + four, total);
  }
}

/** The largest absolute value. */
function largest(p: usize, d: i32): f32 {
  let most = f32x4.splat(0);
  let k: i32 = 0;
  for (; k + 4 <= d; k += 4) most = f32x4.max(most, f32x4.abs(v128.load(p + ((<usize>k) << 2))));
  let found = max(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)), max(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)));
  for (; k < d; k++) found = max(found, abs(load<f32>(p + ((<usize>k) << 2))));
  return found;
}

@inline
function lanes(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/**
 * Takes in the integer products of a tile, `rows x stride`, whose columns are slots from `slot` and whose rows are rows from `id`.
 *
 * From each product come an estimate of the order and a number that the order is not below. The `width` smallest estimates of a slot are
 * kept in its list; their last is the slot's bound. Rows that may lie within the bound go to the slot's reserve, which is weeded when
 * full; the size of one that overflows even so is -1 from then on. Of rows: n, step, 2 residual, 2 reach, each `tall` floats at `rowFacts`
 * (padded to a multiple of 4 with n beyond all); of columns: n, 2 step, shift * sum, length, residual, each `stride` at `colFacts`.
 */
export function nearCodes(
  tile: usize,
  rows: i32,
  stride: i32,
  cols: i32,
  slot: i32,
  id: i32,
  rowFacts: usize,
  tall: i32,
  colFacts: usize,
  orders: usize,
  ids: usize,
  bounds: usize,
  width: i32,
  sizes: usize,
  floors: usize,
  members: usize,
  capacity: i32,
  scratch: usize,
): void {
  const height = (rows + 3) & ~3;
  const turned = scratch + ((<usize>(height + 4)) << 2) * 3;
  for (let c: i32 = 0; c < cols; c += STRIP) {
    const count = min(STRIP, cols - c);
    turn(tile + ((<usize>c) << 2), stride, rows, count, turned, height);
    for (let i: i32 = 0; i < count; i++) {
      const own = slot + c + i;
      const size = sizes + ((<usize>own) << 2);
      if (load<i32>(size) < 0) continue;
      const bound = bounds + ((<usize>own) << 2);
      const list = (<usize>(own * width)) << 2;
      const reserve = (<usize>(own * capacity)) << 2;
      const products = turned + ((<usize>(i * height)) << 2);
      const found = sift(products, height, id, rowFacts, tall, colFacts + ((<usize>(c + i)) << 2), stride, load<f32>(bound), scratch);
      if (found === 0) continue;
      offerEstimates(found, height, orders + list, ids + list, bound, width, scratch);
      addToReserve(found, height, floors + reserve, members + reserve, size, capacity, load<f32>(bound), scratch);
    }
  }
}

/** Writes (floor, estimate, id) of the products whose floor is within `limit` to three arrays of `scratch`; returns how many. */
function sift(
  products: usize,
  count: i32,
  id: i32,
  rowFacts: usize,
  tall: i32,
  colFacts: usize,
  wide: i32,
  limit: f32,
  scratch: usize,
): i32 {
  const down = (<usize>tall) << 2;
  const across = (<usize>wide) << 2;
  const n = v128.load32_splat(colFacts);
  const step = v128.load32_splat(colFacts + across);
  const shift = v128.load32_splat(colFacts + 2 * across);
  const length = v128.load32_splat(colFacts + 3 * across);
  const residual = v128.load32_splat(colFacts + 4 * across);
  const most = f32x4.splat(min(limit, OUTSIDE));
  const next = (<usize>(count + 4)) << 2;
  let ids = i32x4.add(i32x4.splat(id), i32x4(0, 1, 2, 3));
  let at = scratch;
  let facts = rowFacts;
  const end = products + ((<usize>count) << 2);
  for (let p = products; p < end; p += 16, facts += 16) {
    const product = f32x4.mul(step, f32x4.convert_i32x4_s(i32x4.sub(v128.load(p), shift)));
    const estimate = f32x4.sub(f32x4.add(v128.load(facts), n), f32x4.mul(v128.load(facts + down), product));
    const unsure = f32x4.add(f32x4.mul(v128.load(facts + 2 * down), length), f32x4.mul(v128.load(facts + 3 * down), residual));
    const floor = f32x4.sub(estimate, unsure);
    const mask = i32x4.bitmask(f32x4.le(floor, most));
    v128.store(at, together(floor, mask));
    v128.store(at + next, together(estimate, mask));
    v128.store(at + 2 * next, together(ids, mask));
    at += (<usize>popcnt(mask)) << 2;
    ids = i32x4.add(ids, i32x4.splat(4));
  }
  return <i32>((at - scratch) >> 2);
}

/** Offers the estimates of what was sifted to a list. */
function offerEstimates(
  found: i32,
  count: i32,
  orders: usize,
  ids: usize,
  bound: usize,
  width: i32,
  scratch: usize,
): void {
  const next = (<usize>(count + 4)) << 2;
  const end = scratch + next + ((<usize>found) << 2);
  for (let p = scratch + next; p < end; p += 4) {
    const estimate = load<f32>(p);
    if (estimate <= load<f32>(bound)) offer(estimate, load<i32>(p + next), orders, ids, bound, width);
  }
}

/** Adds what was sifted and still lies within the bound to a reserve. */
function addToReserve(
  found: i32,
  count: i32,
  floors: usize,
  members: usize,
  size: usize,
  capacity: i32,
  bound: f32,
  scratch: usize,
): void {
  const next = (<usize>(count + 4)) << 2;
  const fresh = weed(scratch, scratch + 2 * next, found, bound, scratch, scratch + 2 * next);
  let held = load<i32>(size);
  if (held + fresh > capacity) held = weed(floors, members, held, bound, floors, members);
  if (held + fresh > capacity) {
    store<i32>(size, -1);
    return;
  }
  memory.copy(floors + ((<usize>held) << 2), scratch, (<usize>fresh) << 2);
  memory.copy(members + ((<usize>held) << 2), scratch + 2 * next, (<usize>fresh) << 2);
  store<i32>(size, held + fresh);
}

/** Copies the (floor, id) whose floor is within `limit`, forward or in place; returns how many. */
function weed(floors: usize, ids: usize, count: i32, limit: f32, toFloors: usize, toIds: usize): i32 {
  let kept: i32 = 0;
  for (let i: i32 = 0; i < count; i++) {
    const at = (<usize>i) << 2;
    const to = (<usize>kept) << 2;
    const floor = load<f32>(floors + at);
    store<f32>(toFloors + to, floor);
    store<i32>(toIds + to, load<i32>(ids + at));
    kept += i32(floor <= limit);
  }
  return kept;
}
