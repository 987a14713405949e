import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, mean, permutation, rng } from "../../src/base/index.ts";
import { type AuditOptions, audit, type PointColumns } from "../../src/measure/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";

type Column = Exclude<keyof PointColumns, "row">;

/** One case of points.json: see make-points.py. */
interface Case {
  name: string;
  original: string;
  latent: string | number[];
  k: number;
  metric: Metric;
  columns: Record<Column, (number | null)[] | null>;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const { rows, cases } = JSON.parse(readFileSync(`${root}test/fixtures/points.json`, "utf8")) as {
  rows: number;
  cases: Case[];
};

async function example(name: string | number[]): Promise<Matrix> {
  if (typeof name === "string") {
    return readMatrix(`${root}examples/digits${name === "digits" ? "" : `-${name}`}.npy`, rows);
  }
  const digits = await example("digits");
  const values = Array.from({ length: rows }, (_, i) => name.map((c) => digits.data[i * 64 + c]!)).flat();
  return matrix(values, rows, name.length);
}

async function pointsOf(x: Matrix, z: Matrix, options: AuditOptions = {}): Promise<PointColumns> {
  const { points } = await audit(x, z, { ...options, points: true });
  return points!;
}

/** What is divided by the scale, which is read from bins of relative width 2^-14. */
const SCALED: readonly string[] = ["localStretch", "axisMajor", "axisMinor", "axisMean"];

describe("columns equal those of NumPy and SciPy", () => {
  it.each(cases)("$name", async ({ original, latent, k, metric, columns }) => {
    const points = await pointsOf(await example(original), await example(latent), { nNeighbors: k, metric });
    expect([...points.row]).toEqual(Array.from({ length: rows }, (_, i) => i));
    expect(Object.keys(points).sort()).toEqual(["row", ...Object.keys(columns)].sort());
    for (const [name, expected] of Object.entries(columns)) {
      if (expected === null) expect(points[name as Column], name).toBeNull();
      for (const [row, value] of (expected ?? []).entries()) {
        expect(off(name, points[name as Column]![row]!, value), `${name} of row ${row}`).toBeLessThan(1);
      }
    }
  });
});

/** How far a number is off, in units of what is allowed. Null: nothing is known. */
function off(name: string, got: number, value: number | null): number {
  if (value === null) return Number.isNaN(got) ? 0 : Number.POSITIVE_INFINITY;
  const error = Math.abs(got - value);
  if (name === "axisAngle") return Math.min(error, Math.abs(Math.PI - error)) / 1e-5;
  return error / ((SCALED.includes(name) ? 2e-4 : 2e-6) * Math.max(1, Math.abs(value)));
}

/** Singular values of a 2 x 2 matrix, and the angle of the longer axis of the image of the unit circle under rows times it. */
function ellipse([[a, b], [c, d]]: [[number, number], [number, number]]) {
  const half = (a * a + b * b + c * c + d * d) / 2;
  const det = a * d - b * c;
  const root = Math.sqrt(half * half - det * det);
  const angle = Math.atan2(2 * (a * b + c * d), a * a + c * c - b * b - d * d) / 2;
  return { major: Math.sqrt(half + root), minor: Math.sqrt(half - root), angle };
}

describe("laws", () => {
  it("a linear map of the plane: the ellipse is that of its singular values, everywhere", async () => {
    const x = gaussian(rng(1), 200, 2);
    const maps: [[number, number], [number, number]][] = [
      [
        [2, 0.5],
        [-0.3, 0.7],
      ],
      [
        [0.1, 3],
        [-3, 0.1],
      ],
      [
        [-1, 0.2],
        [0.4, 5],
      ],
    ];
    for (const a of maps) {
      const z = mapMatrix(
        x,
        (_, col, row) => x.data[2 * row]! * a[0][col]! + x.data[2 * row + 1]! * a[1][col]!,
      );
      const { scores, points } = await audit(x, z, { points: true, nNeighbors: 12 });
      const { major, minor, angle } = ellipse(a);
      const c = scores.stretch!.scale.median;
      for (let row = 0; row < 200; row++) {
        expect(points!.axisMajor[row]! * c, "major").toBeCloseTo(major, 4);
        expect(points!.axisMinor[row]! * c, "minor").toBeCloseTo(minor, 4);
        expect(points!.fitError[row]).toBeLessThan(1e-9);
        const turned = Math.abs(points!.axisAngle![row]! - angle);
        if (major / minor > 1.01) expect(Math.min(turned, Math.PI - turned), "angle").toBeLessThan(1e-4);
      }
    }
  });

  it.each(["euclidean", "cosine", "manhattan"] as const)("an isometry under %s: all 1", async (metric) => {
    const x = gaussian(rng(2), 150, 5);
    const turned = {
      euclidean: () => rotate(x, rng(3)),
      cosine: () => mapMatrix(rotate(x, rng(3)), (v, _, row) => v * (1 + (row % 4))),
      manhattan: () => mapMatrix(x, (v, col) => (col % 2 ? -v : v)),
    }[metric]();
    const scaled = mapMatrix(turned, (v) => v * 7);
    const points = await pointsOf(x, scaled, { metric, latentMetric: metric, nNeighbors: 12 });
    const ones = ["trust", "localRecall", "localStretch", "axisMajor", "axisMinor", "axisMean", "anisotropy"];
    for (const name of ones as Column[]) {
      for (const value of points[name]!) expect(Math.abs(value - 1), name).toBeLessThan(3e-4);
    }
    expect([...points.falseNeighbors, ...points.missingNeighbors].every((count) => count === 0)).toBe(true);
    expect(points.axisAngle).toBeNull();
    expect(Math.max(...points.axes)).toBe(5);
  });

  it("shuffled rows: no trust, recall at chance (control)", async () => {
    const x = gaussian(rng(4), 300, 4);
    const points = await pointsOf(x, gatherRows(x, permutation(rng(5), 300)));
    expect(mean(points.trust)).toBeLessThan(0.05);
    expect(Math.abs(mean(points.localRecall) - 15 / 299)).toBeLessThan(0.02);
    expect(mean(points.falseNeighbors)).toBeGreaterThan(12);
    expect(mean(points.fitError)).toBeGreaterThan(0.5);
  });

  it("find the row that is torn away: no trust, stretched, on its own in the latent", async () => {
    const x = gaussian(rng(6), 200, 2);
    const z = mapMatrix(x, (v, _, row) => (row === 17 ? v + 40 : v));
    const points = await pointsOf(x, z);
    expect(points.localRecall[17]).toBeLessThan(0.5);
    expect(points.localStretch[17]).toBe(Math.max(...points.localStretch));
    expect(points.outliernessLatent[17]).toBe(Math.max(...points.outliernessLatent));
    expect(points.outliernessOriginal[17]).toBeLessThan(5);
  });

  it("the means of the own shares are the scores", async () => {
    const { scores, points } = await audit(gaussian(rng(7), 200, 5), gaussian(rng(8), 200, 2), {
      points: true,
    });
    for (const name of ["trustworthiness", "continuity"] as const) {
      expect(mean(points![name]), name).toBeCloseTo(scores[name]!.value, 12);
    }
    expect(mean(points!.localRecall)).toBeCloseTo(scores.neighborRecall!.value, 12);
  });
});

describe("what cannot be known", () => {
  it("is NaN among equal rows, never infinite", async () => {
    const few = gaussian(rng(9), 10, 3);
    const x = gatherRows(
      few,
      Array.from({ length: 120 }, (_, i) => (i < 60 ? 0 : i % 10)),
    );
    const z = mapMatrix(gaussian(rng(10), 120, 2), (v, col, row) => (row > 80 ? col : v));
    for (const nNeighbors of [1, 4, 59]) {
      const points = await pointsOf(x, z, { nNeighbors });
      for (const [name, values] of Object.entries(points)) {
        expect(
          [...values].filter((v) => Math.abs(v) === Number.POSITIVE_INFINITY),
          name,
        ).toEqual([]);
      }
      expect(mean(points.trust)).toBeLessThan(1);
    }
    const { axes, axisMajor, localStretch } = await pointsOf(x, z, { nNeighbors: 4 });
    expect([axes[5], axisMajor[5], localStretch[5]]).toEqual([0, Number.NaN, Number.NaN]);
  });

  it("is the shorter axis where neighbours lie on a line, and all but the longer with three of them", async () => {
    const line = mapMatrix(gaussian(rng(11), 60, 1), (v) => v);
    const curve = matrix(
      [...line.data].flatMap((t) => [t, t * t]),
      60,
      2,
    );
    const one = await pointsOf(line, curve, { nNeighbors: 10 });
    expect(new Set(one.axes)).toEqual(new Set([1]));
    expect(one.axisMinor.every(Number.isNaN)).toBe(true);
    expect(one.axisMajor.every(Number.isFinite)).toBe(true);
    const three = await pointsOf(gaussian(rng(12), 60, 3), gaussian(rng(13), 60, 2), { nNeighbors: 3 });
    expect(three.anisotropy.every(Number.isNaN)).toBe(true);
  });

  it("is little in three rows, and nothing fails", async () => {
    const points = await pointsOf(gaussian(rng(14), 3, 2), gaussian(rng(15), 3, 2), { nNeighbors: 1 });
    expect(points.trust.every((t) => t >= 0 && t <= 1)).toBe(true);
  });
});

describe("a sampled audit", () => {
  const x = gaussian(rng(16), 400, 6);
  const z = mapMatrix(gaussian(rng(17), 400, 2), (v, col, row) => x.data[row * 6 + col]! + 0.3 * v);

  it("gives the rows of its anchors, with the numbers that an exact one gives them", async () => {
    const all = await pointsOf(x, z);
    const some = await pointsOf(x, z, { sample: 60, scores: ["neighborRecall"] });
    expect(some.row).toHaveLength(60);
    for (const name of [
      "trust",
      "localRecall",
      "falseNeighbors",
      "anisotropy",
      "axisAngle",
      "fitError",
    ] as const) {
      some.row.forEach((row, slot) => {
        expect(some[name]![slot], name).toBeCloseTo(all[name]![row]!, 9);
      });
    }
  });

  it("gives the same bytes on any number of threads; without being asked, nothing", async () => {
    const [one, three] = [await pointsOf(x, z, { threads: 1 }), await pointsOf(x, z, { threads: 3 })];
    expect(three).toEqual(one);
    expect(await audit(x, z)).not.toHaveProperty("points");
  });
});
