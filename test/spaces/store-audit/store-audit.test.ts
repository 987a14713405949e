import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, mean, rng } from "../../../src/base/index.ts";
import {
  type AuditedStore,
  adviseOn,
  auditStore,
  climbsOf,
  drawQueries,
  latencyOf,
  type Measured,
  quantileInterval,
  queriesToShow,
  recallOf,
  scoreAnswers,
} from "../../../src/spaces/store-audit/index.ts";
import type { Hit, Store, Tuning } from "../../../src/stores/index.ts";
import { gaussian } from "../../matrices.ts";

const ROWS = 900;
const vectors = gaussian(rng(1), ROWS, 6);
const items = {
  ids: Array.from({ length: ROWS }, (_, i) => `item ${i}`),
  fields: Array.from({ length: ROWS }, () => ({})),
};
const EF: Tuning = { name: "ef", about: "", default: 20, ladder: [10, 20, 40, 80], indexes: ["made-up"] };

/** Hits of one query, by ids and distances. */
const hitsOf = (pairs: readonly (readonly [string, number])[]): Hit[] =>
  pairs.map(([id, distance]) => ({ id, distance, fields: {} }));

describe("drawing queries", () => {
  const scanned = (order: readonly number[], size: number): Pick<Store, "scan" | "schema"> => ({
    schema: { dims: 6, metric: "euclidean", mapVersion: null },
    async *scan() {
      for (let from = 0; from < order.length; from += size) {
        const at = order.slice(from, from + size);
        yield {
          ids: at.map((row) => items.ids[row]!),
          vectors: gatherRows(vectors, at),
          fields: at.map((row) => items.fields[row]!),
        };
      }
    },
  });
  const inOrder = Array.from({ length: ROWS }, (_, i) => i);

  it("draws the same items whatever the order and the batches, each with its own vector", async () => {
    const drawn = await drawQueries(scanned(inOrder, 100), 50, { seed: 3 });
    expect(drawn.population).toBe(ROWS);
    expect(new Set(drawn.own).size).toBe(50);
    for (const [q, id] of drawn.own.entries()) {
      const row = items.ids.indexOf(id!);
      expect(drawn.vectors.data.slice(6 * q, 6 * q + 6)).toEqual(vectors.data.slice(6 * row, 6 * row + 6));
    }
    expect(await drawQueries(scanned(inOrder.toReversed(), 7), 50, { seed: 3 })).toEqual(drawn);
    expect((await drawQueries(scanned(inOrder, 100), 50, { seed: 4 })).own).not.toEqual(drawn.own);
  });

  it("takes all where there are no more, and refuses an empty store", async () => {
    const few = await drawQueries(scanned([4, 5], 10), 50);
    expect(few.own.toSorted()).toEqual(["item 4", "item 5"]);
    await expect(drawQueries(scanned([], 10), 50)).rejects.toMatchObject({
      code: "empty-input",
      hint: expect.stringContaining("isometer ingest"),
    });
  });
});

describe("what is measured", () => {
  const exact = hitsOf([
    ["a", 1],
    ["b", 2],
    ["c", 3],
    ["d", 3],
  ]);

  it("recall is the share of the exact hits; of several at the last distance any will do", () => {
    expect(recallOf(exact, exact)).toBe(1);
    expect(recallOf(exact, exact.slice(0, 3))).toBe(0.75);
    expect(recallOf(exact, [...exact.slice(0, 3), ...hitsOf([["tied", 3]])])).toBe(1);
    expect(recallOf(exact, [...exact.slice(0, 3), ...hitsOf([["farther", 3.001]])])).toBe(0.75);
    expect(recallOf(exact, [])).toBe(0);
  });

  it("the interval of recall covers the truth in about 95 of 100 samples, and not another recall", () => {
    const random = rng(11);
    const all = Array.from({ length: 10 }, (_, i) => [`${i}`, i + 1] as const);
    let [covered, wrong] = [0, 0];
    for (let sample = 0; sample < 200; sample++) {
      const truth = Array.from({ length: 60 }, () => hitsOf(all));
      const found = truth.map((own) => own.filter(() => random.uniform() >= 0.2));
      const { recall } = scoreAnswers(truth, found, { population: Number.POSITIVE_INFINITY });
      if (recall.interval[0] <= 0.8 && recall.interval[1] >= 0.8) covered++;
      if (recall.interval[0] <= 0.9 && recall.interval[1] >= 0.9) wrong++;
    }
    expect(covered / 200).toBeGreaterThan(0.9);
    expect(covered / 200).toBeLessThan(0.99);
    expect(wrong).toBe(0);
  });

  it("excess is how much farther hits are in all, and short counts queries with fewer hits", () => {
    const farther = hitsOf([
      ["a", 1],
      ["b", 2],
      ["x", 4],
      ["y", 5],
    ]);
    const scores = scoreAnswers([exact, exact], [farther, exact.slice(0, 2)], { population: 2 });
    expect(scores.excess.value).toBeCloseTo((12 / 9 - 1) / 2, 12);
    expect(scores.short.value).toBe(0.5);
    expect(scores.poor.value).toBe(1);
    // Every item was a query: nothing is left to chance.
    expect(scores.recall).toEqual({ value: 0.5, interval: [0.5, 0.5] });
  });

  it("intervals of quantiles cover the truth in about 95 of 100 samples", () => {
    const random = rng(12);
    for (const p of [0.5, 0.95]) {
      const truth = -Math.log(1 - p);
      let covered = 0;
      for (let sample = 0; sample < 400; sample++) {
        const values = Float64Array.from({ length: 200 }, () => -Math.log(1 - random.uniform())).sort();
        const [low, high] = quantileInterval(values, p);
        if (low <= truth && truth <= high) covered++;
      }
      expect(covered / 400).toBeGreaterThan(0.93);
      expect(covered / 400).toBeLessThan(0.995);
    }
    expect(latencyOf(Float64Array.of(2, 2, 4, 4)).perSecond).toBeCloseTo(1000 / 3, 9);
  });
});

describe("the audit of a store", () => {
  /** A store whose queries take a time that is known. */
  function timed(): { readonly store: AuditedStore; readonly clock: () => number } {
    let now = 0;
    const hits = Array.from({ length: 4 }, (_, i) => [`near ${i}`, i + 1] as const);
    const store: AuditedStore = {
      tunings: [EF, { ...EF, name: "other index", indexes: ["another"] }],
      index: async () => ({ kind: "made-up", rows: 60 }),
      count: async () => 100,
      query: async (queries, { exact, tuning = {} }) => {
        now += exact ? 50 : (tuning.ef ?? 20);
        return Array.from({ length: queries.rows }, () => hitsOf(exact ? hits : hits.slice(0, 3)));
      },
    };
    return { store, clock: () => now };
  }
  const queries = (rows: number) => ({
    vectors: { data: new Float32Array(2 * rows), rows, cols: 2 } satisfies Matrix,
    own: new Array<null>(rows).fill(null),
    population: Number.POSITIVE_INFINITY,
  });

  it("takes the time of each query, tries what tells the index something, and sees that it is stale", async () => {
    const { store, clock } = timed();
    const seen: string[] = [];
    const audit = await auditStore(store, queries(20), {
      nNeighbors: 4,
      clock,
      onProgress: ({ stage, done, total }) => void seen.push(`${stage} ${done} of ${total}`),
    });
    expect(audit.exact).toEqual({
      p50: { value: 50, interval: [50, 50] },
      p95: { value: 50, interval: [50, 50] },
      perSecond: 20,
    });
    // The second step changed nothing: the rest is not tried.
    expect(audit.settings.map(({ tuning, latency }) => [tuning, latency.p50.value])).toEqual([
      [{}, 20],
      [{ ef: 10 }, 10],
    ]);
    expect(audit.settings[0]!.recall.value).toBe(0.75);
    expect(audit.advice).toMatchObject({ index: "rebuild", targets: [{ setting: null }, { setting: null }] });
    expect(audit.advice.outside).toBeCloseTo(0.4, 12);
    expect(seen).toContain("exact 20 of 20");
  });

  it("notices where the exact search is none, and where it finds nothing", async () => {
    const { store, clock } = timed();
    const nearer: AuditedStore = {
      ...store,
      query: async (own, options) =>
        (await store.query(own, options)).map((hits) =>
          options.exact ? hits : [...hitsOf([["missed", 0.5]]), ...hits],
        ),
    };
    expect((await auditStore(nearer, queries(5), { nNeighbors: 4, clock })).unknownToExact).toBe(5);
    const empty: AuditedStore = {
      ...store,
      query: async (own) => Array.from({ length: own.rows }, () => []),
    };
    await expect(auditStore(empty, queries(5), { clock })).rejects.toMatchObject({ code: "store-failed" });
    const signal = AbortSignal.abort();
    await expect(auditStore(store, queries(5), { clock, signal })).rejects.toMatchObject({ code: "aborted" });
  });

  it("advises the fastest setting whose whole interval is above a target", () => {
    const setting = (low: number, p50: number): Measured => ({
      tuning: {},
      recall: { value: mean([low, 1]), interval: [low, 1] },
      latency: latencyOf(Float64Array.of(p50)),
    });
    const facts = { index: { kind: "hnsw", rows: 100 }, items: 100, exact: latencyOf(Float64Array.of(9)) };
    const settings = [setting(0.9, 1), setting(0.96, 4), setting(0.97, 3), setting(0.995, 8)];
    expect(adviseOn(settings, facts)).toEqual({
      index: "in-use",
      outside: 0,
      targets: [
        { recall: 0.95, setting: 2, queries: 73 },
        { recall: 0.99, setting: 3, queries: 381 },
      ],
    });
    // Not clearly slower than the fastest: the first of them.
    const close = { ...settings[1]!, latency: latencyOf(Float64Array.of(2.9, 3.1)) };
    expect(adviseOn([settings[0]!, close, settings[2]!], facts).targets[0]!.setting).toBe(1);
    const slow = latencyOf(Float64Array.of(400));
    expect(adviseOn(settings, { ...facts, index: null }).index).toBe("none-needed");
    expect(adviseOn(settings, { ...facts, index: null, exact: slow }).index).toBe("would-help");
    expect(queriesToShow(0.99)).toBe(381);
  });

  it("tries each tuning alone, and all of them together", () => {
    const other: Tuning = { ...EF, name: "refine", ladder: [1, 2] };
    const climbs = climbsOf([EF, other], { kind: "made-up", rows: 1 });
    expect(climbs.map((climb) => climb.length)).toEqual([4, 2, 4]);
    expect(climbs[2]).toEqual([
      { ef: 10, refine: 1 },
      { ef: 20, refine: 2 },
      { ef: 40, refine: 2 },
      { ef: 80, refine: 2 },
    ]);
    expect(climbsOf([EF], { kind: "another", rows: 1 })).toEqual([]);
    expect(climbsOf([EF], null)).toEqual([]);
  });
});
