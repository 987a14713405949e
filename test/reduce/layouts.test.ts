import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { matrix, rowsOf } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { affinities } from "../../src/reduce/affinities.ts";
import { TABLE_LENGTH, tabulate } from "../../src/reduce/force-table.ts";
import {
  either,
  memberships,
  reachOf,
  symmetricGraph,
  type WeightedGraph,
} from "../../src/reduce/fuzzy-graph.ts";
import { divergence, tsneArrays, tsneForces } from "../../src/reduce/tsne-forces.ts";
import { curveFor } from "../../src/reduce/umap-curve.ts";

const truth = JSON.parse(readFileSync(new URL("../fixtures/layouts.json", import.meta.url), "utf8"));
const digits = await readMatrix(new URL("../../examples/digits.npy", import.meta.url).pathname);
/** As the fixture's script has them: a little is added to pixels, so that no distances are equal. */
const x = matrix(
  Float32Array.from(
    rowsOf(digits, { start: 0, end: truth.rows }).data,
    (value, at) => value + ((at * 7919) % 1009) / 1009 / 100,
  ),
  truth.rows,
  digits.cols,
);
const engine = await findEngine({ threads: 2 });

/** W v with v_i = sin i. */
function product({ starts, ids, weights }: WeightedGraph): number[] {
  return Array.from({ length: starts.length - 1 }, (_, i) => {
    let sum = 0;
    for (let at = starts[i]!; at < starts[i + 1]!; at++) sum += weights[at]! * Math.sin(ids[at]!);
    return sum;
  });
}

function expectClose(got: ArrayLike<number>, wanted: readonly number[], within: number) {
  expect(got.length).toBe(wanted.length);
  const furthest = wanted.reduce((most, value, i) => Math.max(most, Math.abs(got[i]! - value)), 0);
  expect(furthest).toBeLessThan(within);
}

/** P as t-SNE has it. */
async function probabilities(): Promise<WeightedGraph> {
  const found = await nearestNeighbors(x, x, { nNeighbors: 3 * truth.perplexity });
  const graph = symmetricGraph(found, affinities(found, truth.perplexity), (one, other) => (one + other) / 2);
  return { ...graph, weights: graph.weights.map((weight) => weight / truth.rows) };
}

describe("parts of UMAP", () => {
  it.each(truth.curves as { minDist: number; a: number; b: number }[])(
    "the curve for minDist $minDist is that of umap-learn",
    ({ minDist, a, b }) => {
      const curve = curveFor(minDist, 1);
      expect(curve.a).toBeCloseTo(a, 5);
      expect(curve.b).toBeCloseTo(b, 5);
    },
  );

  it("reach and graph are those of umap-learn", async () => {
    const found = await nearestNeighbors(x, x, { nNeighbors: truth.nNeighbors });
    const { near, width } = reachOf(found);
    expectClose(near, truth.graph.near, 1e-4);
    expectClose(width, truth.graph.width, 1e-3);
    const own = memberships(found);
    for (let i = 0; i < truth.rows; i++) {
      const sum = own
        .subarray(i * truth.nNeighbors, (i + 1) * truth.nNeighbors)
        .reduce((all, weight) => all + weight, 0);
      expect(sum).toBeCloseTo(Math.log2(truth.nNeighbors + 1), 4);
    }
    const graph = symmetricGraph(found, memberships(found), either);
    expect(graph.ids.length).toBe(truth.graph.edges);
    expectClose(product(graph), truth.graph.product, 1e-3);
    // A graph of one neighbour less is another.
    const fewer = await nearestNeighbors(x, x, { nNeighbors: truth.nNeighbors - 1 });
    const other = product(symmetricGraph(fewer, memberships(fewer), either));
    expect(Math.abs(other[0]! - truth.graph.product[0])).toBeGreaterThan(1e-3);
  });

  it("rows at the same place reach as far as others", () => {
    const { near, width } = reachOf({ k: 3, distances: Float64Array.of(0, 0, 0, 0, 1, 2, 1, 1, 1) });
    expect([...near]).toEqual([0, 1, 1]);
    expect(width.every((value) => value > 0 && Number.isFinite(value))).toBe(true);
  });

  it("an edge is in the graph once from both ends, whoever lists it", () => {
    // 0 lists 1 and 2, 1 lists 0 and 2, 2 lists 1 and 3, 3 lists 2 and 1.
    const ids = Int32Array.of(1, 2, 0, 2, 1, 3, 2, 1);
    const weights = Float32Array.of(1, 0.5, 1, 0.25, 1, 0.5, 1, 0.75);
    const graph = symmetricGraph({ k: 2, ids }, weights, either);
    const at = (i: number) =>
      Object.fromEntries(
        Array.from(graph.ids.subarray(graph.starts[i]!, graph.starts[i + 1]!), (j, e) => [
          j,
          graph.weights[graph.starts[i]! + e],
        ]),
      );
    expect([0, 1, 2, 3].map(at)).toEqual([
      { 1: 1, 2: 0.5 },
      { 0: 1, 2: 1, 3: 0.75 },
      { 0: 0.5, 1: 1, 3: 1 },
      { 1: 0.75, 2: 1 },
    ]);
  });

  it("tables of forces are the derivatives of the loss, to 1e-4 between their places", () => {
    const { a, b } = curveFor(0.1, 1);
    const table = new Float32Array(TABLE_LENGTH);
    const pull = (s: number) => (-2 * a * b * s ** (b - 1)) / (1 + a * s ** b);
    tabulate(pull, table);
    const loss = (distance: number) => Math.log1p(a * distance ** (2 * b));
    for (const distance of [0.011, 0.3, 1.7, 9.2]) {
      const square = distance * distance;
      const place = Math.floor((Math.log2(square) + 30) * 1) * 32;
      const share = (square / 2 ** Math.floor(Math.log2(square)) - 1) * 32;
      const at = place + Math.floor(share);
      const between = table[at]! + (share % 1) * (table[at + 1]! - table[at]!);
      const step = 1e-5 * distance;
      const slope = (loss(distance + step) - loss(distance - step)) / (2 * step);
      // The force along the difference, times the distance.
      expect(between * distance).toBeCloseTo(-slope, 3);
      expect(between / pull(square)).toBeCloseTo(1, 3);
    }
  });
});

describe("parts of t-SNE", () => {
  it("affinities are those of openTSNE", async () => {
    const graph = await probabilities();
    expect(graph.weights.filter((weight) => weight > 0).length).toBe(truth.affinities.edges);
    expectClose(product(graph), truth.affinities.product, 1e-8);
  });

  it("have the entropy that is asked for, or what there is", () => {
    const distances = Float64Array.from({ length: 60 }, (_, i) => 1 + (i % 30) / 7 + Math.floor(i / 30));
    const own = affinities({ k: 30, distances }, 10);
    for (const start of [0, 30]) {
      const row = own.subarray(start, start + 30);
      const entropy = row.reduce((sum, p) => sum - p * Math.log(p), 0);
      expect(Math.exp(entropy)).toBeCloseTo(10, 4);
    }
    const same = affinities({ k: 4, distances: new Float64Array(4).fill(2) }, 3);
    expect([...same]).toEqual([0.25, 0.25, 0.25, 0.25]);
    const more = affinities({ k: 4, distances: Float64Array.of(1, 2, 3, 4) }, 4);
    expect(more.every((p) => Math.abs(p - 0.25) < 1e-2)).toBe(true);
  });

  it("forces and divergence are those of the definition; with a coarse tree they are not", async () => {
    const graph = await probabilities();
    const { rows } = truth;
    const places = Float32Array.from({ length: 2 * rows }, (_, at) =>
      at % 2 === 0 ? 10 * Math.sin(at / 2) : 10 * Math.cos(1.7 * ((at - 1) / 2)),
    );
    const arrays = tsneArrays(graph, matrix(places, rows, 2));
    const off = async (theta: number) => {
      const sum = await tsneForces(arrays, rows, { engine, theta });
      const [pulls, pushes] = [arrays.floats("pulls"), arrays.floats("pushes")];
      const wanted: number[] = truth.tsne.gradient;
      const norm = Math.hypot(...wanted);
      const difference = wanted.map((value, at) => value + 4 * (pulls[at]! + pushes[at]! / sum));
      return { sum: sum / truth.tsne.sum - 1, gradient: Math.hypot(...difference) / norm, total: sum };
    };
    const exact = await off(0);
    expect(Math.abs(exact.sum)).toBeLessThan(1e-5);
    expect(exact.gradient).toBeLessThan(1e-4);
    expect(divergence(graph, places, exact.total, 1)).toBeCloseTo(truth.tsne.divergence, 4);
    const usual = await off(0.5);
    expect(Math.abs(usual.sum)).toBeLessThan(5e-3);
    expect(usual.gradient).toBeLessThan(2e-2);
    expect((await off(3)).gradient).toBeGreaterThan(3 * usual.gradient);
  });

  it("the tree has rows at one place, on a line and far away", async () => {
    const places = Float32Array.from({ length: 200 }, (_, at) => (at < 80 ? 1 : at % 2 === 0 ? at : 3));
    places[198] = 1e6;
    const n = 100;
    const starts = Int32Array.from({ length: n + 1 }, () => 0);
    const graph = { starts, ids: new Int32Array(0), weights: new Float32Array(0) };
    const arrays = tsneArrays(graph, matrix(places, n, 2));
    const sum = await tsneForces(arrays, n, { engine, theta: 0.5 });
    let wanted = 0;
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (i === j) continue;
        wanted +=
          1 / (1 + (places[2 * i]! - places[2 * j]!) ** 2 + (places[2 * i + 1]! - places[2 * j + 1]!) ** 2);
      }
    }
    expect(sum / wanted).toBeCloseTo(1, 3);
    expect(arrays.floats("pushes").every(Number.isFinite)).toBe(true);
  });
});
