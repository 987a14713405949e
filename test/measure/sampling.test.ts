import { beforeAll, describe, expect, it } from "vitest";
import { type Matrix, rng } from "../../src/base/index.ts";
import type { Evidence } from "../../src/measure/compare.ts";
import { type Audit, audit, SCORE_NAMES, SCORES, type Scores } from "../../src/measure/index.ts";
import { gaussian, mapMatrix } from "../matrices.ts";

/**
 * A curved cloud and a distorted plane of it: every score is far from both its ends, and no handful of rows holds most of a
 * sum (what no anchor is part of, an interval cannot know: see docs/decisions/0013-intervals.md).
 */
function spaces(rows: number): { x: Matrix; z: Matrix } {
  const base = gaussian(rng(21), rows, 5);
  const at = (row: number, col: number) => base.data[row * 5 + col]!;
  const x = mapMatrix(base, (v, col, row) => v + 0.4 * at(row, 0) * at(row, (col + 1) % 5));
  const z = mapMatrix(gaussian(rng(22), rows, 2), (noise, col, row) => {
    return Math.exp(at(row, 0) / 6) * at(row, col) + 0.2 * noise;
  });
  return { x, z };
}

/** Scores that an audit has draws of its own for, whatever the sample; distortion's interval is open. */
const OWN = [
  "steadiness",
  "cohesiveness",
  "silhouette",
  "labelTrustworthiness",
  "labelContinuity",
  "distanceConsistency",
  "daviesBouldin",
  "calinskiHarabasz",
  "clusterAgreement",
  "neighborDissimilarity",
  "distortion",
];

/** Scores of anchors or drawn rows; those of landmarks are exact here (test/measure/topology.test.ts has their intervals). */
const OF_LANDMARKS: readonly Evidence[] = ["landmarks", "orders"];
const DRAWN = SCORE_NAMES.filter(
  (name) => !SCORES[name].needs.every((kind) => OF_LANDMARKS.includes(kind)) && !OWN.includes(name),
);

describe("sampled audits", () => {
  const { x, z } = spaces(900);
  // Clusters would be other ones with every seed.
  const labels = Array.from({ length: 900 }, (_, i) => (x.data[5 * i]! > 0 ? "right" : "left"));
  const options = { labels, scores: DRAWN };
  let exact: Audit;
  const samples: Scores[] = [];

  beforeAll(async () => {
    exact = await audit(x, z, { labels, exact: true });
    for (let seed = 0; seed < 60; seed++) {
      samples.push((await audit(x, z, { ...options, sample: 250, seed })).scores);
    }
  }, 300_000);

  it("cover the exact value of every score at about 95 % of seeds", () => {
    for (const name of DRAWN) {
      const truth = exact.scores[name]!.value;
      const covered = samples.filter((scores) => {
        const [low, high] = scores[name]!.interval;
        return low <= truth && truth <= high;
      });
      // 60 runs at 95 %: 51 or fewer has a probability of .2 %.
      expect(covered.length, name).toBeGreaterThan(51);
    }
  });

  it("cover the stretch of near, middle and far pairs as well, which sampling leaves uncertain and exact audits do not", () => {
    for (const band of ["near", "middle", "far"] as const) {
      const truth = exact.scores.stretch![band];
      expect(truth.interval).toEqual([truth.value, truth.value]);
      const bands = samples.map((scores) => scores.stretch![band]);
      const covered = bands.filter(({ interval: [low, high] }) => low <= truth.value && truth.value <= high);
      expect(covered.length, band).toBeGreaterThan(51);
      expect(bands.filter(({ interval: [low, high] }) => high / low < 2).length, band).toBe(60);
    }
  });

  it("have intervals that are not simply wide: about four standard deviations of the estimates", () => {
    // Second moments are taken over all rows, whatever the anchors.
    const whole = ["linearCka", "procrustes"];
    for (const name of DRAWN) {
      const values = samples.map((scores) => scores[name]!.value);
      const widths = samples.map((scores) => scores[name]!.interval[1] - scores[name]!.interval[0]);
      if (whole.includes(name)) {
        expect(new Set(values).size, name).toBe(1);
        expect(widths, name).toEqual(values.map(() => 0));
        continue;
      }
      const centre = values.reduce((a, b) => a + b) / values.length;
      const deviation = Math.sqrt(
        values.reduce((sum, v) => sum + (v - centre) ** 2, 0) / (values.length - 1),
      );
      const width = widths.reduce((a, b) => a + b) / values.length;
      expect(width / (4 * deviation), name).toBeGreaterThan(0.6);
      expect(width / (4 * deviation), name).toBeLessThan(1.7);
    }
  });

  it("say what was sampled, and exact ones that nothing was", async () => {
    const { scores, options: used } = await audit(x, z, { sample: 100, seed: 1 });
    expect(used.sample).toBe(100);
    expect(scores.trustworthiness).toMatchObject({
      n: 100,
      exact: false,
      sampled: { kind: "anchors", m: 100 },
    });
    expect(scores.stress).toMatchObject({ n: 100 * 899, unit: "pairs", exact: false });
    expect(exact.scores.stress).toMatchObject({ n: (900 * 899) / 2, exact: true });
    expect(exact.scores.stress!.interval).toEqual([exact.scores.stress!.value, exact.scores.stress!.value]);
  });

  it("equal the exact audit when every row is an anchor", async () => {
    const { scores } = await audit(x, z, { labels, sample: 900 });
    for (const name of SCORE_NAMES) expect(scores[name]!.value, name).toBe(exact.scores[name]!.value);
  });

  it("give the same bytes for the same seed on one thread and on three", async () => {
    const [one, three] = [
      await audit(x, z, { sample: 200, threads: 1 }),
      await audit(x, z, { sample: 200, threads: 3 }),
    ];
    expect(JSON.stringify({ ...one, engine: 0 })).toBe(JSON.stringify({ ...three, engine: 0 }));
    const again = await audit(x, z, { labels, exact: true, threads: 3 });
    expect(JSON.stringify({ ...again, engine: 0 })).toBe(JSON.stringify({ ...exact, engine: 0 }));
  });

  it("compute alone what they compute together", async () => {
    for (const name of SCORE_NAMES) {
      const { scores } = await audit(x, z, { labels, exact: true, scores: [name] });
      expect(Object.keys(scores)).toEqual([name]);
      expect(scores[name]!.value, name).toBe(exact.scores[name]!.value);
    }
  });
});

describe("refusals", () => {
  const { x, z } = spaces(50);
  const refuses = (options: Parameters<typeof audit>[2], code: string) =>
    expect(audit(x, z, options)).rejects.toMatchObject({ code });

  it("name the option, the range and the next step", async () => {
    await refuses({ nNeighbors: 25 }, "bad-option");
    await refuses({ nNeighbors: 0 }, "bad-option");
    await refuses({ nNeighbors: 2.5 }, "bad-option");
    await refuses({ sample: 51 }, "bad-option");
    await refuses({ sample: 10, exact: true }, "bad-option");
    await refuses({ scores: ["truthworthiness" as "stress"] }, "bad-option");
  });

  it("inputs that cannot be compared", async () => {
    await expect(audit(x, gaussian(rng(1), 49, 2))).rejects.toMatchObject({ code: "row-count-mismatch" });
    await expect(audit(gaussian(rng(1), 1, 2), gaussian(rng(1), 1, 2))).rejects.toMatchObject({
      code: "too-few-rows",
    });
    const flat = mapMatrix(z, () => 3);
    await expect(audit(x, flat)).rejects.toMatchObject({
      code: "bad-value",
      message: /all rows of the latent/,
    });
    const hole = mapMatrix(z, (v, _, row) => (row === 7 ? Number.NaN : v));
    await expect(audit(x, hole)).rejects.toMatchObject({ code: "non-finite", message: /row 7/ });
  });
});
