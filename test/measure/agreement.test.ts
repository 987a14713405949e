import { describe, expect, test } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { agreements, auditAll } from "../../src/measure/index.ts";
import { inOwnSpan } from "../../src/measure/own-span.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

/** Inner products of the centred rows, in float64. */
function innerProducts({ data, rows, cols }: Matrix): Float64Array {
  const means = new Float64Array(cols);
  for (let at = 0; at < data.length; at++) means[at % cols]! += data[at]! / rows;
  const products = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      for (let c = 0; c < cols; c++) {
        products[i * rows + j]! += (data[i * cols + c]! - means[c]!) * (data[j * cols + c]! - means[c]!);
      }
    }
  }
  return products;
}

/** Columns of very different sizes, far from the origin. */
function uneven(rows: number, cols: number, seed: number): Matrix {
  return mapMatrix(gaussian(rng(seed), rows, cols), (value, col) => 30 + value * 10 ** (-(col % 8) / 2));
}

describe("few rows in many dimensions", () => {
  test("keep their inner products when they are turned into as many dimensions as rows", () => {
    const points = uneven(40, 130, 1);
    const turned = inOwnSpan(points) as Matrix;
    expect([turned.rows, turned.cols]).toEqual([40, 40]);
    const [before, after] = [innerProducts(points), innerProducts(turned)];
    before.forEach((value, at) => {
      expect(Math.abs(after[at]! - value)).toBeLessThan(1e-5 * before[0]!);
    });
  });

  test("with equal rows, too", () => {
    const points = mapMatrix(uneven(6, 20, 2), (value, _, row) => (row < 3 ? 1 : value));
    const turned = inOwnSpan(points) as Matrix;
    const [before, after] = [innerProducts(points), innerProducts(turned)];
    before.forEach((value, at) => {
      expect(after[at]).toBeCloseTo(value, 3);
    });
    const same = inOwnSpan(matrix(new Float32Array(4 * 9).fill(2), 4, 9)) as Matrix;
    expect([...same.data]).toEqual(new Array(16).fill(0));
  });

  test("are left as they are where there is nothing to win", () => {
    for (const [rows, cols] of [
      [66, 130],
      [10, 4],
      [5, 2049],
    ]) {
      const points = uneven(rows!, cols!, 3);
      expect(inOwnSpan(points)).toBe(points);
    }
  });

  test("agree as an audit of all dimensions says", async () => {
    const spaces = [uneven(60, 200, 4), uneven(60, 150, 5), uneven(60, 20, 6)];
    // The second has something of the first.
    spaces[1] = mapMatrix(spaces[1]!, (value, col, row) => value + spaces[0]!.data[row * 200 + col]!);
    const { pairs } = await agreements(
      spaces.map((points, i) => ({ name: `${i}`, points })),
      { metric: "euclidean", nNeighbors: 5, threads: 2 },
    );
    const audits = await auditAll(
      spaces[0]!,
      spaces.slice(1).map((latent, i) => ({ name: `${i}`, latent })),
      { nNeighbors: 5, threads: 2, scores: ["linearCka", "procrustes", "neighborRecall"] },
    );
    audits.forEach(({ scores }, i) => {
      expect(pairs[i]!.linearCka!.value).toBeCloseTo(scores.linearCka!.value, 5);
      expect(pairs[i]!.linearCka!.null).toBeCloseTo(scores.linearCka!.null, 5);
      expect(pairs[i]!.procrustes!.value).toBeCloseTo(scores.procrustes!.value, 5);
      expect(pairs[i]!.neighborRecall).toEqual(scores.neighborRecall);
    });
    expect(pairs[0]!.linearCka!.value).toBeGreaterThan(pairs[1]!.linearCka!.value + 0.1);
  });
});

describe("agreements", () => {
  const space = (name: string, rows: number) => ({ name, points: gaussian(rng(1), rows, 3) });
  test.each([
    ["one space", [space("a", 9)], {}, { code: "bad-option", message: /two spaces or more/ }],
    ["two rows", [space("a", 2), space("b", 2)], {}, { code: "too-few-rows", message: /a has 2 rows/ }],
    ["other rows", [space("a", 9), space("b", 8)], {}, { code: "row-count-mismatch", message: /a.*b/s }],
    [
      "as many neighbours as rows",
      [space("a", 9), space("b", 9)],
      { nNeighbors: 9 },
      { code: "bad-option", message: /nNeighbors/ },
    ],
  ])("refuse %s", async (_, spaces, options, { code, message }) => {
    await expect(agreements(spaces, options)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});
