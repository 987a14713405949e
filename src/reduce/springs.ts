import { type Points, rng } from "../base/index.ts";
import { principalComponents } from "../linalg/index.ts";
import { type FitOptions, quiet } from "./linear-map.ts";
import { pairLengths } from "./pair-lengths.ts";
import { drawPairRows } from "./pair-rows.ts";

/** Partners of each row that are drawn, and the distances to them in the original: n x partners. */
export interface Springs {
  readonly partners: number;
  readonly ids: Int32Array;
  readonly lengths: Float32Array;
}

/** On either side of each row in a random order: the fewer rows, the more, for few springs fit themselves. */
const EACH_SIDE = { least: 16, most: 64, all: 2 ** 19 } as const;

const usualSide = (n: number) =>
  Math.min(EACH_SIDE.most, Math.max(EACH_SIDE.least, Math.floor(EACH_SIDE.all / n)));

/** Draws partners for every row, `eachSide` on either side of it: if a is one of b, b is one of a. There are fewer where there are few rows. */
export async function drawSprings(
  points: Points,
  options: FitOptions,
  eachSide = usualSide(points.rows),
): Promise<Springs> {
  const { unitRows, seed } = options;
  const n = points.rows;
  const side = Math.min(eachSide, Math.max(1, Math.floor((n - 1) / 2)));
  const { mean } = await principalComponents(points, 1, quiet(options));
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

/** Springs that the scale is from. */
const LOOKED_AT = 2 ** 18;

/** The scale of the lengths at which springs together neither shrink nor widen the layout: sum distance^2 / sum length distance, over evenly spaced ones. */
export function scaleOf({ partners, ids, lengths }: Springs, places: Float32Array, d: number): number {
  let [squares, along] = [0, 0];
  const stride = Math.ceil(ids.length / LOOKED_AT);
  for (let s = 0; s < ids.length; s += stride) {
    const [own, other] = [Math.floor(s / partners) * d, ids[s]! * d];
    let square = 0;
    for (let k = 0; k < d; k++) square += (places[own + k]! - places[other + k]!) ** 2;
    squares += square;
    along += lengths[s]! * Math.sqrt(square);
  }
  return along > 0 ? squares / along : 0;
}
