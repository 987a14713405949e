import { isSquared, type Neighbors, type Space } from "../../neighbors/index.ts";
import type { Estimate, SpaceShape } from "../result.ts";
import type { Anchored } from "./anchored.ts";

/** Share of the anchors whose ratio r2 / r1 is only known to be large: the tail tells of density, not of dimension (Facco et al. 2017). */
const DISCARDED = 0.1;

/**
 * Intrinsic dimension, by two estimators from the nearest neighbours of each anchor.
 *
 * The interval is one for the dimension that the estimator sees at this scale, of which even all rows are a sample: no factor 1 - m/n. Neighbourhoods overlap, so
 * anchors are not independent: see `overlapVariance`. Both estimators are biased where the density changes within a neighbourhood or ends (in d dimensions a
 * cube is mostly edge): of 1,000 points in a 3-dimensional cube the estimates are about 2.9 and 2.8, which their intervals do not cover.
 */
export function intrinsicDimension(
  neighbors: Neighbors,
  space: Space,
  { rows, anchors, sampling }: Anchored,
): NonNullable<SpaceShape["intrinsicDimension"]> {
  const { k, orders } = neighbors;
  let duplicates = 0;
  for (let at = 0; at < orders.length; at += k) if (orders[at] === 0) duplicates++;
  // ln of a ratio of lengths, from that of orders.
  const half = isSquared(space.metric) ? 0.5 : 1;
  const found = (tried: Trial | null): Estimate | null => {
    if (!tried || !Number.isFinite(tried.value)) return null;
    return { value: tried.value, interval: tried.interval, n: tried.n, ...sampling };
  };
  return {
    twoNN: found(k < 2 ? null : twoNN(neighbors, half, { anchors, rows })),
    mle: found(k < 2 ? null : mle(neighbors, half, { anchors, rows })),
    duplicates,
  };
}

type Points = Pick<Anchored, "anchors" | "rows">;

interface Trial {
  readonly value: number;
  readonly interval: readonly [number, number];
  readonly n: number;
}

/**
 * TwoNN (Facco et al. 2017): with mu = r2 / r1, the distances of the second and the first neighbour, ln mu is exponential with rate d. The
 * estimate is by maximum likelihood, not by the paper's linear fit: the largest 10 % are taken as censored at the largest that is kept, t, and
 * d = (r - 1) / (sum of the r smallest ln mu + (N - r) t), unbiased for independent ln mu. Anchors with an equal row are dropped.
 */
function twoNN({ k, ids, orders }: Neighbors, half: number, points: Points): Trial | null {
  const { anchors } = points;
  const logs = new Float64Array(anchors.length).fill(Number.NaN);
  for (let slot = 0; slot < logs.length; slot++) {
    const first = orders[slot * k]!;
    if (first > 0) logs[slot] = half * Math.log(orders[slot * k + 1]! / first);
  }
  const sorted = logs.filter((log) => !Number.isNaN(log)).sort();
  const n = sorted.length;
  const kept = Math.floor(n * (1 - DISCARDED));
  if (kept < 2) return null;
  const limit = sorted[kept - 1]!;
  let total = (n - kept) * limit;
  for (let i = 0; i < kept; i++) total += sorted[i]!;
  const value = (kept - 1) / total;
  // What each anchor adds to total - kept / d, of which d is the root.
  const deviation = logs.map((log) => {
    if (Number.isNaN(log)) return 0;
    return Math.min(log, limit) - (log <= limit ? total / kept : 0);
  });
  return { value, interval: dimensionInterval(value, deviation, total, { ...points, ids, k, used: 2 }), n };
}

/**
 * Maximum likelihood (Levina & Bickel 2004) with the averages of MacKay & Ghahramani (2005): 1 / d is the mean of ln(r_k / r_j) over the neighbours j < k
 * of all anchors. Neighbours at distance 0 are left out; with two or more others an anchor stays.
 */
function mle({ k, ids, orders }: Neighbors, half: number, points: Points): Trial | null {
  const { anchors } = points;
  const logs = new Float64Array(anchors.length);
  const counts = new Int32Array(anchors.length);
  let total = 0;
  let terms = 0;
  let n = 0;
  for (let slot = 0; slot < anchors.length; slot++) {
    const end = (slot + 1) * k;
    let from = slot * k;
    while (from < end && orders[from] === 0) from++;
    if (end - from < 2) continue;
    const last = Math.log(orders[end - 1]!);
    let sum = 0;
    for (let at = from; at < end - 1; at++) sum += half * (last - Math.log(orders[at]!));
    logs[slot] = sum;
    counts[slot] = end - from - 1;
    total += sum;
    terms += counts[slot]!;
    n++;
  }
  if (n < 2) return null;
  const value = terms / total;
  const deviation = logs.map((sum, slot) => sum - counts[slot]! / value);
  return { value, interval: dimensionInterval(value, deviation, total, { ...points, ids, k, used: k }), n };
}

/** Lists of neighbours, the row of each anchor, and how many of its k neighbours an anchor's number depends on. */
interface Lists extends Points {
  readonly ids: Int32Array;
  readonly k: number;
  readonly used: number;
}

/** 95 % interval of d, normal for ln d, whose error is that of the sum of the anchors' deviations over `total`. */
function dimensionInterval(
  value: number,
  deviation: Float64Array,
  total: number,
  lists: Lists,
): readonly [number, number] {
  const width = (1.96 * Math.sqrt(overlapVariance(deviation, lists))) / total;
  return [value * Math.exp(-width), value * Math.exp(width)];
}

/**
 * Variance of a sum over anchors whose numbers come from their neighbourhoods: covariances are weighed by the share of neighbours that two
 * anchors have in common, sum over i, j of c_i c_j |N_i & N_j| / (k + 1), an anchor being in its own N. Never negative; found as the sum over
 * rows of squared sums over the neighbourhoods that a row is in.
 */
function overlapVariance(deviation: Float64Array, { ids, anchors, rows, k, used }: Lists): number {
  const sums = new Float64Array(rows);
  for (let slot = 0; slot < anchors.length; slot++) {
    const own = deviation[slot]!;
    sums[anchors[slot]!]! += own;
    for (let at = slot * k; at < slot * k + used; at++) sums[ids[at]!]! += own;
  }
  let variance = 0;
  for (const sum of sums) variance += sum * sum;
  return variance / (used + 1);
}
