import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { applyMap } from "../../src/align/map.ts";
import { alignUnpaired, type Unpaired, type UnpairedOptions } from "../../src/align/unsupervised.ts";
import { matchMutually } from "../../src/align/unsupervised-match.ts";
import type { Refined } from "../../src/align/unsupervised-refine.ts";
import { judgeRuns } from "../../src/align/unsupervised-verdict.ts";
import {
  gatherRows,
  type Matrix,
  matrix,
  type Progress,
  permutation,
  rng,
  row,
} from "../../src/base/index.ts";
import { readMatrix } from "../matrices.ts";
import { hasSharedData, sharedData } from "../shared-data.ts";

/*
 * Alignment without pairs. Partners are known here, and used for scoring alone: what is given has its rows in an order of its own on each side.
 */

/** n rows around 12 centres of unequal weight, in d dimensions: no symmetry. */
function lopsided(n: number, d: number, seed: number): Matrix {
  const random = rng(seed);
  const centres = Float64Array.from({ length: 12 * d }, () => 2 * random.normal());
  const data = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const group = Math.floor(12 * (i / n) ** 2);
    for (let k = 0; k < d; k++) data[i * d + k] = centres[group * d + k]! + 1.5 * random.normal();
  }
  return matrix(data, n, d);
}

function gaussian(n: number, d: number, seed: number): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: n * d }, () => random.normal()),
    n,
    d,
  );
}

/** Rows turned into `width >= cols` dimensions, with noise of so much a number. */
function turnedCopy({ data, rows, cols }: Matrix, width: number, noise: number, seed: number): Matrix {
  const random = rng(seed);
  const axes: Float64Array[] = [];
  for (let a = 0; a < cols; a++) {
    const v = new Float64Array(width).map(() => random.normal());
    for (const u of axes) {
      const along = u.reduce((sum, value, k) => sum + value * v[k]!, 0);
      for (let k = 0; k < width; k++) v[k]! -= along * u[k]!;
    }
    const length = Math.hypot(...v);
    axes.push(v.map((value) => value / length));
  }
  const out = new Float32Array(rows * width);
  for (let i = 0; i < rows; i++) {
    for (let k = 0; k < width; k++) {
      let sum = noise * random.normal();
      for (let a = 0; a < cols; a++) sum += data[i * cols + a]! * axes[a]![k]!;
      out[i * width + k] = sum;
    }
  }
  return matrix(out, rows, width);
}

/** Rows in another order, and the item of each. */
function shuffled(x: Matrix, seed: number) {
  const items = permutation(rng(seed), x.rows);
  return { rows: gatherRows(x, items), items };
}

/** Aligns both, each in an order of its own, and tells the share of pairs that are right. */
async function alignShuffled(x: Matrix, y: Matrix, options: UnpairedOptions = {}) {
  const [a, b] = [shuffled(x, 11), shuffled(y, 12)];
  const result = await alignUnpaired(a.rows, b.rows, { threads: 2, ...options });
  return { result, right: rightShare(result, a.items, b.items) };
}

function rightShare({ pairs }: Unpaired, from: Int32Array, to: Int32Array): number {
  const right = Array.from(pairs.from).filter((i, p) => from[i] === to[pairs.to[p]!]).length;
  return right / Math.max(1, pairs.from.length);
}

describe("alignment without pairs", () => {
  it("finds the rotation of a noisy copy whose rows are shuffled, and says so", async () => {
    const x = lopsided(300, 12, 1);
    const y = turnedCopy(x, 20, 0.2, 2);
    const seen: Progress[] = [];
    const { result, right } = await alignShuffled(x, y, { restarts: 2, onProgress: (p) => seen.push(p) });
    expect(result.found).toBe(true);
    expect(right).toBeGreaterThan(0.98);
    expect(result.pairs.from.length).toBeGreaterThan(280);
    expect(Math.min(...result.controls)).toBeLessThan(result.criterion);
    expect(seen.at(-1)).toMatchObject({ stage: "aligning", done: 6, total: 6 });
    // Rows through the map land on their partners, length aside.
    const mapped = await applyMap(result.map!, x, { engine: result.engine });
    let cosine = 0;
    for (let i = 0; i < x.rows; i++) {
      const [u, v] = [row(mapped, i), row(y, i)];
      cosine += u.reduce((sum, value, k) => sum + value * v[k]!, 0) / Math.hypot(...v) / x.rows;
    }
    expect(cosine).toBeGreaterThan(0.97);
  });

  it("does so where only a part of the rows has a partner", async () => {
    const x = lopsided(560, 12, 3);
    const y = turnedCopy(x, 12, 0.1, 4);
    const every = (from: number, to: number) =>
      Array.from({ length: 560 }, (_, i) => i).filter((i) => i % 7 >= from && i % 7 < to);
    const [mine, theirs] = [every(0, 5), every(1, 7)];
    const a = shuffled(gatherRows(x, mine), 11);
    const b = shuffled(gatherRows(y, theirs), 12);
    const result = await alignUnpaired(a.rows, b.rows, { threads: 2, restarts: 2 });
    expect(result.found).toBe(true);
    const partner = new Map(theirs.map((item, j) => [item, j]));
    const at = new Map(Array.from(b.items, (j, place) => [j, place]));
    const known = Array.from(result.pairs.from.keys()).filter((p) =>
      partner.has(mine[a.items[result.pairs.from[p]!]!]!),
    );
    const right = known.filter(
      (p) => at.get(partner.get(mine[a.items[result.pairs.from[p]!]!]!)!) === result.pairs.to[p],
    );
    expect(right.length / known.length).toBeGreaterThan(0.95);
  });

  it.each([
    ["two independent Gaussian clouds", gaussian(300, 12, 1), gaussian(300, 12, 2)],
    ["two independent clouds of clusters", lopsided(300, 16, 5), lopsided(300, 16, 6)],
    ["clouds of other sizes and widths", lopsided(300, 8, 7), gaussian(400, 20, 8)],
  ])("finds nothing in %s", async (_, x, y) => {
    const { result } = await alignShuffled(x, y, { restarts: 2 });
    expect(result.found).toBe(false);
    expect(result.map).toBeNull();
    expect(result.pairs.from).toHaveLength(0);
    expect(result.warnings[0]).toMatchObject({ code: "no-convergence" });
    expect(result.warnings[0]!.message).toMatch(/not to be believed/);
  });

  it("does not choose between the maps of a cloud that is its own mirror image", async () => {
    const half = lopsided(150, 6, 9);
    const data = new Float32Array(2 * half.data.length);
    data.set(half.data);
    data.set(
      half.data.map((value, p) => (p % 6 < 3 ? -value : value)),
      half.data.length,
    );
    const x = matrix(data, 300, 6);
    const { result } = await alignShuffled(x, turnedCopy(x, 6, 0, 10));
    // All restarts may come to one of the two maps: the runs against it come to the other.
    expect(result.found).toBe(false);
  });

  it("gives the same for the same seed, on any number of threads", async () => {
    const x = lopsided(200, 10, 1);
    const y = turnedCopy(x, 10, 0.2, 2);
    const one = await alignShuffled(x, y, { restarts: 2, threads: 1, seed: 3 });
    const two = await alignShuffled(x, y, { restarts: 2, threads: 2, seed: 3 });
    const numbers = ({ result: { map, engine: _, ...rest } }: { result: Unpaired }) => ({
      ...rest,
      weights: map?.linear?.weights,
    });
    expect(numbers(two)).toEqual(numbers(one));
  });

  it("stops when it is asked to, and refuses what has no direction or too few rows", async () => {
    const x = lopsided(250, 10, 1);
    const stop = new AbortController();
    const stopped = alignUnpaired(x, x, { threads: 2, signal: stop.signal, onProgress: () => stop.abort() });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    await expect(alignUnpaired(gaussian(19, 3, 1), x)).rejects.toMatchObject({ code: "too-few-rows" });
    const zeros = matrix(
      x.data.map((value, p) => (p < 10 ? 0 : value)),
      250,
      10,
    );
    await expect(alignUnpaired(x, zeros)).rejects.toMatchObject({ code: "zero-vector" });
    await expect(alignUnpaired(x, x, { sample: 5000 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(alignUnpaired(x, x, { restarts: 1 })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("mutual neighbours", () => {
  it("are those of the formula, pair by pair", () => {
    const [n, m, k] = [30, 20, 10];
    const random = rng(4);
    const cosines = Float32Array.from({ length: n * m }, () => 2 * random.uniform() - 1);
    const top = (values: number[]) =>
      values
        .sort((a, b) => b - a)
        .slice(0, k)
        .reduce((sum, value) => sum + value, 0) / k;
    const at = (i: number, j: number) => cosines[i * m + j]!;
    const all = (count: number) => Array.from({ length: count }, (_, i) => i);
    const ri = all(n).map((i) => top(all(m).map((j) => at(i, j))));
    const rj = all(m).map((j) => top(all(n).map((i) => at(i, j))));
    const csls = (i: number, j: number) => 2 * at(i, j) - ri[i]! - rj[j]!;
    const nearest = all(n).map((i) => all(m).reduce((best, j) => (csls(i, j) > csls(i, best) ? j : best)));
    const back = all(m).map((j) => all(n).reduce((best, i) => (csls(i, j) > csls(best, j) ? i : best)));
    const mutual = all(n).filter((i) => back[nearest[i]!] === i);
    const found = matchMutually(cosines, n, m);
    expect(Array.from(found.nearest)).toEqual(nearest);
    expect(Array.from(found.from)).toEqual(mutual);
    const mean = mutual.reduce((sum, i) => sum + csls(i, nearest[i]!), 0) / mutual.length;
    expect(found.criterion).toBeCloseTo(mean, 6);
  });
});

describe("the verdict", () => {
  const run = (criterion: number, first: number): Refined => {
    const nearest = Int32Array.from({ length: 10 }, (_, i) => first + i);
    const rotation = { data: new Float64Array(1), rows: 1, cols: 1 };
    return { criterion, nearest, from: nearest, to: nearest, mutualShare: 1, rotation };
  };
  it("believes runs that agree and beat the controls", () => {
    const verdict = judgeRuns([run(0.5, 0), run(0.49, 0), run(0.2, 50)], [0.2, 0.25], {
      rows: 500,
      restarts: 3,
    });
    expect(verdict).toMatchObject({ found: true, best: 0, agreeing: [1], warnings: [] });
  });
  it("says when few restarts came to it", () => {
    const runs = [run(0.5, 0), run(0.49, 0), run(0.2, 50), run(0.2, 70), run(0.2, 90)];
    const verdict = judgeRuns(runs, [0.25], { rows: 500, restarts: 4 });
    expect(verdict.found).toBe(true);
    expect(verdict.warnings[0]!.message).toMatch(/only 2 of 4/);
  });
  it.each([
    ["lies below a control", [run(0.5, 0), run(0.49, 0)], [0.55, 0.2], /no better/],
    ["stands alone", [run(0.5, 0), run(0.3, 0)], [0.2, 0.25], /no second run/],
    ["has a rival", [run(0.5, 0), run(0.49, 0), run(0.48, 50)], [0.2, 0.25], /other maps/],
  ])("does not where the best %s", (_, runs, controls, why) => {
    const verdict = judgeRuns(runs, controls, { rows: 50, restarts: runs.length });
    expect(verdict.found).toBe(false);
    expect(verdict.warnings[0]!.message).toMatch(why);
    expect(verdict.warnings[0]!.message).toMatch(/With 50 rows/);
  });
});

describe.skipIf(!hasSharedData)("real spaces without pairs", () => {
  const read = (path: string, rows?: number) => readMatrix(sharedData(`${path}.npy`), rows);

  it("finds the map between two models of 250 passages", async () => {
    const [x, y] = await Promise.all(
      ["all-minilm-l6-v2", "all-mpnet-base-v2"].map((name) => read(`multi-model/guideline250/${name}`)),
    );
    const { result, right } = await alignShuffled(x!, y!, { restarts: 3 });
    expect(result.found).toBe(true);
    expect(right).toBeGreaterThan(0.95);
  });

  it("finds the map between GloVe's 50 and another training's 100 dimensions, words of which are not all the same", async () => {
    const rows = 600;
    // Rows of int8 go by their direction: their scale does not matter.
    const [x, y] = [await read("words/glove-50d-5k", rows), await read("words/glove-100d-10k-int8", rows)];
    const words = (path: string) =>
      readFileSync(sharedData(`words/${path}.txt`), "utf8")
        .split("\n")
        .slice(0, rows);
    const [a, b] = [shuffled(x, 11), shuffled(y, 12)];
    const result = await alignUnpaired(a.rows, b.rows, { threads: 2, restarts: 2 });
    expect(result.found).toBe(true);
    const [from, to] = [words("glove-50d-5k"), words("glove-100d-10k-int8")];
    const known = new Set(to);
    const scored = Array.from(result.pairs.from.keys()).filter((p) =>
      known.has(from[a.items[result.pairs.from[p]!]!]!),
    );
    const right = scored.filter(
      (p) => from[a.items[result.pairs.from[p]!]!] === to[b.items[result.pairs.to[p]!]!],
    );
    expect(scored.length).toBeGreaterThan(0.5 * rows);
    expect(right.length / scored.length).toBeGreaterThan(0.95);
  });

  it("finds nothing between images and texts of CLIP with random weights", async () => {
    const [x, y] = await Promise.all(
      ["image", "text"].map((side) => read(`paired/clip-coco500/clip-untrained-${side}`)),
    );
    const { result } = await alignShuffled(x!, y!, { restarts: 2, sample: 300 });
    expect(result.found).toBe(false);
  });
});
