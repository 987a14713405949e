import { quantile, type Rng } from "../base/index.ts";
import { exactOrder, isSquared, type Layout, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import { type Bins, binnedQuantile, binOf, binsFor, bitsOf, midRanks } from "./bins.ts";
import type { PairBins, PairCounts, RankTables } from "./pairs.ts";

/** Pairs drawn to place the bins, and to estimate influence functions. */
const DRAWN_PAIRS = 20_000;

/** Orders in both spaces, and dz / dx in scaled units, of pairs drawn at random from those of a layout. */
export interface DrawnPairs {
  readonly x: Float64Array;
  readonly z: Float64Array;
  readonly ratio: Float64Array;
}

/** Draws pairs (slot, other row) with replacement, the same in each latent, and measures them exactly. Cost: 20,000 dimensions of each space. */
export function drawPairs(x: Space, zs: readonly Space[], layout: Layout, rng: Rng): readonly DrawnPairs[] {
  const pairs = Array.from({ length: DRAWN_PAIRS }, () => {
    const i = slotRow(layout, rng.integer(slotsOf(layout)));
    const other = rng.integer(layout.rows - 1);
    return [i, other < i ? other : other + 1] as const;
  });
  const ordersIn = (space: Space) => {
    const order = exactOrder(space, space);
    return Float64Array.from(pairs, ([i, j]) => order(i, j));
  };
  const length = (order: number, space: Space) => (isSquared(space.metric) ? Math.sqrt(order) : order);
  const own = ordersIn(x);
  return zs.map((z) => {
    const orders = ordersIn(z);
    return { x: own, z: orders, ratio: own.map((order, p) => length(orders[p]!, z) / length(order, x)) };
  });
}

/** Bins that fit the drawn pairs. */
export function pairBins(drawn: DrawnPairs): PairBins {
  return { x: binsFor(drawn.x), z: binsFor(drawn.z), ratio: binsFor(drawn.ratio) };
}

/** What the second pass looks up by bin. `drawn` is given when pairs are sampled and influence is wanted. */
export function rankTables(bins: PairBins, counts: PairCounts, drawn: DrawnPairs | null): RankTables {
  const total = counts.x.reduce((sum, count) => sum + count, 0);
  const x = midRanks(counts.x, total);
  const z = midRanks(counts.z, total);
  const ratio = (p: number) => binnedQuantile(bins.ratio, counts.ratio, counts.special[2]!, p);
  const farFrom = binnedQuantile(bins.x, counts.x, total, 2 / 3);
  return {
    x,
    z,
    influence: drawn && {
      x: rankInfluence(bins.x, drawn.x, rankOf(bins.z, z, drawn.z)),
      z: rankInfluence(bins.z, drawn.z, rankOf(bins.x, x, drawn.x)),
    },
    ratios: [ratio(0.05), ratio(0.95)],
    farFrom,
    bands: drawn && {
      far: drawnQuantiles(drawn, (order) => order >= farFrom),
      middle: drawnQuantiles(drawn, (order) => order < farFrom),
    },
  };
}

/** Quantiles of the ratios of the drawn pairs of some orders in x. */
function drawnQuantiles({ x, ratio }: DrawnPairs, isOf: (order: number) => boolean): [number, number] {
  const own = ratio.filter((r, p) => r > 0 && r < Number.POSITIVE_INFINITY && isOf(x[p]!)).sort();
  return own.length > 0 ? [quantile(own, 0.05), quantile(own, 0.95)] : [0, 0];
}

function rankOf(bins: Bins, ranks: Float64Array, orders: Float64Array): Float64Array {
  return orders.map((order) => ranks[binOf(bins, bitsOf(order))]!);
}

/**
 * By bin of u: E[1{u <= U} G(V)], what a pair at u adds to E[F(U) G(V)] by raising the ranks of the pairs above it
 * (the second term of the influence function of Spearman's rho; Croux & Dehon 2010, section 3). Estimated from the drawn pairs.
 */
function rankInfluence(bins: Bins, orders: Float64Array, otherRanks: Float64Array): Float64Array {
  const table = new Float64Array(bins.count);
  for (let p = 0; p < orders.length; p++)
    table[binOf(bins, bitsOf(orders[p]!))]! += otherRanks[p]! / orders.length;
  let above = 0;
  for (let bin = bins.count - 1; bin >= 0; bin--) {
    const here = table[bin]!;
    table[bin] = above + here / 2;
    above += here;
  }
  return table;
}
