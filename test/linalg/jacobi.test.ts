import { expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { jacobiEigen, tridiagonalEigen } from "../../src/linalg/index.ts";

/** Vectors diagonalise the matrix and are orthonormal. */
function check(a: Float64Array, n: number): Float64Array {
  const { values, vectors } = jacobiEigen(a.slice(), n);
  const size = Math.max(...a.map(Math.abs), Number.MIN_VALUE);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      let [product, inner] = [0, 0];
      for (let k = 0; k < n; k++) {
        inner += vectors[i * n + k]! * vectors[j * n + k]!;
        for (let l = 0; l < n; l++) product += vectors[i * n + k]! * a[k * n + l]! * vectors[j * n + l]!;
      }
      expect(inner).toBeCloseTo(i === j ? 1 : 0, 12);
      expect(product / size).toBeCloseTo(i === j ? values[i]! / size : 0, 12);
    }
  }
  expect([...values]).toEqual([...values].sort((p, q) => q - p));
  return values;
}

it("finds the eigenvalues and vectors of small symmetric matrices, of any unit", () => {
  const random = rng(1);
  for (const n of [1, 2, 3, 7, 16]) {
    for (const unit of [1, 1e-90, 1e90]) {
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++)
        for (let j = i; j < n; j++) a[i * n + j] = a[j * n + i] = unit * random.normal();
      check(a, n);
    }
  }
});

it("agrees with QL on tridiagonal ones, equal and zero eigenvalues included", () => {
  const diagonal = [2, 2, 2, 2, 2, 2];
  const off = [1, 1, 0, 1, 1];
  const a = new Float64Array(36);
  diagonal.forEach((value, i) => {
    a[i * 7] = value;
    if (i < 5) a[i * 6 + i + 1] = a[(i + 1) * 6 + i] = off[i]!;
  });
  const values = check(a, 6);
  tridiagonalEigen(diagonal, off).values.forEach((value, i) => {
    expect(values[i]).toBeCloseTo(value, 12);
  });
  expect([...check(new Float64Array(9), 3)]).toEqual([0, 0, 0]);
  const [three, ...none] = check(new Float64Array(9).fill(1), 3);
  expect(three).toBeCloseTo(3, 12);
  for (const value of none) expect(value).toBeCloseTo(0, 12);
});
