import { describe, expect, it } from "vitest";
import { matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { bracketDistortion, geodesicsAmong, pairLengths, stressOf } from "../../src/learn/held-out.ts";

const ROWS = 120;
const source = rng(4).split("strip");
const chart = matrix(
  Float32Array.from({ length: 2 * ROWS }, (_, p) => source.uniform() * (p % 2 === 0 ? 6 : 1)),
  ROWS,
  2,
);
/** The strip rolled to a circle of radius 1. */
const rolled = matrix(
  Float32Array.from({ length: 3 * ROWS }, (_, p) => {
    const [u, v] = [chart.data[2 * Math.floor(p / 3)]!, chart.data[2 * Math.floor(p / 3) + 1]!];
    return [Math.cos(u), Math.sin(u), v][p % 3]!;
  }),
  ROWS,
  3,
);
const [straight, along] = [pairLengths(rolled), pairLengths(chart)];
const map = (f: (u: number, v: number) => readonly [number, number]) =>
  matrix(
    Float32Array.from({ length: 2 * ROWS }, (_, p) => {
      const i = Math.floor(p / 2);
      return f(chart.data[2 * i]!, chart.data[2 * i + 1]!)[p % 2]!;
    }),
    ROWS,
    2,
  );

describe("what chooses a model", () => {
  it("is 0 for the true map at any scale, turned and mirrored", () => {
    for (const scale of [1, 0.01, 700]) {
      const turned = map((u, v) => [scale * (0.6 * u + 0.8 * v), scale * (0.8 * u - 0.6 * v)]);
      expect(bracketDistortion(straight, along, turned)).toBeLessThan(1e-4);
      expect(stressOf(along, turned)).toBeLessThan(1e-3);
    }
  });

  it("is 0 where lengths along the data lead around a hole, which stress is not", () => {
    const detour = along.map((length, p) => (p % 3 === 0 ? 1.4 * length : length));
    expect(bracketDistortion(straight, detour, chart)).toBeLessThan(1e-4);
    expect(stressOf(detour, chart)).toBeGreaterThan(0.1);
  });

  it("sees folds, tears, stretches and a flat picture of the roll", () => {
    const plain = bracketDistortion(straight, along, chart);
    const wrong = {
      fold: map((u, v) => [Math.abs(u - 3), v]),
      tear: map((u, v) => [u > 3 ? u + 4 : u, v]),
      stretch: map((u, v) => [u, 3 * v]),
      picture: map((u) => [Math.cos(u), Math.sin(u)]),
    };
    for (const [name, codes] of Object.entries(wrong))
      expect(bracketDistortion(straight, along, codes), name).toBeGreaterThan(plain + 0.02);
  });

  it("compares with lengths in the units of the data", async () => {
    const rows = Int32Array.from({ length: ROWS }, (_, i) => i);
    const large = { ...chart, data: chart.data.map((value) => 1000 * value) };
    const lengths = await geodesicsAmong(large, rows, { engine: await findEngine(), nNeighbors: 12 });
    const own = pairLengths(large);
    for (let p = 0; p < own.length; p += 97) {
      expect(lengths[p]! / own[p]!).toBeGreaterThan(0.9999);
      expect(lengths[p]! / own[p]!).toBeLessThan(2);
    }
  });

  it("is 1 for codes that are all equal", () => {
    expect(
      bracketDistortion(
        straight,
        along,
        map(() => [2, 2]),
      ),
    ).toBe(1);
    expect(
      stressOf(
        straight,
        map(() => [2, 2]),
      ),
    ).toBe(1);
  });
});
