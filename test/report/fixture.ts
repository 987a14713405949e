import type { Estimate, Score, SpaceShape, StretchScore } from "../../src/measure/result.ts";
import { type AuditResult, type Line, plain } from "../../src/report/index.ts";

/** A score with an interval when `half` is given, exact otherwise. */
export function scoreOf(
  value: number,
  unit: Score["unit"],
  half?: number,
  ideal: 0 | 1 = 1,
  chance = 0.5,
): Score {
  const n = unit === "points" ? 1797 : 1613706;
  const base = { value, n, unit, ideal, null: chance, baseline: { name: "PCA to 2", value: value * 0.8 } };
  if (half === undefined) return { ...base, interval: [value, value], exact: true };
  const sampled = { kind: "anchors", m: 500 } as const;
  return { ...base, interval: [value - half, value + half], exact: false, sampled };
}

/** A stretch score with plausible quantiles. */
export function stretchOf(value: number, half?: number): StretchScore {
  const quantiles = [0.082, 0.2123, 0.61, 1, 1.42, 2.231, 3.104];
  return {
    ...scoreOf(value, "pairs", half, 1, 8),
    quantiles,
    levels: [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99],
    scale: { median: 0.4321, leastSquares: 0.4519 },
    within: { "0.1": 0.0941, "0.25": 0.2272, "0.5": 0.4511 },
    certificate:
      half === undefined
        ? null
        : { pairs: 100_000, confidence: 0.95, atMost: { "0.1": 0.9214, "0.25": 0.7871, "0.5": 0.5612 } },
    torn: 0,
    collapsed: 3,
    middle: {
      value: 11.2,
      quantiles: [0.07, 0.19, 0.52, 0.93, 1.4, 2.128, 3.1],
      n: 1075804,
      interval: [11.2, 11.2],
      null: 14.1,
    },
    far: {
      value: 3.05,
      quantiles: [0.41, 0.62, 0.89, 1.13, 1.5, 1.891, 2.2],
      n: 537902,
      interval: [3.05, 3.05],
      null: 9.3,
    },
    near: {
      value: 12.61,
      quantiles: [0.012, 0.06, 0.21, 0.4762, 0.71, 0.757, 1.3],
      n: 26955,
      interval: [12.61, 12.61],
      null: 21.5,
    },
  };
}

/** The shape of a space with plausible numbers, all scaled from one. */
export function shapeOf(dimension: number, change: Partial<SpaceShape> = {}): SpaceShape {
  const estimate = (value: number): Estimate => ({ value, interval: [value, value], n: 1797, exact: true });
  const around = (value: number): Estimate => ({
    ...estimate(value),
    interval: [value * 0.96, value * 1.04],
  });
  return {
    intrinsicDimension: { twoNN: around(dimension), mle: around(dimension * 1.05), duplicates: 0 },
    hubness: estimate(dimension / 10),
    effectiveRank: estimate(dimension * 1.03),
    participationRatio: estimate(dimension * 0.97),
    anisotropy: estimate(dimension / 20),
    zeroRows: 0,
    concentration: estimate(2 / (dimension + 2)),
    components: 1,
    collapse: {
      constant: false,
      deadDimensions: { count: 0, first: [] },
      duplicateDimensions: { count: 0, first: [] },
    },
    ...change,
  };
}

/** An audit of a t-SNE of the digits, made up but plausible; `half` is half the width of its intervals. */
export function auditFixture(half?: number): AuditResult {
  return {
    schema: "isometer/audit/1",
    job: "audit",
    isometer: "0.1.0",
    engine: { name: "onnxruntime-node", version: "1.30.0", provider: "cpu", threads: 2 },
    inputs: [
      { role: "original", path: "digits.npy", format: "npy", dtype: "float32", rows: 1797, cols: 64 },
      { role: "latent", path: "digits-tsne.npy", format: "npy", dtype: "float32", rows: 1797, cols: 2 },
    ],
    rows: 1797,
    options: {
      metric: "euclidean",
      latentMetric: "euclidean",
      nNeighbors: 15,
      graphNeighbors: null,
      sample: half === undefined ? "exact" : 500,
      seed: 0,
      scores: [
        "trustworthiness",
        "continuity",
        "neighborRecall",
        "mrreFalse",
        "distancePearson",
        "distanceSpearman",
        "stretch",
        "stress",
      ],
      baseline: "PCA to 2",
      achievable: "SMACOF on 1,000 landmarks",
      rows: null,
      id: null,
      vector: null,
      latentVector: null,
      labels: "labels.npy",
      holdout: null,
      points: null,
      imageSize: null,
      imageMode: "grey",
    },
    labels: { from: "labels.npy", classes: 10 },
    classes: { from: "labels", count: 10 },
    scores: {
      trustworthiness: scoreOf(0.98312, "points", half),
      continuity: scoreOf(0.97455, "points", half),
      neighborRecall: scoreOf(0.5532, "points", half, 1, 0.00835),
      mrreFalse: scoreOf(0.0123, "points", half && half / 10, 0),
      distancePearson: scoreOf(0.61237, "pairs", half, 1, 0),
      distanceSpearman: scoreOf(0.60021, "pairs", half, 1, 0),
      stretch: stretchOf(10.51, half === undefined ? undefined : half * 100),
      stress: scoreOf(0.3121, "pairs", half, 0),
    },
    shape: { original: shapeOf(8.21), latent: shapeOf(1.93, { components: 3 }), baseline: shapeOf(1.98) },
    holdout: null,
    points: null,
    witnesses: {
      stretched: [
        {
          a: 17,
          b: 1203,
          original: 12.4,
          latent: 98.1,
          stretch: 18.31,
          aNames: { label: "1" },
          bNames: { label: "7" },
        },
      ],
      shrunk: [
        {
          a: 4,
          b: 922,
          original: 61.2,
          latent: 0.012,
          stretch: 0.00045,
          aNames: { label: "4" },
          bNames: { label: "9" },
        },
      ],
      points: [
        { row: 1658, trustworthiness: 0.4123, continuity: 0.6211, recall: 0, label: "3" },
        { row: 37, trustworthiness: 0.5188, continuity: 0.7002, recall: 0.0667, label: "9" },
      ],
    },
    warnings: [
      {
        code: "duplicate-rows",
        message:
          "digits-tsne.npy: 3 rows equal an earlier row (rows 12, 44, 1203); neighbours of equal rows tie",
        rows: [12, 44, 1203],
        count: 3,
      },
    ],
    gates: [
      { score: "trustworthiness", kind: "under", limit: 0.95, value: 0.98312, passed: true },
      { score: "stretch", kind: "over", limit: 3, value: 10.51, passed: false },
    ],
    next: [
      {
        command: "isometer audit digits.npy digits-tsne.npy --labels labels.npy --exact",
        why: "no sampling error",
      },
    ],
    seconds: 0.52,
  };
}

/** Report lines as text, one string. */
export function textOf(lines: readonly Line[]): string {
  return `${lines.map(plain).join("\n")}\n`;
}
