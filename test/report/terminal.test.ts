import { describe, expect, test } from "vitest";
import { SCORE_NAMES, SCORES } from "../../src/measure/index.ts";
import type { ScoreName } from "../../src/measure/result.ts";
import {
  auditMarkdown,
  auditReport,
  comparison,
  grade,
  headline,
  JUDGED_NAMES,
  lessIsBetter,
  markOf,
  nearWords,
  plain,
  width,
} from "../../src/report/index.ts";
import { auditFixture, scoreOf, stretchOf, textOf } from "./fixture.ts";

const golden = (name: string) => new URL(`../golden/${name}.txt`, import.meta.url).pathname;

describe("the report of an audit", () => {
  test("exact, 80 columns", async () => {
    await expect(textOf(auditReport(auditFixture(), { width: 80 }))).toMatchFileSnapshot(
      golden("report-exact-80"),
    );
  });

  test("sampled, 80 columns", async () => {
    const text = textOf(auditReport(auditFixture(0.0012), { width: 80 }));
    await expect(text).toMatchFileSnapshot(golden("report-sampled-80"));
  });

  test("sampled, 120 columns", async () => {
    const text = textOf(auditReport(auditFixture(0.0012), { width: 120 }));
    await expect(text).toMatchFileSnapshot(golden("report-sampled-120"));
  });

  test.each([60, 80, 120])("no line but a command is wider than %i columns", (columns) => {
    const commands = auditFixture().next.map(({ command }) => `  ${command}`);
    for (const half of [undefined, 0.0012]) {
      const wide = auditReport(auditFixture(half), { width: columns }).map(plain);
      const offending = wide.filter(
        (text) => width(text) > Math.max(columns, 78) && !commands.includes(text),
      );
      expect(offending).toEqual([]);
    }
  });

  test("hostile names do not reach the terminal as control characters", () => {
    const fixture = auditFixture();
    const evil = { ...fixture.inputs[0]!, path: "a\u001b[31m\nb.npy" };
    const points = [{ ...fixture.witnesses.points[0]!, label: "\u0007\u001b]0;x" }];
    const result = { ...fixture, inputs: [evil], witnesses: { ...fixture.witnesses, points } };
    expect(textOf(auditReport(result, { width: 80 })).replaceAll("\n", "")).not.toMatch(/\p{Control}/u);
  });

  test("a worst case that was seen among some is said to be at least that", () => {
    const fixture = auditFixture(0.0012);
    const said = (half: number | undefined): string => {
      const own = scoreOf(15_141.68, "pairs", half);
      const interval = half === undefined ? own.interval : ([own.value, half] as const);
      const covering = { "0.99": 1, "0.95": 1, "0.9": 1 };
      const distortion = { ...own, interval, expansion: 1, contraction: 1, covering };
      const result = { ...fixture, scores: { ...fixture.scores, distortion } };
      return `${textOf(auditReport(result, { width: 200 }))}${auditMarkdown(result)}`;
    };
    const sampled = said(Number.POSITIVE_INFINITY);
    expect(sampled).toContain("distortion at least 15,142");
    expect(sampled).toContain("| **15,142** | at least |");
    expect(said(undefined)).not.toContain("at least");
  });

  test("an isometry has no worst points and pairs", () => {
    const fixture = auditFixture();
    const pair = { ...fixture.witnesses.stretched[0]!, stretch: 1.0001 };
    const point = { ...fixture.witnesses.points[0]!, trustworthiness: 1, continuity: 0.99999 };
    const witnesses = { stretched: [pair], shrunk: [{ ...pair, stretch: 0.9999 }], points: [point] };
    expect(textOf(auditReport({ ...fixture, witnesses }, { width: 80 }))).not.toContain("Worst");
  });

  test("scores that were not asked for leave no trace", () => {
    const fixture = auditFixture();
    const only = { ...fixture, scores: { continuity: scoreOf(0.9, "points") } };
    const text = textOf(auditReport(only, { width: 80 }));
    expect(text).toContain("Neighbourhoods are only roughly right (continuity 0.900).");
    expect(text).not.toContain("Stretch  latent");
  });
});

describe("the headline follows its rules", () => {
  const near = (value: number, recall = 0.9) => ({
    trustworthiness: scoreOf(value, "points"),
    neighborRecall: scoreOf(recall, "points"),
  });
  test.each([
    [0.95, 0.9, "Neighbourhoods can be trusted (trustworthiness 0.950)."],
    [
      0.95,
      0.4,
      "right in the large (trustworthiness 0.950) but not in detail (6.0 of 15 neighbours are the same).",
    ],
    [0.949, 0.9, "Neighbourhoods are only roughly right (trustworthiness 0.949)."],
    [0.85, 0.9, "Neighbourhoods cannot be trusted (trustworthiness 0.850)."],
    [Number.NaN, 0.9, "Neighbourhoods cannot be trusted"],
  ])("trustworthiness %d, recall %d", (value, recall, expected) => {
    expect(headline(near(value, recall), 15)).toContain(expected);
  });

  test.each([
    [1.0005, "an isometry of the original: every distance is 0.4321 times"],
    [1.09, "can be trusted (trustworthiness 1.000), and distances are kept"],
    [1.5, "and distances are nearly kept"],
    [3, "but distances are only rough"],
    [3.01, "but distances cannot be trusted"],
    [Number.POSITIVE_INFINITY, "but distances cannot be trusted"],
  ])("stretch %d", (value, expected) => {
    const scores = { ...near(1, 1), stretch: { ...stretchOf(1), value } };
    expect(headline(scores, 15)).toContain(expected);
  });

  test("a space that is an isometry only locally is called that", () => {
    const { near, ...rest } = stretchOf(6.2);
    const stretch = { ...rest, near: { ...near, value: 1.02 } };
    expect(headline({ stretch }, 15)).toContain(
      "Distances are kept only between near neighbours: over the middle",
    );
    expect(nearWords(stretch)).toContain("shrunk 2.1x relative to all pairs. Among themselves they keep");
    expect(nearWords(stretchOf(6.2))).not.toContain("locally");
  });

  test("the lesser of trustworthiness and continuity decides", () => {
    const scores = { trustworthiness: scoreOf(0.99, "points"), continuity: scoreOf(0.6, "points") };
    expect(headline(scores, 15)).toBe("Neighbourhoods cannot be trusted (continuity 0.600).");
  });
});

test("which way is better is what the scores say", () => {
  for (const name of SCORE_NAMES) {
    expect([name, lessIsBetter(name)]).toEqual([name, SCORES[name].better === "lower"]);
  }
});

test("grades go the right way for every score", () => {
  for (const name of JUDGED_NAMES) {
    const [best, worst] = lessIsBetter(name) ? [name === "stretch" ? 1 : 0, 100] : [1, 0];
    expect([name, grade(name, best), grade(name, worst)]).toEqual([name, "good", "bad"]);
    expect(grade(name, Number.NaN)).toBe("bad");
  }
});

describe("the comparison", () => {
  const base = auditFixture();
  const worse = {
    ...base,
    scores: { ...base.scores, stretch: stretchOf(20), stress: scoreOf(0.1, "pairs", undefined, 0) },
  };
  const compared = [
    { name: "PCA", audit: base },
    { name: "UMAP", audit: worse },
  ];

  test("marks the best of each row, in the direction of the score", () => {
    const marks = (name: ScoreName) => {
      const all = compared.map(({ audit }) => audit.scores[name]!);
      return all.map((own) => markOf(name, own, all));
    };
    expect(marks("stretch")).toEqual(["*", ""]);
    expect(marks("stress")).toEqual(["", "*"]);
    expect(marks("trustworthiness")).toEqual(["*", "*"]);
  });

  test("80 columns", async () => {
    await expect(textOf(comparison(compared, { width: 80 }))).toMatchFileSnapshot(golden("comparison-80"));
  });
});

describe("a latent that says nothing of the original", () => {
  const chance = {
    trustworthiness: scoreOf(0.501, "points"),
    continuity: scoreOf(0.503, "points"),
    distanceSpearman: scoreOf(0.005, "pairs"),
    stretch: stretchOf(2.3),
  };

  test("is told so, whatever its stretch", () => {
    expect(headline(chance, 15)).toContain("no better than chance. Are the rows of both in the same order?");
    const some = { ...chance, continuity: scoreOf(0.6, "points") };
    expect(headline(some, 15)).toContain("the order of distances is lost (rank correlation 0.01)");
    const ordered = { ...some, distanceSpearman: scoreOf(0.8, "pairs") };
    expect(headline(ordered, 15)).toContain("distances are only rough");
  });
});

test("an isometry of points with ties is still an isometry", () => {
  const scores = {
    trustworthiness: scoreOf(1, "points"),
    continuity: scoreOf(0.99999, "points"),
    neighborRecall: scoreOf(0.9984, "points"),
    stretch: stretchOf(1),
  };
  expect(headline(scores, 15)).toMatch(/^This latent is an isometry/);
});
