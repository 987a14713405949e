// AssemblyScript (strict, WebAssembly). One step of UMAP's layout for a range of rows, on memory that workers share. Built into umap.wasm.

import { spread } from "./density.as";
import { clipped, forceAt } from "./force-table.as";

export { radii } from "./density.as";

/** Mixes two numbers to a seed that is not 0. */
@inline
function mixed(a: u32, b: u32): u32 {
  let h: u32 = a ^ (b * 0x9e3779b9);
  h = (h ^ (h >> 16)) * 0x85ebca6b;
  h = (h ^ (h >> 13)) * 0xc2b2ae35;
  h ^= h >> 16;
  return h == 0 ? 0x9e3779b9 : h;
}

/**
 * Moves rows [start, end), all of them by where everything was before. A row is pulled by all its edges, by twice their weights, for their other ends pull as much; and pushed
 * by rows drawn from all, `draws` to each edge of weight 1, rounded. The sum over its weight is the force. Of a `stress` above 0 that share of the force is the mean of those of `partners` springs, (length `scale` - distance) each.
 * With `slopes` (not 0) rows also go where the correlation of radii rises. `velocities` keep a share `kept` of what they were.
 */
export function step(
  before: usize,
  now: usize,
  velocities: usize,
  rows: i32,
  d: i32,
  start: i32,
  end: i32,
  starts: usize,
  ids: usize,
  weights: usize,
  pulls: usize,
  pushes: usize,
  sums: usize,
  draws: f32,
  number: i32,
  rate: f32,
  kept: f32,
  seed: i32,
  stress: f32,
  partners: i32,
  partnerIds: usize,
  lengths: usize,
  scale: f32,
  slopes: usize,
  curve: usize,
  b: f32,
): void {
  const bytes = (<usize>d) << 2;
  for (let i = start; i < end; i++) {
    const first = load<i32>(starts + ((<usize>i) << 2));
    const last = load<i32>(starts + ((<usize>i) << 2), 4);
    let total: f32 = 0;
    for (let e = first; e < last; e++) total += load<f32>(weights + ((<usize>e) << 2));
    if (total == 0) continue;
    const drawn = max<i32>(1, <i32>nearest<f32>(draws * total));
    const share = (draws * total) / <f32>drawn;
    const state = mixed(<u32>seed + <u32>number * 0x6c62272e, <u32>i);
    if (d == 2) flat(before, i, rows, first, last, ids, weights, pulls, pushes, sums, drawn, share, state);
    else any(before, i, rows, d, first, last, ids, weights, pulls, pushes, sums, drawn, share, state);
    if (slopes) spread(before, i, bytes, first, last, ids, weights, curve, pulls, slopes, b, sums);
    for (let k: usize = 0; k < bytes; k += 4) store<f32>(sums + k, ((1 - stress) * load<f32>(sums + k)) / total);
    if (stress > 0) {
      const own = (<usize>i * <usize>partners) << 2;
      spring(before, i, bytes, partners, partnerIds + own, lengths + own, scale, stress / <f32>partners, sums);
    }
    for (let k: usize = 0; k < bytes; k += 4) {
      const at = (<usize>i) * bytes + k;
      const velocity = kept * load<f32>(velocities + at) + (1 - kept) * load<f32>(sums + k);
      store<f32>(velocities + at, velocity);
      store<f32>(now + at, load<f32>(before + at) + rate * velocity);
    }
  }
}

/** The next number of a stream that is never 0 (xorshift, Marsaglia 2003). */
@inline
function following(state: u32): u32 {
  let next = state;
  next ^= next << 13;
  next ^= next >> 17;
  next ^= next << 5;
  return next;
}

/** The forces on one row in two dimensions. */
@inline
function flat(
  places: usize,
  i: i32,
  rows: i32,
  first: i32,
  last: i32,
  ids: usize,
  weights: usize,
  pulls: usize,
  pushes: usize,
  sums: usize,
  drawn: i32,
  share: f32,
  seed: u32,
): void {
  const x = load<f32>(places + ((<usize>i) << 3));
  const y = load<f32>(places + ((<usize>i) << 3), 4);
  let fx: f32 = 0;
  let fy: f32 = 0;
  for (let e = first; e < last; e++) {
    const other = places + ((<usize>load<i32>(ids + ((<usize>e) << 2))) << 3);
    const dx = x - load<f32>(other);
    const dy = y - load<f32>(other, 4);
    const square = dx * dx + dy * dy;
    const force = forceAt(pulls, square);
    const weight = <f32>2 * load<f32>(weights + ((<usize>e) << 2));
    fx += weight * clipped(force * dx);
    fy += weight * clipped(force * dy);
  }
  let state = seed;
  let px: f32 = 0;
  let py: f32 = 0;
  for (let s = 0; s < drawn; s++) {
    state = following(state);
    const other = places + ((((<u64>state) * <u64>(<u32>rows)) >> 32) << 3);
    const dx = x - load<f32>(<usize>other);
    const dy = y - load<f32>(<usize>other, 4);
    const force = forceAt(pushes, dx * dx + dy * dy);
    px += clipped(force * dx);
    py += clipped(force * dy);
  }
  store<f32>(sums, fx + share * px);
  store<f32>(sums, fy + share * py, 4);
}

/** The forces on one row in any number of dimensions. */
function any(
  places: usize,
  i: i32,
  rows: i32,
  d: i32,
  first: i32,
  last: i32,
  ids: usize,
  weights: usize,
  pulls: usize,
  pushes: usize,
  sums: usize,
  drawn: i32,
  share: f32,
  seed: u32,
): void {
  const bytes = (<usize>d) << 2;
  const own = places + (<usize>i) * bytes;
  memory.fill(sums, 0, bytes);
  for (let e = first; e < last; e++) {
    const other = places + (<usize>load<i32>(ids + ((<usize>e) << 2))) * bytes;
    add(sums, own, other, bytes, pulls, <f32>2 * load<f32>(weights + ((<usize>e) << 2)));
  }
  let state = seed;
  for (let s = 0; s < drawn; s++) {
    state = following(state);
    const other = places + <usize>((<u64>state * <u64>(<u32>rows)) >> 32) * bytes;
    add(sums, own, other, bytes, pushes, share);
  }
}

/** Adds the force between two places, along their difference, to the sums. */
@inline
function add(sums: usize, own: usize, other: usize, bytes: usize, table: usize, weight: f32): void {
  let square: f32 = 0;
  for (let k: usize = 0; k < bytes; k += 4) {
    const difference = load<f32>(own + k) - load<f32>(other + k);
    square += difference * difference;
  }
  const force = forceAt(table, square);
  for (let k: usize = 0; k < bytes; k += 4) {
    const difference = load<f32>(own + k) - load<f32>(other + k);
    store<f32>(sums + k, load<f32>(sums + k) + weight * clipped(force * difference));
  }
}

/** Adds the forces of springs of one row to the sums. */
function spring(
  places: usize,
  i: i32,
  bytes: usize,
  partners: i32,
  ids: usize,
  lengths: usize,
  scale: f32,
  weight: f32,
  sums: usize,
): void {
  const own = places + (<usize>i) * bytes;
  for (let p = 0; p < partners; p++) {
    const other = places + (<usize>load<i32>(ids + ((<usize>p) << 2))) * bytes;
    let square: f32 = 0;
    for (let k: usize = 0; k < bytes; k += 4) {
      const difference = load<f32>(own + k) - load<f32>(other + k);
      square += difference * difference;
    }
    if (square == 0) continue;
    const force = weight * ((scale * load<f32>(lengths + ((<usize>p) << 2))) / sqrt<f32>(square) - 1);
    for (let k: usize = 0; k < bytes; k += 4) {
      const difference = load<f32>(own + k) - load<f32>(other + k);
      store<f32>(sums + k, load<f32>(sums + k) + force * difference);
    }
  }
}
