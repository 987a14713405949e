import { beforeAll, describe, expect, it } from "vitest";
import {
  collectRows,
  gatherRows,
  type Matrix,
  matrix,
  permutation,
  quantile,
  rng,
  sampleWithoutReplacement,
} from "../../src/base/index.ts";
import { makeSynthetic } from "../../src/data/synthetic/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { pca, project } from "../../src/linalg/index.ts";
import { type Audit, type AuditOptions, audit } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";
import { floydWarshall, order } from "../neighbors/truth.ts";

const ROWS = 60;
const GRAPH = 7;

/** Straight distances of all pairs. */
function straight(m: Matrix): number[][] {
  const all = Array.from({ length: m.rows }, (_, i) => i);
  return all.map((i) => all.map((j) => Math.sqrt(order(m, i, m, j, "euclidean"))));
}

const sum = (v: readonly number[]) => v.reduce((total, value) => total + value, 0);

function pearson(u: readonly number[], v: readonly number[]): number {
  const [a, b] = [sum(u) / u.length, sum(v) / v.length];
  const cross = (p: readonly number[], q: readonly number[], mp: number, mq: number) =>
    sum(p.map((value, i) => (value - mp) * (q[i]! - mq)));
  return cross(u, v, a, b) / Math.sqrt(cross(u, u, a, a) * cross(v, v, b, b));
}

/** Ranks from 1; ties, if any, are of no weight here. */
function ranks(values: readonly number[]): number[] {
  const sorted = values.map((_, i) => i).sort((p, q) => values[p]! - values[q]!);
  const out: number[] = [];
  sorted.forEach((i, rank) => {
    out[i] = rank + 1;
  });
  return out;
}

/** The k nearest of row i. */
function nearest(d: readonly number[], i: number, k: number): number[] {
  return d
    .map((_, j) => j)
    .filter((j) => j !== i)
    .sort((p, q) => d[p]! - d[q]! || p - q)
    .slice(0, k);
}

/** What the scores must be, from two full tables and the pairs (slot, row) that are looked at. */
function scoresFrom(dx: number[][], dz: number[][], slots: readonly number[], once: boolean, k: number) {
  const pairs = slots.flatMap((i) =>
    dx.map((_, j) => [i, j] as const).filter(([, j]) => (once ? i < j : i !== j)),
  );
  const [x, z] = [pairs.map(([i, j]) => dx[i]![j]!), pairs.map(([i, j]) => dz[i]![j]!)];
  const logs = Float64Array.from(x, (length, p) => Math.log(z[p]! / length)).sort();
  const xz = sum(x.map((length, p) => length * z[p]!));
  const squares = sum(x.map((v) => v * v)) * sum(z.map((v) => v * v));
  const n = dx.length;
  const trust = slots.map((i) => {
    const far = new Set(nearest(dx[i]!, i, k));
    const all = nearest(dx[i]!, i, n - 1);
    return sum(nearest(dz[i]!, i, k).map((j) => (far.has(j) ? 0 : all.indexOf(j) + 1 - k)));
  });
  return {
    distancePearson: pearson(x, z),
    distanceSpearman: pearson(ranks(x), ranks(z)),
    stress: Math.sqrt(1 - xz ** 2 / squares),
    stretch: Math.exp(quantile(logs, 0.95) - quantile(logs, 0.05)),
    scale: Math.exp(quantile(logs, 0.5)),
    trustworthiness: 1 - (2 * sum(trust)) / (slots.length * k * (2 * n - 3 * k - 1)),
    neighborRecall:
      sum(slots.map((i) => nearest(dx[i]!, i, k).filter((j) => nearest(dz[i]!, i, k).includes(j)).length)) /
      (k * slots.length),
  };
}

function expectScores({ scores }: Audit, truth: ReturnType<typeof scoresFrom>): void {
  for (const name of ["distancePearson", "stress", "trustworthiness", "neighborRecall"] as const) {
    expect(Math.abs(scores[name]!.value - truth[name]), name).toBeLessThan(1e-6);
  }
  expect(Math.abs(scores.distanceSpearman!.value - truth.distanceSpearman)).toBeLessThan(1e-5);
  expect(Math.abs(scores.stretch!.value / truth.stretch - 1)).toBeLessThan(2e-4);
  expect(Math.abs(scores.stretch!.scale.median / truth.scale - 1)).toBeLessThan(2e-4);
}

describe("an audit with geodesics is the audit of two tables of shortest paths", () => {
  const x = gaussian(rng(1), ROWS, 3);
  const z = mapMatrix(
    matrix(
      x.data.filter((_, at) => at % 3 < 2),
      ROWS,
      2,
    ),
    (v) => Math.sinh(v),
  );
  const [gx, gz] = [floydWarshall(x, GRAPH), floydWarshall(z, GRAPH)];
  const cases = [
    ["both", { metric: "geodesic", latentMetric: "geodesic" }, gx, gz],
    ["the original", { metric: "geodesic" }, gx, straight(z)],
    ["the latent", { latentMetric: "geodesic" }, straight(x), gz],
  ] as const;
  const all = Array.from({ length: ROWS }, (_, i) => i);
  for (const [where, metrics, dx, dz] of cases) {
    it(`in ${where}: all rows, and anchors`, async () => {
      expect(sum(dx.flat()) + sum(dz.flat())).toBeLessThan(1e9);
      const options: AuditOptions = { ...metrics, graphNeighbors: GRAPH, nNeighbors: 6 };
      const exact = await audit(x, z, options);
      expect(exact.options).toMatchObject({ graphNeighbors: GRAPH, sample: "exact", ...metrics });
      expect(exact.warnings).toEqual([
        { code: "scores-left-out", message: expect.stringContaining("silhouette, ") },
      ]);
      expectScores(exact, scoresFrom(dx, dz, all, true, 6));

      // Fewer than all rows: those that an audit of this seed draws.
      const anchors = [...sampleWithoutReplacement(rng(0).split("anchors"), ROWS, 20)];
      const sampled = await audit(x, z, { ...options, sample: 20 });
      expectScores(sampled, scoresFrom(dx, dz, anchors, false, 6));
      expect(sampled.scores.stretch!.certificate).toBeNull();
      expect((await audit(x, z, { sample: 20 })).scores.stretch!.certificate).not.toBeNull();
    });
  }
});

describe("the Swiss roll", () => {
  let roll: Matrix;
  let flat: Matrix;
  let straightMap: Matrix;
  beforeAll(async () => {
    const made = makeSynthetic("swiss-roll", { rows: 2000, seed: 0 });
    [roll, flat] = [await collectRows(made.rows), await collectRows(made.truth)];
    const options = { engine: await findEngine({}), seed: 0 };
    straightMap = await project(roll, await pca(roll, 2, options), options);
  });
  const stretchOf = async (x: Matrix, z: Matrix, options: AuditOptions) =>
    (await audit(x, z, { ...options, scores: ["stretch"] })).scores.stretch!;

  it("and its true parameters are nearly isometric along the data, and not by straight distance", async () => {
    const along = await stretchOf(roll, flat, { metric: "geodesic" });
    expect(along.value).toBeLessThan(1.08);
    expect(along.within["0.1"]).toBeGreaterThan(0.98);
    // Paths turn from row to row: they are a little too long.
    expect(along.scale.median).toBeGreaterThan(0.95);
    expect(along.scale.median).toBeLessThan(1);
    expect((await stretchOf(roll, flat, {})).value).toBeGreaterThan(6);
    const both = await stretchOf(roll, flat, { metric: "geodesic", latentMetric: "geodesic" });
    expect(both.value).toBeLessThan(1.005);
  });

  it("and its PCA are isometric by neither (negative control)", async () => {
    expect((await stretchOf(roll, straightMap, { metric: "geodesic" })).value).toBeGreaterThan(6);
    expect((await stretchOf(roll, straightMap, {})).value).toBeGreaterThan(3);
    const both = { metric: "geodesic", latentMetric: "geodesic" } as const;
    expect((await stretchOf(roll, straightMap, both)).value).toBeGreaterThan(3);
  });

  it("and a copy of another scale differ by pure scale", async () => {
    const thrice = await stretchOf(
      roll,
      mapMatrix(roll, (v) => 3 * v),
      { metric: "geodesic", latentMetric: "geodesic" },
    );
    expect(thrice.value).toBeLessThan(1 + 2e-4);
    expect(Math.abs(thrice.scale.median - 3)).toBeLessThan(1e-3);
    const one = await stretchOf(roll, flat, { metric: "geodesic" });
    const other = await stretchOf(
      roll,
      mapMatrix(flat, (v) => 3 * v),
      { metric: "geodesic" },
    );
    expect(Math.abs(other.value / one.value - 1)).toBeLessThan(2e-4);
    expect(Math.abs(other.scale.median / one.scale.median / 3 - 1)).toBeLessThan(2e-4);
  });

  it("shuffled is at the null", async () => {
    const { scores } = await audit(roll, gatherRows(flat, permutation(rng(3), 2000)), { metric: "geodesic" });
    expect(Math.abs(scores.stretch!.value / scores.stretch!.null - 1)).toBeLessThan(0.03);
    expect(Math.abs(scores.tripletAccuracy!.value - 0.5)).toBeLessThan(0.02);
    expect(Math.abs(scores.distancePearson!.value)).toBeLessThan(0.02);
  });
});

describe("options of geodesics", () => {
  const x = gaussian(rng(5), 30, 3);

  it("say how the rows were sampled", async () => {
    const many = gaussian(rng(6), 2001, 2);
    const scores = ["stress", "tripletAccuracy"] as const;
    const { options, scores: found } = await audit(many, many, { metric: "geodesic", scores });
    expect(options).toMatchObject({ sample: 500, graphNeighbors: 10 });
    expect(found.tripletAccuracy).toMatchObject({ value: expect.any(Number), n: 40_000 });
    const fewer = await audit(many, many, { metric: "geodesic", scores, sample: 9 });
    expect(fewer.options.sample).toBe(9);
    const exact = await audit(many, many, { metric: "geodesic", scores, exact: true });
    expect(exact.options.sample).toBe("exact");
  });

  it("refuse more than can be held, with what is possible", async () => {
    const large = matrix(new Float32Array(10_001), 10_001, 1);
    await expect(audit(large, large, { metric: "geodesic", exact: true })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("exact must leave at most 9999 anchors"),
    });
    await expect(audit(large, large, { latentMetric: "geodesic", sample: 10_000 })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("sample must leave at most 9999 anchors"),
    });
  });

  it("k of the graph is from 1 to n - 1, 10 where there are so many, and for geodesics only", async () => {
    const small = gaussian(rng(7), 5, 2);
    const { options } = await audit(small, small, { metric: "geodesic", nNeighbors: 1 });
    expect(options.graphNeighbors).toBe(4);
    expect((await audit(x, x, { nNeighbors: 3 })).options.graphNeighbors).toBeNull();
    for (const graphNeighbors of [0, 30, 1.5]) {
      await expect(audit(x, x, { metric: "geodesic", graphNeighbors })).rejects.toMatchObject({
        code: "bad-option",
      });
    }
    await expect(audit(x, x, { graphNeighbors: 5 })).rejects.toMatchObject({ code: "bad-option" });
  });

  it("three rows, equal rows and parts are no reason to stop", async () => {
    const three = matrix([0, 1, 5], 3, 1);
    const { scores } = await audit(three, three, {
      metric: "geodesic",
      latentMetric: "geodesic",
      nNeighbors: 1,
      graphNeighbors: 1,
    });
    expect(scores.stretch!.value).toBeLessThan(1 + 2e-4);
    await expect(
      audit(matrix(new Float32Array(12), 12, 1), gaussian(rng(8), 12, 1), {
        metric: "geodesic",
        nNeighbors: 2,
      }),
    ).rejects.toMatchObject({ code: "bad-value" });

    const apart = mapMatrix(x, (v, _, row) => v + (row < 10 ? 100 : 0));
    const { warnings } = await audit(apart, x, {
      metric: "geodesic",
      nNeighbors: 3,
      graphNeighbors: 4,
      names: ["data", "map"],
    });
    expect(warnings).toMatchObject([{ code: "graph-in-parts", count: 2 }, { code: "scores-left-out" }]);
    expect(warnings[0]!.message).toContain("of data is in 2 parts (10 rows outside of the largest)");
  });

  it("the same bytes on any number of threads, parts and all", async () => {
    const apart = mapMatrix(gaussian(rng(9), 900, 5), (v, _, row) => v + 20 * (row % 7));
    const z = gaussian(rng(10), 900, 2);
    const run = async (threads: number) => {
      const { engine, ...rest } = await audit(apart, z, {
        metric: "geodesic",
        latentMetric: "geodesic",
        graphNeighbors: 4,
        sample: 100,
        threads,
      });
      return JSON.stringify(rest);
    };
    expect(await run(3)).toBe(await run(1));
  });
});
