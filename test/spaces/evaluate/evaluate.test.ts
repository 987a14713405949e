import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mean, permutation, rng } from "../../../src/base/index.ts";
import {
  compareRetrieval,
  evaluateRankings,
  expectedScores,
  RETRIEVAL_MEASURES,
  type RetrievalMeasure,
  scoreRanking,
} from "../../../src/spaces/evaluate/index.ts";

interface Case {
  readonly k: number;
  readonly relevant: number;
  readonly qrels: Record<string, Record<string, number>>;
  readonly run: Record<string, Record<string, number>>;
  readonly expected: Record<string, Record<RetrievalMeasure, number>>;
  readonly exponentialNdcg: Record<string, number>;
}
const { cases } = JSON.parse(
  readFileSync(new URL("../../fixtures/evaluate.json", import.meta.url), "utf8"),
) as { cases: Case[] };

/** As trec_eval orders a run. */
const ranked = (own: Record<string, number>) =>
  Object.entries(own)
    .sort((a, b) => Math.fround(b[1]) - Math.fround(a[1]) || (a[0] < b[0] ? 1 : -1))
    .map(([document]) => document);
const judgementsOf = ({ qrels }: Case) =>
  new Map(Object.entries(qrels).map(([query, own]) => [query, new Map(Object.entries(own))]));
const rankingsOf = ({ run }: Case) =>
  new Map(Object.entries(run).map(([query, own]) => [query, ranked(own)]));

describe("measures of rankings are those of trec_eval and scikit-learn", () => {
  it.each(cases.map((own, i) => [i, own] as const))("case %i", (_, own) => {
    const options = { nNeighbors: own.k, relevant: own.relevant };
    const found = evaluateRankings(rankingsOf(own), judgementsOf(own), options);
    expect(found.queries.map(({ query }) => query).sort()).toEqual(Object.keys(own.expected).sort());
    for (const { query, scores } of found.queries)
      for (const name of RETRIEVAL_MEASURES)
        expect(scores[name], `${query} ${name}`).toBeCloseTo(own.expected[query]![name], 12);
    for (const name of RETRIEVAL_MEASURES)
      expect(found.scores[name].value).toBeCloseTo(mean(found.queries.map((q) => q.scores[name])), 12);
    expect([found.hopeless, found.unjudged, found.unasked]).toEqual([
      found.queries.filter(({ relevant }) => relevant === 0).map(({ query }) => query),
      ["unjudged"],
      ["unasked"],
    ]);
    expect(found.hopeless).toContain("nothing");
    const other = evaluateRankings(rankingsOf(own), judgementsOf(own), { ...options, gain: "exponential" });
    for (const { query, scores } of other.queries)
      if (query in own.exponentialNdcg)
        expect(scores.ndcg, query).toBeCloseTo(own.exponentialNdcg[query]!, 12);
  });

  it("count judged queries that were not asked as 0 where that is wanted", () => {
    const own = cases[0]!;
    const [some, all] = [false, true].map((complete) =>
      evaluateRankings(rankingsOf(own), judgementsOf(own), { complete }),
    );
    const n = some!.scores.map.n;
    expect(all!.scores.map.n).toBe(n + 1);
    expect(all!.scores.map.value).toBeCloseTo((some!.scores.map.value * n) / (n + 1), 12);
    expect(all!.scores.map.value).toBeGreaterThan(0);
  });
});

describe("chance", () => {
  const grades = new Map([
    ["d0", 2],
    ["d1", 1],
    ["d2", 1],
    ["d3", 0],
    ["gone", 3],
  ]);
  const n = 30;
  const documents = Array.from({ length: n }, (_, i) => `d${i}`);
  const present = new Map([...grades].filter(([name]) => name !== "gone"));
  it.each([
    [5, 30, "linear"],
    [10, 12, "exponential"],
    [20, 8, "linear"],
    [1, 1, "linear"],
  ] as const)("is the mean over shuffled documents: k %i, depth %i, gain %s", (nNeighbors, depth, gain) => {
    const options = { nNeighbors, relevant: 1, gain };
    const expected = expectedScores(grades, { documents: n, depth, present }, options);
    const random = rng(3);
    const times = 20_000;
    const sums = { ndcg: 0, recall: 0, precision: 0, mrr: 0, map: 0 };
    for (let t = 0; t < times; t++) {
      const ranking = Array.from(permutation(random, n).subarray(0, depth), (i) => documents[i]!);
      const scores = scoreRanking(ranking, grades, options);
      for (const name of RETRIEVAL_MEASURES) sums[name] += scores[name] / times;
    }
    // Standard errors are at most .5 / sqrt(20,000) = .0035; most are a third of that.
    for (const name of RETRIEVAL_MEASURES)
      expect(Math.abs(sums[name] - expected[name]), name).toBeLessThan(0.007);
    expect(expected.recall).toBeGreaterThan(0);
  });
});

describe("laws", () => {
  const ranking = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 30 });
  const graded = fc.dictionary(fc.integer({ min: 0, max: 40 }).map(String), fc.integer({ min: -1, max: 3 }), {
    minKeys: 1,
    maxKeys: 20,
  });
  const how = { nNeighbors: 10, relevant: 1, gain: "linear" } as const;

  it("stay within 0 and 1, are best for the best order and do not see documents behind place k but for map", () => {
    fc.assert(
      fc.property(ranking, graded, (places, own) => {
        const grades = new Map(Object.entries(own));
        const names = places.map(String);
        const scores = scoreRanking(names, grades, how);
        for (const name of RETRIEVAL_MEASURES) {
          expect(scores[name]).toBeGreaterThanOrEqual(0);
          expect(scores[name]).toBeLessThanOrEqual(1 + 1e-12);
        }
        const best = [...grades].sort((a, b) => b[1] - a[1]).map(([name]) => name);
        const ideal = scoreRanking(best, grades, how);
        for (const name of RETRIEVAL_MEASURES)
          expect(ideal[name]).toBeGreaterThanOrEqual(scores[name] - 1e-12);
        if (best.some((name) => grades.get(name)! > 0)) expect(ideal.ndcg).toBeCloseTo(1, 12);
        const { map: _, ...cut } = scoreRanking(names.slice(0, 10), grades, how);
        expect(scores).toMatchObject(cut);
      }),
    );
  });
});

describe("differences", () => {
  const judgements = new Map(
    Array.from({ length: 24 }, (_, q) => [`q${q}`, new Map([[`d${q}`, 1]])] as const),
  );
  const at = (place: (q: number) => number) =>
    evaluateRankings(
      new Map(
        Array.from(judgements.keys(), (query, q) => {
          const names = Array.from({ length: 20 }, (_, i) => `x${i}`);
          names[place(q)] = `d${q}`;
          return [query, names];
        }),
      ),
      judgements,
    );

  it("are sure where one is a little better for every query, though the two spread widely", () => {
    const [one, other] = [at((q) => (q % 8) + 1), at((q) => (q % 8) + 2)];
    const { mrr, recall } = compareRetrieval(one, other);
    expect(mrr.value).toBeCloseTo(one.scores.mrr.value - other.scores.mrr.value, 12);
    expect(mrr.interval[0]).toBeGreaterThan(0);
    expect(one.scores.mrr.interval[0]).toBeLessThan(other.scores.mrr.interval[1]);
    expect(recall).toMatchObject({ value: 0, n: 24 });
  });

  it("cover 0 where the two are alike", () => {
    const { mrr } = compareRetrieval(
      at((q) => q % 9),
      at((q) => (q * 7) % 9),
    );
    expect(mrr.interval[0]).toBeLessThanOrEqual(0);
    expect(mrr.interval[1]).toBeGreaterThanOrEqual(0);
  });
});

describe("what cannot be scored", () => {
  const judgements = new Map([["q", new Map([["d", 1]])]]);
  it.each([
    [new Map([["other", ["d"]]]), {}, "bad-value"],
    [new Map([["q", ["d", "d"]]]), {}, "duplicate-id"],
    [new Map([["q", ["d"]]]), { nNeighbors: 0 }, "bad-option"],
    [new Map([["q", ["d"]]]), { relevant: 0 }, "bad-option"],
  ])("%o is refused", (rankings, options, code) => {
    expect(() => evaluateRankings(rankings, judgements, options)).toThrow(expect.objectContaining({ code }));
  });
});
