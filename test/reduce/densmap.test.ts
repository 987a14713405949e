import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, rng, rowsOf } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { audit } from "../../src/measure/index.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { either, memberships, symmetricGraph, type WeightedGraph } from "../../src/reduce/fuzzy-graph.ts";
import { fitUmap, type UmapOptions } from "../../src/reduce/index.ts";
import { type Curve, curveFor } from "../../src/reduce/umap-curve.ts";
import { radiusScores } from "../../src/reduce/umap-density.ts";
import { layOut } from "../../src/reduce/umap-layout.ts";

const engine = await findEngine({ threads: 2 });
const digits = await readMatrix(new URL("../../examples/digits.npy", import.meta.url).pathname);
const options = { engine, seed: 0, unitRows: false };

/** Groups of 100 rows in 10 dimensions, far apart, each of another spread: .2, .4, ... 1.6. */
const SPREADS = Array.from({ length: 8 }, (_, group) => 0.2 * (group + 1));
function groups(seed: number): Matrix {
  const random = rng(seed);
  const data = SPREADS.flatMap((spread) => {
    const middle = Array.from({ length: 10 }, () => 10 * random.normal());
    return Array.from({ length: 100 }, () => middle.map((value) => value + spread * random.normal())).flat();
  });
  return matrix(Float32Array.from(data), 800, 10);
}

async function scoresOf(x: Matrix, z: Matrix) {
  const { scores } = await audit(x, z, { scores: ["densityCorrelation", "trustworthiness"], exact: true });
  return {
    density: scores.densityCorrelation!.value!,
    trustworthiness: scores.trustworthiness!.value!,
  };
}

/** A ring of 40 rows, with chords: every edge from both ends, weights .3 to 1. */
function ring(rows: number): WeightedGraph {
  const random = rng(7);
  const edges = new Map<number, Map<number, number>>(Array.from({ length: rows }, (_, i) => [i, new Map()]));
  for (let i = 0; i < rows; i++) {
    for (const j of [(i + 1) % rows, (i + 3) % rows, random.integer(rows)]) {
      if (i === j) continue;
      const weight = Math.fround(0.3 + 0.7 * random.uniform());
      edges.get(i)!.set(j, weight);
      edges.get(j)!.set(i, weight);
    }
  }
  const starts = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i++) starts[i + 1] = starts[i]! + edges.get(i)!.size;
  const all = [...edges.values()];
  return {
    starts,
    ids: Int32Array.from(all.flatMap((own) => [...own.keys()])),
    weights: Float32Array.from(all.flatMap((own) => [...own.values()])),
  };
}

/** The correlation of radii with scores by its definition, in double precision; the variance of radii .1 larger than it is. */
function definition(
  { starts, ids }: WeightedGraph,
  y: Float64Array,
  d: number,
  scores: Float64Array,
  { a, b }: Curve,
) {
  const n = scores.length;
  const radii = Array.from({ length: n }, (_, i) => {
    let [sum, total] = [0, 0];
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      let square = 0;
      for (let k = 0; k < d; k++) square += (y[i * d + k]! - y[ids[at]! * d + k]!) ** 2;
      const v = 1 / (1 + a * square ** b);
      sum += v * square;
      total += v;
    }
    return Math.log(1e-8 + sum / total);
  });
  const mean = radii.reduce((sum, radius) => sum + radius, 0) / n;
  const variance = radii.reduce((sum, radius) => sum + (radius - mean) ** 2, 0) / n;
  const covariance = radii.reduce((sum, radius, i) => sum + (radius - mean) * scores[i]!, 0) / n;
  return covariance / Math.sqrt(variance + 0.1);
}

/** Its gradient by central differences. */
function gradientOf(value: (y: Float64Array) => number, places: Float32Array): Float64Array {
  const y = Float64Array.from(places);
  return y.map((place, at) => {
    const step = 1e-5;
    y[at] = place + step;
    const above = value(y);
    y[at] = place - step;
    const below = value(y);
    y[at] = place;
    return (above - below) / (2 * step);
  });
}

function standardNormals(seed: number, n: number): Float64Array {
  const random = rng(seed);
  const raw = Float64Array.from({ length: n }, () => random.normal());
  const mean = raw.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(raw.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  return raw.map((value) => (value - mean) / deviation);
}

describe("the gradient of the correlation of radii", () => {
  const rows = 40;
  const graph = ring(rows);
  const sumOf = (weights: Float32Array) => weights.reduce((sum, weight) => sum + weight, 0);

  it.each([
    [1, 0.1],
    [2, 0],
    [2, 0.1],
    [2, 0.99],
    [3, 0.1],
    [7, 0.5],
  ])("is the central difference in %i dimensions, minDist %f", async (d, minDist) => {
    const curve = curveFor(minDist, 1);
    const scores = standardNormals(3, rows);
    const random = rng(4);
    const data = Float32Array.from({ length: rows * d }, () => 2 * random.normal());
    const start = { data, rows, cols: d };
    // Small: no component reaches where it is clipped.
    const weight = 0.05;
    const oneStep = async (own: Float64Array | null) => {
      const density = own && { scores: own, weight, share: 1 };
      return layOut(graph, start, curve, { ...options, steps: 1, springs: null, stressWeight: 0, density });
    };
    const [plain, dense] = [await oneStep(null), await oneStep(scores)];
    const value = (y: Float64Array) => definition(graph, y, d, scores, curve);
    const gradient = gradientOf(value, data);
    // A first step is 6 x .1 times the force over the weight of the row.
    const scale = 0.6 * weight * sumOf(graph.weights);
    const wanted = gradient.map((slope, at) => {
      const i = Math.floor(at / d);
      return (scale * slope) / sumOf(graph.weights.subarray(graph.starts[i]!, graph.starts[i + 1]!));
    });
    const off = (target: Float64Array) =>
      Math.hypot(...target.map((own, at) => own - (dense.codes.data[at]! - plain.codes.data[at]!))) /
      Math.hypot(...target);
    expect(off(wanted)).toBeLessThan(2e-3);
    const mirrored = wanted.toReversed();
    expect(off(mirrored)).toBeGreaterThan(0.5);
    // What was there before is what is counted in the loss.
    const zero = await layOut(graph, start, curve, {
      ...options,
      steps: 1,
      springs: null,
      stressWeight: 0,
      density: { scores, weight, share: 0 },
    });
    const after = definition(graph, Float64Array.from(zero.codes.data), d, scores, curve);
    expect(zero.codes).toEqual(plain.codes);
    expect((plain.loss - zero.loss) / weight).toBeCloseTo(after, 3);
  });
});

describe("radii of the data", () => {
  it("are by the definition the weighted mean of squared distances over edges, as standard scores", async () => {
    const x = rowsOf(digits, { start: 0, end: 200 });
    const found = await nearestNeighbors(x, x, { nNeighbors: 10 });
    const graph = symmetricGraph(found, memberships(found), either);
    const logs = Array.from({ length: 200 }, (_, i) => {
      let [sum, total] = [0, 0];
      for (let at = graph.starts[i]!; at < graph.starts[i + 1]!; at++) {
        let square = 0;
        for (let c = 0; c < 64; c++) square += (x.data[i * 64 + c]! - x.data[graph.ids[at]! * 64 + c]!) ** 2;
        sum += graph.weights[at]! * square;
        total += graph.weights[at]!;
      }
      return Math.log(sum / total);
    });
    const mean = logs.reduce((sum, log) => sum + log, 0) / 200;
    const deviation = Math.sqrt(logs.reduce((sum, log) => sum + (log - mean) ** 2, 0) / 200);
    radiusScores(found, graph)!.forEach((score, i) => {
      expect(score).toBeCloseTo((logs[i]! - mean) / deviation, 5);
    });
  });

  it("are those of the edges that are left, and are not defined where nothing varies", () => {
    // 0 and 1 are copies and list nobody else; 2 lists 3 and 0, 3 lists 2 and 1.
    const found = {
      k: 2,
      ids: Int32Array.of(1, -1, 0, -1, 3, 0, 2, 1),
      distances: Float64Array.of(0, 0, 0, 0, 1, 4, 1, 8),
    };
    const graph = {
      starts: Int32Array.of(0, 1, 2, 4, 6),
      ids: Int32Array.of(1, 0, 3, 0, 2, 1),
      weights: Float32Array.of(1, 1, 1, 1, 1, 1),
    };
    const scores = radiusScores(found, graph)!;
    expect([...scores.slice(0, 2)]).toEqual([Number.NaN, Number.NaN]);
    expect(scores[2]).toBeCloseTo(-1, 10);
    expect(scores[3]).toBeCloseTo(1, 10);
    const even = { ...found, distances: Float64Array.of(0, 0, 0, 0, 1, 4, 1, 4) };
    expect(radiusScores(even, graph)).toBeNull();
  });
});

describe("UMAP with a weight of density", () => {
  const some = rowsOf(digits, { start: 0, end: 400 });
  const fitted = (x: Matrix, own: Partial<UmapOptions>, d = 2) => fitUmap(x, d, { ...options, ...own });

  it("of 0 is UMAP, byte for byte; and so is one that looks at no step", async () => {
    const plain = await fitted(some, { steps: 100 });
    const none = await fitted(some, { steps: 100, densityWeight: 0 });
    expect(none).toMatchObject({ codes: plain.codes, objective: plain.objective, details: plain.details });
    expect(plain.details).not.toHaveProperty("radiusCorrelation");
    const unseen = await fitted(some, { steps: 100, densityWeight: 2, densityShare: 0 });
    expect(unseen.codes).toEqual(plain.codes);
    expect((await fitted(some, { steps: 100, densityWeight: 2 })).codes).not.toEqual(plain.codes);
  });

  it.each([0, 1, 2])(
    "keeps which groups are dense, which UMAP does not, and neighbourhoods, seed %i",
    async (seed) => {
      const x = groups(seed);
      const plain = await fitted(x, { seed, densityWeight: 2, densityShare: 0 });
      const dense = await fitted(x, { seed, densityWeight: 2 });
      expect(dense.details.radiusCorrelation).toBeGreaterThan(0.9);
      expect(plain.details.radiusCorrelation).toBeLessThan(0.6);
      const [before, after] = [await scoresOf(x, plain.codes!), await scoresOf(x, dense.codes!)];
      expect(after.density).toBeGreaterThan(before.density + 0.3);
      expect(after.trustworthiness).toBeGreaterThan(before.trustworthiness - 0.02);
      expect(dense.objective!.value).toBeLessThan(plain.objective!.value);
    },
  );

  it("keeps densities of digits, the more the larger the weight, for some of the neighbourhoods", async () => {
    const scores = async (densityWeight: number) =>
      scoresOf(digits, (await fitted(digits, { steps: 300, densityWeight })).codes!);
    const [none, some, usual] = [await scores(0), await scores(0.3), await scores(2)];
    expect(some.density).toBeGreaterThan(none.density + 0.1);
    expect(usual.density).toBeGreaterThan(some.density);
    expect(usual.density).toBeGreaterThan(0.8);
    expect(usual.trustworthiness).toBeGreaterThan(none.trustworthiness - 0.02);
  });

  it("does so in 3 dimensions, under cosine, and with a weight of stress", async () => {
    for (const own of [{}, { unitRows: true }, { stressWeight: 0.2 }]) {
      const [plain, dense] = [
        await fitted(some, { ...own, steps: 200, densityWeight: 2, densityShare: 0 }, 3),
        await fitted(some, { ...own, steps: 200, densityWeight: 2 }, 3),
      ];
      const correlation = ({ details }: typeof plain) => details.radiusCorrelation as number;
      expect(correlation(dense)).toBeGreaterThan(correlation(plain) + 0.2);
    }
  });

  it("gives the same bytes on any number of threads", async () => {
    const own = { steps: 100, densityWeight: 2 };
    const [one, two, three] = [
      await fitted(some, { ...own, engine: { ...engine, threads: 1 } }),
      await fitted(some, own),
      await fitted(some, { ...own, engine: { ...engine, threads: 3 } }),
    ];
    for (const other of [two, three]) {
      expect(other).toMatchObject({ codes: one.codes, objective: one.objective, details: one.details });
    }
  });

  it("has places for equal rows, constant data and few rows", async () => {
    const own = { steps: 100, densityWeight: 2 };
    const of = async (x: Matrix, more: Partial<UmapOptions> = {}) => {
      const { codes, objective, details } = await fitted(x, { ...own, ...more });
      expect(codes!.data.every(Number.isFinite)).toBe(true);
      expect(objective!.value).toSatisfy(Number.isFinite);
      return details.radiusCorrelation as number;
    };
    // 50 rows, four times each; and one row 100 times, whose copies are all the neighbours of most of them.
    for (const from of [(i: number) => i % 50, (i: number) => (i < 100 ? 0 : i)]) {
      const x = gatherRows(
        some,
        Int32Array.from({ length: 200 }, (_, i) => from(i)),
      );
      expect(await of(x)).toBeGreaterThan(await of(x, { densityShare: 0 }));
    }
    expect(await of(matrix(new Float32Array(90).fill(3), 30, 3))).toBeUndefined();
    await of(rowsOf(some, { start: 0, end: 5 }));
    await of(rowsOf(some, { start: 0, end: 2 }));
  });

  it("refuses weights and shares out of range", async () => {
    for (const own of [{ densityWeight: -1 }, { densityWeight: Number.NaN }, { densityShare: 1.5 }]) {
      await expect(fitted(some, own)).rejects.toMatchObject({ code: "bad-option" });
    }
  });
});
