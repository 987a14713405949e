import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, rng } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { fitMds, smacof, transform } from "../../src/reduce/index.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const engine = await findEngine({ threads: 2 });
const options = { engine, seed: 0, unitRows: false };
const digits = await readMatrix(`${ROOT}examples/digits.npy`);
const rowsOf = (from: number, count: number) =>
  gatherRows(
    digits,
    Int32Array.from({ length: count }, (_, i) => from + i),
  );

function normals(seed: number, rows: number, cols: number): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => random.normal()),
    rows,
    cols,
  );
}

function lengths({ data, rows, cols }: Matrix): Float64Array {
  const out = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) {
      let sum = 0;
      for (let k = 0; k < cols; k++) sum += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
      out[i * rows + j] = Math.sqrt(sum);
    }
  }
  return out;
}

function stress(x: Matrix, z: Matrix): number {
  const [a, b] = [lengths(x), lengths(z)];
  let [off, all] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    off += (a[i]! - b[i]!) ** 2;
    all += a[i]! ** 2;
  }
  return Math.sqrt(off / all);
}

/** Points of a plane, turned into more dimensions. */
function flat(seed: number, rows: number, cols: number): Matrix {
  const z = normals(seed, rows, 2);
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < cols; k++) {
      data[i * cols + k] = z.data[2 * i]! * Math.cos(k + 1) + z.data[2 * i + 1]! * Math.sin(2 * k + 1) + 100;
    }
  }
  return matrix(data, rows, cols);
}

describe("metric scaling", () => {
  it("has the stress of SMACOF from the same start, or less, over all pairs", async () => {
    const x = rowsOf(0, 301);
    const fit = await fitMds(x, 2, options);
    const own = stress(x, fit.codes!);
    const theirs = await smacof(lengths(x), 301, 2, {
      engine,
      rng: rng(0),
      tolerance: 1e-7,
      maxIterations: 2000,
    });
    expect(own).toBeLessThanOrEqual(theirs.stress * 1.002);
    expect(fit.objective!.value).toBeCloseTo(own, 5);
    expect(own).toBeLessThan(0.75 * (fit.details.startStress as number));
    expect(fit.converged).toBe(true);
  });

  it("of a plane is exact, and new rows come where they belong", async () => {
    const all = flat(1, 400, 7);
    const [seen, unseen] = [
      gatherRows(
        all,
        Int32Array.from({ length: 300 }, (_, i) => i),
      ),
      gatherRows(
        all,
        Int32Array.from({ length: 100 }, (_, i) => 300 + i),
      ),
    ];
    const fit = await fitMds(seen, 2, options);
    expect(stress(seen, fit.codes!)).toBeLessThan(2e-3);
    const placed = await transform(fit, unseen, { engine });
    const data = Float32Array.from([...fit.codes!.data, ...placed.data]);
    expect(stress(all, matrix(data, 400, 2))).toBeLessThan(2e-3);
  });

  it("looks at all pairs after those that it holds", async () => {
    // 64 x 2^16 / 5,000 partners: fewer than all.
    const x = normals(3, 5001, 4);
    const fit = await fitMds(x, 2, options);
    expect(fit.details.pairs).toBe((5001 * 5000) / 2);
    const half = gatherRows(
      x,
      Int32Array.from({ length: 600 }, (_, i) => i),
    );
    const codes = gatherRows(
      fit.codes!,
      Int32Array.from({ length: 600 }, (_, i) => i),
    );
    expect(stress(half, codes)).toBeCloseTo(fit.objective!.value, 1);
  });

  it("places a new row the same alone, and moves no fitted one", async () => {
    const fit = await fitMds(rowsOf(0, 400), 3, options);
    const before = fit.codes!.data.slice();
    const batch = await transform(fit, rowsOf(400, 50), { engine });
    const alone = await transform(fit, rowsOf(407, 1), { engine });
    for (let k = 0; k < 3; k++) expect(alone.data[k]).toBeCloseTo(batch.data[7 * 3 + k]!, 2);
    expect(fit.codes!.data).toEqual(before);
  });

  it("is the same bits on any number of threads, and others at another seed", async () => {
    const x = rowsOf(0, 500);
    const of = async (threads: number, seed = 0) =>
      (await fitMds(x, 2, { ...options, seed, engine: await findEngine({ threads }) })).codes!.data;
    const [a, b] = [await of(1), await of(3)];
    expect(b).toEqual(a);
    expect(await of(1, 1)).not.toEqual(a);
  });

  it("takes equal rows, rows that are all equal, few rows, and as many dimensions as there are", async () => {
    const twice = gatherRows(
      rowsOf(0, 40),
      Int32Array.from({ length: 80 }, (_, i) => i % 40),
    );
    const doubled = await fitMds(twice, 2, options);
    expect(doubled.codes!.data.every(Number.isFinite)).toBe(true);
    const still = await fitMds(matrix(new Float32Array(60).fill(3), 20, 3), 2, options);
    expect(still.codes!.data.every((value) => Math.abs(value) < 1e-6)).toBe(true);
    const few = await fitMds(normals(4, 3, 5), 2, options);
    expect(few.codes!.data.every(Number.isFinite)).toBe(true);
    const same = normals(5, 60, 3);
    const whole = await fitMds(same, 3, options);
    expect(stress(same, whole.codes!)).toBeLessThan(1e-3);
    const placed = await transform(still, matrix(Float32Array.of(3, 3, 3, 4, 3, 3), 2, 3), { engine });
    expect(placed.data.every(Number.isFinite)).toBe(true);
  });

  it("with inverse weights is Sammon's map: less of his stress, and near pairs kept better", async () => {
    const x = rowsOf(0, 301);
    const [equal, inverse] = [
      await fitMds(x, 2, options),
      await fitMds(x, 2, { ...options, weights: "inverse" }),
    ];
    const sammon = (z: Matrix) => {
      const [a, b] = [lengths(x), lengths(z)];
      let [off, all] = [0, 0];
      for (let i = 0; i < a.length; i++) {
        if (a[i]! === 0) continue;
        off += (a[i]! - b[i]!) ** 2 / a[i]!;
        all += a[i]!;
      }
      return off / all;
    };
    expect(inverse.objective!.value).toBeCloseTo(sammon(inverse.codes!), 5);
    expect(sammon(inverse.codes!)).toBeLessThan(sammon(equal.codes!));
    expect(stress(x, inverse.codes!)).toBeGreaterThan(stress(x, equal.codes!));
    const plane = flat(8, 200, 6);
    const exact = await fitMds(plane, 2, { ...options, weights: "inverse" });
    const placed = await transform(
      exact,
      gatherRows(
        flat(8, 260, 6),
        Int32Array.from({ length: 60 }, (_, i) => 200 + i),
      ),
      { engine },
    );
    const all = matrix(Float32Array.from([...exact.codes!.data, ...placed.data]), 260, 2);
    expect(stress(flat(8, 260, 6), all)).toBeLessThan(3e-3);
  });

  it("keeps cosine lengths of rows scaled to length 1", async () => {
    const x = flat(6, 200, 5);
    const longer = { ...x, data: x.data.map((value, i) => value * (1 + (Math.floor(i / 5) % 3))) };
    const [a, b] = [
      await fitMds(x, 2, { ...options, unitRows: true }),
      await fitMds(longer, 2, { ...options, unitRows: true }),
    ];
    expect(b.objective!.value).toBeCloseTo(a.objective!.value, 4);
  });
});
