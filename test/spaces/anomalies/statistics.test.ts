import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collectRows, gatherRows, mean, permutation, rng } from "../../../src/base/index.ts";
import { openNpz } from "../../../src/data/node-npz.ts";
import { betaQuantile, betaShare } from "../../../src/spaces/anomalies/beta.ts";
import {
  benjaminiHochberg,
  type Calibration,
  type CalibrationKind,
  conformalPValues,
  evaluateScores,
  findAnomalies,
  fitDetector,
  scoreRows,
  thresholdAt,
} from "../../../src/spaces/anomalies/index.ts";
import { gaussian, mapMatrix } from "../../matrices.ts";
import { hasSharedData, sharedData } from "../../shared-data.ts";

const fast = { threads: 2 } as const;

describe("conformal p-values", () => {
  const calibration: Calibration = { kind: "split", scores: Float64Array.of(1, 2, 2, 3, 5, 8, 9, 9, 10) };

  it("count the calibration scores that are as large", () => {
    expect(Array.from(conformalPValues(calibration, [0, 1, 2, 2.5, 9, 10, 11]))).toEqual([
      1, 1, 0.9, 0.7, 0.4, 0.2, 0.1,
    ]);
  });

  it("are at most alpha exactly where the score is above the threshold", () => {
    const number = fc.integer({ min: 0, max: 30 });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 20, maxLength: 60 }),
        fc.array(number, { minLength: 1, maxLength: 40 }),
        fc.double({ min: 0.05, max: 0.6, noNaN: true }),
        (known, fresh, alpha) => {
          const own: Calibration = { kind: "split", scores: Float64Array.from(known).sort() };
          const { value } = thresholdAt(own, alpha);
          const p = conformalPValues(own, fresh);
          fresh.forEach((score, i) => {
            expect(score > value).toBe(p[i]! <= alpha * (1 + 4 * Number.EPSILON));
          });
        },
      ),
      { examples: [[[...new Array(24).keys()], [9, 10], 0.5999999999999994]] },
    );
  });

  it("a threshold says which share it flags, and within what", () => {
    const scores = Float64Array.from({ length: 500 }, (_, i) => i);
    const { value, falsePositiveRate, interval } = thresholdAt({ kind: "split", scores }, 0.05);
    expect(value).toBe(475);
    expect(falsePositiveRate).toBeCloseTo(25 / 501, 12);
    // scipy.stats.beta.ppf([.025, .975], 25, 476)
    expect(interval?.[0]).toBeCloseTo(0.03261518, 7);
    expect(interval?.[1]).toBeCloseTo(0.0705808, 7);
    expect(thresholdAt({ kind: "cross", scores }, 0.05).interval).toBeNull();
    expect(thresholdAt({ kind: "split", scores: scores.slice(0, 19) }, 0.05).value).toBe(18);
    expect(() => thresholdAt({ kind: "split", scores: scores.slice(0, 18) }, 0.05)).toThrow(/cannot be had/);
  });

  it("have the beta function of SciPy", () => {
    expect(betaShare(0.3, 2.5, 4)).toBeCloseTo(0.3521975859067672, 12);
    // scipy.stats.beta.ppf([.025, .975], ...)
    for (const [a, b, low, high] of [
      [1, 19, 0.00133163, 0.17646691],
      [5000, 95001, 0.04865726, 0.05135879],
    ] as const) {
      expect(betaQuantile(0.025, a, b)).toBeCloseTo(low, 7);
      expect(betaQuantile(0.975, a, b)).toBeCloseTo(high, 7);
    }
  });
});

describe("Benjamini and Hochberg", () => {
  it("adjusts p-values as SciPy's false_discovery_control", () => {
    const { adjusted, rows } = benjaminiHochberg([0.001, 0.03, 0.2, 0.008, 0.04, 0.5, 0.012, 0.9], 0.05);
    const expected = [0.008, 0.06, 0.266666666667, 0.032, 0.064, 0.571428571429, 0.032, 0.9];
    expected.forEach((value, i) => {
      expect(adjusted[i]!).toBeCloseTo(value, 11);
    });
    expect(Array.from(rows)).toEqual([0, 3, 6]);
  });

  it("keeps the share of false discoveries among rows of which a tenth is strange", async () => {
    const random = rng(1);
    const proportions: number[] = [];
    let found = 0;
    for (let trial = 0; trial < 60; trial++) {
      const detector = await fitDetector(gaussian(random, 800, 3), {
        ...fast,
        method: "mahalanobis",
        calibration: "split",
      });
      const test = mapMatrix(gaussian(random, 200, 3), (value, col, i) =>
        i < 20 && col === 0 ? value + 5 : value,
      );
      const { rows } = (await findAnomalies(detector, test, { ...fast, rate: 0.2 })).discoveries;
      proportions.push(rows.length === 0 ? 0 : rows.filter((i) => i >= 20).length / rows.length);
      found += rows.filter((i) => i < 20).length / 20 / 60;
    }
    // At most 0.2 x 180 / 200, and near it: the procedure is not merely shy.
    expect(mean(proportions)).toBeGreaterThan(0.1);
    expect(mean(proportions)).toBeLessThan(0.22);
    expect(found).toBeGreaterThan(0.8);
  });
});

describe("evaluation", () => {
  const scores = Array.from({ length: 40 }, (_, n) => Math.floor(((n * n * 37) % 97) / 8));
  const labels = Array.from({ length: 40 }, (_, n) => (n * n * n) % 7 === 1);

  it("has the numbers of scikit-learn, ties and all", () => {
    const { rocAuc, averagePrecision, anomalies, normal } = evaluateScores(scores, labels);
    expect([anomalies, normal]).toEqual([18, 22]);
    // roc_auc_score and average_precision_score
    expect(rocAuc.value).toBeCloseTo(0.4823232323232323, 12);
    expect(averagePrecision.value).toBeCloseTo(0.4491987786105433, 12);
  });

  it("has DeLong's variance: Wilson's interval of as many draws", () => {
    // From placements by NumPy: variance 0.008757127481132235.
    const [p, each] = [
      0.4823232323232323,
      0.008757127481132235 / (0.4823232323232323 * (1 - 0.4823232323232323)),
    ];
    const { interval } = evaluateScores(scores, labels).rocAuc;
    for (const end of interval) {
      // Its ends are where (end - p)^2 = z^2 end (1 - end) each.
      expect((end - p) ** 2).toBeCloseTo(1.959963984540054 ** 2 * end * (1 - end) * each, 12);
    }
  });

  it("does not depend on a monotone change of the scores, and reversed is the complement", () => {
    const own = evaluateScores(scores, labels);
    expect(
      evaluateScores(
        scores.map((s) => Math.exp(s) - 7),
        labels,
      ),
    ).toEqual(own);
    expect(
      evaluateScores(
        scores.map((s) => -s),
        labels,
      ).rocAuc.value,
    ).toBeCloseTo(1 - own.rocAuc.value, 12);
  });

  it("is 1 for a perfect ranking, with intervals that few anomalies leave wide", () => {
    const perfect = evaluateScores([1, 2, 3, 4, 10, 11], [0, 0, 0, 0, 1, 1]);
    for (const { value, interval } of [perfect.rocAuc, perfect.averagePrecision]) {
      expect(value).toBe(1);
      expect(interval[0]).toBeLessThan(0.5);
      expect(interval[1]).toBe(1);
    }
    expect(() => evaluateScores([1, 2], [1, 1])).toThrow(/one of them is missing/);
    expect(() => evaluateScores([1, 2], [1])).toThrow(/labels/);
    expect(() => evaluateScores([1, Number.NaN], [0, 1])).toThrow(/no score/);
  });

  it("intervals hold the truth about as often as they say", () => {
    const random = rng(2);
    const isAnomaly = Array.from({ length: 300 }, (_, i) => i < 30);
    // Two normals, 2 apart, a tenth in the upper: the area is Phi(sqrt 2), the average precision the integral of precision over recall (SciPy's quad).
    const truth = { rocAuc: 0.9213504, averagePrecision: 0.6654713 };
    const held = { rocAuc: 0, averagePrecision: 0 };
    let widest = 0;
    for (let trial = 0; trial < 300; trial++) {
      const found = evaluateScores(
        isAnomaly.map((strange) => random.normal() + (strange ? 2 : 0)),
        isAnomaly,
      );
      for (const name of ["rocAuc", "averagePrecision"] as const) {
        const [low, high] = found[name].interval;
        if (low <= truth[name] && truth[name] <= high) held[name]++;
        widest = Math.max(widest, high - low);
      }
    }
    for (const count of Object.values(held)) {
      expect(count).toBeGreaterThanOrEqual(276);
      expect(count).toBeLessThan(300);
    }
    expect(widest).toBeLessThan(0.4);
  });
});

describe.skipIf(!hasSharedData)("the false-positive rate on cardiotocographies", async () => {
  const { rows, labels } = await cardio();
  const normal = gatherRows(
    rows,
    Int32Array.from({ length: rows.rows }, (_, i) => i).filter((i) => Number(labels[i]) === 0),
  );

  /** Shares of new normal rows that are flagged at .05, over splits into rows that are fitted and rows that are new. */
  async function rates(calibration: CalibrationKind, trials: number, count: number) {
    const found: number[] = [];
    for (let seed = 0; seed < trials; seed++) {
      const order = permutation(rng(seed).split("trial"), normal.rows);
      const detector = await fitDetector(gatherRows(normal, order.slice(0, count)), {
        ...fast,
        method: "mahalanobis",
        standardize: true,
        calibration,
        seed,
      });
      const { flagged, scores } = await findAnomalies(detector, gatherRows(normal, order.slice(count)), fast);
      found.push(flagged.length / scores.length);
    }
    return found;
  }

  it("is what was asked for, with rows set apart: mean over 100 splits", async () => {
    expect(Math.abs(mean(await rates("split", 100, 1000)) - 0.05)).toBeLessThan(0.007);
  });

  it("and by turns, of few rows", async () => {
    expect(Math.abs(mean(await rates("cross", 30, 300)) - 0.05)).toBeLessThan(0.01);
  });

  it("is not, where the rows that were fitted calibrate as well (control)", async () => {
    const found: number[] = [];
    for (let seed = 0; seed < 20; seed++) {
      const order = permutation(rng(seed).split("trial"), normal.rows);
      const few = gatherRows(normal, order.slice(0, 60));
      const options = { ...fast, method: "mahalanobis", standardize: true, calibration: "none" } as const;
      const detector = await fitDetector(few, options);
      const { value } = thresholdAt({ kind: "split", scores: (await scoreRows(detector, few, fast)).sort() });
      const fresh = await scoreRows(detector, gatherRows(normal, order.slice(60)), fast);
      found.push(fresh.filter((score) => score > value).length / fresh.length);
    }
    expect(mean(found)).toBeGreaterThan(0.07);
  });
});

/** A matrix of 1831 x 21, and what each row is. Nothing where the data are absent. */
async function cardio() {
  if (!hasSharedData) return { rows: gaussian(rng(0), 1, 1), labels: ["0"] };
  const source = await openNpz(sharedData("anomaly/cardio.npz"), { vector: "X" });
  try {
    return { rows: await collectRows(source), labels: (await source.column?.("y")) ?? [] };
  } finally {
    await source.close();
  }
}
