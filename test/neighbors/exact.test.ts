import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { nearestNeighbors, STRAIGHT_METRICS, type StraightMetric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";
import { truth } from "./truth.ts";

async function agrees(q: Matrix, x: Matrix, k: number, metric: StraightMetric): Promise<void> {
  const found = await nearestNeighbors(q, x, { nNeighbors: k, metric });
  const expected = truth(q, x, k, metric);
  expect(Array.from(found.ids)).toEqual(expected.ids);
  found.distances.forEach((d, i) => {
    expect(Math.abs(d - expected.distances[i]!)).toBeLessThan(1e-9 * (1 + expected.distances[i]!));
  });
}

describe("exact nearest neighbours", () => {
  for (const metric of STRAIGHT_METRICS) {
    it(`${metric}: equal a sort of all float64 distances, within a set and against another`, async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 2, max: 90 }),
          // Directions in one dimension are two points: ties to rounding, in any formula.
          fc.integer({ min: metric === "cosine" ? 2 : 1, max: 30 }),
          fc.integer({ min: 1, max: 12 }),
          fc.integer(),
          async (n, d, k, seed) => {
            const x = gaussian(rng(seed), n, d);
            await agrees(x, x, Math.min(k, n - 1), metric);
            await agrees(gaussian(rng(seed).split("q"), 7, d), x, Math.min(k, n), metric);
          },
        ),
        { numRuns: 15, seed: 3 },
      );
    });

    it(`${metric}: many tiles, so panels and padding meet`, async () => {
      const x = gaussian(rng(4), 1101, 9);
      await agrees(x, x, 10, metric);
    });
  }

  it("is exact far from the origin, where products of raw values lose all digits", async () => {
    const x = mapMatrix(gaussian(rng(5), 300, 40), (v) => v + 10_000);
    await agrees(x, x, 10, "euclidean");
  });

  it("is exact for clusters far smaller than their distance apart", async () => {
    const x = mapMatrix(gaussian(rng(6), 240, 20), (v, _, row) => v * 0.01 + (row % 3) * 5_000);
    await agrees(x, x, 10, "euclidean");
  });

  it("breaks ties among duplicates by row number", async () => {
    const x = mapMatrix(gaussian(rng(7), 200, 16), (_, col, row) => ((row % 5) * (col + 1)) % 7);
    await agrees(x, x, 15, "euclidean");
    await agrees(x, x, 15, "manhattan");
  });

  it("handles values whose squares leave float32", async () => {
    await agrees(
      mapMatrix(gaussian(rng(8), 60, 12), (v) => v * 1e25),
      mapMatrix(gaussian(rng(8), 60, 12), (v) => v * 1e25),
      5,
      "euclidean",
    );
    const tiny = mapMatrix(gaussian(rng(9), 60, 12), (v) => v * 1e-25);
    const found = await nearestNeighbors(tiny, tiny, { nNeighbors: 5 });
    expect(Array.from(found.ids)).toEqual(truth(tiny, tiny, 5, "euclidean").ids);
  });

  it("gives the same bytes on one thread and on three", async () => {
    const x = gaussian(rng(10), 1500, 33);
    const [one, three] = await Promise.all([
      nearestNeighbors(x, x, { threads: 1 }),
      nearestNeighbors(x, x, { threads: 3 }),
    ]);
    expect(one!.ids).toEqual(three!.ids);
    expect(one!.distances).toEqual(three!.distances);
  });

  it("says what is wrong with k, width, NaN and zero vectors", async () => {
    const x = gaussian(rng(11), 10, 3);
    await expect(nearestNeighbors(x, x, { nNeighbors: 10 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(nearestNeighbors(gaussian(rng(1), 2, 4), x, { nNeighbors: 2 })).rejects.toMatchObject({
      code: "bad-value",
    });
    const hole = mapMatrix(x, (v, col, row) => (row === 4 && col === 1 ? Number.NaN : v));
    await expect(nearestNeighbors(hole, hole, { nNeighbors: 2 })).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringContaining("row 4"),
    });
    // A row that the sample which places the centre does not see.
    const many = mapMatrix(gaussian(rng(12), 1000, 8), (v, col, row) =>
      row === 501 && col === 2 ? Number.NaN : v,
    );
    await expect(nearestNeighbors(many, many, { nNeighbors: 2 })).rejects.toMatchObject({
      code: "non-finite",
      message: expect.stringContaining("row 501"),
    });
    const flat = mapMatrix(x, (v, _, row) => (row === 2 ? 0 : v));
    await expect(nearestNeighbors(flat, flat, { nNeighbors: 2, metric: "cosine" })).rejects.toMatchObject({
      code: "zero-vector",
      message: expect.stringContaining("row 2"),
    });
    expect(() => matrix([1, 2, 3], 2, 2)).toThrow(/needs 4 values/);
  });
});
