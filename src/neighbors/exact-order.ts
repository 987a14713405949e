import { type KernelTools, kernelUrl, openPlaces, openRows, planLoops } from "../engine/index.ts";
import type { Space } from "./space.ts";
import { tableMeasurer, tableOrder } from "./table.ts";

/** A function (i, j) -> order in float64, from the points as given. The truth behind every fast path. */
export function exactOrder(a: Space, b: Space): (i: number, j: number) => number {
  const { cols, unit, scales } = a;
  const { values: x, place: p } = openPlaces(a);
  const { values: y, place: q } = openPlaces(b);
  const twins = twinsIn(a, b);
  switch (a.metric) {
    case "geodesic":
      return tableOrder(a.table!);
    case "manhattan":
      return (i, j) => unit * sumAbsolutes(x, p(i), y, q(j), cols);
    case "cosine":
      return (i, j) => sumChords(x, p(i), scales[i]!, y, q(j), b.scales[j]!, cols);
    case "euclidean":
      return (i, j) =>
        twins !== null && twins[i] === twins[j] ? 0 : unit * unit * sumSquares(x, p(i), y, q(j), cols);
  }
}

/** Equal rows within one set are at distance 0 without looking. */
function twinsIn(a: Space, b: Space): Int32Array | null {
  return a === b ? a.duplicates : null;
}

/** Measures many rows from one point; bit for bit what `exactOrder` gives. Results are valid until the next call. */
export interface Measurer {
  /** Orders of rows `ids[from ... to)` from point i. */
  some(i: number, ids: Int32Array, from: number, to: number): Float64Array;
  /** Orders of rows `[from, to)` from point i. */
  range(i: number, from: number, to: number): Float64Array;
  /** The most rows that one call takes. */
  readonly most: number;
}

/** Rows measured in one call: as many as fit into this many values, but some. */
const VALUES = 2 ** 18;

/** Opens a measurer from points of `a` to rows of `b`, in WebAssembly. */
export async function openMeasurer(a: Space, b: Space, tools: KernelTools): Promise<Measurer> {
  if (a.table) return tableMeasurer(a.table);
  const { cols, metric, unit } = a;
  const most = Math.max(8, Math.min(256, Math.floor(VALUES / cols)));
  const { take, bytes } = planLoops();
  const at = { sums: take(2 * most), scales: take(2 * most), x: take(cols), y: take(most * cols) };
  const loops = await tools.loops(kernelUrl("./scan.wasm", import.meta.url), bytes());
  const { memory, functions } = loops;
  const x = new Float32Array(memory, at.x, cols);
  const y = new Float32Array(memory, at.y, most * cols);
  const scales = new Float64Array(memory, at.scales, most);
  const sums = new Float64Array(memory, at.sums, most);
  const twins = twinsIn(a, b);
  const points = openRows(a);
  const searched = openRows(b);

  const measure = (i: number, count: number, id: (r: number) => number): Float64Array => {
    points.copy(i, 1, x, 0);
    const place = [at.x, at.y, count, cols, at.sums] as const;
    if (metric === "manhattan") functions.sumAbsolutes!(...place);
    if (metric === "euclidean") functions.sumSquares!(...place);
    if (metric === "cosine") {
      for (let r = 0; r < count; r++) scales[r] = b.scales[id(r)]!;
      functions.sumChords!(...place, a.scales[i]!, at.scales);
      return sums.subarray(0, count);
    }
    const factor = metric === "manhattan" ? unit : unit * unit;
    for (let r = 0; r < count; r++) {
      sums[r] = twins !== null && twins[i] === twins[id(r)] && metric === "euclidean" ? 0 : factor * sums[r]!;
    }
    return sums.subarray(0, count);
  };
  return {
    most,
    some(i, ids, from, to) {
      for (let p = from; p < to; p++) searched.copy(ids[p]!, 1, y, (p - from) * cols);
      return measure(i, to - from, (r) => ids[from + r]!);
    },
    range(i, from, to) {
      searched.copy(from, to - from, y, 0);
      return measure(i, to - from, (r) => from + r);
    },
  };
}

function sumSquares(x: Float32Array, p: number, y: Float32Array, q: number, cols: number): number {
  // Four sums: one would wait for itself at every step.
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < cols; k += 4) {
    const d0 = x[p + k]! - y[q + k]!;
    const d1 = x[p + k + 1]! - y[q + k + 1]!;
    const d2 = x[p + k + 2]! - y[q + k + 2]!;
    const d3 = x[p + k + 3]! - y[q + k + 3]!;
    s0 += d0 * d0;
    s1 += d1 * d1;
    s2 += d2 * d2;
    s3 += d3 * d3;
  }
  for (; k < cols; k++) {
    const d = x[p + k]! - y[q + k]!;
    s0 += d * d;
  }
  return s0 + s1 + (s2 + s3);
}

function sumChords(
  x: Float32Array,
  p: number,
  a: number,
  y: Float32Array,
  q: number,
  b: number,
  cols: number,
): number {
  let sum = 0;
  for (let k = 0; k < cols; k++) {
    const d = x[p + k]! * a - y[q + k]! * b;
    sum += d * d;
  }
  return sum;
}

function sumAbsolutes(x: Float32Array, p: number, y: Float32Array, q: number, cols: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < cols; k += 4) {
    s0 += Math.abs(x[p + k]! - y[q + k]!);
    s1 += Math.abs(x[p + k + 1]! - y[q + k + 1]!);
    s2 += Math.abs(x[p + k + 2]! - y[q + k + 2]!);
    s3 += Math.abs(x[p + k + 3]! - y[q + k + 3]!);
  }
  for (; k < cols; k++) s0 += Math.abs(x[p + k]! - y[q + k]!);
  return s0 + s1 + (s2 + s3);
}
