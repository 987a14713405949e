import { argsort } from "../base/index.ts";

/** How N points agree in order. */
export interface Concordances {
  /** For each point: with how many others x and y agree in order, less those on which they disagree, over N - 1. */
  readonly agreement: Float64Array;
  /** Kendall's tau-b. */
  readonly tau: number;
  /** What the mean agreement is divided by, times N: 1 a point where nothing ties. */
  readonly untied: number;
}

/**
 * Kendall's tau-b and each point's share of it, by counting with a tree of sums over ranks (Fenwick 1994).
 * Cost N log N. NaN where all x or all y are equal.
 *
 * @param x, y N numbers of 0 or more
 */
export function concordances(x: Float64Array, y: Float64Array): Concordances {
  const count = x.length;
  const order = argsort(x);
  const { ranks, ties: yTies } = denseRanks(y);
  const balance = new Float64Array(count);
  // Points of smaller x: those of smaller y agree, those of larger y do not. Then the same from above.
  const xTies = countAgreement(order, x, ranks, balance, 1);
  countAgreement(order.slice().reverse(), x, ranks, balance, -1);
  const others = count - 1;
  let sum = 0;
  for (let p = 0; p < count; p++) sum += balance[p]!;
  const pairs = (count * others) / 2;
  const scale = Math.sqrt((pairs - xTies) * (pairs - yTies)) / pairs;
  return {
    agreement: balance.map((own) => own / others),
    tau: sum / 2 / pairs / scale,
    untied: scale * count,
  };
}

/** Adds to each point's balance over the points before it in `order`; returns how many pairs tie in x. */
function countAgreement(
  order: Uint32Array,
  x: Float64Array,
  ranks: Int32Array,
  balance: Float64Array,
  sign: 1 | -1,
): number {
  const tree = new Int32Array(order.length + 1);
  let ties = 0;
  for (let from = 0; from < order.length; ) {
    let to = from;
    const value = x[order[from]!];
    for (; to < order.length && x[order[to]!] === value; to++) {
      const rank = ranks[order[to]!]!;
      const below = sumTo(tree, rank - 1);
      const above = from - sumTo(tree, rank);
      balance[order[to]!]! += sign * (below - above);
    }
    for (let at = from; at < to; at++) addAt(tree, ranks[order[at]!]!);
    ties += ((to - from) * (to - from - 1)) / 2;
    from = to;
  }
  return ties;
}

/** Ranks from 1, equal numbers sharing one; and how many pairs are equal. */
function denseRanks(values: Float64Array): { readonly ranks: Int32Array; readonly ties: number } {
  const order = argsort(values);
  const ranks = new Int32Array(values.length);
  let rank = 0;
  let run = 0;
  let ties = 0;
  for (let at = 0; at < order.length; at++) {
    const same = at > 0 && values[order[at]!] === values[order[at - 1]!];
    run = same ? run + 1 : 0;
    ties += run;
    if (!same) rank++;
    ranks[order[at]!] = rank;
  }
  return { ranks, ties };
}

function sumTo(tree: Int32Array, rank: number): number {
  let sum = 0;
  for (let at = rank; at > 0; at -= at & -at) sum += tree[at]!;
  return sum;
}

function addAt(tree: Int32Array, rank: number): void {
  for (let at = rank; at < tree.length; at += at & -at) tree[at]!++;
}
