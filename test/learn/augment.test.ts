import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { type Augment, augment, UNCHANGED } from "../../src/learn/augment.ts";
import type { ImageShape } from "../../src/learn/networks/index.ts";

const SHAPE: ImageShape = [2, 4, 5];
const image = Float32Array.from({ length: 40 }, (_, i) => Math.sin(3 * i) + i / 10);

function changed(options: Partial<Augment>, seed: number, of = image): Float32Array {
  const out = new Float32Array(of.length + 4).fill(9);
  augment(of, SHAPE, { ...UNCHANGED, ...options }, rng(seed), out, 2);
  expect([...out.subarray(0, 2), ...out.subarray(-2)]).toEqual([9, 9, 9, 9]);
  return out.slice(2, -2);
}

const at = (of: Float32Array, c: number, i: number, j: number) => of[(c * 4 + i) * 5 + j]!;
const statistics = (of: Float32Array) => {
  const mean = of.reduce((sum, value) => sum + value, 0) / of.length;
  const variance = of.reduce((sum, value) => sum + (value - mean) ** 2, 0) / of.length;
  return { mean, deviation: Math.sqrt(variance) };
};
const seeds = fc.integer({ min: 0, max: 2 ** 30 });

describe("a changed image", () => {
  it("is the image where nothing may change", () => {
    for (let seed = 0; seed < 20; seed++) expect(changed({}, seed)).toEqual(image);
  });

  it("is moved by whole pixels within the shift, all of them alike, and repeats its edge", () => {
    const met = new Set<string>();
    for (let seed = 0; seed < 300; seed++) {
      const found = changed({ shift: 1 }, seed);
      const moves = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right] as const));
      const clamped = (value: number, size: number) => Math.min(size - 1, Math.max(0, value));
      const [move] = moves.filter(([down, right]) =>
        found.every((value, k) => {
          const [c, i, j] = [Math.floor(k / 20), Math.floor((k % 20) / 5), k % 5];
          return value === at(image, c, clamped(i - down, 4), clamped(j - right, 5));
        }),
      );
      met.add(move!.join());
    }
    expect(met.size).toBe(9);
  });

  it("is mirrored half of the time, left for right", () => {
    const mirrored = Float32Array.from(image, (_, k) => image[k - (k % 5) + (4 - (k % 5))]!);
    const found = Array.from({ length: 400 }, (_, seed) => changed({ flip: true }, seed).join());
    const count = found.filter((each) => each === mirrored.join()).length;
    expect(found.every((each) => each === mirrored.join() || each === image.join())).toBe(true);
    expect(Math.abs(count / 400 - 0.5)).toBeLessThan(0.1);
  });

  it("is lighter or darker, flatter or steeper, in units of its own", () => {
    const { mean, deviation } = statistics(image);
    fc.assert(
      fc.property(seeds, (seed) => {
        const light = statistics(changed({ brightness: 0.3 }, seed));
        expect(light.deviation).toBeCloseTo(deviation, 4);
        expect(Math.abs(light.mean - mean)).toBeLessThanOrEqual(0.3 * deviation + 1e-5);
        const steep = statistics(changed({ contrast: 0.4 }, seed));
        expect(steep.mean).toBeCloseTo(mean, 4);
        expect(Math.abs(steep.deviation / deviation - 1)).toBeLessThanOrEqual(0.4 + 1e-5);
        const noisy = changed({ noise: 0.1 }, seed).map((value, k) => value - image[k]!);
        expect(statistics(noisy).deviation / deviation).toBeGreaterThan(0.05);
        expect(statistics(noisy).deviation / deviation).toBeLessThan(0.2);
      }),
    );
  });

  it("is changed alike in any unit: 5 x + 3 for x", () => {
    const options = { shift: 2, flip: true, brightness: 0.2, contrast: 0.3, noise: 0.05 };
    fc.assert(
      fc.property(seeds, (seed) => {
        const [one, other] = [
          changed(options, seed),
          changed(
            options,
            seed,
            image.map((v) => 5 * v + 3),
          ),
        ];
        for (let k = 0; k < one.length; k++) expect(other[k]).toBeCloseTo(5 * one[k]! + 3, 3);
      }),
    );
  });

  it("is another with another seed (control)", () => {
    const options = { shift: 1, noise: 0.1 };
    expect(changed(options, 1)).toEqual(changed(options, 1));
    expect(changed(options, 1)).not.toEqual(changed(options, 2));
  });
});
