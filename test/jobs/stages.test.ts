import { expect, test } from "vitest";
import type { Progress } from "../../src/base/index.ts";
import { AUDIT_STAGES, auditStages, FIT_STAGES, overall, part } from "../../src/jobs/stages.ts";

const DEFAULTS = {
  baseline: "pca",
  achievable: "smacof",
  metric: "euclidean",
  latentMetric: "euclidean",
  points: undefined,
  holdout: undefined,
};

function recorder(): { seen: Progress[]; onProgress: (progress: Progress) => void } {
  const seen: Progress[] = [];
  return { seen, onProgress: (progress) => seen.push(progress) };
}

test("the shares of an audit are a whole", () => {
  expect(AUDIT_STAGES.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
});

test("a stage that tells what it minimises has it as its detail, until it ends", () => {
  const { seen, onProgress } = recorder();
  const told = overall(part({ onProgress }, "umap", 0, 2), FIT_STAGES).onProgress!;
  told({ stage: "neighbours", done: 1, total: 1 });
  told({ stage: "fitting", done: 20, total: 200, objective: 0.449561 });
  told({ stage: "fitting", done: 21, total: 200 });
  told({ stage: "values", done: 1, total: 2 });
  expect(seen.map(({ stage, detail }) => [stage, detail])).toEqual([
    ["umap: finding neighbours", undefined],
    ["umap: fitting", "step 20 of 200, 0.4496"],
    ["umap: fitting", "step 20 of 200, 0.4496"],
    ["umap: mapping", undefined],
  ]);
});

test("stages become one progress in the words of a person, which never goes back", () => {
  const { seen, onProgress } = recorder();
  const told = overall({ onProgress }, AUDIT_STAGES).onProgress!;
  told({ stage: "reading", done: 5, total: 10 });
  told({ stage: "pass 1 of 2", done: 10, total: 10 });
  // Both spaces are refined: the second starts again from 0.
  told({ stage: "refining", done: 1, total: 1 });
  told({ stage: "refining", done: 0, total: 1 });
  told({ stage: "something new", done: 1, total: 2 });
  told({ stage: "pass 2 of 2", done: 3, total: 3 });
  told({ stage: "landmarks", done: 16, total: 16 });
  told({ stage: "all ranks", done: 1, total: 2 });
  told({ stage: "shape", done: 1, total: 1 });
  expect(seen.map(({ stage }) => stage)).toEqual([
    "reading",
    "finding neighbours",
    "checking neighbours",
    "checking neighbours",
    "something new",
    "ranking distances",
    "ranking distances",
    "ranking all rows",
    "comparing shapes",
  ]);
  const done = seen.map((progress) => progress.done);
  expect(done[0]).toBe(20);
  // A stage beside the others adds its own share alone.
  expect(done[6]! - done[5]!).toBe(20);
  expect(done.at(-1)).toBe(1000);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(seen.every(({ total }) => total === 1000)).toBe(true);
});

test("references are fitted before the passes and measured beside them", () => {
  const { seen, onProgress } = recorder();
  const told = overall({ onProgress }, auditStages(DEFAULTS)).onProgress!;
  told({ stage: "scaling", done: 1, total: 1 });
  told({ stage: "fitting", done: 1, total: 1 });
  told({ stage: "pass 1 of 2", done: 1, total: 2 });
  told({ stage: "achievable", done: 1, total: 1 });
  told({ stage: "pass 2 of 2", done: 3, total: 3 });
  told({ stage: "shape", done: 1, total: 1 });
  expect(seen.map(({ stage }) => stage)).toEqual([
    "fitting SMACOF",
    "fitting PCA",
    "finding neighbours",
    "finding neighbours",
    "ranking distances",
    "comparing shapes",
  ]);
  expect(seen[1]!.done).toBeLessThan(160);
  expect(seen[3]!.done).toBeLessThan(400);
  expect(seen.at(-1)!.done).toBe(1000);
});

test("geodesics are found before the passes, in both spaces", () => {
  const { seen, onProgress } = recorder();
  const stages = auditStages({ ...DEFAULTS, baseline: "none", achievable: "none", metric: "geodesic" });
  const told = overall({ onProgress }, stages).onProgress!;
  for (const stage of ["preparing", "graph", "geodesics", "graph", "geodesics", "pass 1 of 2"]) {
    told({ stage, done: 1, total: 1 });
  }
  expect(seen.slice(1, 3).map(({ stage }) => stage)).toEqual(["joining neighbours", "finding geodesics"]);
  const done = seen.map((progress) => progress.done);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done[2]).toBeLessThan(700);
  expect(done.at(-1)).toBeLessThan(1000);
});

test("points and held-out rows add their parts, in the order in which they come", () => {
  const plain = { ...DEFAULTS, baseline: "none", achievable: "none" };
  expect(auditStages(plain)).toEqual(AUDIT_STAGES);
  const { seen, onProgress } = recorder();
  const stages = auditStages({ ...plain, points: "p.csv", holdout: "0:50" });
  const told = overall({ onProgress }, stages).onProgress!;
  const order = ["pass 2 of 2", "held out: pass 1 of 2", "seen: pass 1 of 2", "points", "writing points"];
  for (const stage of order) told({ stage, done: 1, total: 1 });
  expect(seen.map(({ stage }) => stage)).toEqual([
    "ranking distances",
    "rows held out: finding neighbours",
    "rows seen: finding neighbours",
    "looking at points",
    "writing points",
  ]);
  const done = seen.map((progress) => progress.done);
  expect(done).toEqual([...new Set(done)].toSorted((a, b) => a - b));
  expect(done.at(-1)).toBeGreaterThanOrEqual(999);
});

test("parts share one progress under their names", () => {
  const { seen, onProgress } = recorder();
  part({ onProgress }, "UMAP", 2, 3).onProgress!({ stage: "reading", done: 250, total: 1000 });
  expect(seen).toEqual([{ stage: "UMAP: reading", done: 2250, total: 3000 }]);
});

test("a watch that nobody listens to stays as it is", () => {
  const { signal } = new AbortController();
  expect(overall({ signal }, AUDIT_STAGES)).toEqual({ signal });
  expect(part({ signal }, "PCA", 0, 3)).toEqual({ signal });
});
