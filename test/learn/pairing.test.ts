import { describe, expect, it } from "vitest";
import { matrix, pointRows, rng } from "../../src/base/index.ts";
import { UNCHANGED } from "../../src/learn/augment.ts";
import type { FeedSpec } from "../../src/learn/feeds.ts";
import { openPairing, type Positives } from "../../src/learn/pairing.ts";
import { openInputs } from "../../src/learn/step-inputs.ts";

// Row r is (r + 1, -r - 1). Trained on are rows 4, 0, 6, 2.
const rows = pointRows(
  matrix(
    Array.from({ length: 16 }, (_, i) => (i % 2 ? -1 : 1) * ((i >> 1) + 1)),
    8,
    2,
  ),
);
const at = Int32Array.of(4, 0, 6, 2);
const ids = Int32Array.of(1, 2, 2, 3, 0, 1, 0, 2);

function drawn(positives: Positives, places: readonly number[], views: number, seed = 0): number[] {
  const out = new Float32Array(2 * places.length * views);
  openPairing(positives, { rows, at, places: Int32Array.from(places) })(rng(seed), out);
  return [...out];
}

describe("positives", () => {
  it("are neighbours of each row, by their places among the rows to train on, each as likely", () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 400; seed++) {
      const found = drawn({ kind: "neighbors", ids }, [3, 0], 1, seed);
      expect(found.every((value, k) => value === (k % 2 ? -1 : 1) * found[k - (k % 2)]!)).toBe(true);
      const key = `${found[0]} ${found[2]}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    // Of place 3: places 0 and 2, rows 4 and 6; of place 0: places 1 and 2, rows 0 and 6.
    expect([...counts.keys()].sort()).toEqual(["5 1", "5 7", "7 1", "7 7"]);
    for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(40);
  });

  it("are the rows themselves as changed images, one of each and then another", () => {
    const still: Positives = { kind: "augmented", image: [1, 1, 2], augment: UNCHANGED };
    expect(drawn(still, [2, 1, 0], 2)).toEqual([7, -7, 1, -1, 5, -5, 7, -7, 1, -1, 5, -5]);
    const noisy: Positives = { ...still, augment: { ...UNCHANGED, noise: 1 } };
    const found = drawn(noisy, [2, 0], 2);
    expect(found.slice(0, 4)).not.toEqual(found.slice(4));
    expect(drawn(noisy, [2, 0], 2)).toEqual(found);
    expect(drawn(noisy, [2, 0], 2, 1)).not.toEqual(found);
  });
});

describe("the positives of a step", () => {
  const feeds: readonly FeedSpec[] = [
    { name: "rows", shape: [3, 2], type: "float", from: { kind: "rows" } },
    {
      name: "positives",
      shape: [3, 2],
      type: "float",
      from: { kind: "positives", of: { kind: "neighbors", ids } },
    },
  ];
  const filled = (seed: number, steps: readonly number[]) => {
    const inputs = openInputs({
      ...{ batch: 3, feeds, rows, at, columns: {}, distances: {}, guests: null, seed },
      ...{ descent: { optimizer: "adam" }, learningRate: 1, schedule: { kind: "constant" }, numbers: {} },
    });
    for (const step of steps) inputs.fill(step);
    const tensors = inputs.tensors(["rows", "positives"]);
    const firstOf = (name: string) => [0, 2, 4].map((k) => Number(tensors[name]!.data[k]));
    return { rows: firstOf("rows"), positives: firstOf("positives") };
  };

  it("belong to its rows, and follow from the seed and the step alone", () => {
    // By the first column of a row, those of its neighbours.
    const near: Readonly<Record<number, readonly number[]>> = { 5: [1, 7], 1: [7, 3], 7: [5, 1], 3: [5, 7] };
    const seen = new Set<string>();
    for (let step = 0; step < 20; step++) {
      const found = filled(0, [step]);
      found.rows.forEach((row, k) => {
        expect(near[row]).toContain(found.positives[k]);
      });
      expect(filled(0, [7, 0, 3, step])).toEqual(found);
      seen.add(found.positives.join());
    }
    expect(seen.size).toBeGreaterThan(5);
    expect(filled(1, [0])).not.toEqual(filled(0, [0]));
  });
});
