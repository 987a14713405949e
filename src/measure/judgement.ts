import {
  bootstrapInterval,
  checkFinite,
  type Interval,
  IsometerError,
  type Matrix,
  mean,
  rng,
  row,
} from "../base/index.ts";
import type { Metric } from "../neighbors/index.ts";
import type { Score } from "./result.ts";

/** How similar pairs of items were judged: by people, or by anything that is no vector. Row numbers of the latent. */
export interface PairJudgements {
  readonly a: ArrayLike<number>;
  readonly b: ArrayLike<number>;
  /** More is more similar; only the order counts, except for `pearson`. */
  readonly similarity: ArrayLike<number>;
}

/** Which of two items was judged nearer to a third. Row numbers of the latent. */
export interface TripletJudgements {
  readonly anchor: ArrayLike<number>;
  readonly nearer: ArrayLike<number>;
  readonly farther: ArrayLike<number>;
}

export interface JudgeOptions {
  /** Similarity in the latent is the cosine under cosine, minus the distance otherwise. Default euclidean. */
  readonly metric?: Metric;
  /** Seed of the bootstrap. Default 0. */
  readonly seed?: number;
  /** What to call the latent in errors. */
  readonly name?: string;
}

/** A pair on which latent and judgement disagree. */
export interface JudgedPair {
  /** Which of the pairs that were given. */
  readonly index: number;
  readonly a: number;
  readonly b: number;
  /** The similarity that was given, and that of the latent. */
  readonly given: number;
  readonly latent: number;
  /** Share of pairs that are less similar, 0..1, ties in halves: by the judgement, and in the latent. */
  readonly givenRank: number;
  readonly latentRank: number;
}

/** A triplet that the latent orders the other way. */
export interface JudgedTriplet {
  readonly index: number;
  readonly anchor: number;
  readonly nearer: number;
  readonly farther: number;
  /** Similarity of the anchor in the latent to the one that was judged nearer, and to the other. */
  readonly toNearer: number;
  readonly toFarther: number;
}

export interface PairsJudged {
  /** Spearman's rank correlation of given and latent similarity, ties at their mean rank. Chance 0. */
  readonly spearman: Score;
  /** Pearson's correlation of both as they are: of cosines under cosine, else of distances, with their sign turned. Chance 0. */
  readonly pearson: Score;
  /** The most differently ranked pairs, the worst first. */
  readonly worst: readonly JudgedPair[];
}

export interface TripletsJudged {
  /** Share of triplets that the latent orders as judged; equal similarities count half. Chance 1/2. */
  readonly tripletAccuracy: Score;
  /** The triplets that it orders the other way, the clearest first. */
  readonly worst: readonly JudgedTriplet[];
}

/** How many disagreements are named. */
const NAMED = 20;

/**
 * How well similarities in a latent agree with judged similarities of pairs.
 *
 * Spearman's rho is Pearson's correlation of mid-ranks (as scipy.stats.spearmanr). A latent that sees all pairs alike orders nothing: 0.
 * 95 % interval: 1,000 bootstrap resamples of pairs, percentiles. Pairs that share an item are not independent, which it does not know: the
 * uncertainty about other items is larger. Cost: n d + n log n, and 1,000 n for the interval.
 *
 * @param latent rows of items
 * @throws bad-value (fewer than 3 pairs, similarities that are no numbers or all equal, rows that are not there, zero vectors under cosine);
 *   non-finite
 */
export function judgePairs(
  latent: Matrix,
  { a, b, similarity }: PairJudgements,
  options: JudgeOptions = {},
): PairsJudged {
  const { metric = "euclidean", seed = 0, name = "the latent" } = options;
  const n = similarity.length;
  checkJudged("pairs", latent, [a, b], n, name);
  const given = Float64Array.from(similarity);
  checkSimilarities(given);
  const similar = similarityOf(latent, metric, name);
  const seen = Float64Array.from(given, (_, i) => similar(a[i]!, b[i]!));
  const random = rng(seed);
  const ones = new Int32Array(n).fill(1);
  const [givenOrder, seenOrder] = [orderOf(given), orderOf(seen)];
  const ranked = (weights: Int32Array) =>
    correlation(midRanks(givenOrder, weights), midRanks(seenOrder, weights), weights);
  const score = (key: string, statistic: (weights: Int32Array) => number): Score => {
    const value = statistic(ones);
    const how = { rng: random.split(key), population: Number.POSITIVE_INFINITY, estimate: value };
    return judged(value, bootstrapInterval(n, statistic, { ...how, range: [-1, 1] }), n, "pairs");
  };
  const shares = (order: Order) => midRanks(order, ones).map((rank) => (rank - 0.5) / n);
  const [givenRank, latentRank] = [shares(givenOrder), shares(seenOrder)];
  const gap = (i: number) => Math.abs(givenRank[i]! - latentRank[i]!);
  const worst = Array.from(given, (_, i) => i)
    .sort((i, j) => gap(j) - gap(i) || i - j)
    .slice(0, NAMED)
    .filter((i) => gap(i) > 0)
    .map((index) => ({
      index,
      a: a[index]!,
      b: b[index]!,
      given: given[index]!,
      latent: seen[index]!,
      givenRank: givenRank[index]!,
      latentRank: latentRank[index]!,
    }));
  return {
    spearman: score("spearman", ranked),
    pearson: score("pearson", (weights) => correlation(given, seen, weights)),
    worst,
  };
}

/**
 * How often a latent sees the nearer of two items nearer, as it was judged.
 *
 * 95 % interval: Wilson's (1927) of a share, which is no point where all are right; triplets that share items are not independent, which
 * it does not know. Cost: 2 n d.
 *
 * @param latent rows of items
 * @throws bad-value (fewer than 3 triplets, rows that are not there, zero vectors under cosine); non-finite
 */
export function judgeTriplets(
  latent: Matrix,
  { anchor, nearer, farther }: TripletJudgements,
  options: JudgeOptions = {},
): TripletsJudged {
  const { metric = "euclidean", name = "the latent" } = options;
  const n = anchor.length;
  checkJudged("triplets", latent, [anchor, nearer, farther], n, name);
  const similar = similarityOf(latent, metric, name);
  const seen = Array.from({ length: n }, (_, index) => ({
    index,
    anchor: anchor[index]!,
    nearer: nearer[index]!,
    farther: farther[index]!,
    toNearer: similar(anchor[index]!, nearer[index]!),
    toFarther: similar(anchor[index]!, farther[index]!),
  }));
  const margin = ({ toNearer, toFarther }: JudgedTriplet) => toFarther - toNearer;
  const right = seen.map((triplet) => (1 - Math.sign(margin(triplet))) / 2);
  const value = mean(right);
  const worst = seen
    .filter((triplet) => margin(triplet) > 0)
    .sort((s, t) => margin(t) - margin(s) || s.index - t.index)
    .slice(0, NAMED);
  return { tripletAccuracy: judged(value, wilsonInterval(value, n), n, "triplets"), worst };
}

function judged(value: number, interval: Interval, n: number, unit: "pairs" | "triplets"): Score {
  const chance = unit === "pairs" ? 0 : 0.5;
  return {
    value,
    interval,
    n,
    unit,
    exact: false,
    sampled: { kind: unit, m: n },
    ideal: 1,
    null: chance,
    baseline: null,
  };
}

/** 95 % interval of a share of n trials (Wilson 1927). */
function wilsonInterval(share: number, n: number): Interval {
  const z = 1.959963984540054;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z / (2 * n)) ** 2);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Similarity of two rows in float64. */
function similarityOf(latent: Matrix, metric: Metric, name: string): (i: number, j: number) => number {
  const sum = (i: number, j: number, term: (p: number, q: number) => number) => {
    const [p, q] = [row(latent, i), row(latent, j)];
    let total = 0;
    for (let c = 0; c < p.length; c++) total += term(p[c]!, q[c]!);
    return total;
  };
  if (metric === "euclidean") return (i, j) => -Math.sqrt(sum(i, j, (p, q) => (p - q) ** 2));
  if (metric === "manhattan") return (i, j) => -sum(i, j, (p, q) => Math.abs(p - q));
  const square = (i: number) => sum(i, i, (p, q) => p * q);
  return (i, j) => {
    // One root: equal rows then have a cosine of exactly 1, and tie.
    const lengths = Math.sqrt(square(i) * square(j));
    if (lengths === 0) {
      throw new IsometerError("zero-vector", `${name} has a zero vector in row ${square(i) === 0 ? i : j}`, {
        hint: "A zero vector has no direction: remove it, or use another metric.",
      });
    }
    return sum(i, j, (p, q) => p * q) / lengths;
  };
}

/** Items by ascending value, and where each run of equal values ends. */
interface Order {
  readonly items: Int32Array;
  readonly ends: readonly number[];
}

function orderOf(values: Float64Array): Order {
  const items = Int32Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
  const ends: number[] = [];
  for (let p = 1; p <= items.length; p++) {
    if (p === items.length || values[items[p]!] !== values[items[p - 1]!]) ends.push(p);
  }
  return { items, ends };
}

/** The mean rank of each item, from 1, where item i stands `weights[i]` times. */
function midRanks({ items, ends }: Order, weights: Int32Array): Float64Array {
  const ranks = new Float64Array(items.length);
  let before = 0;
  let p = 0;
  for (const end of ends) {
    let count = 0;
    for (let q = p; q < end; q++) count += weights[items[q]!]!;
    for (; p < end; p++) ranks[items[p]!] = before + (count + 1) / 2;
    before += count;
  }
  return ranks;
}

/** Pearson's correlation of items that stand `weights[i]` times; 0 where one side is constant. */
function correlation(x: Float64Array, y: Float64Array, weights: Int32Array): number {
  let [count, xSum, ySum] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    count += weights[i]!;
    xSum += weights[i]! * x[i]!;
    ySum += weights[i]! * y[i]!;
  }
  let [xx, xy, yy] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const [dx, dy] = [x[i]! - xSum / count, y[i]! - ySum / count];
    xx += weights[i]! * dx * dx;
    xy += weights[i]! * dx * dy;
    yy += weights[i]! * dy * dy;
  }
  const scale = Math.sqrt(xx * yy);
  return scale > 0 ? Math.min(1, Math.max(-1, xy / scale)) : 0;
}

function checkJudged(
  what: "pairs" | "triplets",
  latent: Matrix,
  items: readonly ArrayLike<number>[],
  n: number,
  name: string,
): void {
  checkFinite(latent, name);
  if (items.some(({ length }) => length !== n)) {
    const lengths = [...items.map(({ length }) => length), n].join(", ");
    throw new IsometerError("bad-value", `the columns of the ${what} have different lengths: ${lengths}`);
  }
  if (n < 3) {
    throw new IsometerError("bad-value", `there are ${n} ${what} to judge by`, {
      needed: `at least 3 ${what}`,
      got: String(n),
    });
  }
  for (const column of items) {
    for (let i = 0; i < n; i++) {
      const item = column[i]!;
      if (Number.isInteger(item) && item >= 0 && item < latent.rows) continue;
      throw new IsometerError("bad-value", `the ${what} name row ${item}, ${name} has ${latent.rows} rows`);
    }
  }
}

function checkSimilarities(given: Float64Array): void {
  const wrong = given.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new IsometerError("bad-value", `the similarity of pair ${wrong} is no number`);
  }
  if (given.every((value) => value === given[0])) {
    throw new IsometerError("bad-value", `all ${given.length} similarities are equal: they order nothing`);
  }
}
