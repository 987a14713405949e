import {
  checkInteger,
  deepFreeze,
  type Interval,
  IsometerError,
  jackknifeInterval,
  mean,
  meanInterval,
  permutation,
  type Rng,
  rng,
  throwIfAborted,
  type Watch,
} from "../../base/index.ts";
import { allBut, largest } from "./co-preference.ts";
import { columnsOf, type TimeSplit } from "./interactions.ts";
import { noveltyOf } from "./recommend.ts";
import type { Recommender } from "./recommenders.ts";
import { popularityOf } from "./taste.ts";

/** A mean over users, with its 95 % interval for users to come. */
export interface UserScore {
  readonly value: number;
  readonly interval: Interval;
  /** The same score where each user is given another user's list; null where that says nothing. */
  readonly null: number | null;
  /** How many users were scored. */
  readonly n: number;
}

export interface Evaluation {
  readonly name: string;
  readonly k: number;
  readonly recallAtK: UserScore;
  readonly ndcgAtK: UserScore;
  readonly coverage: UserScore;
  readonly novelty: UserScore;
  /** Numbers of the users that were scored, and of each the recall and nDCG. */
  readonly users: Int32Array;
  readonly recalls: Float64Array;
  readonly ndcgs: Float64Array;
}

export interface EvaluateOptions extends Watch {
  /** Length of the lists, default 10. */
  readonly k?: number;
  /** For the lists of other users. Default 0. */
  readonly seed?: number;
}

const GROUPS = 20;

/**
 * How well a recommender that knows `split.train` foresees what was held out. Lists of k leave out what the user has in `train`; items that nobody has in `train` cannot be found, and count.
 *
 * - `recallAtK`: hits / min(k, held), 0 to 1: the share of what a list of k could have found.
 * - `ndcgAtK`: sum over hits of 1 / log2(place + 1), over the same sum for a list that begins with hits alone (Jaervelin & Kekaelaeinen 2002), 0 to 1.
 * - `coverage`: share of all items that are in somebody's list; its interval by the jackknife over 20 groups of users.
 * - `novelty`: mean of -log2((n_i + 1) / (users + 1)) over lists, in bits.
 *
 * Users of whom nothing is held out are not scored. Cost: the scores of every user, and O(items) for each.
 *
 * @throws empty-input when nothing is held out; bad-option; aborted
 */
export function evaluateRecommender(
  recommender: Recommender,
  split: TimeSplit,
  options: EvaluateOptions = {},
): Evaluation {
  const { k = 10, seed = 0, signal, onProgress } = options;
  const { train, held } = split;
  checkInteger("k", k, 1);
  const users = Int32Array.from(train.userIds.keys()).filter((u) => columnsOf(held, u).length > 0);
  if (users.length === 0) {
    throw new IsometerError("empty-input", "nothing is held out: no user has enough interactions", {
      hint: "Hold out a larger share, or give users with more interactions.",
    });
  }
  const popularity = popularityOf(train);
  const lists = Array.from(users, (user, at) => {
    throwIfAborted(signal);
    onProgress?.({ stage: "scoring", done: at + 1, total: users.length });
    const left = allBut(train.itemIds.length, columnsOf(train.byUser, user));
    return largest(left, recommender.scores(user), k);
  });
  const scored = (whose: ArrayLike<number>) =>
    Array.from(users, (user, at) => scoreList(lists[whose[at]!]!, columnsOf(held, user), k));
  const own = scored(users.map((_, at) => at));
  const others = users.length > 1 ? scored(othersOf(users.length, rng(seed).split("null"))) : null;
  const bounded = (measure: "recall" | "ndcg") =>
    meanScore(
      own.map((s) => s[measure]),
      [0, 1],
      others && mean(others.map((s) => s[measure])),
    );
  const novelties = lists.map((list) => mean(list.map((item) => noveltyOf(popularity, item))));
  return deepFreeze({
    name: recommender.name,
    k,
    recallAtK: bounded("recall"),
    ndcgAtK: bounded("ndcg"),
    coverage: coverageOf(lists, train.itemIds.length, rng(seed).split("groups")),
    novelty: meanScore(novelties, [0, Math.log2(train.userIds.length + 1)], null),
    users,
    recalls: Float64Array.from(own, (s) => s.recall),
    ndcgs: Float64Array.from(own, (s) => s.ndcg),
  });
}

/** How much better one recommender is than another, user by user: mean differences with their 95 % intervals. */
export interface Comparison {
  readonly names: readonly [string, string];
  readonly recallAtK: { readonly value: number; readonly interval: Interval };
  readonly ndcgAtK: { readonly value: number; readonly interval: Interval };
  readonly n: number;
}

/**
 * The first evaluation less the second, paired by user.
 *
 * @throws row-count-mismatch unless both scored the same users with lists of one length
 */
export function compareEvaluations(a: Evaluation, b: Evaluation): Comparison {
  if (a.k !== b.k || a.users.length !== b.users.length || a.users.some((user, at) => user !== b.users[at])) {
    throw new IsometerError(
      "row-count-mismatch",
      `${a.name} and ${b.name} were scored on different users, or with lists of different length`,
    );
  }
  const paired = (x: Float64Array, y: Float64Array) => {
    const differences = x.map((value, at) => value - y[at]!);
    return {
      value: mean(differences),
      interval: meanInterval(differences, Number.POSITIVE_INFINITY, [-1, 1]),
    };
  };
  return deepFreeze({
    names: [a.name, b.name],
    recallAtK: paired(a.recalls, b.recalls),
    ndcgAtK: paired(a.ndcgs, b.ndcgs),
    n: a.users.length,
  });
}

function scoreList(list: readonly number[], held: Int32Array, k: number): { recall: number; ndcg: number } {
  const wanted = new Set(held);
  const most = Math.min(k, wanted.size);
  let [hits, gain, ideal] = [0, 0, 0];
  for (let place = 0; place < k; place++) {
    const worth = 1 / Math.log2(place + 2);
    if (place < most) ideal += worth;
    if (place >= list.length || !wanted.has(list[place]!)) continue;
    hits++;
    gain += worth;
  }
  return { recall: hits / most, ndcg: gain / ideal };
}

function meanScore(values: readonly number[], range: Interval, none: number | null): UserScore {
  return {
    value: mean(values),
    interval: meanInterval(values, Number.POSITIVE_INFINITY, range),
    null: none,
    n: values.length,
  };
}

/** For each of n users another one, at random: the next in a random round. */
function othersOf(n: number, random: Rng): Int32Array {
  const round = permutation(random, n);
  const others = new Int32Array(n);
  round.forEach((user, at) => {
    others[user] = round[(at + 1) % n]!;
  });
  return others;
}

function coverageOf(lists: readonly (readonly number[])[], items: number, random: Rng): UserScore {
  const share = (some: readonly (readonly number[])[]) => new Set(some.flat()).size / items;
  const groups = Math.min(GROUPS, lists.length);
  const group = permutation(random, lists.length).map((place) => place % groups);
  const without = Array.from({ length: groups }, (_, g) => share(lists.filter((_, at) => group[at] !== g)));
  const value = share(lists);
  const units = { units: lists.length, population: Number.POSITIVE_INFINITY, range: [0, 1] as const };
  return { value, interval: jackknifeInterval(value, without, units), null: null, n: lists.length };
}
