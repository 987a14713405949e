/** A pair of rows and the ratio of its lengths, a < b. */
export interface RatioPair {
  readonly ratio: number;
  readonly a: number;
  readonly b: number;
}

/** The pairs of largest and of smallest ratio seen so far, each at most `KEPT`, the most extreme first. */
export interface Extremes {
  readonly largest: { readonly pairs: RatioPair[]; bound: number };
  readonly smallest: { readonly pairs: RatioPair[]; bound: number };
}

/** More than are shown, because tile ratios are refined before the worst are named. */
const KEPT = 24;

export function emptyExtremes(): Extremes {
  return {
    largest: { pairs: [], bound: 0 },
    smallest: { pairs: [], bound: Number.POSITIVE_INFINITY },
  };
}

/** Keeps the pair if it is among the most extreme. Equal ratios go by row numbers, so the order of offers does not matter. */
export function offerExtreme({ largest, smallest }: Extremes, ratio: number, i: number, j: number): void {
  const pair = { ratio, a: Math.min(i, j), b: Math.max(i, j) };
  if (ratio >= largest.bound && keep(largest.pairs, pair, (p, q) => q.ratio - p.ratio)) {
    largest.bound = largest.pairs[KEPT - 1]!.ratio;
  }
  if (ratio <= smallest.bound && keep(smallest.pairs, pair, (p, q) => p.ratio - q.ratio)) {
    smallest.bound = smallest.pairs[KEPT - 1]!.ratio;
  }
}

/** Inserts in order, without repeats; true when the list is full. */
function keep(pairs: RatioPair[], pair: RatioPair, compare: (p: RatioPair, q: RatioPair) => number): boolean {
  const before = (p: RatioPair, q: RatioPair) => compare(p, q) || p.a - q.a || p.b - q.b;
  let at = pairs.length;
  while (at > 0 && before(pair, pairs[at - 1]!) < 0) at--;
  const previous = pairs[at - 1];
  if (!previous || previous.a !== pair.a || previous.b !== pair.b) pairs.splice(at, 0, pair);
  if (pairs.length > KEPT) pairs.pop();
  return pairs.length === KEPT;
}
