import { quantile } from "../../base/index.ts";
import { isSquared } from "../../neighbors/index.ts";
import { binOf, bitsOf, middles } from "../bins.ts";
import type { Comparison } from "../compare.ts";
import { MOMENTS } from "../pairs.ts";

/*
 * Chance: the expected value of a score over all ways to shuffle the rows of the latent. In closed form, so that it costs nothing and has no
 * noise: shuffled, a neighbour's rank in the other space is anything from 1 to n - 1, and a pair's two lengths have nothing to do
 * with each other.
 */

/** Trustworthiness and continuity: 1 - (n - k - 1) (n - k) / ((n - 1) (2n - 3k - 1)), near 1/2 for small k. */
export function nullTrust({ layout: { rows: n }, k }: Comparison): number {
  return 1 - ((n - k - 1) * (n - k)) / ((n - 1) * (2 * n - 3 * k - 1));
}

/** The most that the ranks of k neighbours can lie beyond k in all: k (2n - 3k - 1) / 2, for k below n / 2. */
export function largestPenalty(n: number, k: number): number {
  return (k * (2 * n - 3 * k - 1)) / 2;
}

/** Overlap of two unrelated neighbourhoods: k / (n - 1). */
export function nullRecall({ layout, k }: Comparison): number {
  return k / (layout.rows - 1);
}

/** Mean relative rank error of unrelated spaces: sum over j of E|r - j| / j, with r anything from 1 to n - 1, over its largest value. */
export function nullRankError({ layout: { rows: n }, k }: Comparison): number {
  let sum = 0;
  for (let j = 1; j <= k; j++) sum += ((j - 1) * j + (n - 1 - j) * (n - j)) / 2 / (n - 1) / j;
  return sum / largestRankError(n, k);
}

/** sum over j = 1 ... k of |n - 2j + 1| / j: what relative rank errors are measured in (Lee & Verleysen 2009). */
export function largestRankError(n: number, k: number): number {
  let sum = 0;
  for (let j = 1; j <= k; j++) sum += Math.abs(n - 2 * j + 1) / j;
  return sum;
}

/** Normalised stress of unrelated lengths: as below, with the scale as it is. */
export function nullStressNormalized(m: Float64Array, factor: number): number {
  const means = (m[MOMENTS.dx]! * m[MOMENTS.dz]!) / m[MOMENTS.count]!;
  return normalizedStress(m[MOMENTS.dxdx]!, means * factor, m[MOMENTS.dzdz]! * factor ** 2);
}

/** sqrt(sum (dx - dz)^2 / sum dx^2) from sums. */
export function normalizedStress(xx: number, xz: number, zz: number): number {
  return Math.sqrt(Math.max(0, (xx - 2 * xz + zz) / xx));
}

/** Stress of unrelated lengths: sqrt(1 - (mean dx mean dz)^2 / (mean dx^2 mean dz^2)). */
export function nullStress(m: Float64Array): number {
  const means = (m[MOMENTS.dx]! * m[MOMENTS.dz]!) / m[MOMENTS.count]!;
  return Math.sqrt(Math.max(0, 1 - means ** 2 / (m[MOMENTS.dxdx]! * m[MOMENTS.dzdz]!)));
}

/** Equal shares that a distribution of lengths is cut into. */
const SHARES = 256;

/** q95 / q05 of dz / dx over unrelated lengths. To about 1 %. */
export function nullStretch(comparison: Comparison): number {
  return nullRatio(logShares(comparison, "x"), logShares(comparison, "z"));
}

/** q95 / q05 of dz / dx where every share of the one meets every share of the other, from the logarithms of both. */
export function nullRatio(x: Float64Array, z: Float64Array): number {
  const ratios = new Float64Array(x.length * z.length);
  x.forEach((dx, i) => {
    z.forEach((dz, j) => {
      ratios[i * z.length + j] = dz - dx;
    });
  });
  ratios.sort();
  return Math.exp(quantile(ratios, 0.95) - quantile(ratios, 0.05));
}

/** ln of the lengths at the middles of equal shares of those of one space; of those alone whose order is in [from, to). */
export function logShares(
  { pairs, spaces }: Comparison,
  side: "x" | "z",
  [from, to]: readonly [number, number] = [0, Number.POSITIVE_INFINITY],
): Float64Array {
  const bins = pairs!.bins[side];
  const [first, end] = [binOf(bins, bitsOf(from)), binOf(bins, bitsOf(to))];
  const counts = pairs!.counts[side].map((count, bin) => (bin >= first && bin < end ? count : 0));
  const half = isSquared(spaces[side].metric) ? 0.5 : 1;
  return middles(bins, counts, SHARES).map((order) => half * Math.log(order));
}

/** The middles of equal shares of numbers that ascend; all of them where they are few. */
export function sharesOf(sorted: Float64Array): Float64Array {
  if (sorted.length <= SHARES) return sorted;
  return new Float64Array(SHARES).map((_, share) => quantile(sorted, (share + 0.5) / SHARES));
}
