import { collectRows, type Matrix } from "../../src/base/index.ts";
import { makeSynthetic, type SyntheticKind } from "../../src/data/synthetic/index.ts";

export function distance(m: Matrix, i: number, j: number): number {
  let sum = 0;
  for (let k = 0; k < m.cols; k++) sum += (m.data[i * m.cols + k]! - m.data[j * m.cols + k]!) ** 2;
  return Math.sqrt(sum);
}

export function distances(m: Matrix): number[] {
  const all: number[] = [];
  for (let i = 0; i < m.rows; i++) for (let j = i + 1; j < m.rows; j++) all.push(distance(m, i, j));
  return all;
}

export async function both(kind: SyntheticKind, options: Parameters<typeof makeSynthetic>[1]) {
  const space = makeSynthetic(kind, options);
  return { x: await collectRows(space.rows), t: await collectRows(space.truth), space };
}

/** Length of the curve `at` from `a` to `b` as the sum of short chords. */
export function chordSum(at: (t: number) => number[], a: number, b: number, steps = 20000): number {
  let length = 0;
  let last = at(a);
  for (let i = 1; i <= steps; i++) {
    const next = at(a + ((b - a) * i) / steps);
    length += Math.hypot(...next.map((v, k) => v - last[k]!));
    last = next;
  }
  return length;
}
