import { describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { compare } from "../../src/measure/compare.ts";
import { type Layout, makeSpace } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";
import { order } from "./truth.ts";

/* Ranks are counted from orders below their targets; those too close to call are measured. Against a sort of all float64 orders. */

async function ranks(x: Matrix, z: Matrix, k: number, layout: Layout) {
  const engine = await findEngine({ threads: 2 });
  const space = (m: Matrix, name: string) => makeSpace(m, "euclidean", { engine, name });
  const spaces = [await space(x, "x"), await space(z, "z")] as const;
  const wants = new Set(["neighbors", "ranks"] as const);
  return compare(...spaces, { layout, k, wants, engine, rng: rng(0), watch: {}, classes: null });
}

/** Rank of every row seen from row i, 1 = nearest. */
function sorted(m: Matrix, i: number): { near: number[]; rank: Map<number, number> } {
  const near = Array.from({ length: m.rows }, (_, j) => ({ j, d: order(m, i, m, j, "euclidean") }))
    .filter(({ j }) => j !== i)
    .sort((a, b) => a.d - b.d || a.j - b.j)
    .map(({ j }) => j);
  return { near, rank: new Map(near.map((j, at) => [j, at + 1])) };
}

async function agrees(x: Matrix, z: Matrix, k: number, index: Int32Array | null = null): Promise<void> {
  const layout: Layout = index
    ? { kind: "anchors", rows: x.rows, slots: index.length, index }
    : { kind: "all", rows: x.rows };
  const found = (await ranks(x, z, k, layout)).ranks!;
  const rows = index ?? Int32Array.from({ length: x.rows }, (_, i) => i);
  // Targets come ordered by their distance in the space where they are ranked, so ranks ascend.
  const expected = { x: [] as number[], z: [] as number[] };
  for (const i of rows) {
    const [inX, inZ] = [sorted(x, i), sorted(z, i)];
    const own = (from: number[], rank: Map<number, number>) =>
      from
        .slice(0, k)
        .map((j) => rank.get(j)!)
        .sort((a, b) => a - b);
    expected.x.push(...own(inZ.near, inX.rank));
    expected.z.push(...own(inX.near, inZ.rank));
  }
  expect(Array.from(found.x.ranks)).toEqual(expected.x);
  expect(Array.from(found.z.ranks)).toEqual(expected.z);
}

describe("ranks of neighbours", () => {
  it.each([
    [1, 611, 7],
    [5, 97, 20],
    [6, 530, 2],
    [15, 1030, 12],
  ])("equal a sort: k = %i, %i x %i", async (k, rows, cols) => {
    await agrees(gaussian(rng(k), rows, cols), gaussian(rng(k + 1), rows, 2), k);
  });

  it("of some rows as anchors", async () => {
    const index = Int32Array.from([3, 700, 44, 45, 46, 512, 0]);
    await agrees(gaussian(rng(20), 701, 9), gaussian(rng(21), 701, 3), 10, index);
  });

  it("where nearly every pair is too close to call", async () => {
    const grid = (m: Matrix, step: number) => mapMatrix(m, (v) => Math.round(v * step) + 3000);
    await agrees(grid(gaussian(rng(22), 560, 6), 0.7), grid(gaussian(rng(23), 560, 8), 1), 15);
  });

  it("more unsure pairs than are handed over at once: they come in portions", async () => {
    // Two places only: each pair ties with half of all, and 200 targets make a million unsure pairs a tile.
    const two = (m: Matrix) => mapMatrix(m, (_, col, row) => (row % 2) * (col + 1) + 500);
    await agrees(two(gaussian(rng(24), 600, 6)), two(gaussian(rng(25), 600, 5)), 200);
  });
});
