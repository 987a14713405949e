// AssemblyScript (strict, WebAssembly SIMD). The loops over whole columns of orders; see columns.kernel.ts for what they mean.
// Pointers are byte offsets. A column has `n` orders, none of them below 0; that of the slot's own row, `self`, is left out.

/** Bits of a digit, at most. */
const DIGIT: i32 = 11;

/** Index of the largest order. */
export function furthest(orders: usize, n: i32): i32 {
  let best: f32 = -1;
  let at: i32 = 0;
  for (let j: i32 = 0; j < n; j++) {
    const order = load<f32>(orders + ((<usize>j) << 2));
    if (order > best) {
      best = order;
      at = j;
    }
  }
  return at;
}

/**
 * Adds to three f64 at `out` the sums of e, e^10 and e^100, e = exp(-u), u = order * scale, or the square of that where orders
 * are lengths. exp(-u / 8) is taken from its series at 1/2, which leaves 1e-9 for u up to 1.
 */
export function densities(orders: usize, n: i32, scale: f64, lengths: i32, out: usize): void {
  const by = f64x2.splat(scale);
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  const even = n & ~1;
  for (let j: i32 = 0; j < even; j += 2) {
    const u = f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(orders + ((<usize>j) << 2))), by);
    const e = decay(lengths ? f64x2.mul(u, u) : u);
    const e10 = tenth(e);
    s0 = f64x2.add(s0, e);
    s1 = f64x2.add(s1, e10);
    s2 = f64x2.add(s2, tenth(e10));
  }
  let t0 = f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1);
  let t1 = f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1);
  let t2 = f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1);
  if (even < n) {
    const u = f64x2.splat(<f64>load<f32>(orders + ((<usize>even) << 2)) * scale);
    const e = decay(lengths ? f64x2.mul(u, u) : u);
    const e10 = tenth(e);
    t0 += f64x2.extract_lane(e, 0);
    t1 += f64x2.extract_lane(e10, 0);
    t2 += f64x2.extract_lane(tenth(e10), 0);
  }
  store<f64>(out, load<f64>(out) + t0);
  store<f64>(out + 8, load<f64>(out + 8) + t1);
  store<f64>(out + 16, load<f64>(out + 16) + t2);
}

/** exp(-u): exp(-1/16) times the series of exp(1/16 - u/8), to the eighth. */
@inline
function decay(u: v128): v128 {
  const t = f64x2.sub(f64x2.splat(0.0625), f64x2.mul(u, f64x2.splat(0.125)));
  let p = f64x2.add(f64x2.splat(1.0 / 120), f64x2.mul(t, f64x2.splat(1.0 / 720)));
  p = f64x2.add(f64x2.splat(1.0 / 24), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(1.0 / 6), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(0.5), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(1), f64x2.mul(t, p));
  p = f64x2.add(f64x2.splat(1), f64x2.mul(t, p));
  const p2 = f64x2.mul(p, p);
  const p4 = f64x2.mul(p2, p2);
  return f64x2.mul(f64x2.splat(0.60653065971263342), f64x2.mul(p4, p4));
}

/** The tenth power. */
@inline
function tenth(e: v128): v128 {
  const e2 = f64x2.mul(e, e);
  const e4 = f64x2.mul(e2, e2);
  return f64x2.mul(f64x2.mul(e4, e4), e2);
}

/**
 * Writes the rank of each order of a column, 1 = smallest, equal orders by index; that of `self` is n. Writes the indices of the `kept`
 * smallest to `sorted`, smallest first. Radix sort by the bits of the orders, which order like the numbers, least digit first; digits are as
 * few as the spread of the column takes, of which the lowest are left out where it has more than `most` bits. `a` and `b` hold n records of 8 bytes (bits, index), `counts` 3 << DIGIT numbers.
 */
export function rankColumn(
  orders: usize,
  n: i32,
  self: i32,
  most: i32,
  ranks: usize,
  a: usize,
  b: usize,
  counts: usize,
  sorted: usize,
  kept: i32,
): void {
  // Another's order stands in for its own while the ends are sought.
  const own = orders + ((<usize>self) << 2);
  const hidden = load<u32>(own);
  store<u32>(own, load<u32>(self === 0 ? orders + 4 : orders));
  const low = least(orders, n, 0);
  const whole = 32 - <i32>clz(~least(orders, n, -1) - low);
  store<u32>(own, hidden);
  const drop = <u32>max(0, whole - most);
  const spread = whole - <i32>drop;
  const passes = max(1, (spread + DIGIT - 1) / DIGIT);
  const width = max(1, (spread + passes - 1) / passes);
  const mask = (<u32>1 << width) - 1;
  const bins = <usize>4 << width;
  memory.fill(counts, 0, bins * passes);
  let to = a;
  for (let j: i32 = 0; j < n; j++) {
    if (j === self) continue;
    const key = (load<u32>(orders + ((<usize>j) << 2)) - low) >> drop;
    store<u64>(to, (<u64>key << 32) | <u64>j);
    to += 8;
    bump(counts, key & mask);
    if (passes > 1) bump(counts + bins, (key >> width) & mask);
    if (passes > 2) bump(counts + 2 * bins, key >> (2 * width));
  }
  const end = <usize>(n - 1) << 3;
  let from = a;
  let other = b;
  for (let pass: i32 = 0; pass < passes; pass++) {
    const table = counts + <usize>pass * bins;
    addUp(table, table + bins);
    const shift = <u64>(32 + pass * width);
    if (pass === passes - 1) {
      for (let p = from; p < from + end; p += 8) {
        const record = load<u64>(p);
        const place = next(table, <u32>(record >> shift) & mask);
        store<i32>(ranks + ((<usize><u32>record) << 2), place + 1);
        if (place < kept) store<i32>(sorted + ((<usize>place) << 2), <i32>record);
      }
      break;
    }
    for (let p = from; p < from + end; p += 8) {
      const record = load<u64>(p);
      store<u64>(other + ((<usize>next(table, <u32>(record >> shift) & mask)) << 3), record);
    }
    const free = from;
    from = other;
    other = free;
  }
  store<i32>(ranks + ((<usize>self) << 2), n);
}

/** The smallest of the bits of orders; with `flip` -1, of their complements, which is the complement of the largest. */
function least(orders: usize, n: i32, flip: i32): u32 {
  const mask = i32x4.splat(flip);
  let four = i32x4.splat(-1);
  const end = n & ~3;
  for (let j: i32 = 0; j < end; j += 4) {
    four = i32x4.min_u(four, v128.xor(mask, v128.load(orders + ((<usize>j) << 2))));
  }
  let low = min(
    min(<u32>i32x4.extract_lane(four, 0), <u32>i32x4.extract_lane(four, 1)),
    min(<u32>i32x4.extract_lane(four, 2), <u32>i32x4.extract_lane(four, 3)),
  );
  for (let j: i32 = end; j < n; j++) low = min(low, load<u32>(orders + ((<usize>j) << 2)) ^ <u32>flip);
  return low;
}

@inline
function bump(table: usize, digit: u32): void {
  const at = table + ((<usize>digit) << 2);
  store<i32>(at, load<i32>(at) + 1);
}

/** The next place of a digit, which is then taken. */
@inline
function next(table: usize, digit: u32): i32 {
  const at = table + ((<usize>digit) << 2);
  const place = load<i32>(at);
  store<i32>(at, place + 1);
  return place;
}

/** Counts turned into where each starts. */
function addUp(from: usize, to: usize): void {
  let before: i32 = 0;
  for (let at = from; at < to; at += 4) {
    const count = load<i32>(at);
    store<i32>(at, before);
    before += count;
  }
}

/** Counts the larger of the two ranks of every row into `counts`; returns the sum of their `weights` (f64, by rank). */
export function countRanks(x: usize, z: usize, n: i32, counts: usize, weights: usize): f64 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
    const rank = max(load<u32>(x + j), load<u32>(z + j));
    bump(counts, rank);
    sum += load<f64>(weights + ((<usize>rank) << 3));
  }
  return sum;
}
