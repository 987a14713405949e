import { describe, expect, test } from "vitest";
import { type Matrix, sharedFloat32 } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { audit } from "../../../src/measure/index.ts";
import {
  bestScale,
  lengthPairs,
  lengthsFrom,
  rowNeighbors,
  rowsTrust,
  type StraightMetric,
  stretchOf,
} from "../../../src/spaces/explore/index.ts";
import { lengthBetween, mapped, normals, orderFrom, spaceOf } from "./data.ts";

const engine = await findEngine({ threads: 2 });
const original = normals(700, 9, 0);
const latent = mapped(original, 2, ([a = 0, b = 0, c = 0]) => [a + 0.3 * c, b]);
/** Rows that share their distances: rank goes by row number. */
const grid: Matrix = { data: sharedFloat32(400).map((_, at) => (at * 7) % 5), rows: 200, cols: 2 };

describe("distances from a row", () => {
  test.each(["euclidean", "cosine", "manhattan"] as const)("are those of float64 (%s)", async (metric) => {
    const found = await lengthsFrom(await spaceOf(original, metric), 17, engine);
    for (let i = 0; i < original.rows; i++) {
      expect(found[i]).toBeCloseTo(lengthBetween(original, 17, i, metric), 5);
    }
  });

  test("keep their digits far from the origin", async () => {
    const far = mapped(original, 9, (row) => Array.from(row, (value) => value + 4096));
    const found = await lengthsFrom(await spaceOf(far), 3, engine);
    for (let i = 0; i < far.rows; i++) expect(found[i]).toBeCloseTo(lengthBetween(far, 3, i, "euclidean"), 5);
  });

  test("not from a row that there is none of; not once asked to stop", async () => {
    const space = await spaceOf(original);
    for (const row of [-1, 700, 1.5, Number.NaN]) {
      await expect(lengthsFrom(space, row, engine)).rejects.toMatchObject({ code: "bad-range" });
    }
    const signal = AbortSignal.abort();
    await expect(lengthsFrom(space, 1, engine, { signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("neighbours of a row", () => {
  const cases: readonly [string, Matrix, Matrix, StraightMetric][] = [
    ["euclidean", original, latent, "euclidean"],
    ["cosine", original, latent, "cosine"],
    ["manhattan", original, latent, "manhattan"],
    ["with ties", grid, mapped(grid, 2, ([a = 0, b = 0]) => [b, 2 * a]), "euclidean"],
  ];
  test.each(cases)("are the sorted rows, with places in both spaces (%s)", async (_, x, z, metric) => {
    const spaces = [await spaceOf(x, metric), await spaceOf(z)] as const;
    for (const row of [0, 42, x.rows - 1]) {
      const found = await rowNeighbors(...spaces, row, { engine, k: 12 });
      const orders = { original: orderFrom(x, row, metric), latent: orderFrom(z, row, "euclidean") };
      for (const [own, other] of [
        ["original", "latent"],
        ["latent", "original"],
      ] as const) {
        expect(found[own].map((entry) => entry.row)).toEqual(orders[own].slice(0, 12));
        for (const { row: id, distance, otherDistance, otherRank, shared } of found[own]) {
          const lengths = {
            original: lengthBetween(x, row, id, metric),
            latent: lengthBetween(z, row, id, "euclidean"),
          };
          expect(distance).toBeCloseTo(lengths[own], 5);
          expect(otherDistance).toBeCloseTo(lengths[other], 5);
          expect(otherRank).toBe(orders[other].indexOf(id) + 1);
          expect(shared).toBe(otherRank <= 12);
        }
      }
    }
  });

  test("all the others where k says so, and no more", async () => {
    const [x, z] = [await spaceOf(grid), await spaceOf(grid)];
    const { original: all } = await rowNeighbors(x, z, 5, { engine, k: 199 });
    expect(new Set(all.map(({ row }) => row)).size).toBe(199);
    expect(all.every(({ otherRank, shared }, i) => otherRank === i + 1 && shared)).toBe(true);
    await expect(rowNeighbors(x, z, 5, { engine, k: 200 })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("pairs", () => {
  test("are drawn by the seed, and have the lengths of float64", async () => {
    const [x, z] = [await spaceOf(original, "cosine"), await spaceOf(latent)];
    const drawn = await lengthPairs(x, z, 500, { seed: 3, scale: 2 });
    expect(drawn.every).toBe(false);
    drawn.a.forEach((a, p) => {
      expect(a).not.toBe(drawn.b[p]);
      expect(drawn.original[p]).toBeCloseTo(lengthBetween(original, a, drawn.b[p]!, "cosine"), 5);
      expect(drawn.latent[p]).toBeCloseTo(2 * lengthBetween(latent, a, drawn.b[p]!, "euclidean"), 4);
    });
    expect(await lengthPairs(x, z, 500, { seed: 3, scale: 2 })).toEqual(drawn);
    expect((await lengthPairs(x, z, 500, { seed: 4 })).a).not.toEqual(drawn.a);
  });

  test("are all pairs of few rows, each once", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(latent)];
    const { a, b, every } = await lengthPairs(x, z, 100, { rows: Int32Array.of(9, 4, 600) });
    expect(every).toBe(true);
    expect(Array.from(a, (row, p) => [row, b[p]])).toEqual([
      [9, 4],
      [9, 600],
      [4, 600],
    ]);
    const one = { rows: Int32Array.of(9) };
    await expect(lengthPairs(x, z, 100, one)).rejects.toMatchObject({ code: "too-few-rows" });
  });

  test("the best scale takes a scaling back, and leaves the stretch of an isometry at 1", async () => {
    const x = await spaceOf(original);
    const z = await spaceOf(
      mapped(original, 9, (row) => Array.from(row.toReversed(), (value) => 5 - value / 4)),
    );
    const scale = await bestScale(x, z);
    expect(scale).toBeCloseTo(4, 4);
    const stretch = stretchOf(await lengthPairs(x, z, 3000, { scale }))!;
    for (const value of [stretch.median, stretch.low, stretch.high]) expect(value).toBeCloseTo(1, 4);
    // Control: what is flattened has no such stretch, and its scale is that of least squares.
    const flat = await spaceOf(latent);
    const worse = stretchOf(await lengthPairs(x, flat, 3000, { scale: await bestScale(x, flat) }))!;
    expect(worse.high / worse.low).toBeGreaterThan(3);
    const { original: dx, latent: dz } = await lengthPairs(x, flat, 20_000);
    const misfit = (c: number) => dx.reduce((sum, length, p) => sum + (length - c * dz[p]!) ** 2, 0);
    const best = await bestScale(x, flat);
    expect(misfit(best)).toBeLessThan(Math.min(misfit(1.01 * best), misfit(0.99 * best)));
  });

  test("a collapsed latent has no stretch and no scale", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(mapped(original, 2, () => [1, 2]))];
    expect(await bestScale(x, z)).toBe(1);
    expect(stretchOf(await lengthPairs(x, z, 300))).toBeNull();
  });
});

describe("the trust of a selection", () => {
  test("of all rows is the audit's", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(latent)];
    const found = await rowsTrust(x, z, null, { engine, sample: 700 });
    const asked = ["neighborRecall", "trustworthiness", "continuity"] as const;
    const { scores } = await audit(original, latent, {
      nNeighbors: 10,
      exact: true,
      threads: 2,
      scores: asked,
    });
    expect(found).toMatchObject({ rows: 700, sampled: 700, k: 10 });
    expect(found.recall.value).toBeCloseTo(scores.neighborRecall!.value, 10);
    expect(found.trustworthiness.value).toBeCloseTo(scores.trustworthiness!.value, 10);
    expect(found.continuity.value).toBeCloseTo(scores.continuity!.value, 10);
    expect(found.recall.interval).toEqual([found.recall.value, found.recall.value]);
  });

  test("is counted over the rows that are selected, in all rows", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(latent)];
    const rows = Int32Array.of(650, 3, 77);
    const found = await rowsTrust(x, z, rows, { engine });
    const n = original.rows;
    let [recall, penalty] = [0, 0];
    for (const row of rows) {
      const true_ = orderFrom(original, row, "euclidean");
      const shown = orderFrom(latent, row, "euclidean").slice(0, 10);
      recall += shown.filter((id) => true_.indexOf(id) < 10).length / 10 / 3;
      penalty += shown.reduce((sum, id) => sum + Math.max(0, true_.indexOf(id) + 1 - 10), 0) / 3;
    }
    expect(found.recall.value).toBeCloseTo(recall, 10);
    expect(found.trustworthiness.value).toBeCloseTo(1 - (2 * penalty) / (10 * (2 * n - 31)), 10);
  });

  test("has intervals that hold the value of all rows, and falls where the latent is shuffled", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(latent)];
    const whole = (await rowsTrust(x, z, null, { engine, sample: 700 })).trustworthiness.value;
    let held = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { trustworthiness } = await rowsTrust(x, z, null, { engine, seed });
      const [low, high] = trustworthiness.interval;
      expect(high - low).toBeLessThan(0.1);
      if (low <= whole && whole <= high) held++;
    }
    expect(held).toBeGreaterThanOrEqual(16);
    const shuffled = mapped(original, 2, () => [0, 0]);
    shuffled.data.set(normals(700, 2, 5).data);
    const chance = await rowsTrust(x, await spaceOf(shuffled), null, { engine });
    expect(chance.trustworthiness.value).toBeLessThan(0.6);
    expect(chance.recall.value).toBeLessThan(0.06);
  });

  test("needs a row, and three in all; k keeps below half of them", async () => {
    const x = await spaceOf(normals(8, 3, 1));
    expect((await rowsTrust(x, x, null, { engine })).k).toBe(3);
    await expect(rowsTrust(x, x, new Int32Array(0), { engine })).rejects.toMatchObject({
      code: "too-few-rows",
    });
    const two = await spaceOf(normals(2, 3, 1));
    await expect(rowsTrust(two, two, null, { engine })).rejects.toMatchObject({ code: "too-few-rows" });
    await expect(rowsTrust(x, x, Int32Array.of(8), { engine })).rejects.toMatchObject({ code: "bad-range" });
  });

  test("gives the same bytes on any number of threads", async () => {
    const [x, z] = [await spaceOf(original), await spaceOf(latent)];
    const one = await findEngine({ threads: 1 });
    const rows = Int32Array.from({ length: 300 }, (_, i) => 2 * i);
    expect(await rowsTrust(x, z, rows, { engine: one })).toEqual(await rowsTrust(x, z, rows, { engine }));
    expect(await rowNeighbors(x, z, 9, { engine: one })).toEqual(await rowNeighbors(x, z, 9, { engine }));
  });
});
