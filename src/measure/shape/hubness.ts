import { jackknifeInterval, permutation, type Rng } from "../../base/index.ts";
import type { Neighbors } from "../../neighbors/index.ts";
import type { Estimate } from "../result.ts";
import type { Anchored } from "./anchored.ts";

/** Parts that anchors are cut into for the jackknife. */
const GROUPS = 50;

/**
 * Hubness: skewness of N_i, the number of rows that have row i among their k nearest, E (N - k)^3 / sd^3 (Radovanovic et al. 2010). Near 0: all rows are
 * found alike often; above 1 a few rows are found very often (hubs) and many never. Where all N are equal it is 0.
 *
 * From m anchors of n rows, N is seen thinned: the factorial moments sum N (N - 1) and sum N (N - 1) (N - 2) of the whole are n (n - 1) / (m (m - 1)),
 * and so on, times those of the anchors, without bias (Horvitz-Thompson). Interval by delete-a-group jackknife. Null where the sample is too small to see any spread.
 */
export function hubness(neighbors: Neighbors, anchored: Anchored, rng: Rng): Estimate | null {
  const { ids, k } = neighbors;
  const { rows, anchors, isExact, sampling } = anchored;
  const m = anchors.length;
  if (m < 3) return null;
  const counts = new Int32Array(rows);
  for (const id of ids) counts[id]!++;
  const sums: FallingSums = { pairs: 0, triples: 0 };
  for (const count of counts) change(sums, count, 1);
  const whole = scaled(sums, rows, m);
  const value = skewness(whole, k);
  if (Number.isNaN(value)) return null;
  if (isExact) return { value, interval: [value, value], n: m, ...sampling };

  const order = permutation(rng.split("hubness"), m);
  const groups = Math.min(GROUPS, m);
  const without = Array.from({ length: groups }, (_, group) => {
    const slots = order.filter((_, place) => place % groups === group);
    if (m - slots.length < 3) return Number.NaN;
    const left = scaled(sumsWithout(sums, counts, neighbors, slots), rows, m - slots.length);
    return value + linearChange(whole, left, k);
  });
  if (without.some(Number.isNaN)) return null;
  return {
    value,
    interval: jackknifeInterval(value, without, { units: m, population: rows }),
    n: m,
    ...sampling,
  };
}

/** Sums over rows of N (N - 1) and N (N - 1) (N - 2), or their means over all rows. */
interface FallingSums {
  pairs: number;
  triples: number;
}

function change(sums: FallingSums, count: number, sign: 1 | -1): void {
  sums.pairs += sign * count * (count - 1);
  sums.triples += sign * count * (count - 1) * (count - 2);
}

/** The sums once the lists of some slots are taken away; `counts` is as before when it is done. */
function sumsWithout(
  sums: FallingSums,
  counts: Int32Array,
  { ids, k }: Neighbors,
  slots: Int32Array,
): FallingSums {
  const left = { ...sums };
  for (const slot of slots) {
    for (let at = slot * k; at < (slot + 1) * k; at++) {
      const count = counts[ids[at]!]!--;
      change(left, count, -1);
      change(left, count - 1, 1);
    }
  }
  for (const slot of slots) for (let at = slot * k; at < (slot + 1) * k; at++) counts[ids[at]!]!++;
  return left;
}

/** Means over `rows` rows of the whole, from the sums that m lists show of them. */
function scaled({ pairs, triples }: FallingSums, rows: number, m: number): FallingSums {
  return {
    pairs: (pairs / (m * (m - 1))) * (rows - 1),
    triples: (triples / (m * (m - 1) * (m - 2))) * (rows - 1) * (rows - 2),
  };
}

/** Spread below which it is none: N are whole numbers. */
const NO_SPREAD = 1e-9;

/** Skewness of N, whose mean is k. 0 where there is no spread, NaN where a sample shows less than none. */
function skewness({ pairs, triples }: FallingSums, k: number): number {
  const variance = pairs + k - k * k;
  if (Math.abs(variance) < NO_SPREAD) return 0;
  return variance > 0 ? third({ pairs, triples }, k) / variance ** 1.5 : Number.NaN;
}

/** E (N - k)^3. */
function third({ pairs, triples }: FallingSums, k: number): number {
  return triples + 3 * pairs + k - 3 * k * (pairs + k) + 2 * k ** 3;
}

/** How much the skewness moves with the sums, to first order: the variance is a small difference, and a quotient by it would be wild. */
function linearChange(from: FallingSums, to: FallingSums, k: number): number {
  const variance = from.pairs + k - k * k;
  const byPairs = (3 - 3 * k - (1.5 * third(from, k)) / variance) / variance ** 1.5;
  return byPairs * (to.pairs - from.pairs) + (to.triples - from.triples) / variance ** 1.5;
}
