import { describe, expect, it } from "vitest";
import { largest, movement } from "../../../src/app/web/compare/movement.ts";
import {
  between,
  type Motion,
  moved,
  movedAll,
  movedEllipses,
  register,
} from "../../../src/app/web/compare/register.ts";
import { rng } from "../../../src/base/index.ts";

function scattered(n: number, seed: number): Float32Array {
  const source = rng(seed);
  return Float32Array.from({ length: 2 * n }, () => source.uniform());
}

const motion = (turn: number, scale: number, isMirrored: boolean, b: readonly [number, number]): Motion => ({
  isMirrored,
  a: [scale * Math.cos(turn), scale * Math.sin(turn)],
  b,
  residual: 0,
});

describe("registration of one picture to another", () => {
  const fixed = scattered(200, 1);

  it.each([
    ["a turn", motion(1.1, 1, false, [0, 0])],
    ["a mirror", motion(0, 1, true, [0.2, 1])],
    ["a turn, a mirror, a scale and a shift", motion(-2.4, 0.3, true, [0.4, 0.1])],
    ["nothing", motion(0, 1, false, [0, 0])],
  ])("undoes %s", (_, by) => {
    const back = register(movedAll(by, fixed), fixed);
    expect(back.isMirrored).toBe(by.isMirrored);
    expect(back.residual).toBeLessThan(1e-6);
    const again = movedAll(back, movedAll(by, fixed));
    for (let i = 0; i < fixed.length; i++) expect(again[i]).toBeCloseTo(fixed[i]!, 5);
  });

  it("leaves less than any other turn or shift, at the same spread", () => {
    const moving = fixed.map((value, i) => 0.3 * value + 0.09 * scattered(200, 2)[i]!);
    const best = register(moving, fixed);
    const left = (by: Motion) =>
      movedAll(by, moving).reduce((sum, value, i) => sum + (value - fixed[i]!) ** 2, 0);
    const spread = (places: Float32Array) => {
      const mean = (side: number) => places.reduce((sum, x, i) => sum + (i % 2 === side ? x : 0), 0) / 200;
      const [x, y] = [mean(0), mean(1)];
      return places.reduce((sum, value, i) => sum + (value - (i % 2 === 0 ? x : y)) ** 2, 0);
    };
    expect(spread(movedAll(best, moving))).toBeCloseTo(spread(fixed), 3);
    const middle = [0, 1].map(
      (side) => moving.reduce((sum, x, i) => sum + (i % 2 === side ? x : 0), 0) / 200,
    );
    for (const turn of [-0.05, 0.05, 1, 3]) {
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      const a = [c * best.a[0] - s * best.a[1], s * best.a[0] + c * best.a[1]] as const;
      const turned = { ...best, a };
      const [from, to] = [moved(turned, middle[0]!, middle[1]!), moved(best, middle[0]!, middle[1]!)];
      const b = [best.b[0] + to[0] - from[0], best.b[1] + to[1] - from[1]] as const;
      expect(left(best)).toBeLessThan(left({ ...turned, b }));
    }
    expect(left(best)).toBeLessThan(left({ ...best, b: [best.b[0] + 0.01, best.b[1]] }));
    expect(left(best)).toBeLessThan(left({ ...best, b: [best.b[0], best.b[1] - 0.01] }));
  });

  it("says what is left: all of it where nothing agrees", () => {
    expect(register(scattered(5000, 3), scattered(5000, 4)).residual).toBeGreaterThan(0.98);
  });

  it("passes over points without a place, and leaves them so", () => {
    const holed = fixed.slice();
    holed[0] = holed[1] = 9;
    const by = motion(0.7, 2, false, [-0.3, 0.2]);
    const back = register(
      movedAll(by, fixed).map((value, i) => (i < 2 ? 9 : value)),
      holed,
    );
    expect(back.residual).toBeLessThan(1e-6);
    expect(movedAll(back, holed)[0]).toBe(9);
  });

  it("shifts points that all lie in one place", () => {
    const one = new Float32Array(fixed.length).fill(0.25);
    expect(moved(register(one, fixed), 0.25, 0.25).every(Number.isFinite)).toBe(true);
  });

  it("turns ellipses with the points", () => {
    const ellipse = Float32Array.of(2, 1, 0.3);
    expect(movedEllipses(motion(1, 5, false, [0, 0]), ellipse)[2]).toBeCloseTo(1.3, 5);
    expect(movedEllipses(motion(1, 5, true, [0, 0]), ellipse)[2]).toBeCloseTo(0.7, 5);
  });

  it("goes from one to the other", () => {
    const to = scattered(200, 5);
    expect(between(fixed, to, 0)).toBe(fixed);
    expect(between(fixed, to, 1)).toBe(to);
    expect(between(fixed, to, 0.25)[7]).toBeCloseTo(0.75 * fixed[7]! + 0.25 * to[7]!, 5);
  });
});

describe("movement relative to neighbours", () => {
  const from = scattered(300, 7);

  it("is nothing where all move alike", async () => {
    const all = await movement(
      from,
      from.map((value) => value + 0.2),
    );
    expect(Math.max(...all)).toBeLessThan(1e-6);
  });

  it("is what a point that leaves its neighbours moves; each of them feels a share of it", async () => {
    const to = from.slice();
    to[40]! += 0.3;
    to[41]! -= 0.4;
    const values = await movement(from, to);
    expect(values[20]).toBeCloseTo(0.5, 5);
    expect(largest(values, 1)).toEqual([20]);
    const touched = [...values].filter((value, i) => i !== 20 && value > 1e-6);
    expect(touched.length).toBeGreaterThan(0);
    for (const value of touched) expect(value).toBeCloseTo(0.05, 5);
  });

  it("is nothing inside a cluster that moves as a whole", async () => {
    // Two clusters far from each other; the second one moves.
    const two = from.map((value, i) => 0.1 * value + (i < 300 ? 0 : 0.8));
    const values = await movement(
      two,
      two.map((value, i) => (i < 300 ? value : value - 0.5)),
    );
    expect(Math.max(...values)).toBeLessThan(1e-6);
  });

  it("is not told of points without a place, and has none of one point", async () => {
    const to = from.slice();
    to[6] = to[7] = 9;
    expect((await movement(from, to))[3]).toBeNaN();
    expect(await movement(Float32Array.of(0.5, 0.5), Float32Array.of(0.6, 0.5))).toEqual(
      Float32Array.of(Math.fround(Math.fround(0.6) - 0.5)),
    );
  });

  it("stops when it is told to", async () => {
    const controller = new AbortController();
    controller.abort();
    const many = scattered(60_000, 8);
    await expect(movement(many, many, 10, { signal: controller.signal })).rejects.toThrow("abort");
  });
});

describe("the largest values", () => {
  it("come first, without those that are none", () => {
    expect(largest(Float32Array.of(1, Number.NaN, 5, 3, 5), 3)).toEqual([2, 4, 3]);
    expect(largest(Float32Array.of(1, 2), 5)).toEqual([1, 0]);
  });
});
