import { describe, expect, it } from "vitest";
import {
  bootstrapInterval,
  mean,
  meanInterval,
  normalInterval,
  permutation,
  quantile,
  rng,
  sampleWithoutReplacement,
  standardError,
  variance,
} from "../../src/base/index.ts";

describe("random numbers", () => {
  it("are the same for the same seed and names, and differ otherwise", () => {
    const draw = (seed: number, name: string) =>
      Array.from({ length: 5 }, () => rng(seed).split(name).uniform())[0];
    expect(draw(0, "a")).toBe(draw(0, "a"));
    expect(draw(0, "a")).not.toBe(draw(0, "b"));
    expect(draw(0, "a")).not.toBe(draw(1, "a"));
    expect(rng(3).split("x").split("y").uniform()).not.toBe(rng(3).split("y").split("x").uniform());
  });

  it("keep their first numbers (a change here changes every seeded result)", () => {
    const source = rng(0);
    expect([source.integer(1e6), source.integer(1e6), source.integer(1e6)]).toMatchInlineSnapshot(`
      [
        778042,
        225605,
        332888,
      ]
    `);
  });

  it("are uniform and normal in mean, variance and range", () => {
    const source = rng(5);
    const uniform = Array.from({ length: 50_000 }, () => source.uniform());
    const normal = Array.from({ length: 50_000 }, () => source.normal());
    expect(Math.abs(mean(uniform) - 0.5)).toBeLessThan(0.006);
    expect(Math.abs(variance(uniform) - 1 / 12)).toBeLessThan(0.002);
    expect(Math.abs(mean(normal))).toBeLessThan(0.02);
    expect(Math.abs(variance(normal) - 1)).toBeLessThan(0.03);
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...uniform)).toBeLessThan(1);
  });

  it("sample without replacement: distinct, sorted, every row as likely", () => {
    const counts = new Int32Array(20);
    for (let seed = 0; seed < 4000; seed++) {
      const drawn = sampleWithoutReplacement(rng(seed), 20, 5);
      expect(new Set(drawn).size).toBe(5);
      expect([...drawn]).toEqual([...drawn].sort((a, b) => a - b));
      for (const i of drawn) counts[i]!++;
    }
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(130);
    expect([...permutation(rng(1), 50)].sort((a, b) => a - b)).toEqual(
      Array.from({ length: 50 }, (_, i) => i),
    );
  });
});

describe("intervals of means within a range", () => {
  const ones = (count: number, of: number) => Array.from({ length: of }, (_, i) => (i < count ? 1 : 0));
  const whole = Number.POSITIVE_INFINITY;

  it("are Wilson's of a share (scipy.stats.binomtest.proportion_ci), which knows the variance of m draws with divisor m", () => {
    expect(meanInterval(ones(50, 50), whole, [0, 1])[0]).toBeCloseTo(0.9286524008666412, 12);
    expect(meanInterval(ones(50, 50), whole, [0, 1])[1]).toBe(1);
    const [low, high] = meanInterval(ones(8, 40), whole, [0, 1]);
    expect(Math.abs(low - 0.1050014)).toBeLessThan(0.002);
    expect(Math.abs(high - 0.347574)).toBeLessThan(0.003);
  });

  it("move and stretch with the range, stay within it, and are nothing where all rows were seen", () => {
    const values = [0.1, 0.4, 0.4, 0.9, 1];
    const [low, high] = meanInterval(values, 50, [0, 1]);
    const moved = meanInterval(
      values.map((v) => 4 * v - 3),
      50,
      [-3, 1],
    );
    expect(moved[0]).toBeCloseTo(4 * low - 3, 12);
    expect(moved[1]).toBeCloseTo(4 * high - 3, 12);
    expect(low).toBeGreaterThan(0);
    expect(high).toBeLessThan(1);
    expect(meanInterval(values, 5, [0, 1])).toEqual([mean(values), mean(values)]);
  });

  it("hold rare shares, which mean +- 1.96 se misses", () => {
    const population = ones(598, 600);
    let held = 0;
    let heldByNormal = 0;
    for (let seed = 0; seed < 500; seed++) {
      const values = Array.from(sampleWithoutReplacement(rng(seed), 600, 150), (i) => population[i]!);
      const within = ([low, high]: readonly [number, number]) =>
        low <= 598 / 600 && 598 / 600 <= high ? 1 : 0;
      held += within(meanInterval(values, 600, [0, 1]));
      heldByNormal += within(normalInterval(mean(values), standardError(values, 600)));
    }
    expect(held / 500).toBeGreaterThan(0.92);
    expect(heldByNormal / 500).toBeLessThan(0.8);
  });
});

describe("intervals", () => {
  it("cover the mean of a finite population at about 95 %, bootstrap and normal, with the finite correction", () => {
    const population = Array.from({ length: 400 }, (_, i) => Math.exp(rng(i).split("p").normal() / 2));
    const truth = mean(population);
    let byBootstrap = 0;
    let byNormal = 0;
    let uncorrected = 0;
    const runs = 400;
    for (let seed = 0; seed < runs; seed++) {
      const values = Array.from(sampleWithoutReplacement(rng(seed), 400, 200), (i) => population[i]!);
      const estimate = mean(values);
      const within = ([low, high]: readonly [number, number]) => (low <= truth && truth <= high ? 1 : 0);
      byNormal += within(normalInterval(estimate, standardError(values, 400)));
      uncorrected += within(normalInterval(estimate, standardError(values)));
      const statistic = (w: Int32Array) =>
        w.reduce((sum, weight, i) => sum + weight * values[i]!, 0) / values.length;
      const options = { rng: rng(seed).split("b"), population: 400, estimate, replicates: 300 };
      byBootstrap += within(bootstrapInterval(values.length, statistic, options));
    }
    for (const covered of [byBootstrap, byNormal]) {
      expect(covered / runs).toBeGreaterThan(0.92);
      expect(covered / runs).toBeLessThan(0.975);
    }
    // Control: half the population was seen, so intervals without the correction are far too wide.
    expect(uncorrected / runs).toBeGreaterThan(0.975);
  });

  it("quantiles are NumPy's default", () => {
    expect(quantile([1, 2, 4, 8], 0.5)).toBe(3);
    expect(quantile([1, 2, 4, 8], 0.25)).toBe(1.75);
    expect(quantile([5], 0.9)).toBe(5);
  });
});
