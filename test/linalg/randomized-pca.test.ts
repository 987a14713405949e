import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import {
  type PrincipalComponents,
  pca,
  principalComponents,
  randomizedPca,
  usualSolver,
} from "../../src/linalg/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const digits = await readMatrix(fileURLToPath(new URL("../../examples/digits.npy", import.meta.url)));

/** Rows whose standard deviation along random directions falls as `sizes`, plus noise. */
function decaying(seed: number, rows: number, cols: number, sizes: readonly number[], noise = 1e-3): Matrix {
  const random = rng(seed);
  const codes = gaussian(random, rows, sizes.length).data;
  const directions = gaussian(random, sizes.length, cols).data;
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < sizes.length; j++) {
      const own = (codes[i * sizes.length + j]! * sizes[j]!) / Math.sqrt(cols);
      for (let k = 0; k < cols; k++) data[i * cols + k]! += own * directions[j * cols + k]!;
    }
  return mapMatrix(matrix(data, rows, cols), (value) => value + noise * random.normal());
}

const powers = (count: number, base: number) => Array.from({ length: count }, (_, i) => base ** i);

const sum = (values: ArrayLike<number>) => Array.from(values).reduce((all, value) => all + value, 0);

/** The sine of the largest angle between a component of one and the span of the other. */
function worstSine(one: PrincipalComponents, other: PrincipalComponents, d: number): number {
  const cols = one.mean.length;
  let worst = 0;
  for (let i = 0; i < d; i++) {
    let inside = 0;
    for (let j = 0; j < d; j++) {
      let product = 0;
      for (let k = 0; k < cols; k++)
        product += one.components[i * cols + k]! * other.components[j * cols + k]!;
      inside += product * product;
    }
    worst = Math.max(worst, Math.sqrt(Math.max(0, 1 - inside)));
  }
  return worst;
}

/** Largest difference of the inner products of components from those of orthonormal ones. */
function orthonormality({ components, mean }: PrincipalComponents, d: number): number {
  const cols = mean.length;
  let worst = 0;
  for (let i = 0; i < d; i++)
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k < cols; k++) product += components[i * cols + k]! * components[j * cols + k]!;
      worst = Math.max(worst, Math.abs(product - Number(i === j)));
    }
  return worst;
}

describe("randomised principal components", () => {
  it.each([
    ["a fast decay", decaying(1, 900, 300, powers(30, 0.7)), 8],
    ["a slow decay", decaying(2, 900, 300, powers(80, 0.95)), 20],
    ["the digits", digits, 20],
    ["as many rows as components", decaying(3, 12, 400, powers(12, 0.8)), 6],
  ])("of %s are the exact ones: variances to 1e-4, and the same span", async (_, x, d) => {
    const exact = await pca(x, d, { engine });
    const found = await randomizedPca(x, d, { engine });
    expect(found.converged).toBe(true);
    expect(Math.abs(sum(found.variances) / sum(exact.variances) - 1)).toBeLessThan(1e-5);
    for (let i = 0; i < d; i++)
      expect(Math.abs(found.variances[i]! / exact.variances[i]! - 1)).toBeLessThan(2e-3);
    expect(Math.abs(found.totalVariance / exact.totalVariance - 1)).toBeLessThan(1e-6);
    expect(worstSine(found, exact, d)).toBeLessThan(0.05);
    expect(orthonormality(found, d)).toBeLessThan(1e-6);
    for (let k = 0; k < x.cols; k++) expect(found.mean[k]).toBeCloseTo(exact.mean[k]!, 6);
  });

  it("are as exact as they are asked to be, and their residuals are what is claimed", async () => {
    const x = decaying(4, 800, 200, powers(60, 0.93));
    const exact = await pca(x, 10, { engine });
    const found = await randomizedPca(x, 10, { engine, tolerance: 1e-4 });
    expect(worstSine(found, exact, 10)).toBeLessThan(2e-4);
    // |C v - variance v| from the covariance itself.
    const scale = x.rows / (x.rows - 1);
    let worst = 0;
    for (let i = 0; i < 10; i++) {
      let square = 0;
      for (let a = 0; a < 200; a++) {
        let own = 0;
        for (let b = 0; b < 200; b++) own += exact.covariance[a * 200 + b]! * found.components[i * 200 + b]!;
        square += (scale * own - found.variances[i]! * found.components[i * 200 + a]!) ** 2;
      }
      worst = Math.max(worst, Math.sqrt(square) / found.variances[0]!);
    }
    expect(found.residual).toBeLessThan(1e-4);
    expect(worst).toBeLessThan(found.residual + 1e-6);
  });

  it("of the digits have scikit-learn's ratios", async () => {
    // PCA(2).explained_variance_ratio_ of scikit-learn 1.9.1.
    const { variances, totalVariance } = await randomizedPca(digits, 2, { engine, tolerance: 1e-4 });
    expect(variances[0]! / totalVariance).toBeCloseTo(0.14890595, 6);
    expect(variances[1]! / totalVariance).toBeCloseTo(0.13618773, 6);
  });

  it("are the same bytes on one thread and on three, with one seed, and others with another", async () => {
    const x = decaying(5, 5000, 90, powers(40, 0.9));
    const of = (threads: number, seed: number) =>
      randomizedPca(x, 5, { engine: { ...engine, threads }, seed });
    const [one, three, other] = [await of(1, 7), await of(3, 7), await of(3, 8)];
    expect(three).toEqual(one);
    expect(other.components).not.toEqual(one.components);
    expect(worstSine(other, one, 5)).toBeLessThan(0.05);
  });

  it("far from the origin lose nothing, and do not depend on the unit", async () => {
    const near = decaying(6, 1500, 120, powers(30, 0.8), 0);
    const x = mapMatrix(near, (value) => Math.fround(value + 1e4) - 1e4);
    const far = await randomizedPca(
      mapMatrix(x, (value) => value + 1e4),
      4,
      { engine },
    );
    const plain = await randomizedPca(x, 4, { engine });
    expect(Math.abs(sum(far.variances) / sum(plain.variances) - 1)).toBeLessThan(1e-4);
    expect(worstSine(far, plain, 4)).toBeLessThan(0.01);
    for (const unit of [2 ** 83, 2 ** -83]) {
      const scaled = await randomizedPca(
        mapMatrix(x, (value) => value * unit),
        4,
        { engine },
      );
      expect(scaled.components).toEqual(plain.components);
    }
  });

  it("of unit rows are those of rows that were scaled before; a row of zeros stays", async () => {
    const x = mapMatrix(decaying(7, 700, 150, powers(20, 0.8)), (value, _, row) =>
      row === 3 ? 0 : value * (1 + (row % 5)),
    );
    const lengths = Array.from(
      { length: 700 },
      (_, i) => Math.hypot(...x.data.subarray(i * 150, (i + 1) * 150)) || 1,
    );
    const scaled = mapMatrix(x, (value, _, row) => value / lengths[row]!);
    const [one, other] = [
      await randomizedPca(x, 5, { engine, unitRows: true }),
      await randomizedPca(scaled, 5, { engine }),
    ];
    expect(worstSine(one, other, 5)).toBeLessThan(1e-3);
    for (let i = 0; i < 5; i++) expect(one.variances[i]! / other.variances[i]!).toBeCloseTo(1, 4);
  });
});

describe("randomised principal components of little", () => {
  it("of equal rows have no variance, and are orthonormal all the same", async () => {
    const x = matrix(new Float32Array(50 * 30).fill(3.5), 50, 30);
    const found = await randomizedPca(x, 4, { engine });
    expect(found).toMatchObject({ converged: true, residual: 0, totalVariance: 0 });
    expect(sum(found.variances)).toBe(0);
    expect(orthonormality(found, 4)).toBeLessThan(1e-6);
  });

  it("of low rank, with more components than rows or rank: the rest is 0", async () => {
    const x = decaying(8, 300, 80, [3, 2, 1], 0);
    const found = await randomizedPca(x, 7, { engine });
    expect(found.converged).toBe(true);
    expect(sum(found.variances.slice(0, 3)) / found.totalVariance).toBeCloseTo(1, 6);
    for (const value of found.variances.slice(3)) expect(value).toBeLessThan(1e-6 * found.variances[0]!);
    expect(orthonormality(found, 7)).toBeLessThan(1e-6);
    const few = gaussian(rng(9), 5, 60);
    const wide = await randomizedPca(few, 20, { engine });
    expect(sum(wide.variances) / wide.totalVariance).toBeCloseTo(1, 6);
    expect(orthonormality(wide, 20)).toBeLessThan(1e-6);
  });

  it("of repeated rows are those of the rows", async () => {
    const x = decaying(10, 200, 70, powers(20, 0.8));
    const twice = matrix(Float32Array.from([...x.data, ...x.data]), 400, 70);
    const [one, two] = [await randomizedPca(x, 5, { engine }), await randomizedPca(twice, 5, { engine })];
    expect(worstSine(one, two, 5)).toBeLessThan(0.02);
  });

  it("as many as there are dimensions are exact in one pass", async () => {
    const x = gaussian(rng(11), 300, 9);
    const found = await randomizedPca(x, 9, { engine });
    const exact = await pca(x, 9, { engine });
    expect(found).toMatchObject({ converged: true, iterations: 1 });
    for (let i = 0; i < 9; i++) expect(found.variances[i]! / exact.variances[i]!).toBeCloseTo(1, 6);
  });

  it("outside [1, D], or of values whose squares leave float32, are refused", async () => {
    const x = gaussian(rng(12), 600, 6);
    await expect(randomizedPca(x, 7, { engine })).rejects.toMatchObject({ code: "bad-option" });
    const apart = mapMatrix(x, (value, _, row) => (row === 301 ? 1e30 : value));
    await expect(randomizedPca(apart, 2, { engine })).rejects.toMatchObject({ code: "bad-value" });
  });
});

describe("few passes over a flat spectrum (control)", () => {
  it("are visibly worse, and say that they did not converge", async () => {
    const x = gaussian(rng(13), 1500, 400);
    const exact = await pca(x, 10, { engine });
    const few = await randomizedPca(x, 10, { engine, maxPasses: 2 });
    const more = await randomizedPca(x, 10, { engine, maxPasses: 12 });
    expect(few.converged).toBe(false);
    expect(few.iterations).toBe(2);
    const short = ({ variances }: PrincipalComponents) => 1 - sum(variances) / sum(exact.variances);
    expect(short(few)).toBeGreaterThan(0.1);
    expect(short(more)).toBeLessThan(0.02);
    expect(short(more)).toBeGreaterThan(-1e-6);
    expect(few.residual).toBeGreaterThan(0.05);
  });
});

describe("the solver", () => {
  it("is exact up to 2,048 dimensions and randomised beyond, where it says how well it did", async () => {
    expect([usualSolver(2048), usualSolver(2049)]).toEqual(["exact", "randomized"]);
    const x = decaying(14, 60, 2100, powers(15, 0.7));
    const found = await principalComponents(x, 3, { engine });
    expect(found).toMatchObject({ converged: true });
    expect(found.iterations).toBeLessThan(8);
    await expect(principalComponents(x, 3, { engine, solver: "exact" })).rejects.toMatchObject({
      code: "bad-value",
    });
    const narrow = await principalComponents(digits, 3, { engine });
    expect(narrow.components).toEqual((await pca(digits, 3, { engine })).components);
  });
});
