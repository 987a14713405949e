import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { judgePairs, judgeTriplets } from "../../src/measure/index.ts";
import type { Metric } from "../../src/neighbors/index.ts";
import { gaussian } from "../matrices.ts";

interface Case {
  readonly name: string;
  readonly metric: Metric;
  readonly rows: number;
  readonly cols: number;
  readonly latent: number[];
  readonly a: number[];
  readonly b: number[];
  readonly c: number[];
  readonly similarity: number[];
  readonly spearman: number;
  readonly pearson: number;
  readonly tripletAccuracy: number;
}

const fixture = JSON.parse(readFileSync(new URL("../fixtures/judgement.json", import.meta.url), "utf8")) as {
  cases: Case[];
};

/** Pairs of rows drawn at random, with the similarity that `of` gives them. */
function drawn(z: Matrix, n: number, seed: number, of: (i: number, j: number) => number) {
  const random = rng(seed);
  const a = Array.from({ length: n }, () => random.integer(z.rows));
  const b = Array.from({ length: n }, () => random.integer(z.rows));
  return { a, b, similarity: a.map((i, p) => of(i, b[p]!)) };
}

const distance = (z: Matrix) => (i: number, j: number) =>
  Math.hypot(...Array.from({ length: z.cols }, (_, c) => z.data[i * z.cols + c]! - z.data[j * z.cols + c]!));

describe("SciPy says the same", () => {
  test.each(fixture.cases)("$name", ({ metric, rows, cols, latent, a, b, c, similarity, ...expected }) => {
    const z = matrix(latent, rows, cols);
    const { spearman, pearson } = judgePairs(z, { a, b, similarity }, { metric });
    expect(spearman.value).toBeCloseTo(expected.spearman, 12);
    expect(pearson.value).toBeCloseTo(expected.pearson, 12);
    const triplets = { anchor: a, nearer: b, farther: c };
    const { tripletAccuracy } = judgeTriplets(z, triplets, { metric });
    expect(tripletAccuracy.value).toBeCloseTo(expected.tripletAccuracy, 12);
    for (const score of [spearman, pearson, tripletAccuracy]) {
      expect(score.interval[0]).toBeLessThanOrEqual(score.value);
      expect(score.interval[1]).toBeGreaterThanOrEqual(score.value);
    }
  });
});

describe("agreement", () => {
  const z = gaussian(rng(1), 50, 6);
  const near = drawn(z, 200, 2, (i, j) => -distance(z)(i, j));

  test("is 1 where judgement is distance, whatever its scale; -1 where it is turned round", () => {
    const cubed = near.similarity.map((value) => 7 + value ** 3);
    expect(judgePairs(z, { ...near, similarity: cubed }).spearman.value).toBe(1);
    const turned = near.similarity.map((value) => -value);
    expect(judgePairs(z, { ...near, similarity: turned }).spearman.value).toBe(-1);
    expect(judgePairs(z, near).worst).toEqual([]);
  });

  test("changes by no rotation, shift or scale of the latent, and by no row scaling under cosine", () => {
    const noisy = drawn(z, 200, 2, (i, j) => -distance(z)(i, j) + ((i * 7 + j) % 5));
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
    const turn = (p: number, q: number, i: number, scale: number, shift: number) =>
      i % 6 === 0 ? scale * (cos * p - sin * q) + shift : scale * (sin * p + cos * q) - shift;
    const moved = Float32Array.from(z.data, (value, p) => {
      const first = p - (p % 6);
      if (p % 6 > 1) return 3 * value;
      return turn(z.data[first]!, z.data[first + 1]!, p % 6, 3, 5);
    });
    const [own, other] = [z, { ...z, data: moved }].map((m) => judgePairs(m, noisy).spearman.value);
    expect(other).toBeCloseTo(own!, 4);
    const scaled = {
      ...z,
      data: Float32Array.from(z.data, (value, p) => value * (1 + (Math.floor(p / 6) % 3))),
    };
    const cosine = [z, scaled].map((m) => judgePairs(m, noisy, { metric: "cosine" }).spearman.value);
    expect(cosine[1]).toBeCloseTo(cosine[0]!, 4);
  });

  test("is at chance for an unrelated latent, within its interval (control)", () => {
    const other = gaussian(rng(9), 50, 6);
    const { spearman, pearson } = judgePairs(other, near);
    for (const { value, interval } of [spearman, pearson]) {
      expect(Math.abs(value)).toBeLessThan(0.2);
      expect(interval[0]).toBeLessThan(0);
      expect(interval[1]).toBeGreaterThan(0);
    }
    const triplets = { anchor: near.a, nearer: near.b, farther: near.b.toReversed() };
    const { tripletAccuracy } = judgeTriplets(other, triplets);
    expect(tripletAccuracy.interval[0]).toBeLessThan(0.5);
    expect(tripletAccuracy.interval[1]).toBeGreaterThan(0.5);
  });

  test("names the pairs that are ranked most differently", () => {
    const similarity = [...near.similarity];
    const nearest = similarity.indexOf(Math.max(...similarity.filter((value) => value < 0)));
    similarity[nearest] = -100;
    const [first] = judgePairs(z, { ...near, similarity }).worst;
    expect(first).toMatchObject({ index: nearest, a: near.a[nearest], given: -100, givenRank: 0.5 / 200 });
    expect(first!.latentRank).toBeGreaterThan(0.8);
  });

  test("repeats with its seed, and differs with another", () => {
    const noisy = drawn(z, 200, 2, (i, j) => -distance(z)(i, j) + ((i * 7 + j) % 5));
    const at = (seed: number) => judgePairs(z, noisy, { seed }).spearman.interval;
    expect(at(3)).toEqual(at(3));
    expect(at(3)).not.toEqual(at(4));
  });

  test("has intervals that hold the value of all in about 95 % of draws", () => {
    const n = 120;
    let held = 0;
    const random = rng(5);
    const line = gaussian(rng(6), 4000, 1);
    // y = x + noise of the same spread: Pearson's correlation of the whole is 1 / sqrt 2.
    for (let draw = 0; draw < 80; draw++) {
      const a = Array.from({ length: n }, () => random.integer(4000));
      const b = Array.from({ length: n }, () => random.integer(4000));
      const exact = a.map((i, p) => -distance(line)(i, b[p]!));
      const spread = Math.sqrt(2 - 4 / Math.PI);
      const similarity = exact.map((value) => value + spread * random.normal());
      const { interval } = judgePairs(line, { a, b, similarity }, { seed: draw }).pearson;
      if (interval[0] <= Math.SQRT1_2 && interval[1] >= Math.SQRT1_2) held++;
    }
    expect(held).toBeGreaterThan(69);
  });
});

describe("edges", () => {
  const three = matrix([0, 0, 1, 0, 0, 3], 3, 2);
  const pairs = { a: [0, 0, 1], b: [1, 2, 2], similarity: [3, 2, 1] };

  test("three pairs are enough", () => {
    const { spearman } = judgePairs(three, pairs);
    expect(spearman.value).toBe(1);
    expect(spearman.interval.every(Number.isFinite)).toBe(true);
  });

  test("a latent that sees all alike orders nothing: 0, and half of the triplets", () => {
    const flat = matrix([1, 1, 1, 1, 1, 1], 3, 2);
    expect(judgePairs(flat, pairs)).toMatchObject({ spearman: { value: 0, interval: [0, 0] } });
    const triplets = { anchor: [0, 1, 2], nearer: [1, 2, 0], farther: [2, 0, 1] };
    expect(judgeTriplets(flat, triplets)).toMatchObject({ tripletAccuracy: { value: 0.5 }, worst: [] });
  });

  test("all triplets right is no certainty", () => {
    const triplets = { anchor: [0, 0, 1], nearer: [1, 1, 0], farther: [2, 2, 2] };
    const { tripletAccuracy } = judgeTriplets(three, triplets);
    expect(tripletAccuracy.value).toBe(1);
    expect(tripletAccuracy.interval[0]).toBeCloseTo(0.4385, 3);
    expect(tripletAccuracy.interval[1]).toBe(1);
  });

  test.each([
    [{ ...pairs, similarity: [1, 1, 1] }, "bad-value", "all 3 similarities are equal"],
    [{ ...pairs, similarity: [1, Number.NaN, 1] }, "bad-value", "pair 1 is no number"],
    [{ ...pairs, b: [1, 2, 3] }, "bad-value", "name row 3, the latent has 3 rows"],
    [{ ...pairs, b: [1, 2, -1] }, "bad-value", "name row -1"],
    [{ ...pairs, b: [1, 2] }, "bad-value", "different lengths: 3, 2, 3"],
    [{ a: [0, 1], b: [1, 2], similarity: [1, 2] }, "bad-value", "there are 2 pairs"],
  ])("%j is refused", (wrong, code, message) => {
    expect(() => judgePairs(three, wrong)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });

  test("a zero vector has no cosine, a NaN no distance", () => {
    expect(() => judgePairs(three, pairs, { metric: "cosine", name: "z.npy" })).toThrow(
      expect.objectContaining({ code: "zero-vector", message: "z.npy has a zero vector in row 0" }),
    );
    expect(() => judgePairs(matrix([0, 0, Number.NaN, 0, 0, 3], 3, 2), pairs)).toThrow(
      expect.objectContaining({ code: "non-finite" }),
    );
  });
});
