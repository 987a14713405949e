import { describe, expect, it } from "vitest";
import { matrix } from "../../../src/base/index.ts";
import { spearman } from "../../../src/spaces/recommend/agreement.ts";
import {
  alsRecommender,
  compareEvaluations,
  evaluateRecommender,
  fitAls,
  interactionsFrom,
  itemAgreement,
  itemKnn,
  itemsFromVectors,
  popularityRecommender,
  type Recommender,
  splitByTime,
  vectorRecommender,
} from "../../../src/spaces/recommend/index.ts";
import { columnsOf } from "../../../src/spaces/recommend/interactions.ts";
import { hasSharedData } from "../../shared-data.ts";
import { dense, movieLens, twoCrowds } from "./data.ts";

describe("an evaluation", () => {
  const split = splitByTime(twoCrowds(5));

  it("gives 1 to who knows the future, 0 to who knows the contrary", () => {
    const knowing = (sign: number): Recommender => ({
      name: "future",
      scores: (user) => {
        const scores = new Float64Array(60);
        for (const item of columnsOf(split.held, user)) scores[item] = sign;
        return scores;
      },
    });
    const future = evaluateRecommender(knowing(1), split);
    expect([future.recallAtK.value, future.ndcgAtK.value, future.recallAtK.n]).toEqual([1, 1, 80]);
    expect(future.recallAtK.null!).toBeLessThan(0.5);
    const contrary = evaluateRecommender(knowing(-1), split);
    expect([contrary.recallAtK.value, contrary.ndcgAtK.value]).toEqual([0, 0]);
    const difference = compareEvaluations(future, contrary);
    expect(difference.recallAtK.value).toBe(1);
    expect(compareEvaluations(future, future).ndcgAtK.value).toBe(0);
  });

  it("is recall and nDCG as they are written: worked by hand", () => {
    // Of ten items each, the last two are held out: 8 and 9 of a, 13 and 14 of b.
    const items = Array.from({ length: 10 }, (_, i) => i);
    const all = interactionsFrom({
      users: [...items.map(() => "a"), ...items.map(() => "b")],
      items: [...items, ...items.map((i) => i + 5)],
    });
    const known = splitByTime(all);
    const scores = Float64Array.from(all.itemIds, (id) => [8, 9, 13, 14].indexOf(Number(id)) + 1).map((v) =>
      v ? 5 - v : 0,
    );
    const found = evaluateRecommender({ name: "fixed", scores: () => scores }, known, { k: 3 });
    // The list begins 8, 9, 13, 14, without what a user has already: b has 8 and 9.
    expect([...found.recalls]).toEqual([1, 1]);
    const turned = evaluateRecommender(
      { name: "turned", scores: () => scores.map((v, i) => (all.itemIds[i] === 12 ? 9 : v)) },
      known,
      { k: 2 },
    );
    // a: 12, 8 in places 1 and 2; b has 12 already.
    expect([...turned.recalls]).toEqual([0.5, 1]);
    const second = 1 / Math.log2(3);
    expect(turned.ndcgs[0]).toBeCloseTo(second / (1 + second), 12);
  });

  it("refuses a split of which nothing is held, and evaluations of other users", () => {
    const single = splitByTime(interactionsFrom({ users: ["a", "b"], items: ["x", "y"] }));
    expect(() => evaluateRecommender(popularityRecommender(single.train), single)).toThrow(
      /nothing is held out/,
    );
    const popular = popularityRecommender(split.train);
    const [ten, five] = [10, 5].map((k) => evaluateRecommender(popular, split, { k }));
    expect(() => compareEvaluations(ten!, five!)).toThrow(/different/);
  });

  it("shows that neighbours and factors know crowds, which popularity does not", async () => {
    const model = await fitAls(split.train, { nFactors: 4, regularization: 1, threads: 1 });
    const vectors = itemsFromVectors(model.items);
    const [als, knn, given, popular] = [
      alsRecommender(model),
      itemKnn(split.train),
      vectorRecommender(vectors, split.train),
      popularityRecommender(split.train),
    ].map((recommender) => evaluateRecommender(recommender, split));
    for (const better of [als, knn, given]) {
      expect(compareEvaluations(better!, popular!).recallAtK.interval[0]).toBeGreaterThan(0);
    }
  });
});

describe("item-kNN", () => {
  it("adds cosines with shrinkage, over the nearest alone", () => {
    const all = interactionsFrom({ users: ["a", "a", "b", "b", "b", "c"], items: [0, 1, 0, 1, 2, 2] });
    const lines = dense(all);
    const column = (i: number) => lines.map((line) => line[i]!);
    const cosine = (i: number, j: number, shrinkage: number) => {
      const [x, y] = [column(i), column(j)];
      const product = (p: number[], q: number[]) => p.reduce((sum, v, u) => sum + v * q[u]!, 0);
      return product(x, y) / (Math.sqrt(product(x, x) * product(y, y)) + shrinkage);
    };
    const scores = itemKnn(all, { shrinkage: 3 }).scores(0);
    expect(scores[2]).toBeCloseTo(cosine(2, 0, 3) + cosine(2, 1, 3), 6);
    const nearest = itemKnn(all, { shrinkage: 0, nNeighbors: 1 }).scores(0);
    expect(nearest[2]).toBeCloseTo(cosine(2, 0, 0), 6);
  });
});

describe("agreement with co-preference distances", () => {
  it("is 1 for the columns themselves, 0 for vectors of other items", () => {
    const crowds = twoCrowds(6);
    const lines = dense(crowds);
    const columns = matrix(
      crowds.itemIds.flatMap((_, i) => lines.map((line) => line[i]!)),
      60,
      80,
    );
    const { cosine, items } = itemAgreement(crowds, columns);
    expect(items).toBe(60);
    expect(cosine.value).toBeGreaterThan(0.9999);
    expect(Math.abs(cosine.null)).toBeLessThan(0.15);
    expect(cosine.interval[0]).toBeLessThanOrEqual(cosine.value);
  });

  it("is Spearman's correlation, ties sharing their rank (scipy.stats.spearmanr)", () => {
    expect(spearman([1, 2, 2, 3, 5, 5, 5, 0], [2, 1, 4, 4, 3, 9, 7, 7])).toBeCloseTo(0.31682519336239684, 12);
    expect(spearman([1, 2, 3], [4, 4, 4])).toBe(0);
  });

  it("refuses too few items", () => {
    const few = interactionsFrom({ users: ["a", "b"], items: ["x", "y"] });
    expect(() => itemAgreement(few, matrix([1, 0, 0, 1], 2, 2))).toThrow(/0 items have 5 users or more/);
  });
});

describe.skipIf(!hasSharedData)("MovieLens, the last fifth of each user held out", () => {
  it("is foreseen by factors better than by popularity, and no worse than by neighbours; W keeps item distances", async () => {
    const split = splitByTime(interactionsFrom(movieLens()));
    const popular = evaluateRecommender(popularityRecommender(split.train), split);
    const knn = evaluateRecommender(itemKnn(split.train), split);
    // The same split in NumPy (stable sort by time): popularity .0805, item-kNN (200 nearest, shrinkage 10) .1285.
    expect(popular.recallAtK.value).toBeCloseTo(0.0805, 3);
    expect(knn.recallAtK.value).toBeCloseTo(0.1285, 3);
    const free = await fitAls(split.train, { threads: 2 });
    const kept = await fitAls(split.train, { itemDistances: 3, threads: 2 });
    const agreements = [free, kept].map((model) => itemAgreement(split.train, model.items).cosine);
    expect(agreements[1]!.interval[0]).toBeGreaterThan(agreements[0]!.interval[1]);
    for (const model of [free, kept]) {
      const als = evaluateRecommender(alsRecommender(model), split);
      expect(compareEvaluations(als, popular).recallAtK.interval[0]).toBeGreaterThan(0);
      expect(compareEvaluations(als, popular).ndcgAtK.interval[0]).toBeGreaterThan(0);
      expect(compareEvaluations(als, knn).recallAtK.interval[1]).toBeGreaterThan(0);
      expect(compareEvaluations(als, knn).ndcgAtK.interval[1]).toBeGreaterThan(0);
    }
  });
});
