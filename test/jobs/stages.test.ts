import { expect, test } from "vitest";
import type { Progress } from "../../src/base/index.ts";
import { AUDIT_STAGES, auditStages, BASELINE_STAGES, overall, part } from "../../src/jobs/stages.ts";

function recorder(): { seen: Progress[]; onProgress: (progress: Progress) => void } {
  const seen: Progress[] = [];
  return { seen, onProgress: (progress) => seen.push(progress) };
}

test("the shares of an audit are a whole", () => {
  expect(AUDIT_STAGES.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
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
  expect(seen.map(({ stage }) => stage)).toEqual([
    "reading",
    "finding neighbours",
    "checking neighbours",
    "checking neighbours",
    "something new",
    "ranking distances",
  ]);
  const done = seen.map((progress) => progress.done);
  expect(done[0]).toBe(20);
  expect(done.at(-1)).toBe(1000);
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(seen.every(({ total }) => total === 1000)).toBe(true);
});

test("a baseline is fitted before the passes", () => {
  const { seen, onProgress } = recorder();
  const told = overall({ onProgress }, BASELINE_STAGES).onProgress!;
  told({ stage: "fitting", done: 1, total: 1 });
  told({ stage: "pass 1 of 2", done: 1, total: 2 });
  told({ stage: "pass 2 of 2", done: 3, total: 3 });
  expect(seen.map(({ stage }) => stage)).toEqual(["fitting PCA", "finding neighbours", "ranking distances"]);
  expect(seen[0]!.done).toBeLessThan(160);
  expect(seen.at(-1)!.done).toBeGreaterThan(998);
});

test("points and held-out rows add their parts, in the order in which they come", () => {
  const plain = { baseline: "none", points: undefined, holdout: undefined };
  expect(auditStages(plain)).toEqual(AUDIT_STAGES);
  expect(auditStages({ ...plain, baseline: "pca" })).toEqual(BASELINE_STAGES);
  const { seen, onProgress } = recorder();
  const stages = auditStages({ ...plain, points: "p.csv", holdout: "0:50" });
  const told = overall({ onProgress }, stages).onProgress!;
  const order = ["pass 2 of 2", "points", "held out: pass 1 of 2", "seen: pass 1 of 2", "writing points"];
  for (const stage of order) told({ stage, done: 1, total: 1 });
  expect(seen.map(({ stage }) => stage)).toEqual([
    "ranking distances",
    "looking at points",
    "rows held out: finding neighbours",
    "rows seen: finding neighbours",
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
