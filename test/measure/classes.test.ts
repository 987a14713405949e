import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, mean, permutation, rng } from "../../src/base/index.ts";
import { audit, type ScoreName, type SpacesScore } from "../../src/measure/index.ts";
import { adjustedRand } from "../../src/measure/separation.ts";
import { METRICS } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";

/** Values of one space: see make-classes.py. */
interface OneSpace {
  silhouette: number;
  neighborhoodHit: number;
  knnAccuracy: number;
  /** Share of rows whose vote ties: scikit-learn gives them the smallest class, we that of the nearest row. */
  ties: number;
  distanceConsistency: number;
  daviesBouldin: number;
  calinskiHarabasz: number;
}

interface Case {
  original: string;
  latent: string;
  rows: number;
  k: number;
  labelTrustworthiness: number;
  labelContinuity: number;
  classTrustworthiness: number;
  classContinuity: number;
  originalScores: OneSpace;
  latentScores: OneSpace;
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const fixture = JSON.parse(readFileSync(`${root}test/fixtures/classes.json`, "utf8")) as {
  classes: Case[];
  rands: { a: number[]; b: number[]; value: number }[];
};

const SCORES = [
  "neighborhoodHit",
  "knnAccuracy",
  "silhouette",
  "labelTrustworthiness",
  "labelContinuity",
  "classTrustworthiness",
  "classContinuity",
  "distanceConsistency",
  "daviesBouldin",
  "calinskiHarabasz",
  "clusterAgreement",
] as const satisfies readonly ScoreName[];

async function firstRows(name: string, rows: number): Promise<Matrix> {
  const all = await readMatrix(`${root}examples/${name}.npy`);
  return gatherRows(
    all,
    Array.from({ length: rows }, (_, i) => i),
  );
}

async function digitLabels(rows: number): Promise<string[]> {
  const bytes = readFileSync(`${root}examples/digits-labels.npy`);
  const values = bytes.subarray(10 + bytes.readUInt16LE(8));
  const width = values.length / 1797;
  return Array.from({ length: rows }, (_, i) => String(values[i * width]));
}

describe("scores of classes equal those of scikit-learn and ZADU", () => {
  it.each(fixture.classes)("$original against $latent, $rows rows, k = $k", async (c) => {
    const { scores, classes } = await audit(
      await firstRows(c.original, c.rows),
      await firstRows(c.latent, c.rows),
      { scores: SCORES, nNeighbors: c.k, labels: await digitLabels(c.rows) },
    );
    expect(classes).toEqual({ from: "labels", count: 10 });
    for (const side of ["original", "latent"] as const) {
      const expected = c[`${side}Scores`];
      const got = (name: "silhouette" | "neighborhoodHit" | "knnAccuracy") =>
        side === "latent" ? scores[name]!.value : scores[name]!.original;
      expect(Math.abs(got("silhouette") - expected.silhouette), "silhouette").toBeLessThan(2e-6);
      // Whole numbers tie: which of two rows is the k-th neighbour is a matter of taste.
      const ties = c.original === "digits" && side === "original" ? 2e-3 : 1e-9;
      expect(Math.abs(got("neighborhoodHit") - expected.neighborhoodHit), "hit").toBeLessThan(ties);
      const votes = ties + expected.ties;
      expect(Math.abs(got("knnAccuracy") - expected.knnAccuracy), "accuracy").toBeLessThanOrEqual(votes);
    }
    expect(Math.abs(scores.labelTrustworthiness!.value - c.labelTrustworthiness)).toBeLessThan(1e-9);
    expect(Math.abs(scores.labelContinuity!.value - c.labelContinuity)).toBeLessThan(1e-9);
    expect(scores.silhouette!.exact && scores.labelContinuity!.exact).toBe(true);
    const rank = c.original === "digits" ? 1e-4 : 1e-9;
    expect(Math.abs(scores.classTrustworthiness!.value - c.classTrustworthiness)).toBeLessThan(rank);
    expect(Math.abs(scores.classContinuity!.value - c.classContinuity)).toBeLessThan(rank);
    for (const name of ["distanceConsistency", "daviesBouldin", "calinskiHarabasz"] as const) {
      const [own, original] = [c.latentScores[name], c.originalScores[name]];
      expect(Math.abs(scores[name]!.value / own - 1), name).toBeLessThan(1e-6);
      expect(Math.abs(scores[name]!.original / original - 1), name).toBeLessThan(1e-6);
    }
  });

  it.each(fixture.rands)("the adjusted Rand index of two partitions", ({ a, b, value }) => {
    expect(adjustedRand(Int32Array.from(a), Int32Array.from(b))).toBeCloseTo(value, 12);
    expect(adjustedRand(Int32Array.from(a), Int32Array.from(a))).toBe(1);
  });
});

/** Clouds of points around corners that lie `apart` from each other, in turn. */
function clouds(rows: number, cols: number, count: number, apart: number, seed = 0) {
  const points = mapMatrix(gaussian(rng(seed), rows, cols), (v, col, row) =>
    row % count === col % count ? v + apart : v,
  );
  return { points, labels: Array.from({ length: rows }, (_, i) => `class ${i % count}`) };
}

async function valuesOf(x: Matrix, z: Matrix, labels: readonly string[] | null, k = 7) {
  return (await audit(x, z, { scores: SCORES, nNeighbors: k, labels })).scores;
}

/** The scores written down once more, the plain way. */
function bruteForce(m: Matrix, labels: readonly string[], k: number) {
  const at = (i: number) => Array.from(m.data.subarray(i * m.cols, (i + 1) * m.cols));
  const points = labels.map((_, i) => at(i));
  const length = (a: number[], b: number[]) => Math.hypot(...a.map((v, c) => v - b[c]!));
  const names = [...new Set(labels)];
  const results = labels.map((own, i) => {
    const others = labels.map((_, j) => j).filter((j) => j !== i);
    const near = others.sort((a, b) => length(points[i]!, points[a]!) - length(points[i]!, points[b]!));
    const votes = near.slice(0, k).map((j) => labels[j]!);
    const count = (name: string) => votes.filter((vote) => vote === name).length;
    const winner = votes.reduce((best, vote) => (count(vote) > count(best) ? vote : best));
    const lengths = (name: string) =>
      near.filter((j) => labels[j] === name).map((j) => length(points[i]!, points[j]!));
    const a = mean(lengths(own));
    const b = Math.min(...names.filter((name) => name !== own).map((name) => mean(lengths(name))));
    return { hit: count(own) / k, right: winner === own ? 1 : 0, s: (b - a) / Math.max(a, b) };
  });
  return {
    neighborhoodHit: mean(results.map(({ hit }) => hit)),
    knnAccuracy: mean(results.map(({ right }) => right)),
    silhouette: mean(results.map(({ s }) => s)),
  };
}

describe("laws of scores of classes", () => {
  it("the plain way gives the same, ties of votes included", async () => {
    const { points: x, labels } = clouds(90, 3, 4, 2);
    const z = gaussian(rng(3), 90, 9);
    const k = 6;
    const scores = await valuesOf(x, z, labels, k);
    const [inX, inZ] = [bruteForce(x, labels, k), bruteForce(z, labels, k)];
    for (const name of ["neighborhoodHit", "knnAccuracy", "silhouette"] as const) {
      expect(scores[name]!.original, name).toBeCloseTo(inX[name], 6);
      expect(scores[name]!.value, name).toBeCloseTo(inZ[name], 6);
      expect(scores[name]!.ideal).toBe(scores[name]!.original);
    }
  });

  it.each(METRICS.filter((metric) => metric !== "geodesic"))(
    "an isometry scores what the original does: %s",
    async (metric) => {
      const { points: x, labels } = clouds(300, 6, 5, 3);
      const turned = metric === "manhattan" ? mapMatrix(x, (v) => 1 - v) : rotate(x, rng(1));
      const z = metric === "cosine" ? mapMatrix(turned, (v, _, row) => v * (1 + (row % 3))) : turned;
      const options = { scores: SCORES, labels, metric, latentMetric: metric };
      const { scores } = await audit(x, z, options);
      for (const name of [
        "neighborhoodHit",
        "knnAccuracy",
        "silhouette",
        "distanceConsistency",
        "daviesBouldin",
        "clusterAgreement",
      ] as const) {
        expect(Math.abs(scores[name]!.value - scores[name]!.original), name).toBeLessThan(1e-4);
      }
      const { value, original } = scores.calinskiHarabasz!;
      expect(Math.abs(value / original - 1)).toBeLessThan(1e-4);
      for (const name of [
        "labelTrustworthiness",
        "labelContinuity",
        "classTrustworthiness",
        "classContinuity",
      ] as const) {
        expect(scores[name]!.value, name).toBeGreaterThan(1 - 1e-4);
      }
    },
  );

  it("the order of rows and the names of classes do not matter", async () => {
    const { points: x, labels } = clouds(200, 8, 5, 1);
    const z = mapMatrix(x, (v, col) => (col < 3 ? v : 0.1 * v));
    const order = permutation(rng(4), 200);
    const renamed = Array.from(order, (i) => `other name of ${labels[i]}`);
    const before = await valuesOf(x, z, labels);
    const after = await valuesOf(gatherRows(x, order), gatherRows(z, order), renamed);
    for (const name of SCORES) {
      // k-means starts from rows that are drawn by number.
      const digits = name === "clusterAgreement" ? 1 : 6;
      expect(after[name]!.value, name).toBeCloseTo(before[name]!.value, digits);
    }
  });

  it("shuffled rows score what chance says", async () => {
    const { points: x, labels } = clouds(600, 6, 3, 4);
    const z = gatherRows(x, permutation(rng(5), 600));
    const scores = await valuesOf(x, z, labels);
    for (const name of SCORES) {
      const { value, null: chance } = scores[name]!;
      // Means near the one centre differ by chance alone, and their distance is what others are measured in.
      if (name === "daviesBouldin") expect(value / chance).toBeCloseTo(1, 0);
      else if (name === "calinskiHarabasz") {
        // A ratio of variances with few degrees of freedom: anything of the size of 1 (its mean is for test/laws).
        expect(value).toBeLessThan(6);
        expect(scores[name]!.original).toBeGreaterThan(100);
      } else expect(Math.abs(value - chance), name).toBeLessThan(0.03);
    }
    expect(scores.neighborhoodHit!.original).toBeGreaterThan(0.95);
    expect(scores.labelTrustworthiness!.value).toBeLessThan(0.7);
  });

  it("two classes laid upon each other lose trust, classes drawn apart lose continuity", async () => {
    const { points: apart, labels } = clouds(400, 4, 4, 8);
    const merged = mapMatrix(apart, (v, col, row) => (col === 0 && row % 4 === 0 ? v - 8 : v));
    const both = mapMatrix(merged, (v, col, row) => (col === 1 && row % 4 === 1 ? v - 8 : v));
    const lost = await valuesOf(apart, both, labels);
    expect(lost.labelTrustworthiness!.value).toBeLessThan(0.95);
    expect(lost.labelContinuity!.value).toBeGreaterThan(0.999);
    expect(lost.silhouette!.value).toBeLessThan(lost.silhouette!.original - 0.2);
    const made = await valuesOf(both, apart, labels);
    expect(made.labelContinuity!.value).toBeCloseTo(lost.labelTrustworthiness!.value, 9);
    expect(made.labelTrustworthiness!.value).toBeCloseTo(lost.labelContinuity!.value, 9);
  });

  it("same bytes on one and on three threads", async () => {
    const { points: x } = clouds(700, 12, 6, 3);
    const z = mapMatrix(x, (v, col) => (col % 2 ? v : 0));
    const [one, three] = await Promise.all(
      [1, 3].map((threads) => audit(x, z, { scores: SCORES, threads, sample: 200 })),
    );
    expect(JSON.stringify(three!.scores)).toBe(JSON.stringify(one!.scores));
  });
});

describe("classes that are found, few or none", () => {
  it("without labels clusters of the original are found by k-means", async () => {
    const { points: x, labels } = clouds(2_000, 10, 10, 12);
    const { scores, classes, warnings } = await audit(x, x, { scores: SCORES });
    expect(classes).toEqual({ from: "k-means of the original", count: 10 });
    expect(warnings).toEqual([]);
    expect(scores.neighborhoodHit!.original).toBeGreaterThan(0.99);
    const given = await valuesOf(x, x, labels, 15);
    expect(scores.silhouette!.value).toBeGreaterThan(0.5 * given.silhouette!.value);
  });

  it("one class, or a class for every row: no scores, and a word about it", async () => {
    const x = gaussian(rng(0), 20, 3);
    for (const [labels, word] of [
      [Array.from({ length: 20 }, () => "a"), "all rows are of one class"],
      [Array.from({ length: 20 }, (_, i) => `${i}`), "every row is a class of its own"],
    ] as const) {
      const { scores, warnings } = await audit(x, x, { scores: SCORES, nNeighbors: 3, labels });
      expect(Object.keys(scores)).toEqual([]);
      expect(warnings).toMatchObject([{ code: "no-classes", message: expect.stringContaining(word) }]);
    }
  });

  it("three rows, equal rows, classes of one row and collapsed latents score numbers", async () => {
    const three = await audit(matrix([0, 1, 5], 3, 1), matrix([0, 2, 3], 3, 1), {
      nNeighbors: 1,
      labels: ["a", "a", "b"],
    });
    const x = mapMatrix(gaussian(rng(1), 40, 3), (v, _, row) => (row < 20 ? 1 : v));
    const half = mapMatrix(x, (v, _, row) => (row < 30 ? 7 : v));
    const labels = Array.from({ length: 40 }, (_, i) => (i === 39 ? "alone" : `${i % 3}`));
    const equal = await audit(x, half, { nNeighbors: 4, labels });
    for (const { scores } of [three, equal]) {
      for (const name of SCORES) {
        const score = scores[name] as SpacesScore;
        expect([score.value, score.null, ...score.interval].every(Number.isFinite), name).toBe(true);
      }
    }
    // Two classes with one centroid: a tie is half a row.
    const flat = mapMatrix(x, () => 3);
    flat.data[0] = 4;
    const two = x.data.slice(0, 40).length === 40 ? labels.map((_, i) => `${i % 2}`) : [];
    const { scores } = await audit(x, flat, { scores: SCORES, nNeighbors: 4, labels: two });
    expect(scores.labelContinuity!.value).toBeGreaterThan(0.5);
  });

  it("more than 10,000 rows: anchors, with intervals that hold the exact value", async () => {
    const { points: x, labels } = clouds(12_000, 4, 4, 2);
    const z = mapMatrix(x, (v, col) => (col < 2 ? v : 0));
    const { scores } = await audit(x, z, { scores: SCORES, labels });
    const all = await audit(x, z, { scores: ["neighborhoodHit", "knnAccuracy"], labels, exact: true });
    for (const name of ["neighborhoodHit", "knnAccuracy"] as const) {
      const [low, high] = scores[name]!.interval;
      expect(scores[name]!.exact).toBe(false);
      expect(all.scores[name]!.value).toBeGreaterThan(low);
      expect(all.scores[name]!.value).toBeLessThan(high);
    }
    expect(scores.silhouette!.sampled).toEqual({ kind: "anchors", m: 1666 });
    expect(scores.labelContinuity!.exact).toBe(true);
  });
});
