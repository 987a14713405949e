import { type Points, rng } from "../base/index.ts";
import { pca } from "../linalg/index.ts";
import type { FitOptions } from "./linear-map.ts";
import { pairLengths } from "./pair-lengths.ts";
import { drawPairRows } from "./pair-rows.ts";

/** Partners of each row that are drawn, and the distances to them in the original: n x partners. */
export interface Springs {
  readonly partners: number;
  readonly ids: Int32Array;
  readonly lengths: Float32Array;
}

/** As many on both sides of each row in a random order. */
const EACH_SIDE = 16;

/** Draws partners for every row: if a is one of b, b is one of a. None are as many as there are rows. */
export async function drawSprings(points: Points, options: FitOptions): Promise<Springs> {
  const { unitRows, seed } = options;
  const n = points.rows;
  const side = Math.min(EACH_SIDE, Math.floor((n - 1) / 2));
  const { mean } = await pca(points, 1, options);
  const pairs = drawPairRows(points, mean, { unitRows, random: rng(seed).split("springs") });
  const lengths = side > 0 ? await pairLengths(pairs, side, options) : new Float32Array(0);
  const springs = {
    partners: 2 * side,
    ids: new Int32Array(2 * side * n),
    lengths: new Float32Array(2 * side * n),
  };
  const { order } = pairs;
  for (let place = 0; place < n; place++) {
    for (let s = 0; s < side; s++) {
      const other = (place + s + 1) % n;
      const length = lengths[place * side + s]!;
      put(springs, order[place]!, s, order[other]!, length);
      put(springs, order[other]!, side + s, order[place]!, length);
    }
  }
  return springs;
}

function put(
  { partners, ids, lengths }: Springs,
  row: number,
  at: number,
  other: number,
  length: number,
): void {
  ids[row * partners + at] = other;
  lengths[row * partners + at] = length;
}

/** The scale at which the lengths come nearest to the distances, in least squares over the first springs. */
export function scaleOf({ partners, ids, lengths }: Springs, places: Float32Array, d: number): number {
  let [along, squares] = [0, 0];
  for (let i = 0; i < ids.length / Math.max(1, partners); i++) {
    const [other, length] = [ids[i * partners]!, lengths[i * partners]!];
    let square = 0;
    for (let k = 0; k < d; k++) square += (places[i * d + k]! - places[other * d + k]!) ** 2;
    along += length * Math.sqrt(square);
    squares += length * length;
  }
  return squares > 0 ? along / squares : 0;
}
