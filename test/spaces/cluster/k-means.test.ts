import { describe, expect, it } from "vitest";
import { adjustedRand } from "../../../src/measure/separation.ts";
import { clusterAgreement, kMeans } from "../../../src/spaces/cluster/index.ts";
import { mapMatrix } from "../../matrices.ts";
import { pointsOf, reference } from "./reference.ts";

describe("k-means beside scikit-learn", () => {
  it.each(reference.kMeans)("$points, k = $k", async ({ points: name, k, inertia, labels }) => {
    const found = await kMeans(pointsOf(name), { k, restarts: 20 });
    expect(found.inertia / inertia).toBeCloseTo(1, 3);
    expect(found.converged).toBe(true);
    expect(adjustedRand(found.labels, Int32Array.from(labels))).toBeGreaterThan(0.98);
  });

  it("says what the clusters are: means, sizes and the sum of squares", async () => {
    const points = pointsOf("blobs");
    const { labels, centroids, clusters, inertia } = await kMeans(points, { k: 4 });
    const sums = new Float64Array(centroids.length);
    let squares = 0;
    labels.forEach((c, i) => {
      for (let q = 0; q < 3; q++) {
        sums[3 * c + q]! += points.data[3 * i + q]!;
        squares += (points.data[3 * i + q]! - centroids[3 * c + q]!) ** 2;
      }
    });
    sums.forEach((sum, p) => {
      expect(sum / clusters[Math.floor(p / 3)]!.size).toBeCloseTo(centroids[p]!, 4);
    });
    expect(squares / inertia).toBeCloseTo(1, 5);
    const { inertia: worse } = await kMeans(points, { k: 2 });
    expect(worse).toBeGreaterThan(1.5 * inertia);
  });

  it("does not move with far data, and is the same on any number of threads", async () => {
    const near = await kMeans(pointsOf("moons"), { k: 3, threads: 1 });
    const far = await kMeans(
      mapMatrix(pointsOf("moons"), (value) => value + 1000),
      { k: 3, threads: 3 },
    );
    expect(far.inertia / near.inertia).toBeCloseTo(1, 3);
    const again = await kMeans(pointsOf("moons"), { k: 3, threads: 3 });
    expect(again.labels).toEqual(near.labels);
    expect(again.inertia).toBe(near.inertia);
  });

  it("refuses k above the rows", async () => {
    await expect(kMeans(pointsOf("moons"), { k: 301 })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("agreement with classes, beside scikit-learn", () => {
  it.each(reference.agreement)("ARI $adjustedRand, NMI $mutualInformation", (own) => {
    const { adjustedRand: rand, mutualInformation } = clusterAgreement(own.found, own.given);
    expect(rand.value).toBeCloseTo(own.adjustedRand, 9);
    expect(mutualInformation.value).toBeCloseTo(own.mutualInformation, 9);
    for (const { value, interval } of [rand, mutualInformation]) {
      expect(interval[0]).toBeLessThanOrEqual(value);
      expect(interval[1]).toBeGreaterThanOrEqual(value);
    }
    if (own.adjustedRand < 0.1) expect(rand.interval[0]).toBeLessThanOrEqual(0);
    else expect(rand.interval[0]).toBeGreaterThan(0.5);
  });

  it("refuses another number of rows", () => {
    expect(() => clusterAgreement([0, 1], [0])).toThrow("different numbers of rows");
  });
});
