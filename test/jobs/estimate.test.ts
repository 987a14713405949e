import { describe, expect, it } from "vitest";
import { estimateAudit, estimateText, type Sizes } from "../../src/jobs/estimate.ts";

const options = { baseline: "pca", exact: false } as const;
const sizes = (change: Partial<Sizes>): Sizes => ({
  rows: 10_000,
  original: 784,
  latents: [2],
  anchors: 10_000,
  threads: 2,
  ...change,
});

describe("the estimate of an audit", () => {
  it("grows with rows, dimensions, latents and anchors, and falls with threads", () => {
    const base = estimateAudit(sizes({}), options);
    for (const change of [
      { rows: 20_000, anchors: 20_000 },
      { original: 1568 },
      { latents: [2, 2] },
    ] satisfies Partial<Sizes>[]) {
      expect(estimateAudit(sizes(change), options).seconds).toBeGreaterThan(base.seconds);
    }
    expect(estimateAudit(sizes({ anchors: 500 }), options).seconds).toBeLessThan(base.seconds);
    expect(estimateAudit(sizes({ threads: 4 }), options).seconds).toBeCloseTo(base.seconds / 2, 9);
    expect(estimateAudit(sizes({}), { ...options, baseline: "none" }).seconds).toBeLessThan(base.seconds);
  });

  it("counts what is held, and not what stays in its file", () => {
    const million = { rows: 1_000_000, original: 768, latents: [64], anchors: 1000 };
    const { bytes } = estimateAudit(sizes(million), options);
    expect(bytes).toBeGreaterThan(2 * 4 * 64 * 1e6);
    expect(bytes).toBeLessThan(1.6e9);
  });

  it("is told of long work alone, in words", () => {
    expect(estimateText(sizes({ rows: 1000, anchors: 1000 }), options)).toBeNull();
    expect(estimateText(sizes({ rows: 70_000, anchors: 2000 }), options)).toMatch(
      /^about [\d ]+(s|min.*s) and (\d+ MB|[\d.]+ GB) for 70,000 rows on 2 threads$/,
    );
  });
});
