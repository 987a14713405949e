// AssemblyScript (strict, WebAssembly). What densMAP adds to UMAP's layout (umap-density.ts has the formulas), on memory that workers share. Part of umap.wasm.

import { clipped, forceAt } from "./force-table.as";

/**
 * Of rows [start, end) where they are now: the sum of v over the edges of each, v = 1 / (1 + a s^b) from its table at the squared distance s, and the mean of s by v. 0, 0 of a
 * row without edges.
 */
export function radii(
  places: usize,
  d: i32,
  start: i32,
  end: i32,
  starts: usize,
  ids: usize,
  curve: usize,
  out: usize,
): void {
  const bytes = (<usize>d) << 2;
  for (let i = start; i < end; i++) {
    const first = load<i32>(starts + ((<usize>i) << 2));
    const last = load<i32>(starts + ((<usize>i) << 2), 4);
    const own = places + (<usize>i) * bytes;
    let total: f32 = 0;
    let squares: f32 = 0;
    for (let e = first; e < last; e++) {
      const other = places + (<usize>load<i32>(ids + ((<usize>e) << 2))) * bytes;
      const square = d == 2 ? flatSquare(own, other) : anySquare(own, other, bytes);
      const value = forceAt(curve, square);
      total += value;
      squares += value * square;
    }
    const at = out + ((<usize>i) << 3);
    store<f32>(at, total);
    store<f32>(at, total > 0 ? squares / total : 0, 4);
  }
}

/** The squared distance between two places in two dimensions. */
@inline
function flatSquare(own: usize, other: usize): f32 {
  const dx = load<f32>(own) - load<f32>(other);
  const dy = load<f32>(own, 4) - load<f32>(other, 4);
  return dx * dx + dy * dy;
}

/** The same in any number of dimensions. */
@inline
function anySquare(own: usize, other: usize, bytes: usize): f32 {
  let square: f32 = 0;
  for (let k: usize = 0; k < bytes; k += 4) {
    const difference = load<f32>(own + k) - load<f32>(other + k);
    square += difference * difference;
  }
  return square;
}

/**
 * Adds to the sums of row i how the correlation of radii rises with its place: for each edge twice its weight, times what each component is over that weight, clipped like a
 * pull. `slopes` has g and g m of each row (umap-density.ts).
 */
export function spread(
  places: usize,
  i: i32,
  bytes: usize,
  first: i32,
  last: i32,
  ids: usize,
  weights: usize,
  curve: usize,
  pulls: usize,
  slopes: usize,
  b: f32,
  sums: usize,
): void {
  const own = places + (<usize>i) * bytes;
  const slope = load<f32>(slopes + ((<usize>i) << 3));
  const level = load<f32>(slopes + ((<usize>i) << 3), 4);
  for (let e = first; e < last; e++) {
    const weight = load<f32>(weights + ((<usize>e) << 2));
    const j = <usize>load<i32>(ids + ((<usize>e) << 2));
    const other = places + j * bytes;
    const square = bytes == 8 ? flatSquare(own, other) : anySquare(own, other, bytes);
    const value = forceAt(curve, square);
    const slopeOfBoth = slope + load<f32>(slopes + (j << 3));
    const levelOfBoth = level + load<f32>(slopes + (j << 3), 4);
    // A pull is -2 a b s^(b - 1) v.
    const rise =
      value * ((1 - b * (1 - value)) * slopeOfBoth - <f32>0.5 * forceAt(pulls, square) * levelOfBoth);
    const force = rise / weight;
    if (bytes == 8) {
      add(sums, 0, own, other, weight, force);
      add(sums, 4, own, other, weight, force);
    } else {
      for (let k: usize = 0; k < bytes; k += 4) add(sums, k, own, other, weight, force);
    }
  }
}

/** One component. */
@inline
function add(sums: usize, k: usize, own: usize, other: usize, weight: f32, force: f32): void {
  const difference = load<f32>(own + k) - load<f32>(other + k);
  store<f32>(sums + k, load<f32>(sums + k) + <f32>2 * weight * clipped(force * difference));
}
