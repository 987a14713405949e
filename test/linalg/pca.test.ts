import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { largestEigen, pca, project, tridiagonalEigen } from "../../src/linalg/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const example = (name: string) =>
  readMatrix(fileURLToPath(new URL(`../../examples/digits${name}.npy`, import.meta.url)));

describe("eigenvalues of a tridiagonal matrix", () => {
  it("are those of the second difference, 2 - 2 cos(pi i / (n + 1)), with orthonormal vectors", () => {
    for (const n of [1, 2, 3, 17, 60]) {
      const { values, vectors } = tridiagonalEigen(new Array(n).fill(2), new Array(n - 1).fill(-1));
      for (let i = 0; i < n; i++) {
        expect(values[i]).toBeCloseTo(2 - 2 * Math.cos((Math.PI * (n - i)) / (n + 1)), 12);
        for (let j = 0; j <= i; j++) {
          let product = 0;
          for (let k = 0; k < n; k++) product += vectors[i * n + k]! * vectors[j * n + k]!;
          expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
        }
      }
    }
  });

  it("of a diagonal matrix are its diagonal", () => {
    expect(Array.from(tridiagonalEigen([1, 5, -2, 5], [0, 0, 0]).values)).toEqual([5, 5, 1, -2]);
  });
});

describe("the largest eigenvalues of an operator", () => {
  const diagonal = (values: readonly number[]) => (v: Float64Array) => v.map((x, i) => x * values[i]!);

  it("come with all copies of a multiple one", () => {
    const values = [3, 1, 7, 7, 0, 7, 2, 1, 1, 4];
    const found = largestEigen(diagonal(values), 10, 5, { rng: rng(1) });
    expect(found.converged).toBe(true);
    [7, 7, 7, 4, 3].forEach((value, i) => {
      expect(found.values[i]).toBeCloseTo(value, 9);
    });
  });

  it("are eigenvalues, whatever the start: close ones far from zero, with the residuals that are claimed", () => {
    const values = Array.from({ length: 240 }, (_, i) => 1 + 0.4 * (i / 240) ** 2);
    const multiply = diagonal(values);
    for (let seed = 0; seed < 12; seed++) {
      const found = largestEigen(multiply, 240, 4, { rng: rng(seed) });
      expect(found.converged).toBe(true);
      for (let i = 0; i < 4; i++) {
        expect(Math.abs(found.values[i]! - values[239 - i]!)).toBeLessThan(1e-8);
        const v = found.vectors.slice(i * 240, (i + 1) * 240);
        const off = multiply(v).map((w, k) => w - found.values[i]! * v[k]!);
        expect(Math.hypot(...off)).toBeLessThan(1e-7);
      }
    }
  });

  it("say so when they did not converge (control)", () => {
    const values = Array.from({ length: 400 }, (_, i) => 1 + i / 1e4);
    const options = { rng: rng(2), maxIterations: 12 };
    const found = largestEigen(diagonal(values), 400, 3, options);
    expect(found.converged).toBe(false);
    expect(Math.max(...found.residuals)).toBeGreaterThan(1e-8);
  });
});

describe("principal components", () => {
  it("of the digits are scikit-learn's", async () => {
    const [x, expected] = [await example(""), await example("-pca")];
    const map = await pca(x, 2, { engine });
    const z = await project(x, map, { engine });
    expect(map.converged).toBe(true);
    expect(map.residual).toBeLessThan(1e-8);
    for (const c of [0, 1]) {
      const sign = Math.sign(z.data[c]! * expected.data[c]!);
      for (let i = 0; i < x.rows; i++) {
        expect(Math.abs(sign * z.data[2 * i + c]! - expected.data[2 * i + c]!)).toBeLessThan(2e-4);
      }
    }
    // The variances along them, and what they are of the whole: PCA(2).explained_variance_ratio_ of scikit-learn 1.9.1.
    expect(map.variances[0]! / map.totalVariance).toBeCloseTo(0.14890595, 7);
    expect(map.variances[1]! / map.totalVariance).toBeCloseTo(0.13618773, 7);
  });

  it("far from the origin lose nothing, and are the same bytes on one thread and on three", async () => {
    const x = mapMatrix(gaussian(rng(3), 3000, 20), (v, col) => Math.fround(v * (col === 7 ? 9 : 1) + 5000));
    const [one, three] = [
      await pca(x, 3, { engine: { ...engine, threads: 1 } }),
      await pca(x, 3, { engine: { ...engine, threads: 3 } }),
    ];
    expect(one.components).toEqual(three.components);
    expect(Math.abs(one.components[7]!)).toBeGreaterThan(0.999);
    expect(Math.abs(one.variances[0]! / 81 - 1)).toBeLessThan(0.1);
  });

  it("do not depend on the unit of the data", async () => {
    const x = gaussian(rng(5), 300, 8);
    const plain = await pca(x, 2, { engine });
    for (const unit of [2 ** 83, 2 ** -83]) {
      const scaled = await pca(
        mapMatrix(x, (v) => v * unit),
        2,
        { engine },
      );
      expect(scaled.components).toEqual(plain.components);
      expect(scaled.variances[0]! / unit ** 2 / plain.variances[0]!).toBeCloseTo(1, 12);
    }
  });

  it("as many as there are dimensions are a rotation: all lengths are kept", async () => {
    const x = gaussian(rng(4), 200, 6);
    const z = await project(x, await pca(x, 6, { engine }), { engine });
    const length = (m: typeof x, i: number, j: number) =>
      Math.hypot(...Array.from({ length: 6 }, (_, k) => m.data[i * 6 + k]! - m.data[j * 6 + k]!));
    for (let i = 1; i < 200; i++) expect(Math.abs(length(z, 0, i) / length(x, 0, i) - 1)).toBeLessThan(1e-5);
  });
});
