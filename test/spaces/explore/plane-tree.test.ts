import { describe, expect, test } from "vitest";
import { rng } from "../../../src/base/index.ts";
import { nearInPlane, plantTree } from "../../../src/spaces/explore/plane-tree.ts";
import { lengthBetween, normals, orderFrom } from "./data.ts";

function planted(positions: Float32Array) {
  const tree = Int32Array.from({ length: positions.length / 2 }, (_, i) => i);
  plantTree(tree, positions);
  return tree;
}
const room = (m: number) => ({ ids: new Int32Array(m), squares: new Float64Array(m) });

describe("a tree over the plane", () => {
  test.each([3, 16, 17, 18, 500, 3000])("finds the nearest of brute force (%i rows)", (rows) => {
    const points = normals(rows, 2, rows);
    const tree = planted(points.data);
    expect([...tree].sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, i) => i));
    const found = room(Math.min(9, rows - 1));
    for (let row = 0; row < rows; row += Math.ceil(rows / 40)) {
      nearInPlane(tree, points.data, row, found);
      expect([...found.ids]).toEqual(orderFrom(points, row, "euclidean").slice(0, found.ids.length));
    }
  });

  test("finds as near ones where many are equally far", () => {
    const source = rng(1).split("grid");
    const data = new Float32Array(2000).map(() => source.integer(6));
    const points = { data, rows: 1000, cols: 2 };
    const tree = planted(data);
    const found = room(60);
    for (let row = 0; row < 1000; row += 31) {
      nearInPlane(tree, data, row, found);
      expect(new Set(found.ids).size).toBe(60);
      expect(found.ids).not.toContain(row);
      const true_ = orderFrom(points, row, "euclidean").slice(0, 60);
      const lengths = (ids: Iterable<number>) =>
        Array.from(ids, (id) => lengthBetween(points, row, id, "euclidean"));
      expect(lengths(found.ids)).toEqual(lengths(true_));
      expect(Array.from(found.squares, Math.sqrt)).toEqual(lengths(true_));
    }
  });

  test("is not slower where all rows share a place, or a line", () => {
    for (const place of [() => 1, (at: number) => (at % 2 === 0 ? at : 1)]) {
      const data = new Float32Array(40_000).map((_, at) => place(at));
      const tree = planted(data);
      const found = room(15);
      const started = performance.now();
      for (let row = 0; row < 20_000; row++) nearInPlane(tree, data, row, found);
      // Well below a second; looking at every row for every row would take ten.
      expect(performance.now() - started).toBeLessThan(4000);
    }
  });
});
