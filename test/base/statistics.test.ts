import { describe, expect, it } from "vitest";
import {
  bootstrapInterval,
  mean,
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
