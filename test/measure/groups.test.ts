import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, mean, permutation, rng } from "../../src/base/index.ts";
import { hdbscan } from "../../src/measure/density/hdbscan.ts";
import { audit, type ScoreName } from "../../src/measure/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";

/** Of the runs of ZADU with as many seeds: see make-classes.py. */
interface Runs {
  mean: number;
  sd: number;
}

interface Case {
  original: string;
  latent: string;
  rows: number;
  seeds: number;
  steadiness: Runs;
  cohesiveness: Runs;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixture = JSON.parse(readFileSync(`${root}test/fixtures/classes.json`, "utf8")) as {
  groups: Case[];
  densities: { points: [number, number][]; labels: number[] }[];
};

const SCORES = ["steadiness", "cohesiveness"] as const satisfies readonly ScoreName[];

async function valuesOf(x: Matrix, z: Matrix, seed = 0) {
  const { scores } = await audit(x, z, { scores: SCORES, seed });
  return { steadiness: scores.steadiness!, cohesiveness: scores.cohesiveness! };
}

describe("steadiness and cohesiveness are those of ZADU, as far as random walks can be", () => {
  it.each(fixture.groups)("$original against $latent, $rows rows", async (c) => {
    const first = async (name: string) => readMatrix(`${root}examples/${name}.npy`, c.rows);
    const [x, z] = [await first(c.original), await first(c.latent)];
    const runs = [];
    for (let seed = 0; seed < 8; seed++) runs.push(await valuesOf(x, z, seed));
    for (const name of SCORES) {
      const own = mean(runs.map((run) => run[name].value));
      expect(Math.abs(own - c[name].mean), name).toBeLessThan(c[name].sd);
      // Intervals are as wide as runs differ: theirs have half as many groups.
      const error = mean(runs.map(({ [name]: { interval } }) => (interval[1] - interval[0]) / 2 / 1.96));
      expect((error * Math.SQRT2) / c[name].sd, `${name} interval`).toBeGreaterThan(0.6);
      expect((error * Math.SQRT2) / c[name].sd, `${name} interval`).toBeLessThan(1.6);
    }
  });
});

describe("HDBSCAN", () => {
  it.each(fixture.densities)("labels as hdbscan does, case %#", ({ points, labels }) => {
    const n = points.length;
    const distances = new Float64Array(n * n).map((_, at) => {
      const [a, b] = [points[Math.floor(at / n)]!, points[at % n]!];
      return a === b ? 0 : 1 + Math.hypot(a[0] - b[0], a[1] - b[1]);
    });
    // Numbers of clusters are names: those that come first get the first.
    const named = (values: Iterable<number>) => {
      const names = new Map([[-1, -1]]);
      return Array.from(values, (v) => {
        if (!names.has(v)) names.set(v, names.size - 1);
        return names.get(v);
      });
    };
    expect(named(hdbscan(distances, n))).toEqual(named(labels));
  });
});

/** Clouds around the corners of a simplex, in turn; `centre` moves the corner of each cloud. */
function clouds(rows: number, count: number, corner: (cloud: number) => number, seed = 1) {
  return mapMatrix(gaussian(rng(seed), rows, count), (v, col, row) => {
    return corner(row % count) === col ? v + 12 : v;
  });
}

describe("laws of steadiness and cohesiveness", () => {
  it("an isometry scores 1", async () => {
    const x = gaussian(rng(0), 300, 5);
    const scores = await valuesOf(
      x,
      mapMatrix(rotate(x, rng(1)), (v) => 3 * v + 1),
    );
    for (const name of SCORES) {
      expect(scores[name].value, name).toBeGreaterThan(1 - 1e-4);
      expect(scores[name].interval[1], name).toBeLessThanOrEqual(1);
      expect(scores[name].null, name).toBeLessThan(0.6);
    }
  });

  it("shuffled rows score what chance says", async () => {
    const x = clouds(600, 6, (cloud) => cloud);
    const scores = await valuesOf(x, gatherRows(x, permutation(rng(2), 600)));
    for (const name of SCORES) {
      expect(Math.abs(scores[name].value - scores[name].null), name).toBeLessThan(0.05);
    }
  });

  it("merged clusters cost steadiness, torn ones cohesiveness", async () => {
    const apart = clouds(600, 6, (cloud) => cloud);
    const merged = clouds(600, 6, (cloud) => cloud - (cloud % 2));
    const falseGroups = await valuesOf(apart, merged);
    const missingGroups = await valuesOf(merged, apart);
    expect(falseGroups.steadiness.value).toBeLessThan(falseGroups.cohesiveness.value - 0.1);
    expect(missingGroups.cohesiveness.value).toBeLessThan(missingGroups.steadiness.value - 0.1);
  });

  it("same bytes on one and on three threads", async () => {
    const x = gaussian(rng(3), 1_200, 6);
    const z = mapMatrix(x, (v, col) => (col < 2 ? v : 0));
    const [one, three] = await Promise.all([1, 3].map((threads) => audit(x, z, { scores: SCORES, threads })));
    expect(JSON.stringify(three!.scores)).toBe(JSON.stringify(one!.scores));
    expect(one!.scores.steadiness!.n).toBe(1_000);
    expect(one!.scores.steadiness!.sampled).toEqual({ kind: "walks", m: 300 });
  });

  it("rows too few to share neighbours have no score; equal and tied rows score numbers", async () => {
    const three = await audit(matrix([0, 1, 5], 3, 1), matrix([0, 2, 3], 3, 1), { nNeighbors: 1 });
    expect(three.scores.steadiness).toBeUndefined();
    const grid = mapMatrix(gaussian(rng(4), 60, 2), (v) => Math.round(v));
    const half = mapMatrix(grid, (v, _, row) => (row < 30 ? 0 : v));
    for (const z of [grid, half]) {
      const scores = await valuesOf(grid, z);
      for (const { value, interval, null: chance } of Object.values(scores)) {
        expect([value, ...interval, chance].every(Number.isFinite)).toBe(true);
      }
    }
  });
});
