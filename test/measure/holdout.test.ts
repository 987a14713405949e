import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, mean, permutation, rng } from "../../src/base/index.ts";
import { audit, auditAll, type Holdout, SCORE_NAMES, SCORES } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

const ROWS = 500;
const x = gaussian(rng(31), ROWS, 6);
/** A linear map: what it does to rows that it saw it does to all. */
const linear = mapMatrix(gaussian(rng(32), ROWS, 2), (_, col, row) => {
  return x.data[row * 6 + col]! + 0.5 * x.data[row * 6 + 2 + col]!;
});
const HELD_OUT = Array.from({ length: 100 }, (_, i) => 5 * i + 2);
const SEEN = Array.from({ length: ROWS }, (_, i) => i).filter((row) => row % 5 !== 2);

/** Right for rows that it saw; the others get each other's places. */
const memorised = (() => {
  const order = permutation(rng(33), HELD_OUT.length);
  const from = Array.from({ length: ROWS }, (_, row) =>
    row % 5 === 2 ? HELD_OUT[order[Math.floor(row / 5)]!]! : row,
  );
  return gatherRows(x, from);
})();

async function holdoutOf(z: Matrix, options: Parameters<typeof audit>[2] = {}): Promise<Holdout> {
  return (await audit(x, z, { holdout: HELD_OUT, ...options })).holdout!;
}

function distance({ data, cols }: Matrix, a: number, b: number): number {
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += (data[a * cols + k]! - data[b * cols + k]!) ** 2;
  return Math.sqrt(sum);
}

/** Mean overlap of k-neighbourhoods among all rows, of some rows. */
function recall(z: Matrix, rows: readonly number[], k: number): number {
  const near = (m: Matrix, row: number) =>
    Array.from({ length: ROWS }, (_, i) => i)
      .filter((i) => i !== row)
      .sort((a, b) => distance(m, row, a) - distance(m, row, b) || a - b)
      .slice(0, k);
  return mean(
    rows.map((row) => {
      const true_ = new Set(near(x, row));
      return near(z, row).filter((i) => true_.has(i)).length / k;
    }),
  );
}

/** Pearson correlation of lengths from some rows to all others. */
function pearson(z: Matrix, rows: readonly number[]): number {
  const pairs = rows.flatMap((row) =>
    Array.from({ length: ROWS }, (_, i) => [distance(x, row, i), distance(z, row, i)] as const).filter(
      (_, i) => i !== row,
    ),
  );
  const [mx, mz] = [mean(pairs.map(([dx]) => dx)), mean(pairs.map(([, dz]) => dz))];
  const sum = (f: (dx: number, dz: number) => number) =>
    pairs.reduce((all, [dx, dz]) => all + f(dx - mx, dz - mz), 0);
  return sum((a, b) => a * b) / Math.sqrt(sum((a) => a * a) * sum((_, b) => b * b));
}

describe("rows held out", () => {
  it("are compared with all rows: scores by brute force", async () => {
    const { rows, anchors, heldOut } = await holdoutOf(linear, { nNeighbors: 8 });
    expect([rows, anchors]).toEqual([100, 100]);
    expect(heldOut.neighborRecall!.value).toBeCloseTo(recall(linear, HELD_OUT, 8), 12);
    expect(heldOut.distancePearson!.value).toBeCloseTo(pearson(linear, HELD_OUT), 5);
  });

  it("beside all rows that were seen, where those are fewer", async () => {
    const { rows, anchors, seen } = await holdoutOf(linear, { nNeighbors: 8, holdout: SEEN, exact: true });
    expect([rows, anchors]).toEqual([400, 100]);
    expect(seen.neighborRecall!.value).toBeCloseTo(recall(linear, HELD_OUT, 8), 12);
  });

  it("fare as well under a linear map: no score is worse beyond chance", async () => {
    const { worse, heldOut, seen } = await holdoutOf(linear);
    expect(worse).toEqual([]);
    for (const name of ["trustworthiness", "distanceSpearman"] as const) {
      expect(heldOut[name]!.interval[0]).toBeLessThan(seen[name]!.interval[1]);
      expect(heldOut[name]!.interval[1]).toBeGreaterThan(seen[name]!.interval[0]);
    }
  });

  it("fare worse under a map that knows only what it saw (control); the other way round nothing is worse", async () => {
    const { worse, heldOut, seen } = await holdoutOf(memorised);
    expect(worse).toEqual(expect.arrayContaining(["trustworthiness", "continuity", "stress", "mrreFalse"]));
    expect(heldOut.trustworthiness!.value).toBeLessThan(0.6);
    expect(seen.trustworthiness!.value).toBeGreaterThan(0.85);
    expect((await holdoutOf(memorised, { holdout: SEEN })).worse).toEqual([]);
  });

  it("have intervals of what other rows would score, also where every row is an anchor", async () => {
    const { heldOut, seen } = await holdoutOf(linear);
    for (const { trustworthiness, distanceSpearman, stretch } of [heldOut, seen]) {
      for (const score of [trustworthiness!, distanceSpearman!, stretch!]) {
        expect(score.interval[0]).toBeLessThan(score.value);
        expect(score.interval[1]).toBeGreaterThan(score.value);
        expect(score).toMatchObject({ exact: false, sampled: { kind: "anchors", m: 100 } });
      }
      expect(stretch!.certificate).toBeNull();
    }
    // Four standard errors of the mean of 100 independent rows.
    const { trustworthiness } = heldOut;
    const { points } = await audit(x, linear, { points: true });
    const own = HELD_OUT.map((row) => points!.trustworthiness[row]!);
    const deviation = Math.sqrt(own.reduce((sum, v) => sum + (v - mean(own)) ** 2, 0) / 99);
    const [low, high] = trustworthiness!.interval;
    expect((high - low) / (4 * (deviation / 10))).toBeGreaterThan(0.85);
    expect((high - low) / (4 * (deviation / 10))).toBeLessThan(1.15);
  });

  it("take as many anchors as a sampled audit, and change nothing else", async () => {
    const plain = await audit(x, linear, { sample: 60 });
    const { holdout, ...rest } = await audit(x, linear, { sample: 60, holdout: HELD_OUT });
    expect(holdout!.anchors).toBe(60);
    expect(JSON.stringify(rest)).toBe(JSON.stringify(plain));
    expect(plain).not.toHaveProperty("holdout");
  });

  it("are scored by what the sweep over pairs gives, and by nothing else", async () => {
    const { heldOut, seen } = await holdoutOf(linear);
    const swept = SCORE_NAMES.filter((name) => {
      const { needs } = SCORES[name]!;
      return needs.length > 0 && !needs.includes("landmarks") && !needs.includes("columns");
    });
    expect(swept.length).toBeGreaterThan(9);
    expect(Object.keys(heldOut).filter((name) => !swept.includes(name as "stress"))).toEqual([]);
    expect(Object.keys(seen)).toEqual(Object.keys(heldOut));
    expect((await holdoutOf(linear, { scores: ["tripletAccuracy"] })).heldOut).toEqual({});
  });

  it("are the same bytes on any number of threads, alone and among several latents", async () => {
    const one = await holdoutOf(linear, { threads: 1 });
    expect(await holdoutOf(linear, { threads: 3 })).toEqual(one);
    const latents = [
      { name: "memorised", latent: memorised },
      { name: "linear", latent: linear },
    ];
    const [, second] = await auditAll(x, latents, { holdout: HELD_OUT });
    expect(second!.holdout!.heldOut.trustworthiness!.value).toBe(one.heldOut.trustworthiness!.value);
  });

  it("tell their stages apart", async () => {
    const stages = new Set<string>();
    await holdoutOf(linear, { onProgress: ({ stage }) => stages.add(stage) });
    expect([...stages]).toEqual(expect.arrayContaining(["held out: pass 1 of 2", "seen: pass 2 of 2"]));
  });

  it.each([
    ["too few", [1, 2, 3], /at least 20 rows/],
    ["too many", SEEN.concat(HELD_OUT.slice(0, 90)), /10 rows that were seen/],
    ["no such row", [...HELD_OUT, 500], /from 0 to 499, got 500/],
    ["no row", [...HELD_OUT, 1.5], /got 1.5/],
    ["twice", [...HELD_OUT, 7], /row 7 is named twice/],
  ])("are refused: %s", async (_, holdout, message) => {
    await expect(audit(x, linear, { holdout })).rejects.toMatchObject({ code: "bad-option", message });
  });
});
