// AssemblyScript (strict, WebAssembly SIMD). The loops over every pair of lengths; see pair-loops.ts for what they mean.
// Pointers are byte offsets. Orders of OUTSIDE or more are no pairs: a point with itself, the lower half of a diagonal, padding.

const OUTSIDE: f32 = 1e37;

/** Bins as eight i32: low, high, shift, first fine bin, first bin above, then the address of the table and 2 unused. */
@inline
function binsOf(bits: v128, bins: usize): v128 {
  const low = v128.load32_splat(bins);
  const high = v128.load32_splat(bins, 4);
  const coarse = i32x4.shr_u(bits, 18);
  const fine = i32x4.add(v128.load32_splat(bins, 12), i32x4.shr_u(i32x4.sub(bits, low), load<i32>(bins, 8)));
  const above = i32x4.add(v128.load32_splat(bins, 16), i32x4.shr_u(i32x4.sub(bits, high), 18));
  const bin = v128.bitselect(coarse, fine, i32x4.lt_s(bits, low));
  return v128.bitselect(above, bin, i32x4.ge_s(bits, high));
}

@inline
function bump(table: usize, bin: i32): void {
  const at = table + (<usize>bin << 2);
  store<i32>(at, load<i32>(at) + 1);
}

@inline
function upper(v: v128): v128 {
  return f64x2.promote_low_f32x4(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

@inline
function addTo(at: usize, by: f64): void {
  store<f64>(at, load<f64>(at) + by);
}

/** Counts all four lanes of `bin` that are set in `mask`. */
@inline
function bumpLanes(table: usize, bin: v128, mask: i32): void {
  if (mask & 1) bump(table, i32x4.extract_lane(bin, 0));
  if (mask & 2) bump(table, i32x4.extract_lane(bin, 1));
  if (mask & 4) bump(table, i32x4.extract_lane(bin, 2));
  if (mask & 8) bump(table, i32x4.extract_lane(bin, 3));
}

/**
 * First pass over columns [from, to): histograms of x, z and of the ratio (`bins`, three records of 32 bytes), moments into
 * `sums` (six f64 per column, or one record when `step` is 0), [torn, collapsed] into `special`, and into `out` the index of
 * each pair whose ratio is at least `large` or at most `small`; returns how many.
 */
export function countPairs(
  x: usize,
  z: usize,
  rows: i32,
  stride: i32,
  from: i32,
  to: i32,
  xSquared: i32,
  zSquared: i32,
  bins: usize,
  sums: usize,
  step: i32,
  special: usize,
  large: f32,
  small: f32,
  out: usize,
): i32 {
  let found: i32 = 0;
  const xTable = load<usize>(bins, 20);
  const zTable = load<usize>(bins, 52);
  const ratioTable = load<usize>(bins, 84);
  const largest = f32x4.splat(large);
  const smallest = f32x4.splat(small);
  for (let c: i32 = from; c < to; c += 4) {
    let u0 = f64x2.splat(0);
    let u1 = u0;
    let v0 = u0;
    let v1 = u0;
    let uu0 = u0;
    let uu1 = u0;
    let vv0 = u0;
    let vv1 = u0;
    let uv0 = u0;
    let uv1 = u0;
    let pairs = i32x4.splat(0);
    for (let r: i32 = 0; r < rows; r++) {
      const offset = <usize>(r * stride + c) << 2;
      const vx = v128.load(x + offset);
      const counted = f32x4.lt(vx, f32x4.splat(OUTSIDE));
      const mask = i32x4.bitmask(counted);
      if (mask === 0) continue;
      const vz = v128.load(z + offset);
      const dx = v128.and(xSquared ? f32x4.sqrt(vx) : vx, counted);
      const dz = v128.and(zSquared ? f32x4.sqrt(vz) : vz, counted);
      pairs = i32x4.sub(pairs, counted);
      const a0 = f64x2.promote_low_f32x4(dx);
      const a1 = upper(dx);
      const b0 = f64x2.promote_low_f32x4(dz);
      const b1 = upper(dz);
      u0 = f64x2.add(u0, a0);
      u1 = f64x2.add(u1, a1);
      v0 = f64x2.add(v0, b0);
      v1 = f64x2.add(v1, b1);
      uu0 = f64x2.add(uu0, f64x2.mul(a0, a0));
      uu1 = f64x2.add(uu1, f64x2.mul(a1, a1));
      vv0 = f64x2.add(vv0, f64x2.mul(b0, b0));
      vv1 = f64x2.add(vv1, f64x2.mul(b1, b1));
      uv0 = f64x2.add(uv0, f64x2.mul(a0, b0));
      uv1 = f64x2.add(uv1, f64x2.mul(a1, b1));
      bumpLanes(xTable, binsOf(vx, bins), mask);
      bumpLanes(zTable, binsOf(vz, bins + 32), mask);
      const ratio = f32x4.div(dz, dx);
      const positive = v128.and(f32x4.gt(ratio, f32x4.splat(0)), f32x4.lt(ratio, f32x4.splat(Infinity)));
      const both = i32x4.bitmask(v128.and(counted, positive));
      bumpLanes(ratioTable, binsOf(ratio, bins + 64), both);
      if (both !== mask) {
        let rest = mask & ~both;
        const far = i32x4.bitmask(f32x4.gt(dz, f32x4.splat(0)));
        const apart = i32x4.bitmask(f32x4.gt(dx, f32x4.splat(0)));
        addTo(special, <f64>popcnt(rest & far));
        rest &= ~far;
        addTo(special + 8, <f64>popcnt(rest & apart));
      }
      let extreme = both & i32x4.bitmask(v128.or(f32x4.ge(ratio, largest), f32x4.le(ratio, smallest)));
      while (extreme !== 0) {
        store<i32>(out + (<usize>found << 2), r * stride + c + ctz(extreme));
        found++;
        extreme &= extreme - 1;
      }
    }
    const at = sums + <usize>(step * c);
    moments(at, step, u0, u1, 0);
    moments(at, step, v0, v1, 8);
    moments(at, step, uu0, uu1, 16);
    moments(at, step, vv0, vv1, 24);
    moments(at, step, uv0, uv1, 32);
    counted(at, step, pairs, 40);
  }
  return found;
}

@inline
function upperInt(v: v128): v128 {
  return f64x2.convert_low_i32x4_s(i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15));
}

/** Adds the four lanes to field `field` of four records `step` bytes apart (0: all to one). */
function moments(at: usize, step: i32, low: v128, high: v128, field: usize): void {
  const s = <usize>step;
  addTo(at + field, f64x2.extract_lane(low, 0));
  addTo(at + s + field, f64x2.extract_lane(low, 1));
  addTo(at + 2 * s + field, f64x2.extract_lane(high, 0));
  addTo(at + 3 * s + field, f64x2.extract_lane(high, 1));
}

/**
 * Second pass over columns [from, to): the tables of `bins` now hold [rank, influence] per bin. Adds to the ten f64 of each
 * column's record (one record when `step` is 0): rank products, influences, and how many ratios are at most q05 and q95; with a step also
 * of far and of other pairs how many there are and how many ratios are at most the quantiles of their own. Counts the ratios of
 * pairs whose order in x is at least `farFrom` in the third table.
 */
export function sumRanks(
  x: usize,
  z: usize,
  rows: i32,
  stride: i32,
  from: i32,
  to: i32,
  xSquared: i32,
  zSquared: i32,
  bins: usize,
  sums: usize,
  step: i32,
  q05: f32,
  q95: f32,
  farFrom: f32,
  far05: f32,
  far95: f32,
  middle05: f32,
  middle95: f32,
): void {
  const xTable = load<usize>(bins, 20);
  const zTable = load<usize>(bins, 52);
  const farTable = load<usize>(bins, 84);
  const far = f32x4.splat(farFrom);
  const low = f32x4.splat(q05);
  const high = f32x4.splat(q95);
  for (let c: i32 = from; c < to; c += 4) {
    let p0 = f64x2.splat(0);
    let p1 = p0;
    let p2 = p0;
    let p3 = p0;
    let below05 = i32x4.splat(0);
    let below95 = below05;
    let farCount = below05;
    let farBelow05 = below05;
    let farBelow95 = below05;
    let middleCount = below05;
    let middleBelow05 = below05;
    let middleBelow95 = below05;
    for (let r: i32 = 0; r < rows; r++) {
      const offset = <usize>(r * stride + c) << 2;
      const vx = v128.load(x + offset);
      const counted = f32x4.lt(vx, f32x4.splat(OUTSIDE));
      const mask = i32x4.bitmask(counted);
      if (mask === 0) continue;
      const vz = v128.load(z + offset);
      const xBin = binsOf(vx, bins);
      const zBin = binsOf(vz, bins + 32);
      if (mask & 1) p0 = f64x2.add(p0, rankTerm(xTable, i32x4.extract_lane(xBin, 0), zTable, i32x4.extract_lane(zBin, 0)));
      if (mask & 2) p1 = f64x2.add(p1, rankTerm(xTable, i32x4.extract_lane(xBin, 1), zTable, i32x4.extract_lane(zBin, 1)));
      if (mask & 4) p2 = f64x2.add(p2, rankTerm(xTable, i32x4.extract_lane(xBin, 2), zTable, i32x4.extract_lane(zBin, 2)));
      if (mask & 8) p3 = f64x2.add(p3, rankTerm(xTable, i32x4.extract_lane(xBin, 3), zTable, i32x4.extract_lane(zBin, 3)));
      const ratio = f32x4.div(zSquared ? f32x4.sqrt(vz) : vz, xSquared ? f32x4.sqrt(vx) : vx);
      const positive = v128.and(counted, f32x4.gt(ratio, f32x4.splat(0)));
      below05 = i32x4.sub(below05, v128.and(positive, f32x4.le(ratio, low)));
      below95 = i32x4.sub(below95, v128.and(positive, f32x4.le(ratio, high)));
      const finite = v128.and(positive, f32x4.lt(ratio, f32x4.splat(Infinity)));
      const isFar = v128.and(finite, f32x4.ge(vx, far));
      bumpLanes(farTable, binsOf(ratio, bins + 64), i32x4.bitmask(isFar));
      if (step === 0) continue;
      const isMiddle = v128.andnot(finite, isFar);
      farCount = i32x4.sub(farCount, isFar);
      farBelow05 = i32x4.sub(farBelow05, v128.and(isFar, f32x4.le(ratio, f32x4.splat(far05))));
      farBelow95 = i32x4.sub(farBelow95, v128.and(isFar, f32x4.le(ratio, f32x4.splat(far95))));
      middleCount = i32x4.sub(middleCount, isMiddle);
      middleBelow05 = i32x4.sub(middleBelow05, v128.and(isMiddle, f32x4.le(ratio, f32x4.splat(middle05))));
      middleBelow95 = i32x4.sub(middleBelow95, v128.and(isMiddle, f32x4.le(ratio, f32x4.splat(middle95))));
    }
    const s = <usize>step;
    const at = sums + s * <usize>c;
    record(at, p0);
    record(at + s, p1);
    record(at + 2 * s, p2);
    record(at + 3 * s, p3);
    counted(at, step, below05, 16);
    counted(at, step, below95, 24);
    if (step === 0) continue;
    counted(at, step, farCount, 32);
    counted(at, step, farBelow05, 40);
    counted(at, step, farBelow95, 48);
    counted(at, step, middleCount, 56);
    counted(at, step, middleBelow05, 64);
    counted(at, step, middleBelow95, 72);
  }
}

/** The same of four counts. */
function counted(at: usize, step: i32, counts: v128, field: usize): void {
  moments(at, step, f64x2.convert_low_i32x4_s(counts), upperInt(counts), field);
}

/** [rank product, rank product + both influences] of a pair. */
@inline
function rankTerm(xTable: usize, xBin: i32, zTable: usize, zBin: i32): v128 {
  const a = v128.load(xTable + (<usize>xBin << 4));
  const b = v128.load(zTable + (<usize>zBin << 4));
  const product = f64x2.extract_lane(a, 0) * f64x2.extract_lane(b, 0);
  const influence = product + f64x2.extract_lane(a, 1) + f64x2.extract_lane(b, 1);
  return f64x2.replace_lane(f64x2.splat(product), 1, influence);
}

@inline
function record(at: usize, term: v128): void {
  v128.store(at, f64x2.add(v128.load(at), term));
}
