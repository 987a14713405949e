// AssemblyScript (strict, WebAssembly). One step of PaCMAP's layout for a range of rows, on memory that workers share. Built into pacmap.wasm.

/** Adam (Kingma & Ba 2015): shares that the means keep, and what keeps a step from dividing by 0. */
const FIRST: f32 = 0.9;
const SECOND: f32 = 0.999;
const LEAST: f32 = 1e-7;

/** A pair of squared distance s is at D = s + 1. Its losses D / (10 + D), D / (10000 + D) and 1 / (1 + D) all go by r = 1 / (c + s), and their forces by r^2. */
const NEAR: f32 = 11;
const MIDDLE: f32 = 10001;
const FURTHER: f32 = 2;

/**
 * Moves rows [start, end) by their pairs, all of them by where everything was before: Adam's step along the gradient of `near` times the near pairs' losses, `middle` times the
 * mid-near ones' and `further` times the further ones'. A row has three lists (incidence.ts).
 * Returns the losses of near and further pairs, as seen from these rows.
 */
export function step(
  before: usize,
  now: usize,
  means: usize,
  squares: usize,
  d: i32,
  start: i32,
  end: i32,
  starts: usize,
  ids: usize,
  sums: usize,
  near: f32,
  middle: f32,
  further: f32,
  rate: f32,
): f64 {
  const bytes = (<usize>d) << 2;
  let loss: f64 = 0;
  for (let i = start; i < end; i++) {
    const lists = starts + (<usize>i) * 12;
    const first = load<i32>(lists);
    const second = load<i32>(lists, 4);
    const third = load<i32>(lists, 8);
    const last = load<i32>(lists, 12);
    const own = before + (<usize>i) * bytes;
    memory.fill(sums, 0, bytes);
    const count = <f64>(second - first);
    if (d == 2) {
      loss += count - 10 * <f64>flat(before, own, ids, first, second, NEAR, 20 * near, sums);
      if (middle > 0) flat(before, own, ids, second, third, MIDDLE, 20000 * middle, sums);
      loss += <f64>flat(before, own, ids, third, last, FURTHER, -2 * further, sums);
    } else {
      loss += count - 10 * <f64>any(before, own, bytes, ids, first, second, NEAR, 20 * near, sums);
      if (middle > 0) any(before, own, bytes, ids, second, third, MIDDLE, 20000 * middle, sums);
      loss += <f64>any(before, own, bytes, ids, third, last, FURTHER, -2 * further, sums);
    }
    const offset = (<usize>i) * bytes;
    for (let k: usize = 0; k < bytes; k += 4) {
      const at = offset + k;
      const gradient = load<f32>(sums + k);
      const mean = FIRST * load<f32>(means + at) + (1 - FIRST) * gradient;
      const square = SECOND * load<f32>(squares + at) + (1 - SECOND) * gradient * gradient;
      store<f32>(means + at, mean);
      store<f32>(squares + at, square);
      store<f32>(now + at, load<f32>(before + at) - (rate * mean) / (sqrt<f32>(square) + LEAST));
    }
  }
  return loss;
}

@inline
function sumOf(v: v128): f32 {
  return (
    f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3))
  );
}

/** Adds weight r^2 times the differences to the pairs' other ends to the sums, in two dimensions, four pairs at a time; returns the sum of r. */
function flat(
  places: usize,
  own: usize,
  ids: usize,
  first: i32,
  last: i32,
  offset: f32,
  weight: f32,
  sums: usize,
): f32 {
  const x = load<f32>(own);
  const y = load<f32>(own, 4);
  const xs = f32x4.splat(x);
  const ys = f32x4.splat(y);
  const offsets = f32x4.splat(offset);
  const one = f32x4.splat(1);
  let all = f32x4.splat(0);
  let fxs = f32x4.splat(0);
  let fys = f32x4.splat(0);
  let e = first;
  for (; e + 4 <= last; e += 4) {
    const at = ids + ((<usize>e) << 2);
    let a = v128.load64_zero(places + ((<usize>load<i32>(at)) << 3));
    a = v128.load64_lane(places + ((<usize>load<i32>(at, 4)) << 3), a, 1);
    let b = v128.load64_zero(places + ((<usize>load<i32>(at, 8)) << 3));
    b = v128.load64_lane(places + ((<usize>load<i32>(at, 12)) << 3), b, 1);
    const dx = f32x4.sub(xs, v128.shuffle<f32>(a, b, 0, 2, 4, 6));
    const dy = f32x4.sub(ys, v128.shuffle<f32>(a, b, 1, 3, 5, 7));
    const r = f32x4.div(one, f32x4.add(offsets, f32x4.add(f32x4.mul(dx, dx), f32x4.mul(dy, dy))));
    const force = f32x4.mul(r, r);
    all = f32x4.add(all, r);
    fxs = f32x4.add(fxs, f32x4.mul(force, dx));
    fys = f32x4.add(fys, f32x4.mul(force, dy));
  }
  let sum = sumOf(all);
  let fx = sumOf(fxs);
  let fy = sumOf(fys);
  for (; e < last; e++) {
    const other = places + ((<usize>load<i32>(ids + ((<usize>e) << 2))) << 3);
    const dx = x - load<f32>(other);
    const dy = y - load<f32>(other, 4);
    const r = <f32>1 / (offset + (dx * dx + dy * dy));
    sum += r;
    fx += r * r * dx;
    fy += r * r * dy;
  }
  store<f32>(sums, load<f32>(sums) + weight * fx);
  store<f32>(sums, load<f32>(sums, 4) + weight * fy, 4);
  return sum;
}

/** The same in any number of dimensions. */
function any(
  places: usize,
  own: usize,
  bytes: usize,
  ids: usize,
  first: i32,
  last: i32,
  offset: f32,
  weight: f32,
  sums: usize,
): f32 {
  let sum: f32 = 0;
  for (let e = first; e < last; e++) {
    const other = places + (<usize>load<i32>(ids + ((<usize>e) << 2))) * bytes;
    let square: f32 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const difference = load<f32>(own + k) - load<f32>(other + k);
      square += difference * difference;
    }
    const r = <f32>1 / (offset + square);
    sum += r;
    const force = weight * r * r;
    for (let k: usize = 0; k < bytes; k += 4) {
      const difference = load<f32>(own + k) - load<f32>(other + k);
      store<f32>(sums + k, load<f32>(sums + k) + force * difference);
    }
  }
  return sum;
}
