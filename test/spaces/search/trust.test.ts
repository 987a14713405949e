import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, mean, rng } from "../../../src/base/index.ts";
import { nearestNeighbors } from "../../../src/neighbors/index.ts";
import {
  calibrationOf,
  evidenceOf,
  fitTrust,
  rankByDistance,
  type TrustModel,
  trustOf,
} from "../../../src/spaces/search/index.ts";
import { chance, fitLogistic, predict } from "../../../src/spaces/search/logistic.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../../matrices.ts";
import { hasSharedData, sharedData } from "../../shared-data.ts";

const threads = 2;
const columns = (m: Matrix, d: number): Matrix => {
  const data = new Float32Array(m.rows * d);
  for (let i = 0; i < m.rows; i++) data.set(m.data.subarray(i * m.cols, i * m.cols + d), i * d);
  return { data, rows: m.rows, cols: d };
};

/** Columns of falling spread, of which a latent keeps the first. */
const original = mapMatrix(gaussian(rng(1), 3000, 12), (value, col) => value / (1 + col));
const latent = columns(original, 3);

/** What a model says of queries, and what is true of their hits. */
async function stated(model: TrustModel, from: Matrix, to: Matrix, rows: readonly number[]) {
  const { nNeighbors: k, candidates: m } = model;
  const near = async (points: Matrix, count: number) => {
    const found = await nearestNeighbors(gatherRows(points, rows), points, {
      nNeighbors: count + 1,
      threads,
    });
    return rows.map((own, q) => {
      const all = Array.from({ length: count + 1 }, (_, p) => q * (count + 1) + p);
      const others = all.filter((at) => found.ids[at] !== own).slice(0, count);
      return { ids: others.map((at) => found.ids[at]!), distances: others.map((at) => found.distances[at]!) };
    });
  };
  const [truth, found] = [await near(from, k), await near(to, m)];
  const [chances, labels, held]: [number[], number[], boolean[]] = [[], [], []];
  found.forEach(({ ids, distances }, q) => {
    const wanted = new Set(truth[q]!.ids);
    const all = trustOf(model, { distances, original: gatherRows(from, ids), latent: gatherRows(to, ids) });
    all.forEach(({ value, interval }, p) => {
      chances.push(value);
      held.push(interval[0] <= value && value <= interval[1]);
      labels.push(wanted.has(ids[p]!) ? 1 : 0);
    });
  });
  return { chances: Float64Array.from(chances), labels, held };
}

describe("the trust of hits", () => {
  it("is calibrated and sharp, and stays so for queries that it was not fitted to", async () => {
    const model = await fitTrust(original, latent, { threads, queries: 400, seed: 3 });
    expect(model.calibration.ece).toBeLessThan(0.05);
    expect(model.calibration.brier.value).toBeLessThan(0.9 * model.calibration.baseBrier);
    expect(model.regression.converged).toBe(true);
    const others = Array.from({ length: 300 }, (_, i) => 10 * i + 1);
    const { chances, labels, held } = await stated(model, original, latent, others);
    const fresh = calibrationOf(chances, labels, 10);
    expect(fresh.ece).toBeLessThan(0.05);
    expect(fresh.brier.value).toBeLessThan(0.9 * fresh.baseBrier);
    expect(held.every(Boolean)).toBe(true);
  });

  it("is the base rate where the latent has nothing to do with the original", async () => {
    const { calibration } = await fitTrust(original, gaussian(rng(9), 3000, 3), { threads, queries: 400 });
    expect(calibration.base).toBeLessThan(0.02);
    expect(calibration.brier.value / calibration.baseBrier).toBeGreaterThan(0.95);
  });

  it("is near 1 for a rotated copy", async () => {
    const { calibration } = await fitTrust(latent, rotate(latent, rng(4)), { threads, queries: 100 });
    expect(calibration.base).toBeGreaterThan(0.999);
    expect(calibration.bins[9]!.hits).toBe(1000);
  });

  it("is the same for the same seed, on any number of threads, and under any rotation and scale", async () => {
    const options = { queries: 100, seed: 5 };
    const one = await fitTrust(original, latent, { ...options, threads: 1 });
    expect(await fitTrust(original, latent, { ...options, threads: 3 })).toEqual(one);
    const scaled = mapMatrix(rotate(original, rng(6)), (value) => 8 * value);
    const other = await fitTrust(scaled, latent, { ...options, threads: 1 });
    expect(other.calibration.brier.value).toBeCloseTo(one.calibration.brier.value, 3);
    expect(Object.isFrozen(one.calibration.bins)).toBe(true);
  });

  it("under cosine knows nothing of lengths", async () => {
    const options = { threads, queries: 100, metric: "cosine" } as const;
    const long = mapMatrix(original, (value, _, row) => value * (1 + (row % 7)));
    const [a, b] = [await fitTrust(original, latent, options), await fitTrust(long, latent, options)];
    expect(b.calibration.brier.value).toBeCloseTo(a.calibration.brier.value, 4);
  });

  it("of hits in the order of the original is calibrated too, and says what that order finds", async () => {
    const options = { threads, queries: 300, seed: 3 };
    const plain = await fitTrust(original, latent, options);
    expect(plain.reranked).toBeNull();
    const model = await fitTrust(original, latent, { ...options, rerank: 60 });
    const { before, after, gain, candidates } = model.reranked!;
    expect(candidates).toBe(60);
    expect(model.candidates).toBe(30);
    // The first k of the latent are those that the plain model looked at, and hits that are true are found again.
    expect(before.value).toBeCloseTo(plain.calibration.base, 12);
    expect(after.value).toBeCloseTo(model.calibration.base, 12);
    expect(gain.interval[0]).toBeGreaterThan(0.1);
    expect(model.calibration.ece).toBeLessThan(0.05);
    expect(model.calibration.brier.value).toBeLessThan(0.9 * model.calibration.baseBrier);
    // Nothing to gain where the latent is the original.
    const same = await fitTrust(latent, rotate(latent, rng(4)), { ...options, rerank: 20 });
    expect(same.reranked!.gain.value).toBeLessThan(0.01);
    await expect(fitTrust(original, latent, { ...options, rerank: 9 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });

  it("says what is wrong", async () => {
    await expect(fitTrust(original, columns(gaussian(rng(1), 10, 3), 3), {})).rejects.toMatchObject({
      code: "row-count-mismatch",
    });
    const few = gaussian(rng(1), 30, 3);
    await expect(fitTrust(few, few, {})).rejects.toMatchObject({ code: "too-few-rows" });
    await expect(fitTrust(original, latent, { queries: 5000 })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("the order by distance from a query", () => {
  it.each(["euclidean", "cosine"] as const)("under %s is that of an exact search", async (metric) => {
    const found = await nearestNeighbors(gatherRows(original, [7]), original, {
      nNeighbors: 3000,
      metric,
      threads,
    });
    const { order, distances } = rankByDistance(gatherRows(original, [7]).data, original, metric);
    expect(order.slice(0, 500)).toEqual(found.ids.slice(0, 500));
    for (const at of [1, 20, 2999]) expect(distances[at]).toBeCloseTo(found.distances[at]!, 6);
  });
});

describe("evidence", () => {
  const rows = gaussian(rng(2), 12, 4);
  const own = {
    distances: Array.from({ length: 12 }, (_, i) => i + 1),
    original: rows,
    latent: columns(rows, 2),
  };

  it("of a candidate far from all others in the original tells it from the rest", () => {
    const far = { ...own, original: mapMatrix(rows, (value, _, row) => (row === 1 ? value + 50 : value)) };
    const features = evidenceOf(far, 5);
    const centrality = [0, 1, 2, 3, 4].map((p) => features[p * 7 + 3]!);
    expect(centrality.indexOf(Math.max(...centrality))).toBe(1);
  });

  it("is finite where candidates are copies of each other", () => {
    const same = mapMatrix(rows, (_, col) => col);
    const features = evidenceOf({ distances: new Array(12).fill(0), original: same, latent: same }, 12);
    expect(features.every(Number.isFinite)).toBe(true);
  });
});

describe("logistic regression", () => {
  const random = rng(7);
  const truth = [-0.5, 1.2, -0.8];
  const n = 6000;
  const features = Float64Array.from({ length: 2 * n }, () => random.normal());
  const labels = Uint8Array.from({ length: n }, (_, i) => {
    const logit = truth[0]! + truth[1]! * features[2 * i]! + truth[2]! * features[2 * i + 1]!;
    return random.uniform() < chance(logit) ? 1 : 0;
  });
  const alone = Int32Array.from({ length: n }, (_, i) => i);

  it("finds the truth again, within its errors", () => {
    const model = fitLogistic(features, labels, alone);
    for (const x of [
      [0, 0],
      [1, -1],
      [-2, 0.5],
    ]) {
      const { logit, error } = predict(model, x);
      const wanted = truth[0]! + truth[1]! * x[0]! + truth[2]! * x[1]!;
      expect(Math.abs(logit - wanted)).toBeLessThan(3 * error);
      expect(error).toBeLessThan(0.2);
    }
  });

  it("is as sure as there are groups, not rows: four copies of each row change nothing but the penalty", () => {
    const few = 1500;
    const once = fitLogistic(features.slice(0, 2 * few), labels.slice(0, few), alone.slice(0, few));
    const times = <T>(of: (i: number) => readonly T[]) =>
      Array.from({ length: few }, (_, i) => [0, 1, 2, 3].flatMap(() => of(i))).flat();
    const copied = fitLogistic(
      Float64Array.from(times((i) => [features[2 * i]!, features[2 * i + 1]!])),
      times((i) => [labels[i]!]),
      times((i) => [i]),
    );
    const [a, b] = [predict(once, [1, 1]), predict(copied, [1, 1])];
    expect(b.logit).toBeCloseTo(a.logit, 6);
    expect(b.error).toBeCloseTo(a.error, 6);
    const apart = fitLogistic(
      Float64Array.from(times((i) => [features[2 * i]!, features[2 * i + 1]!])),
      times((i) => [labels[i]!]),
      Int32Array.from({ length: 4 * few }, (_, i) => i),
    );
    expect(predict(apart, [1, 1]).error).toBeCloseTo(a.error / 2, 3);
  });

  it("has the mean of the labels as the mean of its chances", () => {
    const model = fitLogistic(features, labels, alone);
    const chances = Array.from(alone, (i) =>
      chance(predict(model, features.subarray(2 * i, 2 * i + 2)).logit),
    );
    expect(mean(Float64Array.from(chances))).toBeCloseTo(mean(Float64Array.from(labels)), 8);
  });
});

describe("calibration", () => {
  it("is what it is defined to be", () => {
    const { base, brier, baseBrier, ece } = calibrationOf(
      Float64Array.of(0.05, 0.05, 0.95, 0.95),
      [0, 1, 1, 1],
      2,
    );
    expect([base, baseBrier]).toEqual([0.75, 0.1875]);
    expect(brier.value).toBeCloseTo((0.05 ** 2 + 0.95 ** 2 + 2 * 0.05 ** 2) / 4, 12);
    expect(ece).toBeCloseTo(0.5 * 0.45 + 0.5 * 0.05, 12);
  });
});

describe.skipIf(!hasSharedData)("real vectors", () => {
  it("Fashion-MNIST and its 2-D UMAP: calibrated, and sharper than the base rate by a tenth", async () => {
    const images = await readMatrix(sharedData("images/fashion-mnist/t10k-images-idx3-ubyte.gz"));
    const map = await readMatrix(sharedData("latents/fashion-mnist-t10k-umap.npy"));
    const { calibration } = await fitTrust(images, map, { threads });
    expect(calibration.ece).toBeLessThan(0.05);
    expect(calibration.brier.value).toBeLessThan(0.9 * calibration.baseBrier);
  });
});
