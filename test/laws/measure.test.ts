import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  gatherRows,
  type Matrix,
  mean,
  permutation,
  quantile,
  rng,
  standardError,
} from "../../src/base/index.ts";
import { audit, type Scores } from "../../src/measure/index.ts";
import { METRICS, type Metric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, rotate } from "../matrices.ts";

/** Scores of an exact audit with one metric on both sides. */
async function scoresOf(
  x: Matrix,
  z: Matrix,
  metric: Metric,
  k = 10,
  labels: readonly string[] | null = null,
): Promise<Required<Scores>> {
  const { scores } = await audit(x, z, { metric, latentMetric: metric, nNeighbors: k, exact: true, labels });
  return scores as Required<Scores>;
}

/** The isometries of a metric, on points that keep their number of columns. */
const rigid = (m: Matrix, seed: number) =>
  mapMatrix(rotate(m, rng(seed)), (v, col) => v + ((seed * (col + 3)) % 11));

const ISOMETRIES: Record<Metric, (m: Matrix, seed: number) => Matrix> = {
  euclidean: rigid,
  geodesic: rigid,
  cosine: (m, seed) => mapMatrix(rotate(m, rng(seed)), (v, _, row) => v * (1 + ((row * 7 + seed) % 5))),
  manhattan: (m, seed) => mapMatrix(m, (v, col) => (col % 2 ? -v : v) + ((seed * (col + 1)) % 7)),
};

/** What every isometry must score. */
function expectIsometry(scores: Required<Scores>, scale: number): void {
  for (const name of ["trustworthiness", "continuity", "distancePearson", "distanceSpearman"] as const) {
    expect(Math.abs(scores[name].value - 1), name).toBeLessThan(1e-4);
  }
  expect(1 - scores.neighborRecall.value, "neighborRecall").toBeLessThan(2e-3);
  expect(Math.abs(scores.lcmc.value - scores.lcmc.ideal), "lcmc").toBeLessThan(2e-3);
  for (const name of ["mrreFalse", "mrreMissing"] as const)
    expect(scores[name].value, name).toBeLessThan(1e-4);
  const doubled = Math.abs(scale - 1);
  expect(Math.abs(scores.stressNormalized.value - doubled), "stressNormalized").toBeLessThan(
    1e-3 * Math.max(1, scale),
  );
  expect(scores.tripletAccuracy.value, "tripletAccuracy").toBeGreaterThan(0.9995);
  expect(scores.mstOverlap.value, "mstOverlap").toBeGreaterThan(0.99);
  expect(scores.rtdLite.value, "rtdLite").toBeLessThan(1e-4);
  expect(scores.topographicProduct.value, "topographicProduct").toBeLessThan(1e-4);
  expect(scores.densityDistance.value, "densityDistance").toBeLessThan(1e-4);
  expect(scores.stretch.value, "stretch").toBeLessThan(1 + 2e-4);
  expect(scores.stress.value, "stress").toBeLessThan(1e-3);
  expect(Math.abs(scores.stretch.scale.median / scale - 1), "scale").toBeLessThan(2e-4);
  expect(scores.stretch.within["0.1"], "within 10 %").toBe(1);
}

const spaces = fc.record({
  seed: fc.integer({ min: 0, max: 1e6 }),
  rows: fc.integer({ min: 40, max: 700 }),
  cols: fc.integer({ min: 2, max: 24 }),
});

for (const metric of METRICS) {
  describe(`laws of every score: ${metric}`, () => {
    it("the metric's own isometries score 1 (stress 0)", async () => {
      await fc.assert(
        fc.asyncProperty(spaces, async ({ seed, rows, cols }) => {
          const x = gaussian(rng(seed), rows, cols);
          expectIsometry(await scoresOf(x, ISOMETRIES[metric](x, seed % 97), metric), 1);
        }),
        { numRuns: 8, seed: 11 },
      );
    });

    it("a scaled copy is reported as pure scale", async () => {
      const x = gaussian(rng(12), 300, 8);
      for (const c of [0.001, 3, 4096]) {
        // Cosine does not see the scale of a row.
        const scores = await scoresOf(
          x,
          mapMatrix(x, (v) => v * c),
          metric,
        );
        expectIsometry(scores, metric === "cosine" ? 1 : c);
      }
    });

    it("permuting the rows of both together changes nothing", async () => {
      await fc.assert(
        fc.asyncProperty(spaces, async ({ seed, rows, cols }) => {
          const x = gaussian(rng(seed), rows, cols);
          const z = gaussian(rng(seed).split("z"), rows, 2);
          const order = permutation(rng(seed).split("order"), rows);
          const labels = Array.from({ length: rows }, (_, i) => (x.data[i * cols]! > 0 ? "a" : `${i % 2}`));
          const moved = Array.from(order, (i) => labels[i]!);
          const before = await scoresOf(x, z, metric, 10, labels);
          const after = await scoresOf(gatherRows(x, order), gatherRows(z, order), metric, 10, moved);
          for (const name of Object.keys(before) as (keyof Scores)[]) {
            const size = Math.max(1, before[name].value);
            // Triplets, walks and starts are drawn by row number: others are drawn after a permutation.
            const walked = name === "steadiness" || name === "cohesiveness" || name === "clusterAgreement";
            const slack = walked ? 0.1 : name === "tripletAccuracy" ? 0.012 : 2e-5;
            expect(Math.abs(after[name].value - before[name].value) / size, name).toBeLessThan(slack);
          }
        }),
        { numRuns: 5, seed: 13 },
      );
    });

    it("permuting one side gives chance level (the negative control of all of the above)", async () => {
      const x = gaussian(rng(14), 900, 12);
      const z = gatherRows(x, permutation(rng(15), 900));
      const k = 10;
      const scores = await scoresOf(x, z, metric, k);
      expect(Math.abs(scores.trustworthiness.value - 0.5)).toBeLessThan(0.02);
      expect(Math.abs(scores.continuity.value - 0.5)).toBeLessThan(0.02);
      expect(Math.abs(scores.neighborRecall.value - k / 899)).toBeLessThan(0.006);
      expect(Math.abs(scores.distancePearson.value)).toBeLessThan(0.03);
      expect(Math.abs(scores.distanceSpearman.value)).toBeLessThan(0.03);
      expect(scores.stretch.value).toBeGreaterThan(1.5);
      expect(scores.stress.value).toBeGreaterThan(0.1);
      // The null says it beforehand, in closed form.
      const nearly = {
        trustworthiness: 0.02,
        continuity: 0.02,
        neighborRecall: 0.006,
        lcmc: 0.006,
        mrreFalse: 0.02,
        mrreMissing: 0.02,
        stress: 0.01,
        stressNormalized: 0.01,
        tripletAccuracy: 0.02,
        // Geodesics have no classes.
        ...(metric !== "geodesic" && { classTrustworthiness: 0.02, classContinuity: 0.02 }),
      };
      for (const [name, tolerance] of Object.entries(nearly)) {
        const score = scores[name as keyof typeof nearly];
        expect(Math.abs(score.value - score.null), name).toBeLessThan(tolerance);
      }
      expect(Math.abs(scores.stretch.value / scores.stretch.null - 1)).toBeLessThan(0.03);
    });

    it("exchanging the spaces exchanges trustworthiness and continuity, and inverts the scale", async () => {
      const x = gaussian(rng(16), 400, 9);
      const z = mapMatrix(gatherColumns(x, 3), (v) => v * 5);
      const [there, back] = [await scoresOf(x, z, metric), await scoresOf(z, x, metric)];
      expect(back.trustworthiness.value).toBe(there.continuity.value);
      expect(back.continuity.value).toBe(there.trustworthiness.value);
      expect(back.neighborRecall.value).toBe(there.neighborRecall.value);
      expect(back.tripletAccuracy.value).toBe(there.tripletAccuracy.value);
      expect(back.mrreFalse.value).toBe(there.mrreMissing.value);
      expect(back.mrreMissing.value).toBe(there.mrreFalse.value);
      expect(Math.abs(back.distancePearson.value - there.distancePearson.value)).toBeLessThan(1e-6);
      expect(Math.abs(back.stretch.scale.median * there.stretch.scale.median - 1)).toBeLessThan(2e-4);
      expect(Math.abs(back.stretch.value / there.stretch.value - 1)).toBeLessThan(2e-4);
    });

    it("duplicates: rows given twice are zero apart on both sides, and an isometry stays one", async () => {
      const half = gaussian(rng(17), 200, 6);
      const twice = gatherRows(
        half,
        Array.from({ length: 400 }, (_, i) => i % 200),
      );
      const scores = await scoresOf(twice, ISOMETRIES[metric](twice, metric === "cosine" ? 0 : 5), metric);
      expect(scores.stretch.torn + scores.stretch.collapsed).toBeLessThanOrEqual(
        metric === "euclidean" ? 200 : 0,
      );
      expect(scores.trustworthiness.value).toBeGreaterThan(0.9999);
      expect(scores.distancePearson.value).toBeGreaterThan(0.9999);
    });
  });
}

/** The first `cols` columns. */
function gatherColumns(m: Matrix, cols: number): Matrix {
  const data = new Float32Array(m.rows * cols);
  for (let i = 0; i < m.rows; i++)
    for (let k = 0; k < cols; k++) data[i * cols + k] = m.data[i * m.cols + k]!;
  return { data, rows: m.rows, cols };
}

describe("the null", () => {
  it("is the mean score over shuffles of the rows, whatever the data", async () => {
    const x = mapMatrix(gaussian(rng(30), 150, 5), (v, col) => v * (col + 1));
    const z = mapMatrix(gaussian(rng(31), 150, 2), (v) => Math.exp(v));
    const names = Object.keys(await scoresOf(x, z, "euclidean")) as (keyof Scores)[];
    const SHUFFLES = 40;
    const SHUFFLED: (keyof Scores)[] = [
      "steadiness",
      "cohesiveness",
      "knnAccuracy",
      "silhouette",
      "labelTrustworthiness",
      "labelContinuity",
      "distanceConsistency",
      "daviesBouldin",
      "localProcrustes",
      "neighborDissimilarity",
    ];
    const seen = new Map(names.map((name) => [name, [] as number[]]));
    const BANDS = ["near", "middle", "far"] as const;
    const bands = new Map(BANDS.map((band) => [band, [] as number[]]));
    let last: Required<Scores> | undefined;
    for (let s = 0; s < SHUFFLES; s++) {
      last = await scoresOf(x, gatherRows(z, permutation(rng(100 + s), 150)), "euclidean");
      for (const name of names) seen.get(name)!.push(last[name].value);
      for (const band of BANDS) bands.get(band)!.push(last.stretch[band].value);
    }
    for (const [band, values] of bands) {
      const chance = last!.stretch[band].null;
      expect(Math.abs(mean(values) - chance), band).toBeLessThan(4 * standardError(values) + 0.015 * chance);
    }
    for (const [name, values] of seen) {
      const error = standardError(values);
      // Stretch and stress are no means, and stretch comes from shares of 1/256: a little besides.
      const slack = name.startsWith("str") ? 0.015 * last![name].null : 1e-4;
      // These nulls are themselves shuffles: one, with the spread of one.
      const drawn = SHUFFLED.includes(name) ? error * Math.sqrt(SHUFFLES) : 0;
      expect(Math.abs(mean(values) - last![name].null), name).toBeLessThan(
        4 * Math.hypot(error, drawn) + slack,
      );
    }
  });
});

describe("torn and collapsed pairs", () => {
  it("are counted, not turned into infinite stretch", async () => {
    const x = gaussian(rng(18), 60, 4);
    const collapsed = mapMatrix(x, (v, col, row) => (row < 10 ? col : v));
    const { stretch } = await scoresOf(x, collapsed, "euclidean", 5);
    expect(stretch.collapsed).toBe(45);
    expect(stretch.torn).toBe(0);
    const { stretch: other } = await scoresOf(collapsed, x, "euclidean", 5);
    expect(other.torn).toBe(45);
    expect(other.collapsed).toBe(0);
    expect(Number.isFinite(other.value)).toBe(true);
  });
});

describe("triplet accuracy", () => {
  it("lies within its interval of that of all triplets, for most seeds", async () => {
    const x = mapMatrix(gaussian(rng(51), 45, 3), (v) => Math.round(2 * v));
    const z = mapMatrix(x, (v, col) => (col === 0 ? v : v / 2));
    const length = (m: Matrix, i: number, j: number) =>
      Math.hypot(...Array.from({ length: 3 }, (_, k) => m.data[i * 3 + k]! - m.data[j * 3 + k]!));
    let agreed = 0;
    let all = 0;
    for (let i = 0; i < 45; i++)
      for (let j = 0; j < 45; j++)
        for (let k = 0; k < 45; k++) {
          if (i === j || j === k || i === k) continue;
          // Whole numbers tie: squares of lengths are compared without rounding.
          const sign = (m: Matrix, f: number) =>
            Math.sign(Math.round(f * length(m, i, j) ** 2) - Math.round(f * length(m, i, k) ** 2));
          const [a, b] = [sign(x, 1), sign(z, 4)];
          agreed += a === b ? 1 : a === 0 || b === 0 ? 0.5 : 0;
          all++;
        }
    const names = ["tripletAccuracy"] as const;
    let held = 0;
    for (let seed = 0; seed < 20; seed++) {
      const { scores } = await audit(x, z, { nNeighbors: 3, seed, scores: names });
      const { interval, exact, sampled } = scores.tripletAccuracy!;
      expect([exact, sampled]).toEqual([false, { kind: "triplets", m: 40_000 }]);
      if (interval[0] <= agreed / all && agreed / all <= interval[1]) held++;
    }
    expect(held).toBeGreaterThanOrEqual(16);
    expect(agreed / all).toBeLessThan(0.97);
  });
});

describe("stretch by distance", () => {
  it("is that of the pairs of each band, counted one by one", async () => {
    const x = gaussian(rng(41), 220, 5);
    // Far pairs are squeezed: lengths grow with their square root.
    const z = mapMatrix(x, (v) => Math.sign(v) * Math.sqrt(Math.abs(v)));
    const { stretch } = await scoresOf(x, z, "euclidean");
    const length = (m: Matrix, i: number, j: number) =>
      Math.hypot(...Array.from({ length: 5 }, (_, k) => m.data[i * 5 + k]! - m.data[j * 5 + k]!));
    const pairs: { dx: number; r: number }[] = [];
    for (let i = 0; i < 220; i++)
      for (let j = 0; j < i; j++) pairs.push({ dx: length(x, i, j), r: length(z, i, j) / length(x, i, j) });
    pairs.sort((a, b) => a.dx - b.dx);
    const cut = Math.floor((pairs.length * 2) / 3);
    const quantileOf = (part: typeof pairs, p: number) => {
      const logs = Float64Array.from(part, ({ r }) => Math.log(r)).sort();
      return Math.exp(quantile(logs, p)) / stretch.scale.median;
    };
    for (const [band, part] of [
      ["middle", pairs.slice(0, cut)],
      ["far", pairs.slice(cut)],
    ] as const) {
      expect(Math.abs(stretch[band].n - part.length), band).toBeLessThan(12);
      stretch.levels.forEach((p, i) => {
        expect(Math.abs(stretch[band].quantiles[i]! / quantileOf(part, p) - 1), `${band} ${p}`).toBeLessThan(
          4e-3,
        );
      });
    }
    expect(stretch.middle.n + stretch.far.n).toBe(stretch.n);
    // The control: what squeezes far pairs shows as a lower median there.
    expect(stretch.far.quantiles[3]!).toBeLessThan(0.9 * stretch.middle.quantiles[3]!);
  });
});
