// AssemblyScript (strict, WebAssembly SIMD). The Guttman transform in float64, two coordinates side by side. `lengths` is m x m, of which the lower
// triangle is read; `x` and `next` are m x 2w: w pairs of coordinates to a point. Built into smacof.wasm.

/**
 * next_i = (1 / m) sum over j of (length_ij / |x_i - x_j|) (x_i - x_j); points that coincide add nothing.
 * Returns the sum over pairs of (length - distance)^2 at x.
 */
export function guttman(lengths: usize, x: usize, next: usize, m: i32, w: i32): f64 {
  const step = (<usize>w) << 4;
  memory.fill(next, 0, <usize>m * step);
  let stress: f64 = 0;
  for (let i: i32 = 1; i < m; i++) {
    const row = lengths + ((<usize>i * <usize>m) << 3);
    stress += w === 1 ? planeRow(row, x, next, i) : anyRow(row, x, next, i, step);
  }
  const share = f64x2.splat(1 / <f64>m);
  const end = next + <usize>m * step;
  for (let at = next; at < end; at += 16) v128.store(at, f64x2.mul(v128.load(at), share));
  return stress;
}

/** Point i against all before it, in two dimensions: its own sum stays in a register. */
function planeRow(row: usize, x: usize, next: usize, i: i32): f64 {
  const own = v128.load(x + ((<usize>i) << 4));
  let pulled = f64x2.splat(0);
  let stress: f64 = 0;
  for (let j: i32 = 0; j < i; j++) {
    const at = (<usize>j) << 4;
    const gap = f64x2.sub(own, v128.load(x + at));
    const square = f64x2.mul(gap, gap);
    const distance = Math.sqrt(f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1));
    const length = load<f64>(row + ((<usize>j) << 3));
    stress += (length - distance) * (length - distance);
    const pull = f64x2.mul(gap, f64x2.splat(distance > 0 ? length / distance : 0));
    pulled = f64x2.add(pulled, pull);
    v128.store(next + at, f64x2.sub(v128.load(next + at), pull));
  }
  const at = next + ((<usize>i) << 4);
  v128.store(at, f64x2.add(v128.load(at), pulled));
  return stress;
}

function anyRow(row: usize, x: usize, next: usize, i: i32, step: usize): f64 {
  const p = <usize>i * step;
  let stress: f64 = 0;
  for (let j: i32 = 0; j < i; j++) {
    const q = <usize>j * step;
    let sum = f64x2.splat(0);
    for (let k: usize = 0; k < step; k += 16) {
      const gap = f64x2.sub(v128.load(x + p + k), v128.load(x + q + k));
      sum = f64x2.add(sum, f64x2.mul(gap, gap));
    }
    const distance = Math.sqrt(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
    const length = load<f64>(row + ((<usize>j) << 3));
    stress += (length - distance) * (length - distance);
    const ratio = f64x2.splat(distance > 0 ? length / distance : 0);
    for (let k: usize = 0; k < step; k += 16) {
      const pull = f64x2.mul(ratio, f64x2.sub(v128.load(x + p + k), v128.load(x + q + k)));
      v128.store(next + p + k, f64x2.add(v128.load(next + p + k), pull));
      v128.store(next + q + k, f64x2.sub(v128.load(next + q + k), pull));
    }
  }
  return stress;
}
