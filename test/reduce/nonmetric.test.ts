import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, rng, sortWords } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { cholesky } from "../../src/linalg/index.ts";
import { audit } from "../../src/measure/index.ts";
import { isotonicFit } from "../../src/optim/index.ts";
import { fitMds, smacof, transform } from "../../src/reduce/index.ts";
import { fitOrder } from "../../src/reduce/nonmetric.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const engine = await findEngine({ threads: 2 });
const options = { engine, seed: 0, unitRows: false, nonMetric: true };
const digits = await readMatrix(`${ROOT}examples/digits.npy`);
const reference = JSON.parse(readFileSync(`${ROOT}test/fixtures/reduce.json`, "utf8")).nonMetric;

const rowsOf = (all: Matrix, from: number, count: number) =>
  gatherRows(
    all,
    Int32Array.from({ length: count }, (_, i) => from + i),
  );

function normals(seed: number, rows: number, cols: number): Matrix {
  const random = rng(seed);
  const data = Float32Array.from({ length: rows * cols }, () => random.normal());
  return matrix(data, rows, cols);
}

function table({ data, rows, cols }: Matrix): Float64Array {
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let square = 0;
      for (let k = 0; k < cols; k++) square += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
      out[i * rows + j] = Math.sqrt(square);
    }
  }
  return out;
}

/** Kruskal's first stress of some pairs, by sorting. Ties: those of a tie in order of distance, or all with one disparity. */
function stress(lengths: readonly number[], distances: readonly number[], ties: "free" | "equal"): number {
  const order = lengths
    .map((_, p) => p)
    .sort((a, b) => lengths[a]! - lengths[b]! || distances[a]! - distances[b]!);
  const x = Float64Array.from(order, (p, rank) => (ties === "free" ? rank : lengths[p]!));
  const y = Float64Array.from(order, (p) => distances[p]!);
  const fit = isotonicFit(x, y);
  const sum = (values: Float64Array) => values.reduce((a, b) => a + b, 0);
  return Math.sqrt(sum(y.map((value, p) => (value - fit[p]!) ** 2)) / sum(y.map((value) => value * value)));
}

/** The same of all pairs of rows. Lengths of whole numbers are tied where they are equal. */
function stressOf(x: Matrix, z: Matrix, ties: "free" | "equal"): number {
  const [a, b] = [table(x), table(z)];
  const [lengths, distances]: [number[], number[]] = [[], []];
  for (let i = 0; i < x.rows; i++) {
    for (let j = 0; j < i; j++) {
      lengths.push(a[i * x.rows + j]!);
      distances.push(b[i * x.rows + j]!);
    }
  }
  return stress(lengths, distances, ties);
}

/** How far two sets of places in a plane are from being the same up to shift, turn, mirror and scale, 0..1: Procrustes, on complex numbers. */
function misfit(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [p, q] = [centred(a), centred(b)];
  let [re, im, mirroredRe, mirroredIm, pp, qq] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < p.length; i += 2) {
    const [px, py, qx, qy] = [p[i]!, p[i + 1]!, q[i]!, q[i + 1]!];
    re += px * qx + py * qy;
    im += px * qy - py * qx;
    mirroredRe += px * qx - py * qy;
    mirroredIm += px * qy + py * qx;
    pp += px * px + py * py;
    qq += qx * qx + qy * qy;
  }
  const best = Math.max(re ** 2 + im ** 2, mirroredRe ** 2 + mirroredIm ** 2);
  return Math.sqrt(Math.max(0, 1 - best / (pp * qq)));
}

function centred(places: ArrayLike<number>): Float64Array {
  const out = Float64Array.from(places);
  for (const k of [0, 1]) {
    let mean = 0;
    for (let i = k; i < out.length; i += 2) mean += (2 * out[i]!) / out.length;
    for (let i = k; i < out.length; i += 2) out[i]! -= mean;
  }
  return out;
}

/** Rows whose lengths are sqrt(2 - 2 exp(-r)), r being the distance of two places in a plane: the order is the same, the shape is not. */
function bent(plane: Matrix): Matrix {
  const { rows } = plane;
  const lower = cholesky(
    table(plane).map((r) => Math.exp(-r)),
    rows,
  )!;
  const data = Float32Array.from(lower, (value, at) => (at % rows <= Math.floor(at / rows) ? value : 0));
  return matrix(data, rows, rows);
}

/** Lengths of an odd number of rows as `fitOrder` takes them. */
function stepsOf(lengths: Float64Array, rows: number): { lengths: Float32Array; partners: number } {
  const partners = (rows - 1) / 2;
  const out = new Float32Array(rows * partners);
  for (let a = 0; a < rows; a++)
    for (let s = 0; s < partners; s++) out[a * partners + s] = lengths[a * rows + ((a + s + 1) % rows)]!;
  return { lengths: out, partners };
}

describe("non-metric scaling", () => {
  it("finds a plane of which only the order of lengths is left, and places new rows in it; metric scaling does not", async () => {
    const plane = normals(1, 400, 2);
    const all = bent(plane);
    const [seen, unseen] = [rowsOf(all, 0, 301), rowsOf(all, 301, 99)];
    const fit = await fitMds(seen, 2, options);
    expect(fit.objective!.name).toBe("non-metric stress");
    expect(fit.objective!.value).toBeLessThan(1e-3);
    expect(misfit(fit.codes!.data, plane.data.subarray(0, 602))).toBeLessThan(5e-3);
    const before = fit.codes!.data.slice();
    const placed = await transform(fit, unseen, { engine });
    expect(misfit([...fit.codes!.data, ...placed.data], plane.data)).toBeLessThan(0.02);
    expect(fit.codes!.data).toEqual(before);
    const alone = await transform(fit, rowsOf(unseen, 7, 1), { engine });
    for (let k = 0; k < 2; k++) expect(alone.data[k]).toBeCloseTo(placed.data[14 + k]!, 3);

    const metric = await fitMds(seen, 2, { ...options, nonMetric: false });
    expect(misfit(metric.codes!.data, plane.data.subarray(0, 602))).toBeGreaterThan(0.05);
    expect(stressOf(seen, metric.codes!, "free")).toBeGreaterThan(0.02);
  });

  it("is the same for lengths that were mapped by an ascending function, whatever it starts from", async () => {
    const rows = 201;
    const plane = normals(2, rows, 2);
    const straight = table(plane);
    const layouts = [];
    for (const bend of [(r: number) => r, (r: number) => r ** 3, (r: number) => Math.log1p(5 * r)]) {
      const lengths = straight.map(bend);
      const start = await smacof(lengths, rows, 2, { engine, rng: rng(0) });
      const losses: number[] = [];
      const { lengths: given, partners } = stepsOf(lengths, rows);
      const found = await fitOrder(given, start.coordinates, {
        partners,
        d: 2,
        engine,
        maxSteps: 1000,
        tolerance: 1e-4,
        onStep: (_, loss) => losses.push(loss),
      });
      expect(losses.every((loss, k) => k === 0 || loss < losses[k - 1]!)).toBe(true);
      layouts.push({ metric: misfit(start.coordinates, plane.data), own: misfit(found.at, plane.data) });
      expect(found.stress).toBeLessThan(1e-3);
      expect(found.converged).toBe(true);
    }
    for (const { own } of layouts) expect(own).toBeLessThan(0.01);
    // Control: SMACOF keeps the lengths themselves.
    for (const { metric } of layouts.slice(1)) expect(metric).toBeGreaterThan(0.05);
  });

  it("has the stress that it says, over all pairs, and no place near has less", async () => {
    const x = normals(3, 101, 6);
    const fit = await fitMds(x, 2, options);
    const own = stressOf(x, fit.codes!, "free");
    expect(fit.details.pairs).toBe((101 * 100) / 2);
    expect(own / fit.objective!.value).toBeCloseTo(1, 3);
    expect(own).toBeLessThan(0.95 * (fit.details.startStress as number));
    const random = rng(9);
    for (let round = 0; round < 10; round++) {
      const data = fit.codes!.data.map((value) => value + 0.02 * random.normal());
      expect(stressOf(x, { ...fit.codes!, data }, "free")).toBeGreaterThan(own);
    }
    const { scores } = await audit(x, fit.codes!, { scores: ["stressNonMetric"] });
    expect(scores.stressNonMetric!.value / fit.objective!.value).toBeCloseTo(1, 3);
    const metric = await fitMds(x, 2, { ...options, nonMetric: false });
    expect(own).toBeLessThan(stressOf(x, metric.codes!, "free"));
  });

  it("leaves the pairs of a tie free, and has no more stress than scikit-learn's, which has them equal", async () => {
    // Whole numbers: most lengths are met more than once.
    const x = rowsOf(digits, 0, reference.rows);
    const fit = await fitMds(x, 2, options);
    expect(fit.converged).toBe(true);
    expect(stressOf(x, fit.codes!, "free") / fit.objective!.value).toBeCloseTo(1, 3);
    expect(stressOf(x, fit.codes!, "equal")).toBeGreaterThan(stressOf(x, fit.codes!, "free"));
    expect(stressOf(x, fit.codes!, "equal")).toBeLessThan(1.002 * reference.stress);
  });

  it("places new rows as well as those that were fitted", async () => {
    const [x, fresh] = [rowsOf(digits, 0, 601), rowsOf(digits, 601, 200)];
    const fit = await fitMds(x, 2, options);
    const between = async (rows: Matrix, codes: Matrix) => {
      const [lengths, distances]: [number[], number[]] = [[], []];
      for (let i = 0; i < rows.rows; i++) {
        for (let j = 0; j < x.rows; j++) {
          lengths.push(gap(rows, i, x, j));
          distances.push(gap(codes, i, fit.codes!, j));
        }
      }
      return stress(lengths, distances, "free");
    };
    const placed = await transform(fit, fresh, { engine });
    const [own, others] = [fit.objective!.value, await between(fresh, placed)];
    expect(others / own).toBeGreaterThan(0.9);
    expect(others / own).toBeLessThan(1.1);
    // Control: the same places, of other rows.
    const turned = matrix(placed.data.slice().reverse(), 200, 2);
    expect((await between(fresh, turned)) / own).toBeGreaterThan(1.3);
  });

  it("is the same bits on any number of threads, and others at another seed", async () => {
    const x = rowsOf(digits, 0, 500);
    const of = async (threads: number, seed = 0) =>
      fitMds(x, 3, { ...options, seed, engine: await findEngine({ threads }) });
    const [a, b] = [await of(1), await of(3)];
    expect(b.codes!.data).toEqual(a.codes!.data);
    expect(b.save({})).toEqual(a.save({}));
    expect((await of(1, 1)).codes!.data).not.toEqual(a.codes!.data);
  });

  it("takes equal rows, lengths that are all tied, rows that are all equal, and few rows", async () => {
    const twice = gatherRows(
      digits,
      Int32Array.from({ length: 81 }, (_, i) => i % 40),
    );
    const corners = matrix(
      Float32Array.from({ length: 21 * 21 }, (_, at) => Number(at % 22 === 0)),
      21,
      21,
    );
    const still = matrix(new Float32Array(60).fill(3), 20, 3);
    for (const x of [twice, corners, still, normals(4, 1, 5), normals(4, 2, 5), normals(4, 3, 5)]) {
      const fit = await fitMds(x, 2, options);
      const placed = await transform(fit, rowsOf(x, 0, 1), { engine });
      expect([...fit.codes!.data, ...placed.data, fit.objective!.value].every(Number.isFinite)).toBe(true);
    }
    // One tie of all pairs is kept by any places.
    expect((await fitMds(corners, 2, options)).objective!.value).toBeLessThan(1e-3);
    const codes = (await fitMds(still, 2, options)).codes!;
    expect(codes.data.every((value) => Math.abs(value) < 1e-6)).toBe(true);
  });

  it("has the size of the data, and refuses weights that are made of lengths", async () => {
    const x = normals(5, 101, 4);
    const { codes } = await fitMds(x, 2, options);
    const size = (m: Matrix) => table(m).reduce((sum, value) => sum + value * value, 0);
    expect(size(codes!) / size(x)).toBeCloseTo(1, 4);
    await expect(fitMds(x, 2, { ...options, weights: "inverse" })).rejects.toMatchObject({
      code: "bad-option",
    });
  });

  it("sorts words of 32 bits, equal ones in their order", () => {
    const random = rng(6);
    for (const most of [3, 2 ** 12, 2 ** 32]) {
      const words = Uint32Array.from({ length: 500 }, () => Math.floor(random.uniform() * most));
      const given = words.slice();
      const sorted = sortWords(words);
      const order = [...words.keys()].sort((a, b) => words[a]! - words[b]! || a - b);
      expect([...sorted.order]).toEqual(order);
      expect([...sorted.words]).toEqual(order.map((p) => given[p]));
      expect(words).toEqual(given);
    }
  });
});

function gap(a: Matrix, i: number, b: Matrix, j: number): number {
  let square = 0;
  for (let k = 0; k < a.cols; k++) square += (a.data[i * a.cols + k]! - b.data[j * b.cols + k]!) ** 2;
  return Math.sqrt(square);
}
