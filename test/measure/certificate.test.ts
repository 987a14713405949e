import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { audit } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

/* The certificate must hold for all pairs (which an exact audit knows), and must not be much wider than it needs to be. */

describe("the certificate of stretch", () => {
  it("bounds the share of all pairs that is off, over 20 seeds, and by little", async () => {
    const x = gaussian(rng(1), 1200, 6);
    const z = mapMatrix(x, (v, col) => v * (col < 3 ? 1 : 1.6));
    const { scores: all } = await audit(x, z, { exact: true, scores: ["stretch"] });
    expect(all.stretch!.certificate).toBeNull();
    const bounds: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const { scores } = await audit(x, z, { sample: 50, seed, scores: ["stretch"] });
      const { atMost, pairs, confidence } = scores.stretch!.certificate!;
      expect([pairs, confidence]).toEqual([100_000, 0.95]);
      // The scale is that of 50 anchors, the certificate is about this scale: at 50 % the two scales hardly differ.
      bounds.push(atMost["0.5"] - (1 - all.stretch!.within["0.5"]));
      expect(atMost["0.1"]).toBeGreaterThanOrEqual(atMost["0.25"]);
      expect(atMost["0.25"]).toBeGreaterThanOrEqual(atMost["0.5"]);
    }
    expect(bounds.filter((excess) => excess < 0).length).toBeLessThanOrEqual(1);
    expect(Math.max(...bounds)).toBeLessThan(0.02);
  });

  it("knows torn and collapsed pairs, and nothing better than its margin", async () => {
    const x = gaussian(rng(2), 400, 4);
    const same = await audit(x, x, { sample: 40, scores: ["stretch"] });
    const margin = 2 * Math.sqrt(Math.log(40) / 200_000);
    expect(same.scores.stretch!.certificate!.atMost["0.1"]).toBeCloseTo(margin, 12);
    const half = mapMatrix(x, (v, col, row) => (row < 200 ? col : v));
    const collapsed = await audit(x, half, { sample: 40, scores: ["stretch"] });
    // 24.9 % of the pairs are collapsed, whatever the scale.
    expect(collapsed.scores.stretch!.certificate!.atMost["0.5"]).toBeGreaterThan(0.249);
  });
});
