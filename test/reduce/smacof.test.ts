import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { pca, project } from "../../src/linalg/index.ts";
import { allLengths, exactOrder, lengthOf, makeSpace } from "../../src/neighbors/index.ts";
import { type SmacofOptions, smacof } from "../../src/reduce/index.ts";
import { gaussian, readMatrix } from "../matrices.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const engine = await findEngine({ threads: 2 });
const digits = await readMatrix(`${root}examples/digits.npy`);

async function lengthsOf(points: Matrix): Promise<Float64Array> {
  const space = await makeSpace(points, "euclidean", { engine, name: "points" });
  return allLengths(
    space,
    Int32Array.from({ length: points.rows }, (_, i) => i),
    engine,
    {},
  );
}

const first = (m: Matrix, rows: number) =>
  gatherRows(
    m,
    Array.from({ length: rows }, (_, i) => i),
  );

const scaled = (lengths: Float64Array, m: number, d: number, options: Partial<SmacofOptions> = {}) =>
  smacof(lengths, m, d, { engine, rng: rng(0), ...options });

/** sum over pairs of (length - distance)^2, from the definition; and of length^2. */
function stressOf(lengths: Float64Array, x: ArrayLike<number>, m: number, d: number) {
  let raw = 0;
  let total = 0;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < i; j++) {
      const distance = Math.hypot(...Array.from({ length: d }, (_, k) => x[i * d + k]! - x[j * d + k]!));
      raw += (lengths[i * m + j]! - distance) ** 2;
      total += lengths[i * m + j]! ** 2;
    }
  return { raw, stress: Math.sqrt(raw / total) };
}

describe("SMACOF equals that of scikit-learn", () => {
  const { smacof: cases } = JSON.parse(readFileSync(`${root}test/fixtures/topology.json`, "utf8")) as {
    smacof: {
      m: number;
      d: number;
      iterations: number;
      start: number[];
      rawStress: number;
      first: number[];
    }[];
  };
  it.each(cases)(
    "$m points, $d dimensions, $iterations iterations",
    async ({ m, d, iterations, ...expected }) => {
      const lengths = await lengthsOf(first(digits, m));
      const { coordinates, ...got } = await scaled(lengths, m, d, {
        start: Float64Array.from(expected.start),
        maxIterations: iterations,
        tolerance: -1,
        relaxed: false,
      });
      const { raw, stress } = stressOf(lengths, coordinates, m, d);
      expect(Math.abs(raw / expected.rawStress - 1)).toBeLessThan(1e-6);
      expect(Math.abs(got.stress / stress - 1)).toBeLessThan(1e-9);
      expect([got.iterations, got.converged]).toEqual([iterations, false]);
      expected.first.forEach((value, at) => {
        expect(Math.abs(coordinates[at]! - value)).toBeLessThan(1e-6 * 60);
      });
    },
  );
});

describe("SMACOF", () => {
  it("is the Guttman transform, point by point", async () => {
    const [m, d] = [40, 3];
    const lengths = await lengthsOf(gaussian(rng(1), m, 8));
    const start = Float64Array.from(gaussian(rng(2), m, d).data);
    // Two points coincide: they do not pull at each other.
    start.copyWithin(d, 0, d);
    const expected = new Float64Array(m * d);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < m; j++) {
        const gap = Array.from({ length: d }, (_, k) => start[i * d + k]! - start[j * d + k]!);
        const distance = Math.hypot(...gap);
        if (distance > 0)
          gap.forEach((g, k) => {
            expected[i * d + k]! += (lengths[i * m + j]! / distance) * (g / m);
          });
      }
    const { coordinates } = await scaled(lengths, m, d, { start, maxIterations: 1, relaxed: false });
    coordinates.forEach((value, at) => {
      expect(Math.abs(value - expected[at]!)).toBeLessThan(1e-12);
    });
  });

  it("finds points again in as many dimensions as they have", async () => {
    for (const d of [1, 2, 3, 7]) {
      const { stress, converged } = await scaled(await lengthsOf(gaussian(rng(d), 120, d)), 120, d);
      expect(stress, `${d}`).toBeLessThan(1e-4);
      expect(converged).toBe(true);
    }
  });

  it("never rises, relaxed or not, and relaxed is ahead", async () => {
    const lengths = await lengthsOf(first(digits, 150));
    const stressAfter = async (maxIterations: number, relaxed: boolean) =>
      (await scaled(lengths, 150, 2, { maxIterations, relaxed, tolerance: -1 })).stress;
    for (const relaxed of [false, true]) {
      let last = Number.POSITIVE_INFINITY;
      for (let iterations = 1; iterations <= 12; iterations++) {
        const stress = await stressAfter(iterations, relaxed);
        expect(stress).toBeLessThanOrEqual(last);
        last = stress;
      }
    }
    expect(await stressAfter(40, true)).toBeLessThan(await stressAfter(40, false));
  });

  it("is never worse than PCA, and a random start not better than classical scaling (control)", async () => {
    for (const [rows, d] of [
      [300, 2],
      [200, 5],
      [120, 10],
    ] as const) {
      const points = first(digits, rows);
      const lengths = await lengthsOf(points);
      const { stress } = await scaled(lengths, rows, d);
      const plane = await project(points, await pca(points, d, { engine }), { engine });
      const linear = stressOf(lengths, plane.data, rows, d).stress;
      expect(stress).toBeLessThan(0.95 * linear);
      const start = Float64Array.from(gaussian(rng(rows), rows, d).data, (v) => 10 * v);
      const random = await scaled(lengths, rows, d, { start });
      expect(random.stress).toBeGreaterThan(stress - 0.003);
    }
  });

  it("does not depend on threads, stops on request, and refuses what is no matrix", async () => {
    const lengths = await lengthsOf(gaussian(rng(3), 100, 5));
    const one = await scaled(lengths, 100, 2, { engine: { ...engine, threads: 1 } });
    expect(await scaled(lengths, 100, 2)).toEqual(one);
    const controller = new AbortController();
    const seen: number[] = [];
    const stopped = scaled(lengths, 100, 2, {
      tolerance: -1,
      signal: controller.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        if (done === 3) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    expect(seen.length).toBeLessThan(6);
    await expect(scaled(lengths, 99, 2)).rejects.toMatchObject({ code: "bad-value" });
    await expect(
      scaled(
        lengths.map(() => Number.NaN),
        100,
        2,
      ),
    ).rejects.toMatchObject({ code: "bad-value" });
    await expect(scaled(lengths, 100, 2, { start: new Float64Array(7) })).rejects.toMatchObject({
      code: "bad-value",
    });
  });

  it("of points that all coincide is one point", async () => {
    const { stress, coordinates } = await scaled(new Float64Array(36), 6, 2);
    expect([stress, Math.max(...coordinates.map(Math.abs))]).toEqual([0, 0]);
  });
});

describe("all lengths of some rows", () => {
  it.each(["euclidean", "cosine", "manhattan"] as const)(
    "are those measured one by one: %s",
    async (metric) => {
      const space = await makeSpace(gaussian(rng(4), 300, 37), metric, { engine, name: "points" });
      const rows = Int32Array.from({ length: 150 }, (_, i) => (i * 7) % 300);
      const lengths = await allLengths(space, rows, engine, {});
      const exact = exactOrder(space, space);
      for (let i = 0; i < 150; i++)
        for (let j = 0; j < 150; j++) {
          const [a, b] = [rows[Math.min(i, j)]!, rows[Math.max(i, j)]!];
          expect(lengths[i * 150 + j]).toBe(i === j ? 0 : lengthOf(exact(a, b), space));
        }
    },
  );
});
