import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { spanningTrees } from "../../src/learn/penalties/spanning-trees.ts";

type Lengths = Float32Array | Float64Array;

/** Kruskal's tree: pairs in ascending order, each where it joins two pieces. */
function kruskal(lengths: Lengths, n: number): { mask: Float32Array; total: number } {
  const pairs = Array.from({ length: n * n }, (_, at) => at).filter((at) => Math.floor(at / n) < at % n);
  pairs.sort((a, b) => lengths[a]! - lengths[b]!);
  const piece = Array.from({ length: n }, (_, i) => i);
  const mask = new Float32Array(n * n);
  let total = 0;
  for (const at of pairs) {
    const [i, j] = [Math.floor(at / n), at % n];
    const [from, to] = [piece[i]!, piece[j]!];
    if (from === to) continue;
    piece.forEach((p, k) => {
      if (p === from) piece[k] = to;
    });
    mask[at] = 1;
    mask[j * n + i] = 1;
    total += lengths[at]!;
  }
  return { mask, total };
}

function symmetric(n: number, draw: () => number): Float32Array {
  const out = new Float32Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[i * n + j] = out[j * n + i] = draw();
  return out;
}

const lengthOf = (mask: Float32Array, lengths: Lengths) =>
  mask.reduce((sum, is, at) => sum + is * lengths[at]!, 0) / 2;

function smaller(dx: Float32Array, dz: Float32Array, n: number): Float64Array {
  const [a, b] = [(n - 1) / kruskal(dx, n).total, (n - 1) / kruskal(dz, n).total];
  return Float64Array.from(dx, (length, at) => Math.min(a * length, b * dz[at]!));
}

describe("spanning trees of a batch", () => {
  it("are Kruskal's", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(1e6), (n, seed) => {
        const random = rng(seed);
        const [dx, dz] = [symmetric(n, () => random.uniform()), symmetric(n, () => 9 * random.uniform())];
        const { x, z, min } = spanningTrees(dx, dz, n);
        expect(x).toEqual(kruskal(dx, n).mask);
        expect(z).toEqual(kruskal(dz, n).mask);
        expect(min).toEqual(kruskal(smaller(dx, dz, n), n).mask);
      }),
      { numRuns: 60, seed: 4 },
    );
  });

  it("are as short as any and hold together where lengths tie", () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 12 }), fc.nat(1e6), (n, seed) => {
        const random = rng(seed);
        const [dx, dz] = [symmetric(n, () => random.integer(3)), symmetric(n, () => 1 + random.integer(3))];
        const { x, z, min } = spanningTrees(dx, dz, n);
        const least = Array.from(x, (is) => (is ? 0 : 1));
        expect(kruskal(Float64Array.from(least), n).total, "one piece").toBe(0);
        for (const mask of [x, z, min]) expect(mask.reduce((a, b) => a + b, 0)).toBe(2 * (n - 1));
        expect(lengthOf(x, dx)).toBe(kruskal(dx, n).total);
        expect(lengthOf(z, dz)).toBe(kruskal(dz, n).total);
      }),
      { numRuns: 60, seed: 5 },
    );
  });

  it("have no edge where there is none", () => {
    // Two triangles, and no length between them.
    const far = Number.POSITIVE_INFINITY;
    const dx = symmetric(6, () => far);
    const dz = symmetric(6, () => far);
    const set = (lengths: Float32Array, i: number, j: number, length: number) => {
      lengths[i * 6 + j] = length;
      lengths[j * 6 + i] = length;
    };
    for (const first of [0, 3]) {
      for (const [i, j, x, z] of [
        [0, 1, 1, 3],
        [1, 2, 2, 5],
        [0, 2, 3, 1],
      ] as const) {
        set(dx, first + i, first + j, x);
        set(dz, first + i, first + j, z);
      }
    }
    const { x, z, min } = spanningTrees(dx, dz, 6);
    const edges = (mask: Float32Array) =>
      Array.from(mask, (is, at) =>
        is && Math.floor(at / 6) < at % 6 ? `${Math.floor(at / 6)}${at % 6}` : "",
      ).filter(Boolean);
    expect(edges(x)).toEqual(["01", "12", "34", "45"]);
    expect(edges(z)).toEqual(["01", "02", "34", "35"]);
    // Mean edges are 1.5 and 2, so the smaller are 2/3, 4/3 and 1/2.
    expect(edges(min)).toEqual(["01", "02", "34", "35"]);
  });

  it("are those of the recipe of penalties-pairs.json", () => {
    const { settings } = JSON.parse(
      readFileSync(new URL("../fixtures/penalties-pairs.json", import.meta.url), "utf8"),
    ) as {
      settings: readonly {
        rows: number;
        x: number[];
        z: number[];
        trees: Record<"x" | "z" | "min", [number, number][]>;
      }[];
    };
    const [{ rows, x, z, trees }] = settings as [(typeof settings)[0]];
    const found = spanningTrees(euclidean(x, rows), euclidean(z, rows), rows);
    for (const of of ["x", "z", "min"] as const) {
      const edges = Array.from(found[of], (is, at) => [is, Math.floor(at / rows), at % rows] as const).filter(
        ([is, i, j]) => is === 1 && i < j,
      );
      expect(edges.map(([, i, j]) => [i, j])).toEqual(trees[of].toSorted(([a, b], [c, d]) => a - c || b - d));
    }
  });
});

function euclidean(values: readonly number[], rows: number): Float32Array {
  const cols = values.length / rows;
  return Float32Array.from({ length: rows * rows }, (_, at) => {
    const [i, j] = [Math.floor(at / rows), at % rows];
    return Math.hypot(
      ...Array.from({ length: cols }, (_, k) => values[i * cols + k]! - values[j * cols + k]!),
    );
  });
}
