import { expect, test } from "vitest";
import type { Holdout, Scores } from "../../src/measure/result.ts";
import { type AuditResult, auditReport, holdoutWords, plain, width } from "../../src/report/index.ts";
import { auditFixture, scoreOf, stretchOf, textOf } from "./fixture.ts";

const scores = (trust: number): Scores => ({
  trustworthiness: scoreOf(trust, "points", 0.01),
  continuity: scoreOf(trust + 0.01, "points", 0.01),
  stress: scoreOf(1 - trust, "pairs", 0.01, 0),
  stretch: stretchOf(9 - 4 * trust, 0.2),
  lcmc: scoreOf(trust / 2, "points", 0.01),
});

const gap: Holdout = {
  rows: 2000,
  anchors: 400,
  heldOut: scores(0.91),
  seen: scores(0.97),
  worse: ["lcmc", "trustworthiness", "continuity", "stress", "stretch"],
};

const told = (worse: Holdout["worse"]): AuditResult => ({
  ...auditFixture(),
  holdout: { ...gap, worse, from: "a/rather/long/path/to/a/file/of/row/numbers/that/takes/room.npy" },
  points: { path: "points.parquet", rows: 1797, columns: ["row", "trust"] },
});

test("words of rows held out name the lesser score, and what is worse: judged scores first", () => {
  expect(holdoutWords(gap)).toBe(
    "Rows that the map never saw (2,000): trustworthiness 0.910 against 0.970 of rows that it saw. " +
      "Worse beyond chance: trustworthiness, continuity, stress, stretch and 1 more. " +
      "New rows fare worse than this report says of all rows.",
  );
  expect(holdoutWords({ ...gap, worse: ["lcmc"] })).toContain("Worse beyond chance: lcmc. New");
  expect(holdoutWords({ ...gap, worse: [] })).toMatch(/No score is worse beyond chance\.$/);
  expect(holdoutWords({ ...gap, heldOut: {}, seen: {} })).toContain("were not scored");
  const only = { stretch: stretchOf(3, 0.2) };
  expect(holdoutWords({ ...gap, heldOut: only, seen: only })).toContain("stretch 3.000 against 3.000");
});

test.each([60, 80, 120])("the report has both groups side by side, within %i columns", (columns) => {
  const lines = auditReport(told(["stress"]), { width: columns });
  const text = textOf(lines);
  const intervals =
    /never seen +95 % interval +seen +95 % interval\n {2}trustworthiness +0\.9100 +\[0\.9000, 0\.9200\] +0\.9700 +\[0\.9600, 0\.9800\]/;
  const values = /never seen +seen\n {2}trustworthiness +0\.9100 +0\.9700\n/;
  expect(text).toMatch(columns < 76 ? values : intervals);
  expect(text).toContain("Point by point  1,797 rows, 2 columns in points.parquet");
  const commands = auditFixture().next.map(({ command }) => `  ${command}`);
  const wide = lines
    .map(plain)
    .filter((shown) => width(shown) > Math.max(columns, 78) && !commands.includes(shown));
  expect(wide).toEqual([]);
  expect(
    lines.some((spans) =>
      spans.some(({ text: shown, style }) => style === "bad" && shown.trim() === "0.0900"),
    ),
  ).toBe(true);
});

test("an audit without either says nothing of them", () => {
  expect(textOf(auditReport(auditFixture(), { width: 80 }))).not.toMatch(/held out|Point by point/);
});
