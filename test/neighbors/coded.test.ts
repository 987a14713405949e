import { describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { findCoded } from "../../src/neighbors/coded.ts";
import { lengthOf, makeSpace, nearestNeighbors, type StraightMetric } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";
import { truth } from "./truth.ts";

/* Integer codes propose, floors prove: whatever the data, the neighbours are those of float64. */

/** Neighbours by codes, and the kinds of work that it took. */
async function coded(q: Matrix, x: Matrix, k: number, metric: StraightMetric = "euclidean", threads = 2) {
  const engine = await findEngine({ threads });
  const searched = await makeSpace(x, metric, { engine, name: "searched", later: true });
  const slots = await makeSpace(q, metric, { engine, name: "queries", like: searched, later: true });
  const layout = { kind: "anchors", rows: x.rows, slots: q.rows, index: null } as const;
  const stages = new Set<string>();
  const watch = { onProgress: ({ stage }: { stage: string }) => stages.add(stage) };
  const found = await findCoded({ slots, searched, layout, selfless: false }, k, engine, watch);
  const lengths = Array.from(found.orders, (order) => lengthOf(order, searched));
  return { ids: Array.from(found.ids), lengths, stages };
}

async function agrees(q: Matrix, x: Matrix, k: number, metric: StraightMetric = "euclidean") {
  const found = await coded(q, x, k, metric);
  const expected = truth(q, x, k, metric);
  expect(found.ids).toEqual(expected.ids);
  found.lengths.forEach((d, i) => {
    expect(Math.abs(d - expected.distances[i]!)).toBeLessThan(1e-9 * (1 + expected.distances[i]!));
  });
  return found.stages;
}

describe("neighbours by integer codes", () => {
  it.each([1, 5, 16, 33, 70])("are those of float64 in %i dimensions", async (d) => {
    await agrees(gaussian(rng(1), 40, d), gaussian(rng(2), 700, d), 10);
  });

  it("settle high-dimensional data alone", async () => {
    const stages = await agrees(gaussian(rng(3), 30, 96), gaussian(rng(4), 2500, 96), 10);
    expect([...stages]).toEqual(["candidates", "refining"]);
  });

  it("hand over what is too close to call to products (control: clusters far smaller than their distance)", async () => {
    const clusters = (m: Matrix) => mapMatrix(m, (v, _, row) => v * 0.001 + (row % 2) * 50);
    const stages = await agrees(clusters(gaussian(rng(5), 20, 32)), clusters(gaussian(rng(6), 2400, 32)), 10);
    expect(stages).toContain("neighbours");
  });

  it("are exact for directions, far from the origin, among ties, and for rows of nothing", async () => {
    const [q, x] = [gaussian(rng(7), 25, 24), gaussian(rng(8), 900, 24)];
    await agrees(q, x, 7, "cosine");
    const far = (v: number) => v + 1000;
    await agrees(mapMatrix(q, far), mapMatrix(x, far), 7);
    const grid = (v: number) => Math.round(v);
    await agrees(mapMatrix(q, grid), mapMatrix(x, grid), 7);
    const holes = (v: number, _: number, row: number) => (row % 4 ? v : 0);
    await agrees(mapMatrix(q, holes), mapMatrix(x, holes), 7);
    const heavy = (v: number, col: number, row: number) => (col === 3 && row % 9 === 0 ? v * 1000 : v);
    await agrees(mapMatrix(q, heavy), mapMatrix(x, heavy), 7);
  });

  it("are the same bytes on one thread and on three", async () => {
    const [q, x] = [gaussian(rng(9), 150, 40), gaussian(rng(10), 3000, 40)];
    const [one, three] = [await coded(q, x, 10, "euclidean", 1), await coded(q, x, 10, "euclidean", 3)];
    expect(one.ids).toEqual(three.ids);
    expect(one.lengths).toEqual(three.lengths);
  });

  it("are what nearestNeighbors takes for large searches; numbers that are none are found", async () => {
    const [q, x] = [gaussian(rng(11), 2600, 128), gaussian(rng(12), 13_000, 128)];
    const stages = new Set<string>();
    const found = await nearestNeighbors(q, x, { nNeighbors: 5, onProgress: (p) => stages.add(p.stage) });
    expect(stages).toContain("candidates");
    const few = { ...q, rows: 20, data: q.data.subarray(0, 20 * q.cols) };
    expect(Array.from(found.ids.subarray(0, 100))).toEqual(truth(few, x, 5, "euclidean").ids);
    const hole = mapMatrix(q, (v, col, row) => (row === 77 && col === 5 ? Number.NaN : v));
    await expect(nearestNeighbors(hole, x, { nNeighbors: 5 })).rejects.toMatchObject({ code: "non-finite" });
    await expect(nearestNeighbors(q, hole, { nNeighbors: 5 })).rejects.toMatchObject({ code: "non-finite" });
  });
});
