import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, permutation, rng, sharedInt32 } from "../../src/base/index.ts";
import { type EngineInfo, findEngine } from "../../src/engine/index.ts";
import { openDijkstra } from "../../src/neighbors/dijkstra.ts";
import { connectedGraph } from "../../src/neighbors/graph.ts";
import {
  componentsOf,
  exactOrder,
  type GeodesicSpace,
  graphOf,
  lengthOf,
  makeGeodesicSpace,
  makeSpace,
  nearestNeighbors,
  type StraightMetric,
} from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";
import { floydWarshall } from "./truth.ts";

/** One case of geodesics.json: see make-geodesics.py, which made it with scikit-learn and SciPy. */
interface Case {
  name: string;
  file: string | null;
  points: number[] | null;
  rows: number;
  cols: number;
  k: number;
  edges: number;
  parts: number;
  sources: number[];
  every: number;
  lengths: number[][];
  sums: number[];
}

const root = fileURLToPath(new URL("../../", import.meta.url));
const { cases } = JSON.parse(readFileSync(`${root}test/fixtures/geodesics.json`, "utf8")) as {
  cases: Case[];
};

/** Sums of float64 rounded to float32 once. */
const ROUNDED = 2 ** -23;

function geodesics(points: Matrix, neighbors: number, sources: readonly number[], engine: EngineInfo) {
  const from = sharedInt32(sources.length);
  from.set(sources);
  return makeGeodesicSpace(points, { engine, name: "points", neighbors, sources: from, watch: {} });
}

/** Lengths from a source to all rows, in the units of the data. */
function lengthsFrom({ space }: GeodesicSpace, source: number): number[] {
  const order = exactOrder(space, space);
  return Array.from({ length: space.rows }, (_, j) => lengthOf(order(source, j), space));
}

describe("geodesics equal those of scikit-learn's Isomap and SciPy's Dijkstra", () => {
  for (const c of cases) {
    it(`${c.name}, ${c.parts} parts`, async () => {
      const points = c.file ? await readMatrix(root + c.file) : matrix(c.points!, c.rows, c.cols);
      const engine = await findEngine({ threads: 2 });
      const { graph, parts } = await connectedGraph(
        await makeSpace(points, "euclidean", { engine, name: "points" }),
        c.k,
        engine,
        {},
      );
      expect(parts.count).toBe(c.parts);
      expect(componentsOf(graph).count).toBe(1);
      expect(graph.ids.length / 2).toBe(c.edges);
      const found = await geodesics(points, c.k, c.sources, engine);
      expect(found.warnings.map(({ code, count }) => [code, count])).toEqual(
        c.parts > 1 ? [["graph-in-parts", c.parts]] : [],
      );
      c.sources.forEach((source, s) => {
        const lengths = lengthsFrom(found, source);
        const sum = lengths.reduce((total, v) => total + v, 0);
        expect(Math.abs(sum / c.sums[s]! - 1)).toBeLessThan(ROUNDED);
        c.lengths[s]!.forEach((reference, at) => {
          expect(Math.abs(lengths[at * c.every]! - reference)).toBeLessThanOrEqual(2 * ROUNDED * reference);
        });
      });
    });
  }
});

describe("geodesics", () => {
  it("are the shortest paths by the definition, the same there and back", async () => {
    const points = gaussian(rng(3), 60, 3);
    const found = await geodesics(
      points,
      7,
      Array.from({ length: 60 }, (_, i) => i),
      await findEngine({}),
    );
    const truth = floydWarshall(points, 7);
    const order = exactOrder(found.space, found.space);
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < 60; j++) {
        expect(order(i, j)).toBe(order(j, i));
        const length = lengthOf(order(i, j), found.space);
        expect(Math.abs(length - truth[i]![j]!)).toBeLessThanOrEqual(ROUNDED * truth[i]![j]!);
      }
    }
  });

  it("are never shorter than straight lines, and equal them where every row is joined to every other", async () => {
    const points = gaussian(rng(4), 50, 5);
    const engine = await findEngine({});
    const straight = await makeSpace(points, "euclidean", { engine, name: "points" });
    const direct = exactOrder(straight, straight);
    for (const k of [4, 49]) {
      const found = await geodesics(points, k, [0, 7, 49], engine);
      for (const source of [0, 7, 49]) {
        lengthsFrom(found, source).forEach((length, j) => {
          const line = lengthOf(direct(source, j), straight);
          expect(length).toBeGreaterThanOrEqual(line * (1 - ROUNDED));
          if (k === 49) expect(length).toBeLessThanOrEqual(line * (1 + ROUNDED));
        });
      }
    }
  });

  it("do not depend on the number of threads, nor on the order of rows", async () => {
    const points = gaussian(rng(5), 700, 6);
    const sources = [3, 300, 699];
    const one = await geodesics(points, 6, sources, await findEngine({ threads: 1 }));
    const two = await geodesics(points, 6, sources, await findEngine({ threads: 3 }));
    expect(two.space.table!.lengths).toEqual(one.space.table!.lengths);
    const order = permutation(rng(6), 700);
    const moved = sources.map((row) => order.indexOf(row));
    const other = await geodesics(gatherRows(points, order), 6, moved, await findEngine({}));
    sources.forEach((source, s) => {
      const [before, after] = [lengthsFrom(one, source), lengthsFrom(other, moved[s]!)];
      after.forEach((length, j) => {
        expect(Math.abs(length - before[order[j]!]!)).toBeLessThanOrEqual(2 * ROUNDED * length);
      });
    });
  });

  it("grow with the scale of the data, however small or large", async () => {
    const points = gaussian(rng(8), 90, 4);
    const engine = await findEngine({});
    const before = lengthsFrom(await geodesics(points, 8, [0], engine), 0);
    for (const scale of [2 ** -40, 2 ** 60]) {
      const scaled = await geodesics(
        mapMatrix(points, (v) => v * scale),
        8,
        [0],
        engine,
      );
      expect(lengthsFrom(scaled, 0)).toEqual(before.map((length) => length * scale));
    }
  });

  it("join hundreds of parts by as few edges as it takes, the shortest ones", async () => {
    // 300 pairs of close points on a line, further and further apart: with one neighbour each, every pair is a part.
    const starts = Array.from({ length: 300 }, (_, p) => 10 * p + p * p * 0.01);
    const points = matrix(
      starts.flatMap((x) => [x, 0, x + 1, 0]),
      600,
      2,
    );
    const engine = await findEngine({});
    const { graph, parts } = await connectedGraph(
      await makeSpace(points, "euclidean", { engine, name: "line" }),
      1,
      engine,
      {},
    );
    expect(parts.count).toBe(300);
    expect(graph.ids.length / 2).toBe(300 + 299);
    const lengths = lengthsFrom(await geodesics(points, 1, [0], engine), 0);
    lengths.forEach((length, j) => {
      const truth = points.data[2 * j]!;
      expect(Math.abs(length - truth)).toBeLessThanOrEqual(1e-6 * truth);
    });
  });

  it("are 0 between equal rows", async () => {
    const half = gaussian(rng(9), 40, 3);
    const thrice = gatherRows(
      half,
      Array.from({ length: 120 }, (_, i) => i % 40),
    );
    const found = await geodesics(thrice, 4, [5], await findEngine({}));
    const lengths = lengthsFrom(found, 5);
    expect([lengths[5], lengths[45], lengths[85]]).toEqual([0, 0, 0]);
    expect(lengths.filter((length) => length === 0).length).toBe(3);
  });

  it("from rows that are no sources are an error, not a guess", async () => {
    const { space } = await geodesics(gaussian(rng(10), 20, 2), 3, [4], await findEngine({}));
    const order = exactOrder(space, space);
    expect(order(4, 7)).toBe(order(7, 4));
    expect(() => order(5, 6)).toThrow("no sources");
  });

  it("are refused where only straight distances are found", async () => {
    const metric = "geodesic" as StraightMetric;
    await expect(nearestNeighbors(gaussian(rng(11), 20, 2), undefined, { metric })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});

describe("Dijkstra", () => {
  it("leaves what cannot be reached at infinity", () => {
    const graph = graphOf(4, {
      a: Int32Array.of(0, 1),
      b: Int32Array.of(1, 2),
      lengths: Float64Array.of(1, 2),
    });
    const lengths = new Float32Array(4);
    openDijkstra(graph)(0, lengths);
    expect([...lengths]).toEqual([0, 1, 3, Number.POSITIVE_INFINITY]);
    expect(componentsOf(graph)).toMatchObject({ count: 2, first: [0, 3], sizes: [3, 1] });
  });

  it("agrees with Floyd and Warshall on dense graphs with ties and edges of length 0", () => {
    const random = rng(12);
    for (let run = 0; run < 30; run++) {
      const n = 2 + random.integer(30);
      const d = Array.from({ length: n }, (_, i) =>
        Array.from({ length: n }, (_, j) => (i === j ? 0 : Number.POSITIVE_INFINITY)),
      );
      const edges: [number, number, number][] = [];
      for (let i = 0; i < n; i++) {
        for (let j = i + 1; j < n; j++) {
          if (random.uniform() > 0.3) continue;
          const length = random.integer(6);
          edges.push([i, j, length]);
          d[i]![j] = length;
          d[j]![i] = length;
        }
      }
      for (let via = 0; via < n; via++) {
        for (const row of d) for (let j = 0; j < n; j++) row[j] = Math.min(row[j]!, row[via]! + d[via]![j]!);
      }
      const shortest = openDijkstra(
        graphOf(n, {
          a: Int32Array.from(edges, ([a]) => a),
          b: Int32Array.from(edges, ([, b]) => b),
          lengths: Float64Array.from(edges, ([, , length]) => length),
        }),
      );
      const lengths = new Float32Array(n);
      for (let i = 0; i < n; i++) {
        shortest(i, lengths);
        expect([...lengths]).toEqual(d[i]);
      }
    }
  });
});
