import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { extremeDirections } from "../../src/learn/penalties/extreme-directions.ts";
import { apart, orthonormal } from "./jacobian-kit.ts";

describe("extreme directions", () => {
  it("are those of the largest and the smallest eigenvalue, of length 1", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(1e6), (d, seed) => {
        const turn = orthonormal(d, d, 1, seed);
        const values = Array.from({ length: d }, (_, k) => (k * 3 + 2) % (d + 2));
        const metric = (a: number, b: number) =>
          turn.reduce((sum, v, k) => sum + values[k]! * v[a]! * v[b]!, 0);
        const one = Array.from({ length: d * d }, (_, i) => metric(Math.floor(i / d), i % d));
        const found = extremeDirections(Float32Array.from([...one, ...one]), 2, d);
        for (const [v, value] of [
          [found.max, Math.max(...values)],
          [found.min, Math.min(...values)],
        ] as const) {
          const own = [...v.slice(d)];
          const image = own.map((_, a) => own.reduce((sum, w, b) => sum + one[a * d + b]! * w, 0));
          expect(Math.hypot(...own)).toBeCloseTo(1, 6);
          expect(
            apart(
              image,
              own.map((w) => value * w),
            ),
          ).toBeLessThan(1e-4);
        }
      }),
      { numRuns: 30, seed: 1 },
    );
  });

  it("of what is no number are axes", () => {
    const found = extremeDirections(Float32Array.of(Number.NaN, 0, 0, 1, 2, 0, 0, 3), 2, 2);
    expect(apart([...found.max], [1, 0, 0, 1])).toBeLessThan(1e-6);
    expect(apart([...found.min], [0, 1, 1, 0])).toBeLessThan(1e-6);
  });
});
