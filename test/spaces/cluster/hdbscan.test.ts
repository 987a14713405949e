import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, permutation, rng } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { adjustedRand } from "../../../src/measure/separation.ts";
import {
  allLengths,
  makeSpace,
  nearestNeighbors,
  type StraightMetric,
} from "../../../src/neighbors/index.ts";
import { boxesOf } from "../../../src/spaces/cluster/boxes.ts";
import { type Hdbscan, hdbscan } from "../../../src/spaces/cluster/index.ts";
import { nearestRows } from "../../../src/spaces/cluster/near.ts";
import { reachabilityTree } from "../../../src/spaces/cluster/reachability.ts";
import { gaussian, mapMatrix, rotate } from "../../matrices.ts";
import { doubles, pointsOf, reference } from "./reference.ts";

const engine = await findEngine({ threads: 2 });

async function treeOf(points: Matrix, metric: StraightMetric, minSamples: number) {
  return reachabilityTree(
    await makeSpace(points, metric, { engine, name: "points" }),
    minSamples,
    engine,
    {},
  );
}

/** Kruskal's algorithm over all pairs. */
async function slowTree(points: Matrix, metric: StraightMetric, minSamples: number) {
  const n = points.rows;
  const space = await makeSpace(points, metric, { engine, name: "points" });
  const all = Int32Array.from({ length: n }, (_, i) => i);
  const lengths = await allLengths(space, all, engine, {});
  const cores = Float64Array.from(all, (i) => lengths.slice(i * n, (i + 1) * n).sort()[minSamples - 1]!);
  const pairs = Array.from(all).flatMap((i) =>
    Array.from({ length: n - 1 - i }, (_, p) => {
      const [j, d] = [i + 1 + p, lengths[i * n + i + 1 + p]!];
      return { i, j, d, reach: Math.max(d, cores[i]!, cores[j]!) };
    }),
  );
  pairs.sort((a, b) => a.reach - b.reach || a.d - b.d || a.i - b.i || a.j - b.j);
  const parts = all.slice();
  return pairs.filter(({ i, j }) => {
    const [a, b] = [parts[i]!, parts[j]!];
    if (a === b) return false;
    parts.forEach((part, at) => {
      if (part === b) parts[at] = a;
    });
    return true;
  });
}

describe("the tree of mutual reachability", () => {
  const wide = gaussian(rng(1), 250, 24);
  const grouped = mapMatrix(gaussian(rng(2), 300, 3), (value, _, row) => value + 40 * (row % 3));
  it.each([
    ["one cloud of 24 dimensions", wide, "euclidean", 5],
    ["three groups far apart", grouped, "euclidean", 10],
    ["three groups, 60 neighbours", grouped, "euclidean", 60],
    ["single linkage", grouped, "euclidean", 1],
    ["directions", wide, "cosine", 5],
    ["blocks of a town", grouped, "manhattan", 4],
  ] as const)("is that of all pairs: %s", async (_, points, metric, minSamples) => {
    const { from, to, lengths } = await treeOf(points, metric, minSamples);
    const slow = await slowTree(points, metric, minSamples);
    expect(Array.from(from, (i, e) => [i, to[e]])).toEqual(slow.map(({ i, j }) => [i, j]));
    slow.forEach(({ reach }, e) => {
      expect(lengths[e]! / reach).toBeCloseTo(1, 12);
    });
  });

  it("is found however many parts there are, and where rows are equal", async () => {
    const points = mapMatrix(gaussian(rng(3), 400, 2), (value, _, row) =>
      Math.round(value + 30 * Math.floor(row / 20)),
    );
    const { lengths } = await treeOf(points, "euclidean", 3);
    const slow = await slowTree(points, "euclidean", 3);
    expect(lengths.filter((length) => length === 0).length).toBeGreaterThan(10);
    slow.forEach(({ reach }, e) => {
      expect(lengths[e]!).toBeCloseTo(reach, 6);
    });
  });

  it.each([
    [2, "euclidean", 15],
    [3, "manhattan", 4],
    [3, "cosine", 7],
  ] as const)("finds the neighbours of rows in %i dimensions box by box, %s", async (cols, metric, k) => {
    const points = mapMatrix(gaussian(rng(11), 700, cols), (value, _, row) =>
      row % 7 === 0 ? Math.round(2 * value) + 5 : value,
    );
    const space = await makeSpace(points, metric, { engine, name: "points" });
    const near = await nearestRows(space, boxesOf(space), k, engine, {});
    const all = await nearestNeighbors(points, points, { nNeighbors: k, metric });
    expect(near.ids).toEqual(all.ids);
  });
});

describe("hdbscan beside scikit-learn and hdbscan", () => {
  const cases = reference.hdbscan.map((own) => [
    `${own.points}, ${own.minClusterSize}, ${own.minSamples}, ${own.selection}`,
    own,
  ]) as [string, (typeof reference.hdbscan)[number]][];
  it.each(cases)("%s", async (_, { points: name, shuffled, steady, ...own }) => {
    const { minClusterSize, minSamples, selection, allowSingle } = own;
    const points = pointsOf(name);
    const found = await hdbscan(points, { minClusterSize, minSamples, selection, allowSingle, threads: 2 });
    const { lengths } = await treeOf(points, "euclidean", minSamples);
    doubles(own.lengths).forEach((length, e) => {
      expect(lengths[e]!).toBeCloseTo(length, 9);
    });
    const labels = Int32Array.from(own.labels);
    // Rows at a border go one way or the other: in scikit-learn by the order of rows.
    const same = Array.from(doubles(own.probabilities)).filter(
      (value, i) => Math.abs(value - found.probabilities[i]!) < 1e-9,
    ).length;
    if (shuffled === 1) expect(adjustedRand(found.labels, labels)).toBe(1);
    else expect(adjustedRand(found.labels, labels)).toBeGreaterThan(shuffled - 0.05);
    if (steady === 1) expect(same).toBe(points.rows);
    else expect(same / points.rows).toBeGreaterThan(steady - 0.05);
    if (steady === 1 && !allowSingle) {
      const persistences = found.clusters.map(({ persistence }) => persistence).sort((a, b) => a - b);
      own.persistences.forEach((value, c) => {
        expect(persistences[c]!).toBeCloseTo(value, 9);
      });
    }
    const glosh = doubles(own.outlierScores);
    const close = glosh.filter((value, i) => Math.abs(value - found.outlierScores[i]!) < 1e-6).length;
    expect(close / points.rows).toBeGreaterThan(0.9);
  });

  it("does not resemble them with other settings", async () => {
    const [first] = reference.hdbscan;
    const other = await hdbscan(pointsOf(first!.points), { minClusterSize: 100, minSamples: 5 });
    expect(adjustedRand(other.labels, Int32Array.from(first!.labels))).toBeLessThan(0.9);
  });
});

describe("hdbscan", () => {
  const blobs = pointsOf("blobs");
  const options = { minClusterSize: 10, minSamples: 8 };

  it("does not depend on the order of rows, on rotation or scale", async () => {
    const plain = await hdbscan(pointsOf("digits 2-d"), options);
    const order = permutation(rng(4), plain.rows);
    const turned = mapMatrix(
      gatherRows(rotate(pointsOf("digits 2-d"), rng(5)), order),
      (value) => value * 7 + 100,
    );
    const moved = await hdbscan(turned, options);
    expect(
      adjustedRand(
        moved.labels,
        Int32Array.from(order, (i) => plain.labels[i]!),
      ),
    ).toBe(1);
    expect(moved.noise).toBe(plain.noise);
  });

  it("is the same bytes on any number of threads", async () => {
    const one = await hdbscan(blobs, { ...options, threads: 1 });
    const three = await hdbscan(blobs, { ...options, threads: 3 });
    const { engine: _, ...rest } = three;
    expect({ ...one, engine: undefined }).toEqual({ ...rest, engine: undefined });
  });

  it("numbers clusters by size and gives noise no probability", async () => {
    const { labels, clusters, noise, probabilities, outlierScores }: Hdbscan = await hdbscan(
      pointsOf("even"),
      options,
    );
    const sizes = clusters.map(({ id }) => labels.filter((label) => label === id).length);
    expect(clusters.map(({ size }) => size)).toEqual(sizes);
    expect(sizes).toEqual(sizes.slice().sort((a, b) => b - a));
    expect(labels.filter((label) => label < 0).length).toBe(noise);
    labels.forEach((label, i) => {
      expect(probabilities[i]! > 0).toBe(label >= 0);
      expect(outlierScores[i]!).toBeGreaterThanOrEqual(0);
      expect(outlierScores[i]!).toBeLessThan(1);
    });
  });

  it("has sensible sizes by default, and finds the blobs with them", async () => {
    const found = await hdbscan(blobs);
    expect(found.options).toMatchObject({ minClusterSize: 5, minSamples: 5 });
    expect(found.clusters.length).toBe(5);
  });

  it("finds nothing in rows that are all equal, nor breaks", async () => {
    const found = await hdbscan(matrix(new Float32Array(40).fill(3), 20, 2), { minClusterSize: 5 });
    expect(found.clusters.every(({ persistence }) => Number.isFinite(persistence))).toBe(true);
    expect(found.probabilities.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [{ minClusterSize: 1 }, "minClusterSize"],
    [{ minClusterSize: 301 }, "minClusterSize"],
    [{ minSamples: 0 }, "minSamples"],
  ])("refuses %o", async (given, name) => {
    await expect(hdbscan(blobs, given)).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining(name),
    });
  });

  it("refuses few rows, and stops when asked", async () => {
    await expect(hdbscan(matrix([1, 2, 3], 3, 1))).rejects.toMatchObject({ code: "too-few-rows" });
    await expect(hdbscan(blobs, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });
});
