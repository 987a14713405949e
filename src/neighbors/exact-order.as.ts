// AssemblyScript (strict, WebAssembly SIMD). Exact orders of some rows from one point: bit for bit what exact-order.ts computes, sums
// side by side in float64. `x` has d values, `y` rows x d. Built into scan.wasm.

/** sums[r] = sum over k of (x[k] - y[r][k])^2 */
export function sumSquares(x: usize, y: usize, rows: i32, d: i32, sums: usize): void {
  let q = y;
  for (let r: i32 = 0; r < rows; r++) {
    let even = f64x2.splat(0);
    let odd = even;
    let p = x;
    let k: i32 = 0;
    for (; k + 4 <= d; k += 4, p += 16, q += 16) {
      const a = f64x2.sub(pair(p), pair(q));
      const b = f64x2.sub(pair(p + 8), pair(q + 8));
      even = f64x2.add(even, f64x2.mul(a, a));
      odd = f64x2.add(odd, f64x2.mul(b, b));
    }
    let first = f64x2.extract_lane(even, 0);
    for (; k < d; k++, p += 4, q += 4) {
      const gap = <f64>load<f32>(p) - <f64>load<f32>(q);
      first += gap * gap;
    }
    store<f64>(sums + ((<usize>r) << 3), total(first, even, odd));
  }
}

/** sums[r] = sum over k of (x[k] * scale - y[r][k] * scales[r])^2, each added up in the order of k; four rows side by side. */
export function sumChords(x: usize, y: usize, rows: i32, d: i32, sums: usize, scale: f64, scales: usize): void {
  const step = (<usize>d) << 2;
  for (let r: i32 = 0; r < rows; r += 4) {
    // Beyond the last row the last one is measured again.
    const y0 = y + <usize>r * step;
    const y1 = y + <usize>min(r + 1, rows - 1) * step;
    const y2 = y + <usize>min(r + 2, rows - 1) * step;
    const y3 = y + <usize>min(r + 3, rows - 1) * step;
    const t0 = load<f64>(scales + ((<usize>r) << 3));
    const t1 = load<f64>(scales + ((<usize>min(r + 1, rows - 1)) << 3));
    const t2 = load<f64>(scales + ((<usize>min(r + 2, rows - 1)) << 3));
    const t3 = load<f64>(scales + ((<usize>min(r + 3, rows - 1)) << 3));
    let s0: f64 = 0;
    let s1: f64 = 0;
    let s2: f64 = 0;
    let s3: f64 = 0;
    for (let at: usize = 0; at < step; at += 4) {
      const p = <f64>load<f32>(x + at) * scale;
      const d0 = p - <f64>load<f32>(y0 + at) * t0;
      const d1 = p - <f64>load<f32>(y1 + at) * t1;
      const d2 = p - <f64>load<f32>(y2 + at) * t2;
      const d3 = p - <f64>load<f32>(y3 + at) * t3;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    const to = sums + ((<usize>r) << 3);
    store<f64>(to, s0);
    if (r + 1 < rows) store<f64>(to + 8, s1);
    if (r + 2 < rows) store<f64>(to + 16, s2);
    if (r + 3 < rows) store<f64>(to + 24, s3);
  }
}

/** sums[r] = sum over k of |x[k] - y[r][k]| */
export function sumAbsolutes(x: usize, y: usize, rows: i32, d: i32, sums: usize): void {
  let q = y;
  for (let r: i32 = 0; r < rows; r++) {
    let even = f64x2.splat(0);
    let odd = even;
    let p = x;
    let k: i32 = 0;
    for (; k + 4 <= d; k += 4, p += 16, q += 16) {
      even = f64x2.add(even, f64x2.abs(f64x2.sub(pair(p), pair(q))));
      odd = f64x2.add(odd, f64x2.abs(f64x2.sub(pair(p + 8), pair(q + 8))));
    }
    let first = f64x2.extract_lane(even, 0);
    for (; k < d; k++, p += 4, q += 4) first += Math.abs(<f64>load<f32>(p) - <f64>load<f32>(q));
    store<f64>(sums + ((<usize>r) << 3), total(first, even, odd));
  }
}

/** Two float32 numbers as float64. */
@inline
function pair(at: usize): v128 {
  return f64x2.promote_low_f32x4(v128.load64_zero(at));
}

/** `first` stands for the first of the four sums. */
@inline
function total(first: f64, even: v128, odd: v128): f64 {
  return first + f64x2.extract_lane(even, 1) + (f64x2.extract_lane(odd, 0) + f64x2.extract_lane(odd, 1));
}
