import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, mean, permutation, rng, variance } from "../../src/base/index.ts";
import { crossNorm } from "../../src/measure/gram.ts";
import { type AuditOptions, audit } from "../../src/measure/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { pairs } = JSON.parse(readFileSync(`${root}test/fixtures/shape.json`, "utf8")) as {
  pairs: { original: string; latent: string; metric: Metric; linearCka: number; procrustes: number }[];
};

async function scoresOf(x: Matrix, z: Matrix, metric: Metric = "euclidean", options: AuditOptions = {}) {
  const { scores } = await audit(x, z, {
    metric,
    latentMetric: metric,
    nNeighbors: 1,
    scores: ["linearCka", "procrustes"],
    ...options,
  });
  return scores;
}

/** Columns centred, float64. */
function centred(m: Matrix): number[][] {
  const means = Array.from({ length: m.cols }, (_, k) =>
    mean(Array.from({ length: m.rows }, (_, i) => m.data[i * m.cols + k]!)),
  );
  return Array.from({ length: m.rows }, (_, i) => means.map((c, k) => m.data[i * m.cols + k]! - c));
}

/** Inner products of rows, n x n. */
function products(rows: number[][]): Float64Array {
  const a = rows.map((row) => Float64Array.from(row));
  const out = new Float64Array(a.length ** 2);
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = 0;
      for (let k = 0; k < a[i]!.length; k++) sum += a[i]![k]! * a[j]![k]!;
      out[i * a.length + j] = sum;
      out[j * a.length + i] = sum;
    }
  }
  return out;
}

/** ||A'B||^2 = tr(AA' BB'). */
function crossSquares(a: number[][], b: number[][]): number {
  const [k, l] = [products(a), products(b)];
  return k.reduce((sum, value, at) => sum + value * l[at]!, 0);
}

const cka = (a: number[][], b: number[][]) =>
  crossSquares(a, b) / Math.sqrt(crossSquares(a, a) * crossSquares(b, b));

function shuffled(m: Matrix, seed: number): Matrix {
  return gatherRows(m, permutation(rng(seed), m.rows));
}

describe("linear CKA and Procrustes", () => {
  it.each(pairs)("are NumPy's and SciPy's: $original, $latent, $metric", async (pair) => {
    const [x, z] = await Promise.all(
      [pair.original, pair.latent].map((name) => readMatrix(`${root}examples/${name}.npy`)),
    );
    const scores = await scoresOf(x!, z!, pair.metric);
    expect(Math.abs(scores.linearCka!.value - pair.linearCka)).toBeLessThan(1e-6);
    expect(Math.abs(scores.procrustes!.value - pair.procrustes)).toBeLessThan(1e-6);
    expect(scores.linearCka!.interval).toEqual([scores.linearCka!.value, scores.linearCka!.value]);
    // Over all rows, whatever the anchors.
    const sampled = await scoresOf(x!, z!, pair.metric, { sample: 50 });
    expect(sampled).toEqual(scores);
  });

  it("of isometric spaces are 1 and 0, of more columns too, and far from the origin", async () => {
    const x = gaussian(rng(1), 300, 12);
    const wide = matrix(
      Float64Array.from({ length: 300 * 20 }, (_, at) =>
        at % 20 < 12 ? x.data[Math.floor(at / 20) * 12 + (at % 20)]! : 0,
      ) as never,
      300,
      20,
    );
    const moved = mapMatrix(rotate(wide, rng(2)), (value, col) => 3 * value + 50 * col);
    for (const [a, b] of [[x, moved] as const, [moved, x] as const]) {
      const { linearCka, procrustes } = await scoresOf(a, b);
      expect(Math.abs(linearCka!.value - 1)).toBeLessThan(1e-4);
      expect(procrustes!.value).toBeLessThan(1e-4);
      expect(linearCka!.ideal - procrustes!.ideal).toBe(1);
    }
    const stretched = await scoresOf(
      x,
      mapMatrix(x, (value, col) => value * (1 + col)),
    );
    expect(stretched.linearCka!.value).toBeLessThan(0.9);
    expect(stretched.procrustes!.value).toBeGreaterThan(0.05);
  });

  it("do not see what the other metrics do not see", async () => {
    const x = gaussian(rng(21), 150, 5);
    const turned = mapMatrix(rotate(x, rng(22)), (value, _, row) => value * (1 + (row % 4)));
    const flipped = mapMatrix(x, (value, col) => (col % 2 ? -value : value) + 9);
    for (const [z, metric] of [[turned, "cosine"] as const, [flipped, "manhattan"] as const]) {
      const { linearCka, procrustes } = await scoresOf(x, z, metric);
      expect(Math.abs(linearCka!.value - 1)).toBeLessThan(1e-4);
      expect(procrustes!.value).toBeLessThan(1e-4);
    }
    expect((await scoresOf(x, turned, "euclidean")).procrustes!.value).toBeGreaterThan(0.05);
  });

  it("of shuffled rows score at chance, which for CKA is the mean over all ways to shuffle", async () => {
    const x = mapMatrix(gaussian(rng(5), 5, 3), (value, col) => value * (col + 1));
    const z = gaussian(rng(6), 5, 2);
    const ways: number[][] = [[]];
    for (let i = 0; i < 5; i++)
      ways.splice(
        0,
        ways.length,
        ...ways.flatMap((way) => [0, 1, 2, 3, 4].filter((j) => !way.includes(j)).map((j) => [...way, j])),
      );
    expect(ways).toHaveLength(120);
    const expected = mean(ways.map((way) => cka(centred(x), centred(gatherRows(z, way)))));
    expect((await scoresOf(x, z)).linearCka!.null).toBeCloseTo(expected, 6);

    const digits = await readMatrix(`${root}examples/digits.npy`);
    const tsne = await readMatrix(`${root}examples/digits-tsne.npy`);
    const told = await scoresOf(digits, tsne);
    const real = await Promise.all([1, 2, 3, 4].map((seed) => scoresOf(digits, shuffled(tsne, seed))));
    const close = (name: "linearCka" | "procrustes", slack: number) => {
      const values = real.map((scores) => scores[name]!.value);
      expect(Math.abs(mean(values) - told[name]!.null)).toBeLessThan(
        slack * Math.sqrt(variance(values)) + 1e-12,
      );
      expect(Math.abs(told[name]!.value - told[name]!.null)).toBeGreaterThan(0.1);
    };
    close("linearCka", 3);
    close("procrustes", 3);
  });

  it("are not defined where all rows are the same", async () => {
    const x = gaussian(rng(7), 20, 3);
    const scores = await scoresOf(
      x,
      mapMatrix(gaussian(rng(8), 20, 2), () => 4),
    );
    expect(scores).toEqual({});
  });

  it("are the same bytes on any number of threads", async () => {
    const [x, z] = [gaussian(rng(9), 2000, 30), gaussian(rng(10), 2000, 8)];
    expect(await scoresOf(x, z, "cosine", { threads: 1 })).toEqual(
      await scoresOf(x, z, "cosine", { threads: 3 }),
    );
  });
});

describe("linear CKA from Gram matrices, in more dimensions than 2,048", () => {
  /** Spectrum falling over 2,060 columns, most of it in the first. */
  const wide = (seed: number, rows: number, shared: Matrix) =>
    mapMatrix(gaussian(rng(seed), rows, 2060), (value, col, row) =>
      col < shared.cols ? 3 * shared.data[row * shared.cols + col]! + value : value / 4,
    );

  it("is the plain number when all rows are landmarks", async () => {
    const shared = gaussian(rng(11), 60, 4);
    const [x, z] = [wide(12, 60, shared), mapMatrix(shared, (value, col) => value + col)];
    const { linearCka, procrustes } = await scoresOf(x, z);
    expect(linearCka!.exact).toBe(true);
    expect(linearCka!.value).toBeCloseTo(cka(centred(x), centred(z)), 5);
    // The covariances between them can still be held.
    expect(procrustes!.exact).toBe(true);
    const both = await scoresOf(x, wide(13, 60, shared));
    expect(both.linearCka!.value).toBeCloseTo(cka(centred(x), centred(wide(13, 60, shared))), 5);
    // Both have too many dimensions: few rows could always be laid upon each other.
    expect(both.procrustes).toBeUndefined();
  });

  it("says that it was sampled, and its interval holds the number over all rows", async () => {
    const shared = gaussian(rng(14), 1150, 4);
    const [x, z] = [wide(15, 1150, shared), mapMatrix(shared, (value, col) => value * (col + 1))];
    const { linearCka } = await scoresOf(x, z);
    expect(linearCka!.sampled).toEqual({ kind: "landmarks", m: 1000 });
    const [k, l] = [products(centred(x)), products(centred(z))];
    const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);
    const exact = dot(k, l) / Math.sqrt(dot(k, k) * dot(l, l));
    expect(linearCka!.interval[0]).toBeLessThan(exact);
    expect(linearCka!.interval[1]).toBeGreaterThan(exact);
    expect(linearCka!.interval[1] - linearCka!.interval[0]).toBeLessThan(0.1);
  });

  it("estimates the squared norm over all n rows without bias, where the plain one of m rows is too large", () => {
    const n = 120;
    const [x, z] = [gaussian(rng(16), n, 30), gaussian(rng(17), n, 25)];
    const [k, l] = [products(centred(x)), products(centred(z))];
    const whole = crossNorm(
      k,
      l,
      n,
      Array.from({ length: n }, (_, i) => i),
      n,
    );
    expect(whole).toBeCloseTo(crossSquares(centred(x), centred(z)) / n ** 2, 9);
    const draws = Array.from({ length: 400 }, (_, seed) =>
      Array.from(permutation(rng(seed), n).slice(0, 24)),
    );
    const estimates = draws.map((kept) => crossNorm(k, l, n, kept, n));
    const plain = draws.map((kept) => crossNorm(k, l, n, kept, kept.length));
    const error = Math.sqrt(variance(estimates) / 400);
    expect(Math.abs(mean(estimates) - whole)).toBeLessThan(3 * error + 0.05 * whole);
    expect(mean(plain)).toBeGreaterThan(2 * whole);
  });
});

describe.skipIf(!hasSharedData)("linear CKA of real pairs", () => {
  const guideline = (name: string) => `multi-model/guideline250/${name}.npy`;
  const clip = (name: string) => `paired/clip-coco500/clip-${name}.npy`;
  it.each([
    [guideline("bge-large-en-v1.5"), guideline("bge-small-en-v1.5"), 0.909],
    [guideline("all-minilm-l6-v2"), guideline("all-mpnet-base-v2"), 0.886],
    [guideline("all-mpnet-base-v2"), guideline("bio-clinicalbert"), 0.484],
    [clip("image"), clip("text"), 0.636],
    [clip("untrained-image"), clip("untrained-text"), 0.045],
    ["things/spose-49d.npy", "things/spose-66d.npy", 0.965],
  ])("%s, %s: %d", async (original, latent, expected) => {
    const [x, z] = [await readMatrix(sharedData(original)), await readMatrix(sharedData(latent))];
    const { linearCka } = await scoresOf(x, z);
    expect(Math.abs(linearCka!.value - expected)).toBeLessThan(6e-4);
  });
});
