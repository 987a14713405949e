import { describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { pca } from "../../src/linalg/index.ts";
import { audit, auditAll } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

/** Latents that share neighbours, and one that shares none. */
function latentsOf(x: Matrix): readonly { readonly name: string; readonly latent: Matrix }[] {
  return [
    { name: "first columns", latent: mapMatrix(x, (v, col) => (col < 4 ? v : v / 4)) },
    { name: "itself", latent: x },
    { name: "noise", latent: gaussian(rng(9), x.rows, 3) },
  ];
}

describe("several latents in one audit", () => {
  const x = gaussian(rng(8), 300, 8);
  const latents = latentsOf(x);

  it.each([
    ["exact", { exact: true }],
    ["sampled", { sample: 100 }],
  ])("have the scores that each has alone, to the bit (%s)", async (_, how) => {
    const together = await auditAll(x, latents, { ...how, nNeighbors: 7 });
    for (const [l, { latent }] of latents.entries()) {
      const alone = await audit(x, latent, { ...how, nNeighbors: 7 });
      expect(together[l]!.scores).toEqual(alone.scores);
      expect(together[l]!.witnesses).toEqual(alone.witnesses);
    }
  });

  it("share a baseline, and may have one each", async () => {
    const shared = { name: "noise", latent: latents[2]!.latent };
    const [first, second, third] = await auditAll(
      x,
      [
        { ...latents[0]!, baseline: shared },
        { ...latents[1]!, baseline: shared },
        { ...latents[2]!, baseline: latents[1]! },
      ],
      { nNeighbors: 7 },
    );
    const alone = await audit(x, shared.latent, { nNeighbors: 7 });
    expect(first!.scores.stress!.baseline).toEqual({ name: "noise", value: alone.scores.stress!.value });
    expect(second!.scores.stress!.baseline).toEqual(first!.scores.stress!.baseline);
    expect(third!.scores.trustworthiness!.baseline).toEqual({ name: "itself", value: 1 });
  });

  it("ranks alone, without pairs, agree too", async () => {
    const scores = ["trustworthiness", "continuity"] as const;
    const together = await auditAll(x, latents, { scores, nNeighbors: 7 });
    for (const [l, { latent }] of latents.entries()) {
      expect(together[l]!.scores).toEqual((await audit(x, latent, { scores, nNeighbors: 7 })).scores);
    }
  });

  it.each(["euclidean", "cosine"] as const)(
    "take a covariance that PCA has found for that of the original (%s), and none of another size",
    async (metric) => {
      const far = mapMatrix(x, (v) => 1000 * v + 500);
      const { covariance } = await pca(far, 2, { engine: await findEngine(), unitRows: metric === "cosine" });
      const scores = ["linearCka", "procrustes"] as const;
      const options = { scores, metric, nNeighbors: 7 };
      const named = [{ ...latents[2]!, metric }];
      const [found] = await auditAll(far, named, options);
      const [given] = await auditAll(far, named, { ...options, original: { covariance } });
      const wrong = covariance.map((value, p) => (p === 0 ? 9 * value : value));
      const [misled] = await auditAll(far, named, { ...options, original: { covariance: wrong } });
      const cka = found!.scores.linearCka!.value;
      expect(Math.abs(given!.scores.linearCka!.value / cka - 1)).toBeLessThan(1e-5);
      expect(
        Math.abs(given!.shape.original.effectiveRank!.value / found!.shape.original.effectiveRank!.value - 1),
      ).toBeLessThan(1e-5);
      expect(Math.abs(misled!.scores.linearCka!.value / cka - 1)).toBeGreaterThan(0.01);
      await expect(
        auditAll(far, named, { ...options, original: { covariance: covariance.subarray(1) } }),
      ).rejects.toMatchObject({ code: "bad-option" });
    },
  );
});
