import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { averageLinkage, cluster, cut, leafOrder, silhouetteOf } from "../../src/align/agreement.ts";
import { IsometerError, permutation, rng } from "../../src/base/index.ts";

interface Case {
  readonly kind: string;
  readonly n: number;
  readonly dissimilarities: readonly number[];
  readonly merges: readonly (readonly [number, number, number, number])[];
  readonly scipySum: number;
  /** Of all turns of the tree; null where they are too many. */
  readonly leastSum: number | null;
  readonly silhouettes: readonly number[];
}
const { cases } = JSON.parse(
  readFileSync(new URL("../fixtures/agreement.json", import.meta.url), "utf8"),
) as { readonly cases: readonly Case[] };

/** The square matrix of the numbers above its diagonal, row by row. */
function square(above: readonly number[], n: number): Float64Array {
  const all = new Float64Array(n * n);
  let at = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      all[i * n + j] = above[at]!;
      all[j * n + i] = above[at++]!;
    }
  }
  return all;
}

/** The items in another order: item i of the new is item `order[i]` of the old. */
function reordered(matrix: Float64Array, order: ArrayLike<number>): Float64Array {
  const n = order.length;
  return Float64Array.from(matrix, (_, at) => matrix[order[Math.floor(at / n)]! * n + order[at % n]!]!);
}

function along(order: readonly number[], matrix: Float64Array): number {
  return order.slice(1).reduce((sum, item, i) => sum + matrix[order[i]! * order.length + item]!, 0);
}

/** Every order of the leaves of a tree. */
function allOrders(node: number, merges: ReturnType<typeof averageLinkage>, n: number): number[][] {
  if (node < n) return [[node]];
  const { left, right } = merges[node - n]!;
  const [a, b] = [allOrders(left, merges, n), allOrders(right, merges, n)];
  return a.flatMap((x) =>
    b.flatMap((y) => [
      [...x, ...y],
      [...y, ...x],
    ]),
  );
}

const random = (n: number, seed: number) => {
  const own = rng(seed);
  return square(
    Array.from({ length: (n * (n - 1)) / 2 }, () => own.uniform()),
    n,
  );
};

describe("average linkage", () => {
  test("of four items, by hand", () => {
    // 0 and 1 at .1; 2 joins them at (.3 + .5) / 2; 3 at (.9 + .7 + .8) / 3.
    const d = square([0.1, 0.3, 0.9, 0.5, 0.7, 0.8], 4);
    const [first, second, third] = averageLinkage(d, 4);
    expect(first).toEqual({ left: 0, right: 1, height: 0.1, size: 2 });
    expect(second).toEqual({ left: 2, right: 4, height: 0.4, size: 3 });
    expect(third).toMatchObject({ left: 3, right: 5, size: 4 });
    expect(third!.height).toBeCloseTo(0.8, 12);
  });

  test.each(cases)("agrees with SciPy: $kind", ({ n, dissimilarities, merges }) => {
    const ours = averageLinkage(square(dissimilarities, n), n);
    expect(ours.map(({ left, right, size }) => [left, right, size])).toEqual(
      merges.map(([left, right, , size]) => [left, right, size]),
    );
    ours.forEach(({ height }, i) => {
      expect(height).toBeCloseTo(merges[i]![2], 10);
    });
  });

  test("heights are the same in whatever order items come, and never fall", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 14 }), fc.nat(), (n, seed) => {
        const d = random(n, seed);
        const turned = reordered(d, permutation(rng(seed).split("turned"), n));
        const heights = averageLinkage(d, n).map(({ height }) => height);
        averageLinkage(turned, n).forEach(({ height }, i) => {
          expect(height).toBeCloseTo(heights[i]!, 12);
        });
        expect(heights).toEqual(heights.toSorted((a, b) => a - b));
      }),
    );
  });

  test("identical items meet at 0, others above (control)", () => {
    const d = square([0, 0.4, 0.6, 0.4, 0.6, 0.5], 4);
    const [first, second] = averageLinkage(d, 4);
    expect(first).toEqual({ left: 0, right: 1, height: 0, size: 2 });
    expect(second!.height).toBeGreaterThan(0.3);
  });
});

describe("the order of leaves", () => {
  test.each(cases)("is no worse than SciPy's, and the best: $kind", (one) => {
    const d = square(one.dissimilarities, one.n);
    const sum = along(leafOrder(averageLinkage(d, one.n), d, one.n), d);
    expect(sum).toBeLessThan(one.scipySum + 1e-10);
    if (one.leastSum !== null) expect(sum).toBeCloseTo(one.leastSum, 10);
  });

  test("is the best of all turns of the tree, and that of a tree", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 7 }), fc.nat(), (n, seed) => {
        const d = random(n, seed);
        const merges = averageLinkage(d, n);
        const order = leafOrder(merges, d, n);
        const all = allOrders(2 * n - 2, merges, n);
        expect(all).toContainEqual(order);
        expect(along(order, d)).toBeCloseTo(Math.min(...all.map((each) => along(each, d))), 12);
      }),
    );
  });
});

describe("clusters", () => {
  test.each(cases)("have scikit-learn's silhouettes at every cut: $kind", (one) => {
    const { n } = one;
    const d = square(one.dissimilarities, n);
    const merges = averageLinkage(d, n);
    const order = leafOrder(merges, d, n);
    one.silhouettes.forEach((expected, i) => {
      const clusters = cut(merges, order, i + 2);
      expect(clusters).toHaveLength(i + 2);
      expect(clusters.flat()).toEqual(order);
      expect(silhouetteOf(clusters, d, n)).toBeCloseTo(expected, 10);
    });
  });

  test("three groups of points are found, and noise has none (control)", () => {
    const { n, dissimilarities, silhouettes } = cases.find(({ kind }) => kind === "clusters")!;
    const { clusters, silhouette } = cluster(square(dissimilarities, n), n);
    const sorted = clusters.map((own) => own.toSorted((a, b) => a - b)).toSorted((a, b) => a[0]! - b[0]!);
    expect(sorted).toEqual([
      [0, 1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11],
    ]);
    expect(silhouette).toBeCloseTo(silhouettes[1]!, 10);
    const alike = square(
      Array.from({ length: 28 }, (_, i) => 0.5 + 0.01 * Math.sin(i)),
      8,
    );
    expect(cluster(alike, 8)).toMatchObject({ silhouette: null, clusters: [{ length: 8 }] });
  });

  test("of items that are all the same are one, at 0", () => {
    const { merges, clusters, silhouette } = cluster(new Float64Array(9), 3);
    expect(merges.map(({ height }) => height)).toEqual([0, 0]);
    expect(clusters).toHaveLength(1);
    expect(silhouette).toBeNull();
  });

  test("of one item, and of two", () => {
    expect(cluster(new Float64Array(1), 1)).toEqual({
      merges: [],
      order: [0],
      clusters: [[0]],
      silhouette: null,
    });
    expect(cluster(square([0.3], 2), 2)).toMatchObject({ order: [0, 1], clusters: [[0, 1]] });
  });

  test.each([
    ["a wrong size", new Float64Array(3), /be 2 x 2, got 3 numbers/],
    ["two directions", Float64Array.from([0, 1, 2, 0]), /the same both ways/],
    ["a number below 0", Float64Array.from([0, -1, -1, 0]), /be 0 or more/],
    ["no number", Float64Array.from([0, Number.NaN, Number.NaN, 0]), /be 0 or more/],
    ["a diagonal", Float64Array.from([1, 0, 0, 1]), /an item and itself/],
  ])("refuse %s", (_, matrix, message) => {
    expect(() => cluster(matrix, 2)).toThrow(message);
    expect(() => cluster(matrix, 2)).toThrow(IsometerError);
  });
});
