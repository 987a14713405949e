import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import {
  type Dense,
  eigenOf,
  openAlgebra,
  singularValues,
  symmetricEigen,
  transposed,
} from "../../src/linalg/index.ts";

const engine = await findEngine({ threads: 2 });
const algebra = openAlgebra(engine);
afterAll(() => algebra.close());

function normals(seed: number, rows: number, cols: number): Dense {
  const random = rng(seed);
  return { data: new Float64Array(rows * cols).map(() => random.normal()), rows, cols };
}

function productByHand(a: Dense, b: Dense): Dense {
  const data = new Float64Array(a.rows * b.cols);
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < b.cols; j++)
      for (let k = 0; k < a.cols; k++)
        data[i * b.cols + j]! += a.data[i * a.cols + k]! * b.data[k * b.cols + j]!;
  return { data, rows: a.rows, cols: b.cols };
}

const largest = (values: Float64Array) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const apart = (a: Dense, b: Dense) => largest(a.data.map((value, i) => value - b.data[i]!));
const size = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 30, max: 60 }));

describe("products", () => {
  it("are float64's, either side transposed", async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, fc.boolean(), fc.boolean(), async (m, k, n, transA, transB) => {
        const [a, b] = [normals(m, m, k), normals(n + 100, k, n)];
        const found = await algebra.multiply(transA ? transposed(a) : a, transB ? transposed(b) : b, {
          transA,
          transB,
        });
        expect([found.rows, found.cols]).toEqual([m, n]);
        expect(apart(found, productByHand(a, b))).toBeLessThan(1e-13 * k * 10);
      }),
      { numRuns: 40 },
    );
  });
});

describe("the polar factor", () => {
  it("has orthonormal columns or rows, leaves a symmetric positive rest, and knows the sum of singular values", async () => {
    await fc.assert(
      fc.asyncProperty(size, size, async (m, n) => {
        const a = normals(m * 20 + n, m, n);
        const { factor, nuclear, converged } = await algebra.polar(a);
        expect(converged).toBe(true);
        const isWide = m < n;
        const inner = await algebra.multiply(factor, factor, isWide ? { transB: true } : { transA: true });
        const identity = inner.data.map((_, at) => (at % (inner.cols + 1) === 0 ? 1 : 0));
        expect(apart(inner, { ...inner, data: identity })).toBeLessThan(1e-13 * 10);
        const rest = await algebra.multiply(factor, a, isWide ? { transB: true } : { transA: true });
        expect(apart(rest, transposed(rest))).toBeLessThan(1e-10 * largest(a.data));
        const { values } = symmetricEigen(rest.data.slice(), rest.rows);
        expect(values.at(-1)!).toBeGreaterThan(-1e-9 * values[0]!);
        const sum = singularValues(a.data, m, n).reduce((total, value) => total + value, 0);
        expect(Math.abs(nuclear - sum)).toBeLessThan(1e-7 * sum);
      }),
      { numRuns: 40 },
    );
  });

  it("of nothing is nothing", async () => {
    const { factor, nuclear, converged } = await algebra.polar({
      data: new Float64Array(6),
      rows: 3,
      cols: 2,
    });
    expect([largest(factor.data), nuclear, converged]).toEqual([0, 0, true]);
  });

  it("keeps an orthonormal matrix at any scale", async () => {
    const { factor } = await algebra.polar(normals(5, 7, 7));
    for (const scale of [1e-120, 3, 1e120]) {
      const found = await algebra.polar({ ...factor, data: factor.data.map((value) => value * scale) });
      expect(apart(found.factor, factor)).toBeLessThan(1e-12);
    }
  });
});

describe("eigenvectors of a symmetric matrix", () => {
  it("are orthonormal and give the matrix back, also where values are equal or zero", async () => {
    for (const [n, of] of [
      [1, 1],
      [2, 2],
      [9, 9],
      [30, 12],
      [64, 64],
    ] as const) {
      const a = normals(n, of, n);
      const matrix = (await algebra.multiply(a, a, { transA: true })).data;
      const [{ values, vectors }] = await eigenOf([{ matrix: matrix.slice(), n }], {
        engine,
        stage: "test",
      }).then(([first]) => [first!]);
      const v: Dense = { data: vectors!, rows: n, cols: n };
      const scaled = { ...v, data: v.data.map((value, at) => value * values[Math.floor(at / n)]!) };
      const back = await algebra.multiply(v, scaled, { transA: true });
      expect(apart(back, { data: matrix, rows: n, cols: n })).toBeLessThan(1e-13 * n * values[0]!);
      const inner = await algebra.multiply(v, v, { transB: true });
      inner.data.forEach((value, at) => {
        expect(Math.abs(value - (at % (n + 1) === 0 ? 1 : 0))).toBeLessThan(1e-13 * n);
      });
    }
    const same = symmetricEigen(
      new Float64Array(16).map((_, at) => (at % 5 === 0 ? 3 : 0)),
      4,
    );
    expect(Array.from(same.values)).toEqual([3, 3, 3, 3]);
  });
});
