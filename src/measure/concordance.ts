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
 * @param order that which sorts x, where it is known
 */
export function concordances(x: Float64Array, y: Float64Array, order = argsort(x)): Concordances {
  const count = x.length;
  const { ranks, ties: yTies, upTo } = denseRanks(y);
  const balance = new Float64Array(count);
  const counted: Counted = { tree: new Int32Array(count + 1), own: new Int32Array(count + 1), upTo };
  let xTies = 0;
  for (let from = 0; from < count; ) {
    let to = from + 1;
    const value = x[order[from]!];
    while (to < count && x[order[to]!] === value) to++;
    // Points of equal x are no pairs: those of the group are looked at before any of them is put into the tree.
    const group = to - from > 1 ? to - from : 0;
    if (group > 0) for (let at = from; at < to; at++) addAt(counted.own, ranks[order[at]!]!, 1);
    for (let at = from; at < to; at++) {
      const p = order[at]!;
      balance[p] = balanceOf(ranks[p]!, counted, from, group);
    }
    if (group > 0) for (let at = from; at < to; at++) addAt(counted.own, ranks[order[at]!]!, -1);
    for (let at = from; at < to; at++) addAt(counted.tree, ranks[order[at]!]!, 1);
    xTies += ((to - from) * (to - from - 1)) / 2;
    from = to;
  }
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

/** What is known while points are gone through by ascending x. */
interface Counted {
  /** Ranks of y of the points of smaller x. */
  readonly tree: Int32Array;
  /** The same of the points of equal x. */
  readonly own: Int32Array;
  /** How many of all points have at most that rank of y. */
  readonly upTo: Int32Array;
}

/**
 * With how many points one of rank `rank` agrees in order, less those on which it disagrees.
 *
 * @param before points of smaller x
 * @param group points of equal x, 0 where there is but one
 */
function balanceOf(rank: number, { tree, own, upTo }: Counted, before: number, group: number): number {
  const smaller = sumTo(tree, rank - 1);
  const larger = before - sumTo(tree, rank);
  const groupSmaller = group > 0 ? sumTo(own, rank - 1) : 0;
  const groupLarger = group > 0 ? group - sumTo(own, rank) : 0;
  // Points of larger x: all of that rank of y, less those of smaller and of equal x.
  const smallerAbove = upTo[rank - 1]! - smaller - groupSmaller;
  const largerAbove = upTo[upTo.length - 1]! - upTo[rank]! - larger - groupLarger;
  return smaller - larger + largerAbove - smallerAbove;
}

/** Ranks from 1, equal numbers sharing one; how many pairs are equal; and how many numbers have each rank or a smaller one. */
function denseRanks(values: Float64Array): {
  readonly ranks: Int32Array;
  readonly ties: number;
  readonly upTo: Int32Array;
} {
  const order = argsort(values);
  const ranks = new Int32Array(values.length);
  const counts = new Int32Array(values.length + 1);
  let rank = 0;
  let run = 0;
  let ties = 0;
  for (let at = 0; at < order.length; at++) {
    const same = at > 0 && values[order[at]!] === values[order[at - 1]!];
    run = same ? run + 1 : 0;
    ties += run;
    if (!same) rank++;
    ranks[order[at]!] = rank;
    counts[rank] = at + 1;
  }
  return { ranks, ties, upTo: counts.slice(0, rank + 1) };
}

function sumTo(tree: Int32Array, rank: number): number {
  let sum = 0;
  for (let at = rank; at > 0; at -= at & -at) sum += tree[at]!;
  return sum;
}

function addAt(tree: Int32Array, rank: number, by: 1 | -1): void {
  for (let at = rank; at < tree.length; at += at & -at) tree[at]! += by;
}
