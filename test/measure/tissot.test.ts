import { describe, expect, test } from "vitest";
import { rng } from "../../src/base/index.ts";
import { localFit } from "../../src/measure/tissot.ts";

const random = rng(3);

/** Offsets of k points in a plane of R^5, and their images under a linear map of the plane's coordinates to R^d. */
function planar(k: number, map: readonly (readonly number[])[], noise = 0) {
  const d = map[0]!.length;
  const x = new Float64Array(5 * k);
  const z = new Float64Array(d * k);
  for (let i = 0; i < k; i++) {
    const t = [random.normal(), random.normal()];
    // Two orthonormal directions of R^5.
    x.set([0.6 * t[0]!, 0.8 * t[0]!, t[1]!, 0, noise * random.normal()], 5 * i);
    for (let c = 0; c < d; c++) z[i * d + c] = t[0]! * map[0]![c]! + t[1]! * map[1]![c]!;
  }
  return { x, z };
}

describe("Tissot's ellipse", () => {
  test("has the singular values of the map as axes, turned as the longer one", () => {
    const [cos, sin] = [Math.cos(0.7), Math.sin(0.7)];
    // A rotation of the plane by 0.7 after stretching by 3 and 0.5.
    const { x, z } = planar(12, [
      [3 * cos, 3 * sin],
      [-0.5 * sin, 0.5 * cos],
    ]);
    const fit = localFit(x, z, 12, rng(0))!;
    expect(fit.axes[0]).toBeCloseTo(3, 6);
    expect(fit.axes[1]).toBeCloseTo(0.5, 6);
    expect(Math.atan(fit.direction[1]! / fit.direction[0]!)).toBeCloseTo(0.7, 6);
    expect([fit.planeShare, fit.fitShare]).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
  });

  test("is a circle for an isometry into more dimensions", () => {
    const { x, z } = planar(9, [
      [0, 2, 0, 0],
      [0, 0, 0, 2],
    ]);
    const { axes } = localFit(x, z, 9, rng(0))!;
    expect(axes[0]).toBeCloseTo(2, 6);
    expect(axes[1]).toBeCloseTo(2, 6);
  });

  test("knows a collapsed direction, and what lies outside of the plane", () => {
    const { x, z } = planar(
      40,
      [
        [1, 0],
        [0, 0],
      ],
      0.3,
    );
    const fit = localFit(x, z, 40, rng(0))!;
    expect(fit.axes[1]).toBeLessThan(0.05);
    expect(fit.planeShare).toBeLessThan(0.98);
    expect(fit.planeShare).toBeGreaterThan(0.85);
  });

  test("explains little of what is random (control)", () => {
    const { x } = planar(60, [
      [1, 0],
      [0, 1],
    ]);
    const z = new Float64Array(120).map(() => random.normal());
    expect(localFit(x, z, 60, rng(0))!.fitShare).toBeLessThan(0.2);
  });

  test.each([
    ["too few neighbours", new Float64Array(6).fill(1), new Float64Array(6), 3],
    ["repeated rows", new Float64Array(10), new Float64Array(10).fill(1), 5],
    ["nothing that moves", Float64Array.from([1, 0, 0, 1, 1, 1, 2, 1, 0, 3]), new Float64Array(10), 5],
  ])("is none for %s", (_, x, z, k) => {
    expect(localFit(x, z, k, rng(0))).toBeNull();
  });

  test("is none where neighbours lie on a line", () => {
    const x = new Float64Array(18).map((_, i) => (i % 3 === 0 ? i + 1 : 0));
    expect(localFit(x, new Float64Array(12).fill(1), 6, rng(0))).toBeNull();
  });
});
