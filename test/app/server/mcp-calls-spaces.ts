import { join } from "node:path";
import { expect } from "vitest";
import { row } from "../../../src/base/index.ts";
import { readMatrix } from "../../../src/data/node-read.ts";
import { driftSchema } from "../../../src/jobs/schema.ts";
import { alignSchema } from "../../../src/jobs/schema-align.ts";
import { anomaliesSchema } from "../../../src/jobs/schema-anomalies.ts";
import { clusterSchema } from "../../../src/jobs/schema-cluster.ts";
import { conformanceSchema } from "../../../src/jobs/schema-conformance.ts";
import { evaluateSchema } from "../../../src/jobs/schema-evaluate.ts";
import { ingestSchema } from "../../../src/jobs/schema-ingest.ts";
import { recommendSchema } from "../../../src/jobs/schema-recommend.ts";
import { searchSchema } from "../../../src/jobs/schema-search.ts";
import { call, first200, linesOf, ROWS, type ToolCall } from "./mcp-call.ts";

/** What spaces are for, and how two of them compare. */
export const SPACES: Readonly<Record<string, ToolCall>> = {
  align: call(
    alignSchema,
    {
      args: {
        from: "digits.npy",
        to: ["digits-pca.npy"],
        with: ["ridge"],
        metric: "euclidean",
        out: "align.onnx",
        ...first200,
      },
      says: /ridge/,
      writes: ["align.onnx"],
      place: "from",
    },
    ({ method, heldOut, map }) => {
      expect([method, map.inputs, map.outputs]).toEqual(["ridge", 64, 2]);
      // PCA is linear: a linear map finds it, shuffled anchors do not.
      expect(heldOut.recall.value).toBeGreaterThan(0.8);
      expect(heldOut.recall.null).toBeLessThan(0.2);
    },
  ),
  drift: call(
    driftSchema,
    {
      args: { old: "digits.npy", new: "digits-umap.npy", points: "moved.csv", ...first200 },
      says: /moved/,
      writes: ["moved.csv"],
      place: "new",
    },
    ({ rows, scores }, folder) => {
      expect(rows).toBe(ROWS);
      const { value, null: chance } = scores.neighborRecall!;
      expect(value).toBeGreaterThan(3 * chance!);
      expect(value).toBeLessThan(0.9);
      expect(linesOf(folder, "moved.csv")).toHaveLength(1 + ROWS);
    },
  ),
  ingest: call(
    ingestSchema,
    {
      args: { space: "codes.npy", store: "index", metric: "euclidean" },
      says: /200/,
      writes: ["index"],
      place: "store",
    },
    ({ rows, store }) => {
      expect(rows).toMatchObject({ added: ROWS, inAll: ROWS });
      expect(store).toMatchObject({ created: true, dims: 4, metric: "euclidean" });
    },
  ),
  search: call(
    searchSchema,
    { args: { space: "index", like: ["12"], nNeighbors: 3, threads: 2 }, says: /12/, place: "space" },
    async ({ answers, rows }, folder) => {
      expect(rows).toBe(ROWS);
      const codes = await readMatrix(join(folder, "codes.npy"));
      const asked = row(codes, 12);
      const length = (i: number) => Math.hypot(...row(codes, i).map((value, j) => value - asked[j]!));
      const nearest = Array.from({ length: ROWS }, (_, i) => i)
        .filter((i) => i !== 12)
        .sort((i, j) => length(i) - length(j));
      const [{ hits }] = answers as [(typeof answers)[number]];
      expect(hits.map(({ name }) => Number(name))).toEqual(nearest.slice(0, 3));
      for (const { name, distance } of hits) expect(distance).toBeCloseTo(length(Number(name)), 3);
    },
  ),
  conformance: call(
    conformanceSchema,
    { args: { store: "index" }, says: /pass/, place: "store" },
    ({ passed, checks, store }) => {
      expect([passed, store.kind]).toEqual([true, "flat"]);
      expect(checks.length).toBeGreaterThan(5);
    },
  ),
  evaluate: call(
    evaluateSchema,
    {
      args: {
        space: "codes.npy",
        queries: ["codes.npy"],
        qrels: "qrels.trec",
        ids: ["docs.txt"],
        queryIds: ["queries.txt"],
        points: "by-query.csv",
        threads: 2,
      },
      says: /nDCG/i,
      writes: ["by-query.csv"],
      place: "qrels",
    },
    ({ systems }, folder) => {
      const [{ scores, queries }] = systems as [(typeof systems)[number]];
      // Each query is its own answer.
      expect([queries.scored, scores.ndcg.value, scores.mrr.value]).toEqual([ROWS, 1, 1]);
      expect(scores.mrr.null).toBeLessThan(0.1);
      expect(linesOf(folder, "by-query.csv")).toHaveLength(1 + ROWS);
    },
  ),
  anomalies: call(
    anomaliesSchema,
    {
      args: {
        normal: "codes.npy",
        points: "applied.npy",
        method: "knn",
        rows: "200:300",
        out: "strange.csv",
        detector: "detector.json",
        threads: 2,
      },
      says: /normal/,
      writes: ["strange.csv", "detector.json"],
      place: "detector",
    },
    ({ rows, flagged, threshold }, folder) => {
      expect(rows).toBe(100);
      expect(threshold.falsePositiveRate).toBeLessThanOrEqual(0.05);
      // Other digits of the same hands: hardly more than the share that was allowed.
      expect(flagged).toBeLessThan(25);
      expect(linesOf(folder, "strange.csv")).toHaveLength(1 + 100);
    },
  ),
  cluster: call(
    clusterSchema,
    {
      args: {
        space: "digits-umap.npy",
        method: "kmeans",
        k: 10,
        runs: 2,
        labels: "digits-labels.npy",
        out: "members.csv",
        ...first200,
      },
      says: /cluster/,
      writes: ["members.csv"],
      place: "labels",
    },
    ({ clusters, agreement }, folder) => {
      expect(clusters.map(({ size }) => size).reduce((a, b) => a + b)).toBe(ROWS);
      expect(agreement!.adjustedRand.value).toBeGreaterThan(0.5);
      expect(linesOf(folder, "members.csv")).toHaveLength(1 + ROWS);
    },
  ),
  recommend: call(
    recommendSchema,
    {
      args: { ratings: "ratings.csv", liked: "a0,a3,a6", top: 4, nFactors: 4, threads: 2 },
      says: /a\d/,
      place: "ratings",
    },
    ({ inputs, lists }) => {
      expect(inputs[0]).toMatchObject({ users: 24, items: 24, interactions: 192 });
      const [{ items }] = lists as [(typeof lists)[number]];
      expect(items.map(({ id }) => id[0])).toEqual(["a", "a", "a", "a"]);
    },
  ),
};
