// AssemblyScript (strict, WebAssembly SIMD). The pull of pairs in two dimensions in float32, four pairs at a time. `x`, `y` are coordinates, `gx`, `gy` their
// gradient, one number for each place. Built into pull.wasm.

/** Below this a length or distance is none: pair-gradient.kernel.ts has the same. */
const NOWHERE: f32 = 1e-12;

/**
 * One place against `count` consecutive others from `to` on: adds (distance - length)^2 and length^2, weighted, to the two float64 numbers at `sums`, and the derivative of the
 * first to the gradient. Weights are 1, or one over the length.
 */
export function pull(
  x: usize,
  y: usize,
  gx: usize,
  gy: usize,
  lengths: usize,
  place: i32,
  to: i32,
  count: i32,
  isInverse: i32,
  sums: usize,
): void {
  const own = (<usize>place) << 2;
  const ax = f32x4.splat(load<f32>(x + own));
  const ay = f32x4.splat(load<f32>(y + own));
  const one = f32x4.splat(1);
  const nowhere = f32x4.splat(NOWHERE);
  const lanes = i32x4(0, 1, 2, 3);
  let loss = f32x4.splat(0);
  let total = f32x4.splat(0);
  let px = f32x4.splat(0);
  let py = f32x4.splat(0);
  for (let s: i32 = 0; s < count; s += 4) {
    const at = (<usize>(to + s)) << 2;
    const dx = f32x4.sub(ax, v128.load(x + at));
    const dy = f32x4.sub(ay, v128.load(y + at));
    const length = v128.load(lengths + ((<usize>s) << 2));
    const distance = f32x4.sqrt(f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy)));
    const off = f32x4.sub(distance, length);
    let weight = one;
    if (isInverse) {
      const inverse = f32x4.div(one, f32x4.max(length, nowhere));
      weight = v128.and(inverse, f32x4.gt(length, nowhere));
    }
    // Beyond the last pair nothing counts.
    weight = v128.and(weight, i32x4.lt_s(lanes, i32x4.splat(count - s)));
    const pulled = f32x4.mul(weight, off);
    loss = f32x4.add(loss, f32x4.mul(pulled, off));
    total = f32x4.add(total, f32x4.mul(f32x4.mul(weight, length), length));
    const factor = f32x4.div(f32x4.add(pulled, pulled), f32x4.max(distance, nowhere));
    const fx = f32x4.mul(factor, dx);
    const fy = f32x4.mul(factor, dy);
    px = f32x4.add(px, fx);
    py = f32x4.add(py, fy);
    v128.store(gx + at, f32x4.sub(v128.load(gx + at), fx));
    v128.store(gy + at, f32x4.sub(v128.load(gy + at), fy));
  }
  store<f32>(gx + own, load<f32>(gx + own) + across(px));
  store<f32>(gy + own, load<f32>(gy + own) + across(py));
  store<f64>(sums, load<f64>(sums) + <f64>across(loss));
  store<f64>(sums + 8, load<f64>(sums + 8) + <f64>across(total));
}

function across(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}
