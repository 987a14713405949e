import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import {
  gatherRows,
  type Matrix,
  matrix,
  mean,
  permutation,
  rng,
  sampleWithoutReplacement,
} from "../../src/base/index.ts";
import type { Comparison } from "../../src/measure/compare.ts";
import { type AuditOptions, audit, type Score } from "../../src/measure/index.ts";
import { mstOverlap, rtdLite } from "../../src/measure/scores/topology.ts";
import { spanningTree, submatrix } from "../../src/measure/spanning-tree.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";
import { order } from "../neighbors/truth.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** One case of topology.json: see make-topology.py. */
interface Case {
  original: string;
  latent: string;
  m: number;
  edges: number[] | null;
  totals: [number, number];
  overlap: number;
  rtdBars: number;
  rtdSum: number;
}

const { compared } = JSON.parse(readFileSync(`${root}test/fixtures/topology.json`, "utf8")) as {
  compared: Case[];
};

/** All lengths, from the definition. */
function lengthsOf(m: Matrix): Float64Array {
  return Float64Array.from({ length: m.rows * m.rows }, (_, at) =>
    Math.sqrt(order(m, Math.floor(at / m.rows), m, at % m.rows, "euclidean")),
  );
}

const names = ["mstOverlap", "rtdLite"] as const;

async function topology(x: Matrix, z: Matrix, options: AuditOptions = {}) {
  const { scores } = await audit(x, z, { nNeighbors: 1, ...options, scores: names });
  return { overlap: scores.mstOverlap!, rtd: scores.rtdLite! };
}

describe("spanning trees equal those of SciPy, and RTD-Lite that of its authors", () => {
  it.each(compared)("$original against $latent, m = $m", async ({ original, latent, m, ...expected }) => {
    const [x, z] = [
      await readMatrix(`${root}examples/digits${original}.npy`, m),
      await readMatrix(`${root}examples/digits${latent}.npy`, m),
    ];
    const trees = [spanningTree(lengthsOf(x), m), spanningTree(lengthsOf(z), m)];
    trees.forEach(({ total }, side) => {
      expect(Math.abs(total / expected.totals[side]! - 1)).toBeLessThan(1e-12);
    });
    if (expected.edges) expect(Array.from(trees[0]!.edges)).toEqual(expected.edges);
    const { overlap, rtd } = await topology(x, z);
    expect(Math.abs(overlap.value - expected.overlap)).toBeLessThan(1e-12);
    expect(Math.abs(rtd.published / expected.rtdBars - 1)).toBeLessThan(1e-9);
    expect(Math.abs(rtd.published / expected.rtdSum - 1)).toBeLessThan(1e-9);
  });
});

/** Pieces of a graph, by the smallest row of each. */
function pieces(m: number) {
  const piece = Array.from({ length: m }, (_, i) => i);
  return {
    joined: (i: number, j: number) => piece[i] === piece[j],
    join(i: number, j: number) {
      const [keep, drop] = [Math.min(piece[i]!, piece[j]!), Math.max(piece[i]!, piece[j]!)];
      for (let v = 0; v < m; v++) if (piece[v] === drop) piece[v] = keep;
    },
  };
}

type Edge = { i: number; j: number; length: number };

function sortedEdges(lengths: Float64Array, m: number): Edge[] {
  const edges: Edge[] = [];
  for (let i = 0; i < m; i++)
    for (let j = i + 1; j < m; j++) edges.push({ i, j, length: lengths[i * m + j]! });
  return edges.sort((a, b) => a.length - b.length || a.i - b.i || a.j - b.j);
}

/** Kruskal's tree, in the same order of edges. */
function kruskal(lengths: Float64Array, m: number): Edge[] {
  const graph = pieces(m);
  return sortedEdges(lengths, m).filter(({ i, j }) => {
    if (graph.joined(i, j)) return false;
    graph.join(i, j);
    return true;
  });
}

/** The sum of bars of A against C = min(A, B), by what they mean: grow C's pieces; how long until A's edges join what C has just joined? */
function bars(a: Float64Array, b: Float64Array, m: number): number {
  const c = a.map((length, at) => Math.min(length, b[at]!));
  const joined: Edge[] = [];
  let sum = 0;
  for (const edge of kruskal(c, m)) {
    const graph = pieces(m);
    for (const { i, j } of joined) graph.join(i, j);
    const death = sortedEdges(a, m).find(({ i, j }) => {
      graph.join(i, j);
      return graph.joined(edge.i, edge.j);
    })!;
    sum += death.length - edge.length;
    joined.push(edge);
  }
  return sum;
}

describe("RTD-Lite", () => {
  it("is the mean bar, counted piece by piece, of lengths in units of the mean tree edge", async () => {
    for (const seed of [1, 2, 3]) {
      const m = 28;
      const x = gaussian(rng(seed), m, 4);
      const z = gaussian(rng(seed + 10), m, 2);
      const inUnits = (points: Matrix) => {
        const lengths = lengthsOf(points);
        const unit = mean(kruskal(lengths, m).map(({ length }) => length));
        return lengths.map((length) => length / unit);
      };
      const [a, b] = [inUnits(x), inUnits(z)];
      const expected = (bars(a, b, m) + bars(b, a, m)) / 2 / (m - 1);
      const { rtd } = await topology(x, z);
      expect(Math.abs(rtd.value / expected - 1)).toBeLessThan(1e-6);
    }
  });

  it("sees what its published scale does not: in the plane of PCA that scores as shuffled rows do", async () => {
    const digits = await readMatrix(`${root}examples/digits.npy`, 400);
    const plane = await readMatrix(`${root}examples/digits-tsne.npy`, 400);
    const shuffled = gatherRows(plane, permutation(rng(1), 400));
    const [own, other] = [await topology(digits, plane), await topology(digits, shuffled)];
    expect(Math.abs(own.rtd.published / other.rtd.published - 1)).toBeLessThan(0.01);
    expect(own.rtd.value).toBeLessThan(0.9 * other.rtd.value);
  });
});

describe("laws", () => {
  const x = gaussian(rng(5), 300, 6);

  it("an isometry up to scale has the same tree", async () => {
    const z = mapMatrix(rotate(x, rng(6)), (v, col) => 37 * v + col);
    const { overlap, rtd } = await topology(x, z);
    expect(overlap.value).toBe(1);
    expect(rtd.value).toBeLessThan(1e-5);
    expect(rtd.published).toBeLessThan(1e-3);
    expect([overlap.interval, overlap.exact]).toEqual([[1, 1], true]);
  });

  it("shuffled rows score the null; a projection lies between (control)", async () => {
    const z = mapMatrix(x, (v) => v);
    const seen = { overlap: [] as number[], rtd: [] as number[] };
    let chance: Score | undefined;
    for (let s = 0; s < 20; s++) {
      const { overlap, rtd } = await topology(x, gatherRows(z, permutation(rng(s), 300)));
      seen.overlap.push(overlap.value);
      seen.rtd.push(rtd.value);
      chance = rtd;
      expect(overlap.null).toBe(2 / 300);
    }
    expect(Math.abs(mean(seen.overlap) - 2 / 300)).toBeLessThan(0.004);
    expect(Math.abs(mean(seen.rtd) / chance!.null - 1)).toBeLessThan(0.05);
    const { overlap, rtd } = await topology(
      x,
      mapMatrix(x, (v, col) => (col < 4 ? v : 0)),
    );
    expect(overlap.value).toBeGreaterThan(0.1);
    expect(overlap.value).toBeLessThan(0.8);
    expect(rtd.value).toBeLessThan(0.8 * rtd.null);
    expect(rtd.value).toBeGreaterThan(0.02);
  });

  it("exchanging the spaces changes nothing", async () => {
    const z = gaussian(rng(8), 300, 2);
    const [there, back] = [await topology(x, z), await topology(z, x)];
    expect(back.overlap.value).toBe(there.overlap.value);
    expect(Math.abs(back.rtd.value - there.rtd.value)).toBeLessThan(1e-12);
  });

  it("ties are broken by row numbers: one tree, and the same space twice has it twice", async () => {
    const grid = matrix(
      Array.from({ length: 200 }, (_, at) => (at % 2 ? Math.floor(at / 20) : Math.floor(at / 2) % 10)),
      100,
      2,
    );
    const lengths = lengthsOf(grid);
    const expected = kruskal(lengths, 100).map(({ i, j }) => i * 100 + j);
    expect(Array.from(spanningTree(lengths, 100).edges)).toEqual(expected.sort((a, b) => a - b));
    const { overlap, rtd } = await topology(grid, grid);
    expect([overlap.value, rtd.value]).toEqual([1, 0]);
  });

  it("three rows, duplicates and a latent whose landmarks coincide are no trouble", async () => {
    const three = matrix([0, 0, 1, 0, 0, 3], 3, 2);
    expect((await topology(three, three)).overlap.value).toBe(1);
    const twice = gatherRows(
      x,
      Array.from({ length: 300 }, (_, i) => i % 20),
    );
    const again = await topology(twice, twice);
    expect([again.overlap.value, again.rtd.value, again.rtd.published]).toEqual([1, 0, 0]);
    // One row of 1,200 is elsewhere, and no landmark.
    const wide = gaussian(rng(9), 1200, 3);
    const rows = sampleWithoutReplacement(rng(0).split("landmarks"), 1200, 1000);
    const missed = Array.from({ length: 1200 }, (_, i) => i).find((i) => !rows.includes(i));
    const flat = mapMatrix(wide, (_, __, row) => (row === missed ? 1 : 0));
    const { overlap, rtd } = await topology(wide, flat);
    expect(overlap.value).toBeLessThan(0.02);
    for (const value of [rtd.value, rtd.null, rtd.published, ...rtd.interval, ...overlap.interval])
      expect(Number.isFinite(value)).toBe(true);
  });
});

describe("landmarks", () => {
  it("are 1,000 rows where there are more; the same seed draws the same", async () => {
    const x = gaussian(rng(10), 1500, 4);
    const z = mapMatrix(x, (v, col) => (col < 3 ? v : 0));
    const [one, again, other] = [
      await topology(x, z, { threads: 1 }),
      await topology(x, z, { threads: 3 }),
      await topology(x, z, { seed: 1 }),
    ];
    expect(one.overlap).toMatchObject({ exact: false, sampled: { kind: "landmarks", m: 1000 }, n: 499_500 });
    expect(JSON.stringify(again)).toBe(JSON.stringify(one));
    expect(other.overlap.value).not.toBe(one.overlap.value);
    expect(one.overlap.interval[0]).toBeLessThan(one.overlap.value);
  });

  it("have intervals that cover the average of other draws, and are not simply wide", () => {
    const rows = 900;
    const m = 200;
    const x = gaussian(rng(11), rows, 4);
    const z = mapMatrix(x, (v, col, row) => (col < 2 ? v + 0.3 * x.data[row * 4 + 3]! : 0));
    const [dx, dz] = [lengthsOf(x), lengthsOf(z)];
    const draws = Array.from({ length: 150 }, (_, s) => {
      const own = rng(s);
      const landmarks = sampleWithoutReplacement(own.split("draw"), rows, m);
      const side = (lengths: Float64Array) => submatrix(lengths, rows, landmarks);
      const comparison = {
        landmarks: { rows: landmarks, x: side(dx), z: side(dz) },
        spaces: { x: { rows }, z: { rows } },
      } as unknown as Comparison;
      return { overlap: mstOverlap(comparison, own), rtd: rtdLite(comparison, own) };
    });
    for (const name of ["overlap", "rtd"] as const) {
      const scores = draws.map((draw) => draw[name]);
      const truth = mean(scores.map(({ value }) => value));
      const covered = scores.filter(({ interval: [low, high] }) => low <= truth && truth <= high).length;
      const deviation = Math.sqrt(mean(scores.map(({ value }) => (value - truth) ** 2)));
      const width = mean(scores.map(({ interval: [low, high] }) => high - low));
      // 150 draws at 95 %: fewer than 133 has a probability of .1 %.
      expect(covered, name).toBeGreaterThanOrEqual(133);
      expect(width / (4 * deviation), name).toBeGreaterThan(0.75);
      expect(width / (4 * deviation), name).toBeLessThan(1.4);
    }
  });
});
