import { expect, test } from "vitest";
import type { SpaceShape } from "../../src/measure/result.ts";
import {
  type AuditResult,
  auditMarkdown,
  shapeAlarms,
  shapeCells,
  shapeTable,
} from "../../src/report/index.ts";
import { auditFixture, shapeOf, textOf } from "./fixture.ts";

function withLatent(latent: SpaceShape, original = shapeOf(8.21)): AuditResult {
  return { ...auditFixture(), shape: { original, latent, baseline: null } };
}

test("the table has a column for each space and says what the lines mean where there is room", () => {
  const text = textOf(shapeTable(auditFixture(), { width: 120 }));
  expect(text).toContain("intrinsic dimension");
  expect(text).toContain("PCA to 2");
  expect(text).toContain("8.21 ± 0.33");
  expect(text).toContain("mean cosine");
  for (const line of textOf(shapeTable(auditFixture(), { width: 60 })).split("\n"))
    expect(line.length).toBeLessThanOrEqual(60);
  const narrow = textOf(shapeTable(auditFixture(), { width: 60 }));
  expect(narrow).not.toContain("mean cosine");
  expect(narrow).not.toContain("PCA to 2");
  expect(narrow).toContain("8.21 ± 0.33");
  expect(auditMarkdown(auditFixture())).toContain("| effective rank | 8.46 | 1.99 | 2.04 |");
});

test("lines that nobody has are left out, and hubness that may be anything is not printed", () => {
  const nothing: SpaceShape = {
    ...shapeOf(3),
    intrinsicDimension: null,
    hubness: null,
    effectiveRank: null,
    participationRatio: null,
    anisotropy: null,
    concentration: null,
    components: null,
  };
  const bare = { ...auditFixture(), shape: { original: nothing, latent: nothing, baseline: null } };
  expect(shapeTable(bare, { width: 80 })).toEqual([]);
  const wide = { value: 1, interval: [-6, 8], n: 20, exact: false } as const;
  const { rows } = shapeCells(withLatent({ ...nothing, hubness: wide }, nothing));
  expect(rows.map(({ name, cells }) => [name, ...cells])).toEqual([["hubness", "", "unclear"]]);
});

const healthy = shapeOf(1.93);

test.each<[string, Partial<SpaceShape>, string]>([
  [
    "a collapsed space",
    { collapse: { ...healthy.collapse, constant: true } },
    "the latent has collapsed: all rows are the same",
  ],
  [
    "dead dimensions",
    { collapse: { ...healthy.collapse, deadDimensions: { count: 1, first: [1] } } },
    "1 of 2 dimensions of the latent is dead, not varying: 1",
  ],
  [
    "copied dimensions",
    { collapse: { ...healthy.collapse, duplicateDimensions: { count: 1, first: [[0, 1]] } } },
    "1 pair of dimensions of the latent is a copy of each other: 0 and 1",
  ],
  [
    "few directions",
    { effectiveRank: { value: 0.9, interval: [0.9, 0.9], n: 9, exact: true } },
    "the latent uses about 0.90 of its 2 dimensions",
  ],
  [
    "hubs",
    { hubness: { value: 6.2, interval: [5, 7], n: 9, exact: true } },
    "the latent has hubs: a few rows are among the neighbours of very many others (skewness 6.2)",
  ],
  [
    "concentrated distances",
    { concentration: { value: 0.04, interval: [0.04, 0.04], n: 9, exact: true } },
    "all distances in the latent are nearly equal: nearest means little there",
  ],
  ["pieces", { components: 12 }, "the latent's neighbour graph falls into 12 pieces, the original's into 1"],
])("%s is said in words", (_, change, words) => {
  expect(shapeAlarms(withLatent({ ...healthy, ...change }))).toContain(words);
  expect(shapeAlarms(withLatent(healthy))).not.toContain(words);
});

test("a latent of too few dimensions is said, one of enough is not", () => {
  const words = "the latent has fewer dimensions than the data: intrinsic dimension 8.2 against 2";
  expect(shapeAlarms(withLatent(healthy))).toEqual([words]);
  expect(shapeAlarms(withLatent(healthy, shapeOf(2.05)))).toEqual([]);
});

test("one direction is alarming where angles are compared", () => {
  const latent = {
    ...healthy,
    anisotropy: { value: 0.93, interval: [0.93, 0.93], n: 9, exact: true } as const,
  };
  const result = withLatent(latent, shapeOf(1.9));
  expect(shapeAlarms(result)).toEqual([]);
  const options = { ...result.options, latentMetric: "cosine" } as const;
  expect(shapeAlarms({ ...result, options })[0]).toContain("mean cosine 0.93");
});
