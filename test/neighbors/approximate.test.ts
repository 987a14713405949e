import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import {
  type ApproximateOptions,
  type ApproximateResult,
  approximateNeighbors,
  type NearestResult,
  nearestNeighbors,
  neighborsOf,
  STRAIGHT_METRICS,
  type StraightMetric,
} from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";
import { order } from "./truth.ts";

/** Round clusters of standard deviation 1, their centres `spread` times as far apart as rows of one cluster are. */
function clusters(rows: number, cols: number, count: number, spread = 3): Matrix {
  const centres = gaussian(rng(1), count, cols);
  return mapMatrix(
    gaussian(rng(2), rows, cols),
    (v, col, row) => v + spread * centres.data[(row % count) * cols + col]!,
  );
}

/** The share of all places that hold a row no farther than the true k-th neighbour. */
function recallIn(found: NearestResult, exact: NearestResult): number {
  const { k } = found;
  const hits = found.distances.filter((d, p) => d <= exact.distances[(Math.floor(p / k) + 1) * k - 1]!);
  return hits.length / found.distances.length;
}

async function againstExact(x: Matrix, options: ApproximateOptions) {
  const found = await approximateNeighbors(x, options);
  return { found, recall: recallIn(found, await nearestNeighbors(x, x, options)) };
}

/** Every row has k others, all different, nearest first, at the distances that the definition gives. */
function expectSound({ ids, distances, k }: ApproximateResult, x: Matrix, metric: StraightMetric): void {
  expect(ids.length).toBe(x.rows * k);
  for (let i = 0; i < x.rows; i++) {
    const own = ids.subarray(i * k, (i + 1) * k);
    expect(new Set(own).size).toBe(k);
    expect(own.includes(i)).toBe(false);
    own.forEach((j, q) => {
      const p = i * k + q;
      const d = metric === "manhattan" ? order(x, i, x, j, metric) : Math.sqrt(order(x, i, x, j, metric));
      expect(Math.abs(distances[p]! - d)).toBeLessThan(1e-7 + 1e-9 * d);
      if (q === 0) return;
      const tie = distances[p] === distances[p - 1];
      expect(tie ? ids[p]! > ids[p - 1]! : distances[p]! > distances[p - 1]!).toBe(true);
    });
  }
}

describe("approximate nearest neighbours", () => {
  for (const metric of STRAIGHT_METRICS) {
    it(`${metric}: k different rows for each, never itself, at exact distances, for any n and k`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 150 }),
          fc.integer({ min: 2, max: 12 }),
          fc.integer({ min: 1, max: 149 }),
          fc.boolean(),
          fc.integer(),
          async (n, d, k, copies, seed) => {
            const drawn = gaussian(rng(seed), n, d);
            // Copies: rows of which only every fifth differs.
            const x = copies
              ? mapMatrix(drawn, (_, col, row) => drawn.data[(row % Math.ceil(n / 5)) * d + col]!)
              : drawn;
            const nNeighbors = Math.min(k, n - 1);
            expectSound(await approximateNeighbors(x, { nNeighbors, metric, seed }), x, metric);
          },
        ),
        { numRuns: 20, seed: 5 },
      );
    });

    it(`${metric}: finds what it was asked for, and the recall that it states is the true one`, async () => {
      const { found, recall } = await againstExact(clusters(6000, 12, 30), { metric });
      expect(found.plan.share).toBeLessThan(0.5);
      expect(recall).toBeGreaterThan(0.95);
      expect(found.recall.rows).toBe(512);
      expect(found.recall.interval[0]).toBeLessThanOrEqual(recall);
      expect(found.recall.interval[1]).toBeGreaterThanOrEqual(recall);
    });
  }

  it("says that a poor plan is poor (control)", async () => {
    const x = clusters(6000, 24, 3);
    const { found, recall } = await againstExact(x, { targetRecall: 0.2 });
    expect(recall).toBeLessThan(0.6);
    expect(found.recall.interval[0]).toBeLessThanOrEqual(recall);
    expect(found.recall.interval[1]).toBeGreaterThanOrEqual(recall);
    const better = await approximateNeighbors(x, { targetRecall: 0.9 });
    expect(better.recall.interval[0]).toBeGreaterThan(found.recall.interval[1]);
    expect(better.plan.share).toBeGreaterThan(found.plan.share);
  });

  it("covers the true recall in 95 of 100 samples, nearly", async () => {
    const x = clusters(2500, 10, 10);
    const exact = await nearestNeighbors(x, x, { nNeighbors: 5 });
    let covered = 0;
    for (let seed = 0; seed < 40; seed++) {
      const found = await approximateNeighbors(x, { nNeighbors: 5, seed, targetRecall: 0.8 });
      const recall = recallIn(found, exact);
      if (found.recall.interval[0] <= recall && recall <= found.recall.interval[1]) covered++;
    }
    // 38 are expected; fewer than 34 come 3 times in 1,000 where the promise holds.
    expect(covered).toBeGreaterThanOrEqual(34);
  });

  it("measures nearly all pairs where neighbours have nothing to do with cells", async () => {
    const { found, recall } = await againstExact(gaussian(rng(3), 4000, 100), {});
    expect(found.plan.share).toBeGreaterThan(0.7);
    expect(recall).toBeGreaterThan(0.95);
  });

  it("gives the same bytes on one thread and on three, and others for another seed", async () => {
    const x = clusters(5000, 20, 8);
    const options = { targetRecall: 0.7 };
    const [one, three, other] = await Promise.all([
      approximateNeighbors(x, { ...options, threads: 1 }),
      approximateNeighbors(x, { ...options, threads: 3 }),
      approximateNeighbors(x, { ...options, seed: 1 }),
    ]);
    expect(three!.ids).toEqual(one!.ids);
    expect(three!.distances).toEqual(one!.distances);
    expect(three!.recall).toEqual(one!.recall);
    expect(other!.ids).not.toEqual(one!.ids);
  });

  it("gives the same bytes for rows that stay in their file", async () => {
    const x = clusters(2000, 9, 6);
    const folder = mkdtempSync(join(tmpdir(), "isometer-approximate-"));
    const path = join(folder, "rows.f32");
    writeFileSync(path, x.data);
    try {
      const stored = { stored: { path, offset: 0 }, rows: x.rows, cols: x.cols };
      expect((await approximateNeighbors(stored)).ids).toEqual((await approximateNeighbors(x)).ids);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("keeps its digits in clusters far smaller than their distance apart", async () => {
    const x = mapMatrix(gaussian(rng(6), 3000, 16), (v, _, row) => v * 0.01 + (row % 3) * 5_000);
    const { recall } = await againstExact(x, {});
    expect(recall).toBeGreaterThan(0.95);
  });

  it("cuts a cell that all rows lie in: copies of a row count alike", async () => {
    const x = matrix(new Float32Array(20_000 * 6).fill(3.5), 20_000, 6);
    const found = await approximateNeighbors(x, { nNeighbors: 20 });
    expect(found.recall.value).toBe(1);
    expect(found.plan.cells).toBeGreaterThan(10);
    expect(found.plan.share).toBeLessThan(0.15);
    expect(found.distances.every((d) => d === 0)).toBe(true);
  });

  it("takes a cell far larger than a tile, and one row far from all", async () => {
    const x = mapMatrix(gaussian(rng(7), 9000, 6), (v, _, row) =>
      row === 17 ? 1e6 : row % 2 ? v : v * 1e-3,
    );
    const { found, recall } = await againstExact(x, {});
    expect(recall).toBeGreaterThan(0.95);
    expectSound(found, x, "euclidean");
  });

  it("stops when asked, names its stages, and says what is wrong", async () => {
    const x = clusters(3000, 8, 5);
    const stages = new Set<string>();
    await approximateNeighbors(x, { onProgress: ({ stage }) => stages.add(stage) });
    expect([...stages]).toEqual(["cells", "sampling", "neighbours", "refining"]);
    const stop = new AbortController();
    const onProgress = () => stop.abort();
    await expect(approximateNeighbors(x, { signal: stop.signal, onProgress })).rejects.toMatchObject({
      code: "aborted",
    });
    for (const options of [{ targetRecall: 0 }, { targetRecall: 1.1 }, { nNeighbors: 3000 }]) {
      await expect(approximateNeighbors(x, options)).rejects.toMatchObject({ code: "bad-option" });
    }
    const hole = mapMatrix(x, (v, col, row) => (row === 1400 && col === 1 ? Number.NaN : v));
    await expect(approximateNeighbors(hole)).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringContaining("row 1400"),
    });
  });
});

describe("neighbours by whichever search is sooner done", () => {
  it("is exact for few rows, and says which it was", async () => {
    const x = clusters(1200, 8, 4);
    const exact = await nearestNeighbors(x, x);
    const found = await neighborsOf(x);
    expect(found.recall).toBeNull();
    expect(found.ids).toEqual(exact.ids);
    const forced = await neighborsOf(x, { neighbors: "approximate" });
    expect(forced.recall?.value).toBeGreaterThan(0.9);
  });

  it("is approximate for many rows in cells, exact where cells do not help or it is told to be", async () => {
    const many = clusters(20_000, 24, 40);
    expect((await neighborsOf(many)).recall?.value).toBeGreaterThan(0.95);
    expect((await neighborsOf(many, { neighbors: "exact" })).recall).toBeNull();
    expect((await neighborsOf(gaussian(rng(4), 20_000, 100))).recall).toBeNull();
  });
});

describe.skipIf(!hasSharedData)("approximate nearest neighbours of real data", () => {
  for (const metric of ["euclidean", "cosine"] as const) {
    it(`${metric}: words and pictures`, async () => {
      const words = await readMatrix(sharedData("words/glove-100d-10k-int8.npy"));
      const pictures = await readMatrix(sharedData("images/fashion-mnist/t10k-images-idx3-ubyte.gz"));
      for (const x of [words, pictures]) {
        const { found, recall } = await againstExact(x, { metric });
        expect(recall).toBeGreaterThan(0.95);
        expect(found.recall.interval[0] - 0.005).toBeLessThanOrEqual(recall);
        expect(found.recall.interval[1] + 0.005).toBeGreaterThanOrEqual(recall);
      }
    });
  }
});
