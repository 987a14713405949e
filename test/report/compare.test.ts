import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  type AuditResult,
  type Compared,
  type ComparisonResult,
  clearlyBetter,
  comparison,
  comparisonJunit,
  comparisonMarkdown,
  comparisonReport,
  entrantsOf,
  plain,
  ranking,
  recommendation,
  width,
} from "../../src/report/index.ts";
import { auditFixture, scoreOf, stretchOf, textOf } from "./fixture.ts";

const golden = (name: string) => fileURLToPath(new URL(`../golden/${name}`, import.meta.url));

/** An audit with these neighbourhoods and distances, 0 ... 1. */
function audited(near: number, far: number, half?: number): AuditResult {
  const base = auditFixture(half);
  return {
    ...base,
    options: { ...base.options, baseline: "PCA to 2" },
    scores: {
      trustworthiness: scoreOf(near, "points", half),
      continuity: scoreOf(near - 0.01, "points", half),
      neighborRecall: scoreOf(near / 2, "points", half, 1, 0.008),
      distanceSpearman: scoreOf(far, "pairs", half, 1, 0),
      distancePearson: scoreOf(far, "pairs", half, 1, 0),
      stress: scoreOf(1 - far, "pairs", half, 0),
      stretch: stretchOf(2 / far, half && half * 10),
    },
  };
}

/** The audits without a baseline. */
function bare(compared: readonly Compared[]): Compared[] {
  return compared.map(({ name, audit }) => ({
    name,
    audit: { ...audit, options: { ...audit.options, baseline: null } },
  }));
}

function resultOf(audits: readonly Compared[]): ComparisonResult {
  const { baseline: _, ...options } = audits[0]!.audit.options;
  const { isometer, engine, inputs, rows, labels, warnings, seconds } = audits[0]!.audit;
  return {
    schema: "isometer/comparison/1",
    job: "audit",
    isometer,
    engine,
    inputs: [inputs[0]!, ...audits.map(({ name }) => ({ ...inputs[1]!, path: `${name}.npy` }))],
    rows,
    options: { ...options, baselines: ["PCA to 2"] },
    labels,
    audits,
    ranking: ranking(entrantsOf(audits)),
    warnings,
    gates: audits.flatMap(({ name, audit }) => audit.gates.map((gate) => ({ latent: name, ...gate }))),
    next: [{ command: "isometer audit digits.npy tsne.npy", why: "tsne in full" }],
    seconds,
  };
}

const two = (half?: number): Compared[] => [
  { name: "tsne", audit: audited(0.98, 0.6, half) },
  { name: "mds", audit: audited(0.9, 0.8, half) },
];
const LONG = "an-experiment-with-a-very-long-name-of-the-latent-space";
const many = (half?: number): Compared[] =>
  Array.from({ length: 8 }, (_, i) => ({
    name: `${LONG}-${i}-${i % 2 === 0 ? "even" : "odd"}`,
    audit: audited(0.9 + i / 100, 0.8 - i / 50, half),
  }));

describe("places", () => {
  test("are shared where intervals overlap, and where exact values print alike", () => {
    const measured = (value: number, half = 0) => ({
      value,
      interval: [value - half, value + half] as const,
    });
    const better = (a: number, b: number, half = 0) =>
      clearlyBetter("trustworthiness", measured(a, half), measured(b, half));
    expect([better(0.9, 0.8), better(0.8, 0.9)]).toEqual([true, false]);
    expect([better(0.9, 0.8, 0.049), better(0.9, 0.8, 0.051)]).toEqual([true, false]);
    expect(better(0.90001, 0.90002)).toBe(false);
    expect(better(0.90002, 0.90001)).toBe(false);
    expect(better(0.5, Number.NaN)).toBe(true);
    expect([better(Number.NaN, 0.5), better(Number.NaN, Number.NaN)]).toEqual([false, false]);
    expect(clearlyBetter("stretch", measured(2), measured(3))).toBe(true);
    expect(clearlyBetter("stretch", measured(2), measured(Number.POSITIVE_INFINITY))).toBe(true);
  });

  test("follow the mean of places over the judged scores", () => {
    const [first, second] = ranking(entrantsOf(bare(two())));
    // 3 scores of neighbourhoods to one, 4 of distances to the other.
    expect(first).toMatchObject({
      name: "mds",
      place: 1,
      meanPlace: (3 * 2 + 4) / 7,
      neighbourhoods: { place: 2, meanPlace: 2 },
      distances: { place: 1, meanPlace: 1 },
      places: { trustworthiness: 2, stretch: 1 },
    });
    expect(second).toMatchObject({ name: "tsne", place: 2, meanPlace: (3 + 4 * 2) / 7 });
  });

  test("do not depend on the order of the latents", () => {
    const all = bare(many());
    const byName = (compared: readonly Compared[]) =>
      new Map(ranking(entrantsOf(compared)).map(({ name, places }) => [name, places]));
    expect(byName(all.toReversed())).toEqual(byName(all));
  });

  test("are all the same among equals", () => {
    const { audit } = two()[0]!;
    const standings = ranking(entrantsOf(bare(["a", "b", "c"].map((name) => ({ name, audit })))));
    expect(standings.map(({ name, place, meanPlace }) => [name, place, meanPlace])).toEqual([
      ["a", 1, 1],
      ["b", 1, 1],
      ["c", 1, 1],
    ]);
  });
});

describe("the recommendation", () => {
  const words = (compared: readonly Compared[]) => recommendation(entrantsOf(bare(compared)));

  test("names who is best for what", () => {
    expect(words(two())).toEqual([
      "Best for neighbourhoods: tsne.",
      "Best for distances: mds.",
      "Best overall: mds.",
      "Mean places over 7 scores: mds 1.43, tsne 1.57.",
    ]);
  });

  test("names no winner where intervals overlap", () => {
    expect(words(two(0.5)).slice(0, 3)).toEqual([
      "No winner for neighbourhoods: all share the first place.",
      "No winner for distances: all share the first place.",
      "No winner overall: all share the first place.",
    ]);
  });

  test("does not take a lead over a third one for a win", () => {
    // a is level with b, b with c, but a is clear of c: a comes first, b second by its tie.
    const chain = [0.96, 0.93, 0.9].map((near, i) => ({
      name: "abc"[i]!,
      audit: audited(near, 0.5, 0.02),
    }));
    const [first, second] = ranking(entrantsOf(bare(chain)));
    expect([first!.name, second!.name]).toEqual(["a", "b"]);
    expect(words(chain)[0]).toBe("No single winner for neighbourhoods: a and b share the first place.");
    const longer = [0.99, 0.96, 0.93, 0.9].map((near, i) => ({
      name: "abcd"[i]!,
      audit: audited(near, 0.5, 0.02),
    }));
    expect(words(longer)[0]).toContain("a and b share the first place");
  });
});

describe("the comparison of several latents", () => {
  test.each([
    ["comparison-two-80.txt", two(), 80],
    ["comparison-two-sampled-80.txt", two(0.0012), 80],
    ["comparison-many-80.txt", many(), 80],
    ["comparison-many-sampled-80.txt", many(0.02), 80],
  ] as const)("as %s", async (name, compared, columns) => {
    const text = textOf(comparisonReport(resultOf(compared), { width: columns }));
    await expect(text).toMatchFileSnapshot(golden(name));
  });

  test.each([60, 80, 120])("no line is wider than %i columns, of 2 to 8 latents", (columns) => {
    for (let count = 2; count <= 8; count++) {
      for (const half of [undefined, 0.0012]) {
        const lines = comparison(many(half).slice(0, count), { width: columns }).map(plain);
        expect(lines.filter((text) => width(text) > columns)).toEqual([]);
      }
    }
  });

  test("long names stay apart when they are cut", () => {
    const names = many().map(({ audit }, i) => ({ name: `${LONG}${i}${LONG}`, audit }));
    const rows = comparison(names, { width: 80 }).map(plain);
    const first = rows.slice(2, 10).map((row) => row.slice(0, 34));
    expect(new Set(first).size).toBe(8);
  });

  test.each([
    ["comparison.md", undefined],
    ["comparison-sampled.md", 0.0012],
  ])("as %s", async (name, half) => {
    await expect(comparisonMarkdown(resultOf(two(half)))).toMatchFileSnapshot(golden(name));
  });

  test("as Markdown has as many cells in every row, whatever a name holds", () => {
    const hostile = two().map(({ name, audit }) => ({ name: `${name}|<b>*`, audit }));
    const rows = comparisonMarkdown(resultOf(hostile))
      .split("\n")
      .filter((text) => text.startsWith("|"));
    expect(new Set(rows.map((row) => row.split(/(?<!\\)\|/).length)).size).toBe(1);
    expect(rows.join("\n")).not.toContain("<b>");
  });

  test("as JUnit XML has a suite for each latent", async () => {
    await expect(comparisonJunit(resultOf(two()))).toMatchFileSnapshot(golden("comparison-gates.xml"));
  });
});
