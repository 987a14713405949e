import { describe, expect, it } from "vitest";
import { checkSearch, hubnessCorrected } from "../../src/align/csls.ts";
import { openIndex, openTarget, retrieve } from "../../src/align/retrieval.ts";
import { type Matrix, matrix, rng, row } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { openAlgebra } from "../../src/linalg/index.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";

function gaussian(n: number, d: number, seed: number, shift = 0): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: n * d }, (_, p) => random.normal() + (p % d === 0 ? shift : 0)),
    n,
    d,
  );
}

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, k) => sum + value * v[k]!, 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}

/** r, by the formula of the paper. */
function densities(queries: Matrix, rows: Matrix, k: number): number[] {
  return Array.from({ length: rows.rows }, (_, y) => {
    const all = Array.from({ length: queries.rows }, (_, q) => cosine(row(queries, q), row(rows, y)));
    const best = all.sort((a, b) => b - a).slice(0, k);
    return best.reduce((sum, value) => sum + value, 0) / best.length;
  });
}

/** All rows for each query by 2 cos - r, best first. */
function order(queries: Matrix, rows: Matrix, k: number): number[][] {
  const r = densities(queries, rows, k);
  return Array.from({ length: queries.rows }, (_, q) => {
    const score = r.map((density, y) => 2 * cosine(row(queries, q), row(rows, y)) - density);
    return score.map((_, y) => y).sort((a, b) => score[b]! - score[a]!);
  });
}

const engine = await findEngine({ threads: 2 });

describe("hubness correction", () => {
  it.each([
    { m: 40, n: 60, d: 5, k: 10, shift: 0 },
    { m: 30, n: 25, d: 12, k: 3, shift: 2 },
    { m: 4, n: 50, d: 3, k: 10, shift: -4 },
  ])("ranks rows as the formula does: $m x $n, $d dimensions, k $k", async ({ m, n, d, k, shift }) => {
    const [queries, rows] = [gaussian(m, d, 1), gaussian(n, d, 2, shift)];
    const corrected = await hubnessCorrected(queries, rows, { engine, nNeighbors: k });
    const { ids } = await nearestNeighbors(corrected.queries, corrected.rows, { nNeighbors: 8, threads: 2 });
    const slow = order(queries, rows, Math.min(k, m));
    expect(Array.from(ids)).toEqual(slow.flatMap((all) => all.slice(0, 8)));
    const r = densities(queries, rows, k);
    corrected.density.forEach((value, y) => {
      expect(value).toBeCloseTo(r[y]!, 5);
    });
  });

  it("is another order than that of cosine (control)", async () => {
    const [queries, rows] = [gaussian(40, 5, 1), gaussian(60, 5, 2)];
    const { ids } = await nearestNeighbors(queries, rows, { nNeighbors: 8, metric: "cosine", threads: 2 });
    expect(Array.from(ids)).not.toEqual(order(queries, rows, 10).flatMap((all) => all.slice(0, 8)));
  });

  it("does not depend on lengths of rows, nor on a rotation of both sides", async () => {
    const [queries, rows] = [gaussian(40, 4, 3), gaussian(60, 4, 4)];
    const swap = ({ data, ...size }: Matrix): Matrix => ({
      ...size,
      data: data.map((_, p) => (p % 4 === 0 ? -1 : 1) * data[p - (p % 4) + (3 - (p % 4))]! * 8),
    });
    const ids = async (q: Matrix, y: Matrix) => {
      const own = await hubnessCorrected(q, y, { engine });
      return (await nearestNeighbors(own.queries, own.rows, { nNeighbors: 5, threads: 2 })).ids;
    };
    expect(await ids(swap(queries), swap(rows))).toEqual(await ids(queries, rows));
  });

  it("takes a hub from the queries that are not its own", async () => {
    // Row 0 is the mean of all: near to everyone. The others are noisy copies of the queries.
    const [n, d] = [200, 30];
    const random = rng(5);
    const queries = gaussian(n, d, 6, 4);
    const data = queries.data.map((value) => value + 1.3 * random.normal());
    for (let k = 0; k < d; k++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += queries.data[i * d + k]!;
      data[k] = sum / n;
    }
    const rows = matrix(data, n, d);
    const algebra = openAlgebra(engine);
    try {
      const options = { engine, algebra, metric: "cosine" as const, nNeighbors: 5 };
      const own = Int32Array.from({ length: n }, (_, i) => i);
      const target = await openTarget(await openIndex(rows, options), own, options);
      const top1 = async (search: "nearest" | "csls") => {
        const found = await retrieve(queries, target, { ...options, search });
        return found.top1.reduce((sum, value) => sum + value, 0) / n;
      };
      const [nearest, csls] = [await top1("nearest"), await top1("csls")];
      expect(csls).toBeGreaterThan(nearest + 0.1);
    } finally {
      await algebra.close();
    }
  });

  it("gives the same bytes on any number of threads", async () => {
    const [queries, rows] = [gaussian(300, 16, 7), gaussian(250, 16, 8)];
    const one = await hubnessCorrected(queries, rows, { engine: { ...engine, threads: 1 } });
    const two = await hubnessCorrected(queries, rows, { engine });
    expect(two.rows.data).toEqual(one.rows.data);
  });

  it("refuses what it does not correct", () => {
    expect(() => checkSearch("csls", "euclidean")).toThrow(/cosines/);
    expect(() => checkSearch("hub" as "csls", "cosine")).toThrow(/nearest, csls/);
    expect(() => checkSearch("csls", "cosine")).not.toThrow();
  });
});
