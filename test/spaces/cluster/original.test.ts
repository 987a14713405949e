import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, permutation, rng } from "../../../src/base/index.ts";
import { reduce } from "../../../src/reduce/reduce.ts";
import {
  clusterStability,
  clustersInOriginal,
  hdbscan,
  kMeans,
  type VerdictKind,
} from "../../../src/spaces/cluster/index.ts";
import { marginsIn } from "../../../src/spaces/cluster/margins.ts";
import { pieceShare } from "../../../src/spaces/cluster/piece.ts";
import { bestMatches } from "../../../src/spaces/cluster/stability.ts";
import { verdictOf } from "../../../src/spaces/cluster/verdict.ts";
import { gaussian, mapMatrix, readMatrix } from "../../matrices.ts";
import { pointsOf } from "./reference.ts";

const example = (name: string) =>
  readMatrix(fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url)));
const counts = (verdicts: readonly { readonly verdict: VerdictKind }[]) =>
  verdicts.reduce<Partial<Record<VerdictKind, number>>>(
    (all, { verdict }) => Object.assign(all, { [verdict]: (all[verdict] ?? 0) + 1 }),
    {},
  );

/** Five groups of 10 dimensions. */
const groups = (rows: number): Matrix =>
  mapMatrix(gaussian(rng(6), rows, 10), (value, col, row) => value + (row % 5 === col % 5 ? 6 : 0));

describe("clusters in the original", () => {
  it("are there: digits in a t-SNE and in a UMAP picture", async () => {
    const original = await example("digits.npy");
    for (const picture of ["digits-tsne.npy", "digits-umap.npy"]) {
      const space = await example(picture);
      const clustering = await hdbscan(space, { minClusterSize: 30 });
      const { clusters, shares } = await clustersInOriginal(original, space, clustering);
      expect(clusters.length).toBeGreaterThan(7);
      expect(counts(clusters).there! / clusters.length).toBeGreaterThan(0.8);
      for (const { share, worst, id } of clusters) {
        expect(share.value).toBeGreaterThan(0.85);
        expect(share.interval[0]).toBeGreaterThan(share.null);
        expect(worst.every((row) => clustering.labels[row] === id)).toBe(true);
      }
      const noise = clustering.labels.filter((label) => label < 0).length;
      expect(shares.filter(Number.isNaN).length).toBe(noise);
    }
  });

  it.each([2, 10])("are torn: one Gaussian blob of %i dimensions in a t-SNE picture", async (cols) => {
    const original = gaussian(rng(cols), 700, cols);
    const { codes } = await reduce(original, { method: "tsne", nComponents: 2, threads: 2 });
    const clustering = await hdbscan(codes, { minClusterSize: 20, minSamples: 5 });
    const { clusters } = await clustersInOriginal(original, codes, clustering);
    expect(clusters.length).toBeGreaterThan(1);
    expect(counts(clusters)).toEqual({ torn: clusters.length });
    for (const { neighbor, id } of clusters) expect(neighbor).not.toBe(id);
  });

  it("are torn where k-means halves a group, there where it does not, merged where it joins two", async () => {
    const original = groups(600);
    const seven = await kMeans(original, { k: 7 });
    const parted = await clustersInOriginal(original, original, seven);
    expect(counts(parted.clusters)).toMatchObject({ there: expect.any(Number), torn: expect.any(Number) });
    for (const { verdict, id } of parted.clusters) {
      expect(verdict).toBe(seven.clusters[id]!.size > 100 ? "there" : "torn");
    }
    // The first two groups laid on one another.
    const joined = mapMatrix(original, (value, col, row) =>
      row % 5 < 2 ? value - (row % 5 === col % 5 ? 6 : 0) + (col === 0 ? 6 : 0) : value,
    );
    const clustering = await hdbscan(joined, { minClusterSize: 30 });
    const { clusters } = await clustersInOriginal(original, joined, clustering);
    expect(counts(clusters)).toEqual({ there: 3, merged: 1 });
    expect(clusters[0]).toMatchObject({ verdict: "merged", parts: [{ rows: expect.any(Number) }, {}] });
  });

  it("are scattered where rows are shuffled, and as coherent as chance", async () => {
    const space = groups(500);
    const original = gatherRows(space, permutation(rng(8), 500));
    const clustering = await hdbscan(space, { minClusterSize: 30 });
    const { clusters } = await clustersInOriginal(original, space, clustering);
    expect(counts(clusters)).toEqual({ scattered: 5 });
    for (const { share, cohesion } of clusters) {
      expect(Math.abs(share.value - share.null)).toBeLessThan(0.06);
      expect(Math.abs(cohesion.value - cohesion.null)).toBeLessThan(0.06);
    }
    const same = await clustersInOriginal(space, space, clustering);
    for (const { cohesion, id } of same.clusters) {
      expect(cohesion).toMatchObject({ value: 1, with: id });
    }
  });

  it("have nothing to be apart from where there is one", async () => {
    const points = gaussian(rng(9), 100, 3);
    const { clusters } = await clustersInOriginal(points, points, await kMeans(points, { k: 1 }));
    expect(clusters).toMatchObject([{ verdict: "only", neighbor: null, margin: null }]);
  });

  it("need the same rows", async () => {
    const points = groups(60);
    const clustering = await kMeans(points, { k: 5 });
    await expect(clustersInOriginal(gaussian(rng(1), 59, 3), points, clustering)).rejects.toMatchObject({
      code: "row-count-mismatch",
    });
    await expect(clustersInOriginal(points, points, clustering, { nNeighbors: 2 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});

describe("the rules", () => {
  const apart = { lift: 0.9, apart: 0.95, cut: 0.1, isFound: false, isOfTwo: false, isOnly: false };
  it.each([
    [{}, "there"],
    [{ cut: 0.6 }, "part"],
    [{ cut: 0.6, isFound: true }, "there"],
    [{ apart: 0.8, isFound: true }, "torn"],
    [{ isOfTwo: true }, "merged"],
    [{ apart: 0.8 }, "torn"],
    [{ apart: 0.8, isOfTwo: true }, "torn"],
    [{ lift: 0.1, apart: -1 }, "scattered"],
    [{ isOnly: true, apart: 0 }, "only"],
  ] as const)("%o: %s", (change, verdict) => {
    expect(verdictOf({ ...apart, ...change })).toBe(verdict);
  });

  it.each([
    [2, 300],
    [6, 200],
    [1.5, 200],
  ])("a ball of an even cloud of %f dimensions keeps the share that is expected", (dimension, rows) => {
    const random = rng(10);
    const d = Math.ceil(dimension);
    const inside = () => {
      for (;;) {
        const point = Array.from({ length: d }, () => 2 * random.uniform() - 1);
        if (point.reduce((sum, x) => sum + x * x, 0) <= 1) return point;
      }
    };
    const reach = (10 / rows) ** (1 / d);
    let kept = 0;
    for (let t = 0; t < 20_000; t++) {
      const [row, step] = [inside(), inside()];
      if (row.reduce((sum, x, c) => sum + (x + reach * step[c]!) ** 2, 0) <= 1) kept++;
    }
    if (Number.isInteger(dimension)) expect(pieceShare(rows, 10, dimension)).toBeCloseTo(kept / 20_000, 1.7);
    else expect(pieceShare(rows, 10, dimension)).toBeGreaterThan(kept / 20_000);
  });
});

describe("margins", () => {
  it("are the simplified silhouette", () => {
    const points = { data: Float32Array.of(0, 0, 2, 0, 10, 0, 12, 0, 5, 5), rows: 5, cols: 2 };
    const margins = marginsIn(points, Int32Array.of(0, 0, 1, 1, -1), 2, "euclidean");
    expect(margins[0]).toBeCloseTo((11 - 1) / 11, 9);
    expect(margins[1]).toBeCloseTo((9 - 1) / 9, 9);
    expect(margins[4]).toBeNaN();
    const wrong = marginsIn(points, Int32Array.of(0, 1, 0, 1, -1), 2, "euclidean");
    expect(wrong[1]).toBeLessThan(0);
  });
});

describe("stability", () => {
  it("is 1 for blobs that lie apart, and not for what is found in an even cloud", async () => {
    const blobs = await hdbscan(pointsOf("blobs"), { minClusterSize: 20 });
    const sure = await clusterStability(pointsOf("blobs"), blobs, { runs: 10 });
    for (const { value, null: chance } of sure.clusters) {
      expect(value).toBeGreaterThan(0.95);
      expect(chance).toBeLessThan(0.3);
    }
    const even = await hdbscan(pointsOf("even"), { minClusterSize: 10 });
    const loose = await clusterStability(pointsOf("even"), even, { runs: 10 });
    expect(loose.clusters.length).toBeGreaterThan(1);
    for (const { value, interval } of loose.clusters) {
      expect(value).toBeLessThan(0.75);
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
    }
  });

  it("is below for one cluster too many, and the same for the same seed", async () => {
    const five = await clusterStability(pointsOf("blobs"), await kMeans(pointsOf("blobs"), { k: 5 }));
    const six = await kMeans(pointsOf("blobs"), { k: 6 });
    const loose = await clusterStability(pointsOf("blobs"), six, { threads: 1 });
    const least = (all: readonly { readonly value: number }[]) => Math.min(...all.map(({ value }) => value));
    expect(least(five.clusters)).toBeGreaterThan(0.9);
    expect(least(loose.clusters)).toBeLessThan(0.75);
    expect(await clusterStability(pointsOf("blobs"), six, { threads: 3 })).toEqual(loose);
  });

  it("takes the best match", () => {
    const best = bestMatches(Int32Array.of(0, 0, 0, 1, 1, -1), Int32Array.of(4, 4, 0, 0, -1, 0), 3);
    expect(best[0]).toBeCloseTo(2 / 3, 12);
    expect(best[1]).toBeCloseTo(1 / 4, 12);
    expect(best[2]).toBeNaN();
  });
});
