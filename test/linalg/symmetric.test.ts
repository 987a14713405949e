import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Matrix, permutation, rng, toShared } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import {
  covarianceOf,
  crossCovariancesOf,
  singularValues,
  spectra,
  symmetricEigenvalues,
} from "../../src/linalg/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const path = fileURLToPath(new URL("../fixtures/shape.json", import.meta.url));
const fixture = JSON.parse(readFileSync(path, "utf8")) as {
  eigenvalues: { n: number; values: number[] }[];
};

/** The matrix of make-shape.py. */
function sines(n: number): Float64Array {
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    return Math.sin(i * j + i + j);
  });
}

describe("eigenvalues of a symmetric matrix", () => {
  it("are NumPy's", () => {
    for (const { n, values } of fixture.eigenvalues) {
      const found = symmetricEigenvalues(sines(n), n);
      values.forEach((value, i) => {
        expect(Math.abs(found[i]! - value), `${i} of ${n}`).toBeLessThan(1e-12 * n);
      });
    }
  });

  it("keep their digits at any size of the numbers, multiple and zero ones too", () => {
    for (const scale of [1e-150, 1, 1e150]) {
      const diagonal = [3, 0, 3, -2, 0, 3].map((value) => value * scale);
      const a = new Float64Array(36);
      diagonal.forEach((value, i) => {
        a[i * 6 + i] = value;
      });
      const found = symmetricEigenvalues(a, 6);
      [3, 3, 3, 0, 0, -2].forEach((value, i) => {
        expect(found[i]! / scale).toBeCloseTo(value, 12);
      });
    }
    expect(Array.from(symmetricEigenvalues(new Float64Array(9), 3))).toEqual([0, 0, 0]);
    expect(symmetricEigenvalues(new Float64Array(0), 0)).toHaveLength(0);
  });

  it("are numbers where elements are so small beside others that their squares vanish", () => {
    const tiny = Float64Array.of(0, 0, 0, 0, -3.5e-74, -5e-74, -1e-73, 3e-74, 0, 0, 0, 0, 0, 0, 0, 0.41);
    expect(Array.from(singularValues(tiny, 4, 4))).toEqual([
      0.41,
      expect.closeTo(0),
      expect.closeTo(0),
      expect.closeTo(0),
    ]);
  });

  it("of another matrix are others (control)", () => {
    const a = sines(40);
    a[0]! += 0.1;
    const { values } = fixture.eigenvalues.find(({ n }) => n === 40)!;
    expect(Math.abs(symmetricEigenvalues(a, 40)[0]! - values[0]!)).toBeGreaterThan(1e-6);
  });
});

describe("singular values", () => {
  it("are the same of a matrix and of its transpose, and those of a matrix whose they are known", () => {
    // u v' + 2 p q' with orthonormal u, p and v, q.
    const u = [0.6, 0.8, 0];
    const p = [0.8, -0.6, 0];
    const v = [0, 0, 1, 0, 0];
    const q = [0.6, 0, 0, 0.8, 0];
    const a = Float64Array.from({ length: 15 }, (_, at) => {
      const [i, j] = [Math.floor(at / 5), at % 5];
      return u[i]! * v[j]! + 2 * p[i]! * q[j]!;
    });
    const t = Float64Array.from({ length: 15 }, (_, at) => a[(at % 3) * 5 + Math.floor(at / 3)]!);
    for (const found of [singularValues(a, 3, 5), singularValues(t, 5, 3)]) {
      [2, 1, 0].forEach((value, i) => {
        expect(found[i]).toBeCloseTo(value, 7);
      });
    }
  });

  it("and eigenvalues in worker threads come in the order of the tasks", async () => {
    const found = await spectra(
      [
        { kind: "eigenvalues", matrix: sines(5), n: 5 },
        { kind: "singularValues", matrix: sines(5), rows: 5, cols: 5 },
        { kind: "eigenvalues", matrix: Float64Array.of(7), n: 1 },
      ],
      { engine, stage: "test" },
    );
    expect(found[0]![0]).toBeCloseTo(fixture.eigenvalues.find(({ n }) => n === 5)!.values[0]!, 12);
    const sizes = Array.from(found[0]!, Math.abs).sort((a, b) => b - a);
    sizes.forEach((size, i) => {
      expect(found[1]![i]).toBeCloseTo(size, 7);
    });
    expect(Array.from(found[2]!)).toEqual([7]);
  });
});

describe("covariances between two sets of rows", () => {
  const x = mapMatrix(gaussian(rng(3), 1500, 7), (value, col) => value * (col + 1) + 100);
  const z = mapMatrix(gaussian(rng(4), 1500, 3), (value, col, row) => value + x.data[row * 7 + col]!);
  const placed = (m: Matrix, unit: number) => ({
    data: toShared(m).data,
    stored: null,
    rows: m.rows,
    cols: m.cols,
    scale: unit,
    centre: new Float64Array(m.cols).fill(99 * unit),
  });

  it("are the brute sums, whatever the order of the other rows", async () => {
    const orders = [null, permutation(rng(5), 1500)];
    const found = await crossCovariancesOf(placed(x, 1), placed(z, 0.5), orders, { engine, stage: "test" });
    for (const [o, order] of orders.entries()) {
      const mean = (m: Matrix, k: number) => {
        let sum = 0;
        for (let i = 0; i < m.rows; i++) sum += m.data[i * m.cols + k]! / m.rows;
        return sum;
      };
      let [variance, other] = [0, 0];
      for (let a = 0; a < 7; a++) {
        const centre = mean(x, a);
        for (let i = 0; i < 1500; i++) variance += (x.data[i * 7 + a]! - centre) ** 2 / 1500;
        for (let b = 0; b < 3; b++) {
          const off = mean(z, b);
          let sum = 0;
          for (let i = 0; i < 1500; i++)
            sum += ((x.data[i * 7 + a]! - centre) * 0.5 * (z.data[(order?.[i] ?? i) * 3 + b]! - off)) / 1500;
          expect(Math.abs(found.matrices[o]![a * 3 + b]! - sum)).toBeLessThan(2e-5);
          if (a === 0) for (let i = 0; i < 1500; i++) other += (0.5 * (z.data[i * 3 + b]! - off)) ** 2 / 1500;
        }
      }
      expect(found.variances.left / variance).toBeCloseTo(1, 9);
      expect(found.variances.right / other).toBeCloseTo(1, 9);
    }
  });

  it("and within one set are the same bits on any number of threads", async () => {
    const [one, three] = await Promise.all(
      [1, 3].map(async (threads) => {
        const options = { engine: { ...engine, threads }, stage: "test" };
        const own = await covarianceOf(placed(x, 1), options);
        const cross = await crossCovariancesOf(placed(x, 1), placed(z, 1), [null], options);
        return [own.mean, own.covariance, cross.matrices[0]!].map((a) => Array.from(a));
      }),
    );
    expect(one).toEqual(three);
    expect(one![0]![0]).toBeCloseTo(100, 0);
  });
});
