import { describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
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
});
