import {
  argsort,
  checkInteger,
  deepFreeze,
  type Interval,
  IsometerError,
  jackknifeInterval,
  type Matrix,
  permutation,
  type Rng,
  rng,
  row,
} from "../../base/index.ts";
import { chord, openCosines } from "./co-preference.ts";
import { type Interactions, itemCounts } from "./interactions.ts";
import { LEAST_USERS } from "./item-distances.ts";
import { cosineBetween } from "./taste.ts";

/** Spearman's correlation between co-preference distances and distances of item vectors. */
export interface DistanceAgreement {
  readonly value: number;
  /** 95 %, for items to come: by the jackknife over 20 groups of items. */
  readonly interval: Interval;
  /** The same with the vectors handed to other items. */
  readonly null: number;
}

export interface ItemAgreement {
  /** Of |y_a - y_b|. */
  readonly euclidean: DistanceAgreement;
  /** Of the chord sqrt(2 - 2 cos(y_a, y_b)). */
  readonly cosine: DistanceAgreement;
  /** Pairs that were drawn, and the items they were drawn from. */
  readonly pairs: number;
  readonly items: number;
}

const GROUPS = 20;

/** Pairs drawn for each item. */
const PARTNERS = 10;

/**
 * Do item vectors keep co-preference distances? Rank correlation over pairs drawn at random (10 for each item) among items of at least 5 users. 1: the order of distances is kept; 0: not at all.
 *
 * Cost as for `openCosines`, and 10 d a pair.
 *
 * @param items `items x d`, row i being item i of the interactions
 * @throws row-count-mismatch; too-few-rows fewer than 3 items of 5 users; bad-option
 */
export function itemAgreement(
  interactions: Interactions,
  items: Matrix,
  options: { readonly seed?: number } = {},
): ItemAgreement {
  const { seed = 0 } = options;
  checkInteger("seed", seed, Number.MIN_SAFE_INTEGER);
  const counts = itemCounts(interactions);
  if (counts.length !== items.rows) {
    throw new IsometerError("row-count-mismatch", `${items.rows} item vectors and ${counts.length} items`);
  }
  const known = Array.from(counts.keys()).filter((i) => counts[i]! >= LEAST_USERS);
  if (known.length < 3) {
    throw new IsometerError(
      "too-few-rows",
      `${known.length} items have ${LEAST_USERS} users or more, 3 are needed`,
    );
  }
  const random = rng(seed).split("agreement");
  const pairs = drawPairs(interactions, known, random);
  const places = permutation(random, known.length);
  const agreementOf = (distance: (a: number, b: number) => number): DistanceAgreement => ({
    ...correlation(
      pairs,
      pairs.map(({ a, b }) => distance(known[a]!, known[b]!)),
      known.length,
    ),
    null: spearman(
      pairs.map((pair) => pair.truth),
      pairs.map(({ a, b }) => distance(known[places[a]!]!, known[places[b]!]!)),
    ),
  });
  return deepFreeze({
    euclidean: agreementOf((a, b) => distanceBetween(items, a, b)),
    cosine: agreementOf((a, b) => chord(cosineBetween(items, a, b))),
    pairs: pairs.length,
    items: known.length,
  });
}

/** Two places among the known items, and the chord between these. */
interface Pair {
  readonly a: number;
  readonly b: number;
  readonly truth: number;
}

function drawPairs(interactions: Interactions, known: readonly number[], random: Rng): Pair[] {
  const cosinesOf = openCosines(interactions, 0);
  return known.flatMap((item, a) => {
    const { cosines } = cosinesOf(item);
    return Array.from({ length: PARTNERS }, () => {
      const b = (a + 1 + random.integer(known.length - 1)) % known.length;
      return { a, b, truth: chord(cosines[known[b]!]!) };
    });
  });
}

function correlation(pairs: readonly Pair[], lengths: readonly number[], items: number) {
  const over = (some: readonly number[]) =>
    spearman(
      some.map((p) => pairs[p]!.truth),
      some.map((p) => lengths[p]!),
    );
  const all = [...pairs.keys()];
  const groups = Math.min(GROUPS, items);
  const without = Array.from({ length: groups }, (_, g) =>
    over(all.filter((p) => pairs[p]!.a % groups !== g && pairs[p]!.b % groups !== g)),
  );
  const value = over(all);
  const units = { units: items, population: Number.POSITIVE_INFINITY, range: [-1, 1] as const };
  return { value, interval: jackknifeInterval(value, without, units) };
}

/** Pearson's correlation of ranks, equal numbers (of 0 or more) sharing their mean rank; 0 where one side is constant. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const [a, b] = [ranks(x), ranks(y)];
  const middle = (a.length - 1) / 2;
  let [products, xs, ys] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    products += (a[i]! - middle) * (b[i]! - middle);
    xs += (a[i]! - middle) ** 2;
    ys += (b[i]! - middle) ** 2;
  }
  return xs > 0 && ys > 0 ? products / Math.sqrt(xs * ys) : 0;
}

function ranks(values: ArrayLike<number>): Float64Array {
  const order = argsort(Float64Array.from(values));
  const out = new Float64Array(values.length);
  for (let from = 0, to = 0; from < order.length; from = to) {
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let at = from; at < to; at++) out[order[at]!] = (from + to - 1) / 2;
  }
  return out;
}

function distanceBetween(items: Matrix, a: number, b: number): number {
  const [x, y] = [row(items, a), row(items, b)];
  return Math.sqrt(x.reduce((sum, value, k) => sum + (value - y[k]!) ** 2, 0));
}
