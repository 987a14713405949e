import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { pcaBaseline } from "../../src/jobs/baseline.ts";
import { type AuditOptions, audit, type ScoreName } from "../../src/measure/index.ts";
import { baselineWords } from "../../src/report/index.ts";
import { gaussian, mapMatrix, readMatrix } from "../matrices.ts";

const engine = await findEngine({ threads: 2 });
const example = (name: string) =>
  readMatrix(fileURLToPath(new URL(`../../examples/digits${name}.npy`, import.meta.url)));
const digits = await example("");
const how = { metric: "euclidean", engine, seed: 0, watch: {} } as const;

/** An audit of the digits with the baseline that the command line gives. */
async function audited(name: string, options: AuditOptions = {}) {
  const latent = await example(name);
  const { baseline } = await pcaBaseline(digits, latent, { ...how, metric: options.metric ?? "euclidean" });
  return audit(digits, latent, { ...options, baseline: baseline! });
}

describe("the baseline of an audit", () => {
  it("of a PCA is that PCA: every score is level with it", async () => {
    const { scores, options } = await audited("-pca");
    expect(options.baseline).toBe("PCA to 2");
    for (const [name, score] of Object.entries(scores)) {
      const { value } = score.baseline!;
      expect(Math.abs(value / score.value - 1), name).toBeLessThan(2e-3);
    }
    expect(baselineWords(scores)).toBeNull();
  });

  it("is measured by the same anchors: sampled scores are level too", async () => {
    const { scores } = await audited("-pca", { sample: 200, seed: 4 });
    expect(Math.abs(scores.stress!.baseline!.value / scores.stress!.value - 1)).toBeLessThan(1e-4);
    expect(scores.stress!.interval[0]).toBeLessThan(scores.stress!.interval[1]);
  });

  it("tells what a linear map does better (control: UMAP keeps neighbours, PCA distances)", async () => {
    const { scores } = await audited("-umap");
    const beats = (name: ScoreName, better: "more" | "less") => {
      const { value, baseline } = scores[name]!;
      return better === "more" ? baseline!.value > value : baseline!.value < value;
    };
    expect(beats("stress", "less")).toBe(true);
    expect(beats("distanceSpearman", "more")).toBe(true);
    expect(beats("trustworthiness", "more")).toBe(false);
    expect(baselineWords(scores)).toMatch(
      /^PCA to 2 dimensions, a linear map, keeps distances better \(stress 0\.368/,
    );
  });

  it("under cosine is of directions: scaling rows changes nothing", async () => {
    const latent = await example("-pca");
    const scaled = mapMatrix(digits, (v, _, row) => v * (1 + (row % 3)));
    const cosine = { ...how, metric: "cosine" } as const;
    const [one, other] = [
      (await pcaBaseline(digits, latent, cosine)).baseline!,
      (await pcaBaseline(scaled, latent, cosine)).baseline!,
    ];
    for (let p = 0; p < one.latent.data.length; p++)
      expect(Math.abs(one.latent.data[p]! - other.latent.data[p]!)).toBeLessThan(1e-5);
  });

  it("of more than 2,048 dimensions is found by passes over the rows", async () => {
    const wide = gaussian(rng(2), 12, 2049);
    const { baseline, covariance, warnings } = await pcaBaseline(wide, gaussian(rng(3), 12, 2), how);
    expect(baseline).toMatchObject({ name: "PCA to 2", latent: { rows: 12, cols: 2 } });
    expect([covariance, warnings]).toEqual([null, []]);
  });

  it("is none where the latent is no smaller, and says so where the values lie too far apart", async () => {
    const x = gaussian(rng(1), 30, 4);
    expect(await pcaBaseline(x, x, how)).toEqual({ baseline: null, covariance: null, warnings: [] });
    const apart = mapMatrix(gaussian(rng(4), 600, 4), (v, col, row) => (row === 301 ? 1e30 * (col + 1) : v));
    const far = await pcaBaseline(apart, gaussian(rng(5), 600, 2), how);
    expect([far.baseline, far.warnings[0]?.code]).toEqual([null, "no-baseline"]);
    const { scores, options } = await audit(x, x, { nNeighbors: 3 });
    expect([options.baseline, scores.stress!.baseline]).toEqual([null, null]);
  });
});
