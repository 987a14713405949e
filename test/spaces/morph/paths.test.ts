import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, rng, row } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { graphOf } from "../../../src/neighbors/graph.ts";
import {
  codesAt,
  dataPath,
  measurePath,
  openDataGraph,
  openSpaced,
  sphericalPath,
  straightPath,
} from "../../../src/spaces/morph/index.ts";
import { stepLengths } from "../../../src/spaces/morph/path.ts";
import { cheapestRoute } from "../../../src/spaces/morph/route.ts";
import { arc } from "./models.ts";

const engine = await findEngine({ threads: 1 });
const ratio = (steps: Float64Array) => Math.max(...steps) / Math.min(...steps);

describe("straight and spherical paths", () => {
  it("a straight path goes through (1 - t) a + t b, and has its ends to the last digit", () => {
    const coordinate = fc.float({ min: -100, max: 100, noNaN: true }).map((value) => value + 0);
    const ends = fc.tuple(fc.tuple(coordinate, coordinate), fc.tuple(coordinate, coordinate));
    fc.assert(
      fc.property(ends, fc.double({ min: 0, max: 1, noNaN: true }), ([a, b], t) => {
        const found = codesAt(straightPath(a, b), [0, t, 1]);
        expect([...row(found, 0)]).toEqual(a);
        expect([...row(found, 2)]).toEqual(b);
        a.forEach((value, k) => {
          expect(row(found, 1)[k]! - ((1 - t) * value + t * b[k]!)).toBeCloseTo(0, 4);
        });
      }),
      { seed: 1 },
    );
  });

  it("a spherical path turns evenly and keeps norms between those of the ends; the straight one dips", () => {
    const [a, b] = [
      [2, 0, 0],
      [0, 2, 0],
    ];
    const round = codesAt(sphericalPath(a!, b!), [0, 0.25, 0.5, 1]);
    [0, 0.25, 0.5, 1].forEach((t, p) => {
      const angle = (t * Math.PI) / 2;
      expect([...row(round, p)]).toEqual([
        expect.closeTo(2 * Math.cos(angle), 5),
        expect.closeTo(2 * Math.sin(angle), 5),
        0,
      ]);
    });
    expect(ratio(stepLengths(sphericalPath(a!, b!).points))).toBeCloseTo(1, 4);
    expect(Math.hypot(...row(codesAt(straightPath(a!, b!), [0.5]), 0))).toBeCloseTo(Math.SQRT2, 5);
    // Norms 1 and 4: half of the way is 2, about any centre.
    const centre = [5, -3, 1];
    const moved = sphericalPath([6, -3, 1], [5, 1, 1], { centre });
    const middle = row(codesAt(moved, [0.5]), 0).map((value, k) => value - centre[k]!);
    expect(Math.hypot(...middle)).toBeCloseTo(2, 5);
  });

  it("a spherical path is where SciPy's geometric_slerp is", () => {
    // SciPy 1.17.1: geometric_slerp([1, 2, 2] / 3, [0, -.6, .8], [.3])
    const found = codesAt(sphericalPath([1 / 3, 2 / 3, 2 / 3], [0, -0.6, 0.8], { segments: 10 }), [0.3]);
    const peer = [0.28409271, 0.31519369, 0.90550774];
    for (const [k, value] of found.data.entries()) expect(value).toBeCloseTo(peer[k]!, 6);
  });

  it("between codes of one direction a spherical path is straight", () => {
    const path = sphericalPath([1, 1], [3, 3]);
    for (const [x, y] of Array.from({ length: 5 }, (_, p) => row(path.points, p))) expect(x).toBe(y);
  });

  it("refuses ends without a direction, opposite ends, different widths and values that are no numbers", () => {
    const code = (f: () => unknown) => {
      try {
        f();
      } catch (error) {
        return (error as { code: string }).code;
      }
      return "none";
    };
    expect(code(() => sphericalPath([0, 0], [1, 0]))).toBe("zero-vector");
    expect(code(() => sphericalPath([1, 0], [-2, 0]))).toBe("bad-value");
    expect(code(() => straightPath([1, 0], [1]))).toBe("bad-value");
    expect(code(() => straightPath([1, Number.NaN], [1, 2]))).toBe("non-finite");
    expect(code(() => sphericalPath([1, 0], [-2, 0], { centre: [0, 1] }))).toBe("none");
  });
});

describe("paths along data", () => {
  it("the cheapest route is that of all routes (Floyd & Warshall), for lengths and their squares", () => {
    const edge = fc.tuple(fc.nat(7), fc.nat(7), fc.double({ min: 0, max: 9, noNaN: true }));
    fc.assert(
      fc.property(fc.array(edge, { maxLength: 20 }), fc.constantFrom(1, 2), (all, power) => {
        const edges = all.filter(([a, b]) => a !== b);
        const table = Array.from({ length: 8 }, (_, i) =>
          Array.from({ length: 8 }, (_, j) => (i === j ? 0 : Number.POSITIVE_INFINITY)),
        );
        for (const [a, b, length] of edges) {
          table[a]![b] = Math.min(table[a]![b]!, length ** power);
          table[b]![a] = table[a]![b]!;
        }
        const graph = graphOf(8, {
          a: Int32Array.from(edges, ([a]) => a),
          b: Int32Array.from(edges, ([, b]) => b),
          lengths: Float64Array.from(edges, ([, , length]) => length),
        });
        const direct = table.map((own) => [...own]);
        for (let m = 0; m < 8; m++)
          for (let i = 0; i < 8; i++)
            for (let j = 0; j < 8; j++) table[i]![j] = Math.min(table[i]![j]!, table[i]![m]! + table[m]![j]!);
        const found = cheapestRoute(graph, [{ row: 0, cost: 1 }], [{ row: 5, cost: 2 }], (l) => l ** power);
        if (!Number.isFinite(table[0]![5]!)) {
          expect(found).toBeNull();
          return;
        }
        expect(found!.cost).toBeCloseTo(table[0]![5]! + 3, 6);
        const steps = found!.rows.slice(1).map((to, i) => direct[found!.rows[i]!]![to]!);
        expect(steps.reduce((sum, step) => sum + step, 3)).toBeCloseTo(found!.cost, 6);
      }),
      { seed: 2, numRuns: 200 },
    );
  });

  it("follows an arc from end to end, where the straight line leaves it", async () => {
    const codes = arc(rng(1), 300, Math.PI);
    const graph = await openDataGraph(codes, { engine });
    const path = await dataPath(graph, row(codes, 0), row(codes, 299));
    const setting = { decoder: null, data: await openSpaced(codes, { engine, seed: 0 }), codes: null };
    const [along, across] = [
      await measurePath(path, setting),
      await measurePath(straightPath(row(codes, 0), row(codes, 299)), setting),
    ];
    expect(along.length).toBeGreaterThan(Math.PI * 0.97);
    expect(along.length).toBeLessThan(Math.PI * 1.15);
    expect(along.offData.mean).toBeLessThan(1);
    expect(across.offData.mean).toBeGreaterThan(20);
    expect(across.offData.at).toBeCloseTo(0.5, 1);
    expect(graph.warnings).toEqual([]);
    // The curve goes through the rows that it names.
    expect(path.through[0]).toBe(0);
    expect(path.through.at(-1)).toBe(299);
    const corners = Array.from({ length: path.points.rows }, (_, p) => [...row(path.points, p)].join());
    for (const id of path.through) expect(corners).toContain([...row(codes, id)].join());
    // Of ends that are no rows too.
    const outside = await dataPath(graph, [1.02, -0.02], [-1.02, -0.02]);
    expect([...row(outside.points, 0)]).toEqual([Math.fround(1.02), Math.fround(-0.02)]);
    expect((await measurePath(outside, setting)).offData.mean).toBeLessThan(2);
  });

  it("with the square of lengths takes more and shorter edges", async () => {
    const random = rng(3);
    const codes = matrix(
      Float32Array.from({ length: 1000 }, () => random.uniform()),
      500,
      2,
    );
    const graph = await openDataGraph(codes, { engine });
    const of = (power: number) => dataPath(graph, row(codes, 0), row(codes, 1), { power });
    expect((await of(2)).through.length).toBeGreaterThan((await of(1)).through.length);
  });

  it("says where the graph was in parts, and takes the same end twice", async () => {
    const random = rng(4);
    const two = matrix(
      Float32Array.from({ length: 80 }, (_, i) => (i < 40 ? 0 : 50) + random.normal()),
      40,
      2,
    );
    const graph = await openDataGraph(two, { engine, nNeighbors: 3 });
    expect(graph.warnings.map(({ code }) => code)).toEqual(["graph-in-parts"]);
    const path = await dataPath(graph, row(two, 0), row(two, 39));
    expect(path.through.length).toBeGreaterThan(1);
    const still = await dataPath(graph, row(two, 0), row(two, 0));
    expect([...row(codesAt(still, [0.5]), 0)]).toEqual([...row(two, 0)]);
    await expect(openDataGraph(two, { engine, nNeighbors: 40 })).rejects.toMatchObject({
      code: "bad-option",
    });
    await expect(openDataGraph(matrix([1, 2], 1, 2), { engine })).rejects.toMatchObject({
      code: "too-few-rows",
    });
  });
});
