import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, rng } from "../../src/base/index.ts";
import { openSource, readLabels } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine, openNetwork, openSession } from "../../src/engine/index.ts";
import { metadataOf } from "../../src/graph/index.ts";
import { type LinearMap, saveLinear } from "../../src/linalg/index.ts";
import {
  fitIsometricLinear,
  fitLda,
  fitMds,
  fitPca,
  fitRandom,
  fitTruncate,
  RANDOM_KINDS,
  transform,
} from "../../src/reduce/index.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const truth = JSON.parse(readFileSync(new URL("../fixtures/reduce.json", import.meta.url), "utf8"));
const engine = await findEngine({ threads: 2 });
const digits = await readMatrix(`${ROOT}examples/digits.npy`);
const transformLinear = (map: LinearMap, points: Matrix, options: { engine: typeof engine }) =>
  transform({ save: (metadata) => saveLinear(map, metadata), place: null }, points, options);
const plain = { engine, seed: 0, unitRows: false };

function normals(seed: number, rows: number, cols: number, size = 1): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => size * random.normal()),
    rows,
    cols,
  );
}

/** Columns agree up to their sign. */
function sameUpToSign(codes: Matrix, wanted: readonly (readonly number[])[], digitsKept: number): void {
  for (let k = 0; k < codes.cols; k++) {
    const sign = Math.sign(codes.data[k]! * wanted[0]![k]!);
    wanted.forEach((row, i) => {
      expect(sign * codes.data[i * codes.cols + k]!).toBeCloseTo(row[k]!, digitsKept);
    });
  }
}

const first = (rows: number) =>
  gatherRows(
    digits,
    Int32Array.from({ length: rows }, (_, i) => i),
  );

/** sqrt(sum (|code difference| - |difference|)^2 / sum |difference|^2) over all pairs. */
function stress(x: Matrix, z: Matrix): number {
  let [off, all] = [0, 0];
  const distance = ({ data, cols }: Matrix, i: number, j: number) => {
    let sum = 0;
    for (let k = 0; k < cols; k++) sum += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
    return Math.sqrt(sum);
  };
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < i; j++) {
      const wanted = distance(x, i, j);
      off += (distance(z, i, j) - wanted) ** 2;
      all += wanted ** 2;
    }
  }
  return Math.sqrt(off / all);
}

describe("PCA as a map", () => {
  it("is scikit-learn's, whitened and not", async () => {
    const fit = await fitPca(digits, 5, { ...plain, whiten: false });
    expect(fit.converged).toBe(true);
    (fit.details.explainedVarianceRatio as number[]).forEach((ratio, k) => {
      expect(ratio).toBeCloseTo(truth.pca.ratios[k], 6);
    });
    sameUpToSign(await transformLinear(fit.map, first(12), { engine }), truth.pca.codes, 3);
    const white = await fitPca(digits, 5, { ...plain, whiten: true });
    sameUpToSign(await transformLinear(white.map, first(12), { engine }), truth.pca.whitened, 4);
  });

  it("takes as many dimensions as there are, and no more", async () => {
    const points = normals(1, 30, 4);
    const { map } = await fitPca(points, 4, { ...plain, whiten: false });
    expect(stress(points, await transformLinear(map, points, { engine }))).toBeLessThan(1e-6);
    await expect(fitPca(points, 5, { ...plain, whiten: false })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});

describe("rows of more than 2,048 dimensions", () => {
  it("have a PCA, a linear map of least stress and a metric scaling", async () => {
    const random = rng(6);
    const codes = normals(7, 80, 2);
    const data = new Float32Array(80 * 2100);
    const [u, v] = [normals(8, 1, 2100).data, normals(9, 1, 2100).data];
    for (let i = 0; i < data.length; i++) {
      const [row, col] = [Math.floor(i / 2100), i % 2100];
      data[i] = codes.data[2 * row]! * u[col]! + codes.data[2 * row + 1]! * v[col]! + 0.01 * random.normal();
    }
    const points = matrix(data, 80, 2100);
    const { map, details } = await fitPca(points, 2, { ...plain, whiten: false });
    expect(details.passes).toBeLessThan(5);
    expect(stress(points, await transformLinear(map, points, { engine }))).toBeLessThan(1e-3);
    const linear = await fitIsometricLinear(points, 2, plain);
    expect(linear.objective!.value).toBeLessThan(1e-3);
    const scaled = await fitMds(points, 2, plain);
    expect(scaled.objective!.value).toBeLessThan(1e-3);
    await expect(fitPca(points, 2, { ...plain, whiten: false, solver: "exact" })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});

describe("a map", () => {
  it("gives a row the same code alone and in any batch, and when it is saved", async () => {
    const { map } = await fitPca(digits, 7, { ...plain, whiten: false });
    const all = await transformLinear(map, digits, { engine });
    const few = await transformLinear(map, gatherRows(digits, Int32Array.of(1700, 3, 3)), { engine });
    const bytes = saveLinear(map, { "isometer.method": "pca" });
    expect(metadataOf(bytes)).toEqual({ "isometer.method": "pca" });
    const session = await openSession(bytes, engine);
    const alone = { data: new Float32Array(7), dims: [1, 7] };
    await session.run(
      { vectors: { data: digits.data.slice(3 * 64, 4 * 64), dims: [1, 64] } },
      { codes: alone },
    );
    await session.close();
    for (let k = 0; k < 7; k++) {
      expect(few.data[k]).toBeCloseTo(all.data[1700 * 7 + k]!, 4);
      expect(few.data[7 + k]).toBe(few.data[14 + k]);
      expect(few.data[7 + k]).toBeCloseTo(all.data[3 * 7 + k]!, 4);
      expect(alone.data[k]).toBeCloseTo(all.data[3 * 7 + k]!, 4);
    }
    expect(openNetwork({ bytes, name: "map" }, 64)).toMatchObject({
      inputs: 64,
      outputs: 7,
      output: "codes",
    });
  });

  it("of rows scaled to length 1 is the same for any length of a row; a row of zeros stays a number", async () => {
    const points = normals(3, 40, 6);
    const longer = { ...points, data: points.data.map((value, i) => value * (1 + (Math.floor(i / 6) % 5))) };
    longer.data.fill(0, 0, 6);
    const { map } = await fitPca(points, 3, { ...plain, unitRows: true, whiten: false });
    const [a, b] = [
      await transformLinear(map, points, { engine }),
      await transformLinear(map, longer, { engine }),
    ];
    for (let i = 3; i < a.data.length; i++) expect(b.data[i]).toBeCloseTo(a.data[i]!, 5);
    expect(Array.from(b.data.slice(0, 3)).every(Number.isFinite)).toBe(true);
  });
});

describe("random projections", () => {
  it.each(RANDOM_KINDS)("%s: squared lengths are right in the mean", (kind) => {
    const points = normals(4, 3, 20);
    for (let i = 0; i < 3; i++) {
      const own = points.data.subarray(i * 20, (i + 1) * 20);
      const wanted = own.reduce((sum, value) => sum + value * value, 0);
      let mean = 0;
      const draws = 600;
      for (let seed = 0; seed < draws; seed++) {
        const { weights } = fitRandom(points, 8, { ...plain, seed, kind }).map;
        for (let k = 0; k < 8; k++) {
          let code = 0;
          for (let a = 0; a < 20; a++) code += own[a]! * weights[a * 8 + k]!;
          mean += code ** 2 / draws;
        }
      }
      expect(mean / wanted).toBeGreaterThan(0.93);
      expect(mean / wanted).toBeLessThan(1.07);
    }
  });

  it("state the bound of the lemma, as scikit-learn has it", () => {
    for (const { rows, eps, dimensions } of truth.lemma) {
      const at = (d: number) =>
        fitRandom({ data: new Float32Array(0), rows, cols: 1 }, d, { ...plain, kind: "gaussian" }).details
          .johnsonLindenstrauss as number;
      // scikit-learn rounds down.
      expect(at(dimensions + 1)).toBeLessThanOrEqual(eps);
      expect(at(dimensions - 1)).toBeGreaterThan(eps);
    }
  });

  it("are the same for the same seed alone", () => {
    const of = (seed: number) => fitRandom(digits, 5, { ...plain, seed, kind: "sparse" }).map.weights;
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
  });
});

describe("truncation", () => {
  it("keeps the first columns, of length 1 under cosine", async () => {
    const points = normals(5, 10, 6);
    const [kept, unit] = [
      fitTruncate(points, 2, plain),
      fitTruncate(points, 2, { ...plain, unitRows: true }),
    ];
    const [a, b] = [
      await transformLinear(kept.map, points, { engine }),
      await transformLinear(unit.map, points, { engine }),
    ];
    for (let i = 0; i < 10; i++) {
      expect(a.data[2 * i]).toBe(points.data[6 * i]);
      expect(a.data[2 * i + 1]).toBe(points.data[6 * i + 1]);
      expect(Math.hypot(b.data[2 * i]!, b.data[2 * i + 1]!)).toBeCloseTo(1, 6);
    }
  });
});

describe("linear discriminant analysis", () => {
  it("is scikit-learn's", async () => {
    const source = await openSource(`${ROOT}examples/digits.npy`);
    const labels = await readLabels(`${ROOT}examples/digits-labels.npy`, source);
    await source.close();
    const fit = await fitLda(digits, 4, { ...plain, labels });
    (fit.details.explainedVarianceRatio as number[]).forEach((ratio, k) => {
      expect(ratio).toBeCloseTo(truth.lda.ratios[k], 5);
    });
    sameUpToSign(await transformLinear(fit.map, first(12), { engine }), truth.lda.codes, 3);
  });

  it("has no more dimensions than classes less one, and needs a spread within them", async () => {
    const points = normals(6, 20, 3);
    const labels = Array.from({ length: 20 }, (_, i) => String(i % 2));
    await expect(fitLda(points, 2, { ...plain, labels })).rejects.toMatchObject({ code: "bad-option" });
    const flat = matrix(
      Float32Array.from({ length: 40 }, (_, i) => Math.floor(i / 2) % 2),
      20,
      2,
    );
    await expect(fitLda(flat, 1, { ...plain, labels })).rejects.toMatchObject({ code: "bad-value" });
  });
});

describe("the isometric linear map", () => {
  it("keeps distances of data that fit exactly", async () => {
    // Three dimensions within ten.
    const [z, w] = [normals(7, 300, 3), normals(8, 3, 10)];
    const data = Float32Array.from({ length: 3000 }, (_, i) => {
      let sum = 0;
      for (let k = 0; k < 3; k++) sum += z.data[Math.floor(i / 10) * 3 + k]! * w.data[k * 10 + (i % 10)]!;
      return sum;
    });
    const points = matrix(data, 300, 10);
    const { map, converged } = await fitIsometricLinear(points, 3, plain);
    expect(converged).toBe(true);
    expect(stress(points, await transformLinear(map, points, { engine }))).toBeLessThan(1e-4);
  });

  it("has less stress than PCA, on pairs that it was not fitted to", async () => {
    const rows = first(300);
    const [iso, pca] = [
      await fitIsometricLinear(digits, 6, plain),
      await fitPca(digits, 6, { ...plain, whiten: false }),
    ];
    const [a, b] = [
      stress(rows, await transformLinear(iso.map, rows, { engine })),
      stress(rows, await transformLinear(pca.map, rows, { engine })),
    ];
    expect(a).toBeLessThan(0.6 * b);
    expect(iso.objective!.value).toBeLessThan(iso.details.startStress as number);
    expect(a).toBeCloseTo(iso.objective!.value, 1);
  });

  it("is the same bits on any number of threads", async () => {
    const points = normals(9, 100, 8);
    const of = async (threads: number) =>
      (await fitIsometricLinear(points, 3, { ...plain, engine: await findEngine({ threads }) })).map.weights;
    expect(await of(1)).toEqual(await of(3));
  });

  it("rotations, shifts and copies of the data change its stress by nothing but rounding", async () => {
    const points = normals(10, 80, 4);
    const stressOf = async (of: Matrix) => (await fitIsometricLinear(of, 2, plain)).objective!.value;
    const plainStress = await stressOf(points);
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0.1, max: 3, noNaN: true }),
        fc.double({ min: -5, max: 5, noNaN: true }),
        async (scale, shift) => {
          const moved = { ...points, data: points.data.map((value) => value * scale + shift) };
          expect(await stressOf(moved)).toBeCloseTo(plainStress, 2);
        },
      ),
      { numRuns: 4 },
    );
  });
});
