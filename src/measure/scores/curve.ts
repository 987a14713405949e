import { slotsOf } from "../../neighbors/index.ts";
import type { Comparison } from "../compare.ts";
import type { CurveScore } from "../result.ts";
import { meanScore } from "./sampling.ts";

/**
 * Area under R_NX over ln K: how much of the neighbourhoods of every size is kept, small sizes weighing most. 1 = all, 0 at random, less than 0 =
 * fewer than at random.
 *
 * With Q(K) the mean overlap of the K nearest neighbours in both spaces, over K: R(K) = ((n - 1) Q(K) - K) / (n - 1 - K), and the area is sum R(K) / K
 * over sum 1 / K, K = 1 ... n - 2 (Lee, Peluffo-Ordonez & Verleysen 2015). Counts, so nothing is rounded: j is among the K nearest of i in
 * both spaces when the larger of its two ranks is at most K. Equal distances rank by row number. The first 512 ranks of a row (up
 * to 2,048 rows: all) are exact; beyond, distances that agree to about six digits may change places.
 *
 * All rows up to 10,000 when exact, else so many anchors that anchors x rows stays within 10^8. Interval: see `meanInterval`.
 * Cost: 2 m sorts of n numbers, m n (d_x + d_z).
 */
export function aucLogRnx(comparison: Comparison): CurveScore {
  const { layout, counts, shares } = comparison.columns!;
  const n = layout.rows;
  const qnx = overlapCurve(counts, slotsOf(layout));
  const sizes = thinned(n - 2);
  const known = { ideal: 1, null: 0, range: [-1, 1] } as const;
  return {
    ...meanScore({ ...comparison, layout }, shares, known),
    sizes,
    qnx: sizes.map((size) => qnx[size]!),
    rnx: sizes.map((size) => ((n - 1) * qnx[size]! - size) / (n - 1 - size)),
  };
}

/** Q_NX(K) by K, from how often each number was the larger of two ranks. Place 0 stays empty. */
export function overlapCurve(counts: Float64Array, slots: number): Float64Array {
  let within = 0;
  return counts.map((count, size) => {
    if (size > 0) within += count;
    return size > 0 ? within / (slots * size) : 0;
  });
}

/** Sizes at about the same distance in ln K: twenty to a factor of ten. */
const PER_DECADE = 20;

/** 1 ... 10, then thinned, up to the largest. */
function thinned(largest: number): number[] {
  const sizes: number[] = [];
  for (let step = 0; ; step++) {
    const size = Math.round(10 ** (step / PER_DECADE));
    if (size >= largest) break;
    if (size > (sizes.at(-1) ?? 0)) sizes.push(size);
  }
  return [...sizes, largest];
}
