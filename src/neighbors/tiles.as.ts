// AssemblyScript (strict, WebAssembly SIMD). How tiles are laid out and filled; see tiles.ts and place.ts. Built into scan.wasm.

/**
 * Places rows in scaled units around the centre: writes factor * (x * scale - centre) to `out` (rows x (d + 2), the last two
 * columns |p|^2 and 1, or with `swapped` 1 and |p|^2) and |p|^2 to `norms`. In float64, rounded once.
 */
export function place(
  raw: usize,
  rows: i32,
  d: i32,
  scales: usize,
  centre: usize,
  factor: f64,
  swapped: i32,
  out: usize,
  norms: usize,
): void {
  for (let r: i32 = 0; r < rows; r++) {
    const scale = load<f64>(scales + ((<usize>r) << 3));
    const to = out + ((<usize>(r * (d + 2))) << 2);
    const norm = placeOne(raw + ((<usize>(r * d)) << 2), d, scale, centre, factor, to);
    const end = to + ((<usize>d) << 2);
    store<f32>(end, swapped ? 1 : <f32>norm);
    store<f32>(end + 4, swapped ? <f32>norm : 1);
    store<f64>(norms + ((<usize>r) << 3), norm);
  }
}

/** Writes factor * (x * scale - centre) of one row to `out`; returns |x * scale - centre|^2. */
export function placeOne(raw: usize, d: i32, scale: f64, centre: usize, factor: f64, out: usize): f64 {
  const f = f64x2.splat(factor);
  const s = f64x2.splat(scale);
  let even = f64x2.splat(0);
  let odd = even;
  let x = raw;
  let c = centre;
  let to = out;
  let k: i32 = 0;
  for (; k + 4 <= d; k += 4, x += 16, to += 16, c += 32) {
    const a = f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(x)), s), v128.load(c));
    const b = f64x2.sub(f64x2.mul(f64x2.promote_low_f32x4(v128.load64_zero(x + 8)), s), v128.load(c, 16));
    even = f64x2.add(even, f64x2.mul(a, a));
    odd = f64x2.add(odd, f64x2.mul(b, b));
    const low = f32x4.demote_f64x2_zero(f64x2.mul(a, f));
    v128.store(to, v128.shuffle<i64>(low, f32x4.demote_f64x2_zero(f64x2.mul(b, f)), 0, 2));
  }
  const sums = f64x2.add(even, odd);
  let norm = f64x2.extract_lane(sums, 0) + f64x2.extract_lane(sums, 1);
  for (; k < d; k++, x += 4, to += 4, c += 8) {
    const v = <f64>load<f32>(x) * scale - load<f64>(c);
    norm += v * v;
    store<f32>(to, <f32>(v * factor));
  }
  return norm;
}

/** Writes the index of each order of a row of a tile, `stride` long, that is below `floor` and its column's of `floors` together; returns how many. */
export function below(orders: usize, stride: i32, floors: usize, floor: f32, out: usize): i32 {
  const own = f32x4.splat(floor);
  let found: i32 = 0;
  for (let c: i32 = 0; c < stride; c += 4) {
    const at = (<usize>c) << 2;
    let mask = i32x4.bitmask(f32x4.lt(v128.load(orders + at), f32x4.add(own, v128.load(floors + at))));
    while (mask !== 0) {
      store<i32>(out + (<usize>found << 2), c + ctz(mask));
      found++;
      mask &= mask - 1;
    }
  }
  return found;
}

/** Fills a tile with squared distances. `rowValues` is rows x d, `colValues` d x stride. */
export function squares(
  tile: usize,
  rows: i32,
  stride: i32,
  d: i32,
  rowValues: usize,
  colValues: usize,
): void {
  for (let r: i32 = 0; r < rows; r++) {
    const x = rowValues + ((<usize>(r * d)) << 2);
    for (let c: i32 = 0; c < stride; c += 4) {
      let sum = f32x4.splat(0);
      for (let k: i32 = 0; k < d; k++) {
        const y = v128.load(colValues + ((<usize>(k * stride + c)) << 2));
        const gap = f32x4.sub(y, v128.load32_splat(x + ((<usize>k) << 2)));
        sum = f32x4.add(sum, f32x4.mul(gap, gap));
      }
      v128.store(tile + ((<usize>(r * stride + c)) << 2), sum);
    }
  }
}

/** Fills a tile with sums of absolute differences, sixteen columns at a time where there are as many. */
export function absolutes(
  tile: usize,
  rows: i32,
  stride: i32,
  d: i32,
  rowValues: usize,
  colValues: usize,
): void {
  const step = (<usize>stride) << 2;
  let c: i32 = 0;
  for (; c + 16 <= stride; c += 16) {
    for (let r: i32 = 0; r < rows; r++) {
      let x = rowValues + ((<usize>(r * d)) << 2);
      let y = colValues + ((<usize>c) << 2);
      let s0 = f32x4.splat(0);
      let s1 = s0;
      let s2 = s0;
      let s3 = s0;
      for (let k: i32 = 0; k < d; k++, x += 4, y += step) {
        const v = v128.load32_splat(x);
        s0 = f32x4.add(s0, f32x4.abs(f32x4.sub(v128.load(y), v)));
        s1 = f32x4.add(s1, f32x4.abs(f32x4.sub(v128.load(y, 16), v)));
        s2 = f32x4.add(s2, f32x4.abs(f32x4.sub(v128.load(y, 32), v)));
        s3 = f32x4.add(s3, f32x4.abs(f32x4.sub(v128.load(y, 48), v)));
      }
      const at = tile + ((<usize>(r * stride + c)) << 2);
      v128.store(at, s0);
      v128.store(at, s1, 16);
      v128.store(at, s2, 32);
      v128.store(at, s3, 48);
    }
  }
  for (; c < stride; c += 4) {
    for (let r: i32 = 0; r < rows; r++) {
      let x = rowValues + ((<usize>(r * d)) << 2);
      let y = colValues + ((<usize>c) << 2);
      let sum = f32x4.splat(0);
      for (let k: i32 = 0; k < d; k++, x += 4, y += step) {
        sum = f32x4.add(sum, f32x4.abs(f32x4.sub(v128.load(y), v128.load32_splat(x))));
      }
      v128.store(tile + ((<usize>(r * stride + c)) << 2), sum);
    }
  }
}
