import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { collapseOf } from "../../src/jobs/train-collapse.ts";
import { frameOf } from "../../src/jobs/train-frames.ts";
import type { LatentFrame } from "../../src/report/index.ts";
import { gaussian } from "../matrices.ts";

/** A cloud of three different sizes. */
const cloud = (seed: number): Matrix => {
  const { data, rows, cols } = gaussian(rng(seed), 60, 3);
  return { data: data.map((value, p) => value * [3, 2, 0.1][p % 3]!), rows, cols };
};

const distance = (a: LatentFrame, b: LatentFrame) =>
  Math.sqrt(a.at.reduce((sum, value, p) => sum + (value - b.at[p]!) ** 2, 0) / (a.at.length / 2));

describe("pictures of a latent", () => {
  test("stand still where it is turned, mirrored, moved and scaled", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 99 }),
        fc.double({ min: 0, max: 7, noNaN: true }),
        fc.boolean(),
        async (seed, angle, isMirrored) => {
          const codes = cloud(seed);
          const [cos, sin, flip] = [Math.cos(angle), Math.sin(angle), isMirrored ? -1 : 1];
          const turned = matrix(new Float32Array(codes.data.length), codes.rows, 3);
          for (let i = 0; i < codes.rows; i++) {
            const [x, y, z] = codes.data.subarray(3 * i, 3 * i + 3) as unknown as [number, number, number];
            turned.data.set([5 * flip * (cos * x - sin * y) + 9, 5 * (sin * x + cos * y), 5 * z], 3 * i);
          }
          const before = await frameOf(1, codes, undefined);
          expect(distance(await frameOf(2, turned, before), before)).toBeLessThan(0.01);
        },
      ),
      { numRuns: 25 },
    );
  });

  test("move where it does (control), and have size 1", async () => {
    const before = await frameOf(1, cloud(1), undefined);
    const after = await frameOf(2, cloud(2), before);
    expect(distance(after, before)).toBeGreaterThan(0.3);
    const size = after.at.reduce((sum, value) => sum + value * value, 0) / (after.at.length / 2);
    expect(size).toBeCloseTo(1, 2);
    expect(after.epoch).toBe(2);
  });

  test("of one dimension lie on a line", async () => {
    const codes = matrix(Float32Array.of(1, 2, 4, 8), 4, 1);
    const first = await frameOf(1, codes, undefined);
    const { at } = await frameOf(2, matrix(Float32Array.of(-1, -2, -4, -8), 4, 1), first);
    for (let i = 0; i < 4; i++) {
      expect(at[2 * i]).toBeCloseTo(first.at[2 * i]!, 3);
      expect(Math.abs(at[2 * i + 1]!)).toBeLessThan(1e-3);
    }
  });
});

describe("directions in use", () => {
  test("are counted by columns, and by variance along principal directions", async () => {
    const codes = gaussian(rng(3), 400, 4);
    const full = await collapseOf(codes);
    expect(full).toMatchObject({ columns: 4, active: 4 });
    expect(full.effectiveRank).toBeGreaterThan(3.9);
    const thin = codes.data.map((value, p) => (p % 4 === 3 ? value * 1e-3 : value));
    expect(await collapseOf({ ...codes, data: thin })).toMatchObject({ active: 3 });
    // Two columns that say the same are one direction.
    const twice = codes.data.map((_, p) => codes.data[p - (p % 4)]!);
    const same = await collapseOf({ ...codes, data: twice });
    expect(same.active).toBe(4);
    expect(same.effectiveRank).toBeCloseTo(1, 6);
    expect(same.shares[0]).toBeCloseTo(1, 6);
    const none = await collapseOf(matrix(new Float32Array(12).fill(2), 4, 3));
    expect(none).toEqual({ columns: 3, active: 0, effectiveRank: 0, shares: [0, 0, 0] });
  });
});
