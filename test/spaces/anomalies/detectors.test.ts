import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  gatherRows,
  type Matrix,
  matrix,
  rng,
  row,
  rowsFromMatrix,
  rowsOf,
  stackRows,
} from "../../../src/base/index.ts";
import { tailShare } from "../../../src/spaces/anomalies/conformal.ts";
import {
  DETECTOR_NAMES,
  type DetectorMethodName,
  type DetectorOptions,
  evaluateScores,
  explainRow,
  findAnomalies,
  fitDetector,
  memberName,
  packDetector,
  scoreRows,
  scoreStream,
  unpackDetector,
} from "../../../src/spaces/anomalies/index.ts";
import { gaussian, mapMatrix, rotate } from "../../matrices.ts";

/*
 * 60 normal rows and 6 others, the same in Python:
 *   i, k = numpy.mgrid[0:66, 0:4]; v = (i*i*37 + k*k*101 + i*k*59 + 17*i) % 997 * (k + 1); v[:, 3] += 2 * v[:, 0]
 *   x = (v / 997).astype("float32"); x[60:, 1] += numpy.float32(1.5); X = x.astype(float)
 * The numbers expected below are those of scikit-learn 1.9.1 and PyOD 3.6.7 for X[60:], fitted to X[:60]:
 *   lof  -LocalOutlierFactor(n_neighbors=7, novelty=True, metric=...).score_samples, cosine: euclidean of rows of length 1
 *   knn  pyod KNN(n_neighbors=7, method=...).decision_function
 *   mahalanobis  sqrt(LedoitWolf().mahalanobis); reconstruction: lengths of what PCA(2).inverse_transform leaves
 */
function known(): { normal: Matrix; others: Matrix } {
  const value = (i: number, k: number) => ((i * i * 37 + k * k * 101 + i * k * 59 + 17 * i) % 997) * (k + 1);
  const data = Float32Array.from({ length: 66 * 4 }, (_, at) => {
    const [i, k] = [Math.floor(at / 4), at % 4];
    const base = Math.fround((value(i, k) + (k === 3 ? 2 * value(i, 0) : 0)) / 997);
    return i >= 60 && k === 1 ? base + 1.5 : base;
  });
  const all = matrix(data, 66, 4);
  return { normal: rowsOf(all, { start: 0, end: 60 }), others: rowsOf(all, { start: 60, end: 66 }) };
}

const PEERS: readonly { options: DetectorOptions; expected: readonly number[]; digits: number }[] = [
  {
    options: { method: "lof", nNeighbors: 7 },
    expected: [
      1.040743908499, 1.848993647823, 1.285784930829, 1.065526368692, 1.773844759117, 1.908857724324,
    ],
    digits: 10,
  },
  {
    options: { method: "lof", nNeighbors: 7, metric: "manhattan" },
    expected: [1.077494397813, 1.865422784212, 1.181010436087, 1.04051515495, 1.63242748581, 1.840934816262],
    digits: 10,
  },
  {
    options: { method: "lof", nNeighbors: 7, metric: "cosine" },
    expected: [
      1.370905337327, 0.966411056847, 1.037394353274, 1.233158142562, 1.561043074939, 1.733921954723,
    ],
    digits: 5,
  },
  {
    options: { method: "knn", nNeighbors: 7, distanceOf: "kth" },
    expected: [1.386524699818, 2.254198973138, 1.514226631452, 1.263447938824, 2.564046790332, 2.33220499419],
    digits: 10,
  },
  {
    options: { method: "knn", nNeighbors: 7, distanceOf: "mean" },
    expected: [
      1.151861473699, 1.949872159492, 1.383996750545, 1.161272824874, 2.232782171511, 2.107933017409,
    ],
    digits: 10,
  },
  {
    options: { method: "mahalanobis" },
    expected: [
      2.482112820734, 4.444520106906, 2.953987637589, 1.973585992461, 5.007811713041, 4.557518776525,
    ],
    digits: 10,
  },
  {
    options: { method: "reconstruction", nComponents: 2 },
    expected: [
      1.138866700246, 2.249335130608, 1.566737903641, 0.970117189891, 2.545453359111, 2.367668907336,
    ],
    digits: 4,
  },
];

const fast = { threads: 2 } as const;
const uncalibrated = { ...fast, calibration: "none" } as const;

describe("detectors", () => {
  it.each(PEERS)("$options: the numbers of scikit-learn and PyOD", async ({ options, expected, digits }) => {
    const { normal, others } = known();
    const scores = await scoreRows(await fitDetector(normal, { ...uncalibrated, ...options }), others, fast);
    expect(scores).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(scores[i]!).toBeCloseTo(value, digits);
    });
  });

  it("shrinks the covariance as Ledoit and Wolf do", async () => {
    const { model } = await fitDetector(known().normal, { ...uncalibrated, method: "mahalanobis" });
    expect(model.method === "mahalanobis" && model.shrinkage).toBeCloseTo(0.09633533068043501, 12);
  });

  it.each([
    [0.7, 2],
    [0.9, 3],
  ])("keeps as few components as have a share %d of the variance, as PCA(share)", async (variance, count) => {
    const { model } = await fitDetector(known().normal, {
      ...uncalibrated,
      method: "reconstruction",
      variance,
    });
    expect(model.method === "reconstruction" && model.nComponents).toBe(count);
  });

  it("scores do not change under rigid motions (euclidean)", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("knn", "lof", "mahalanobis", "reconstruction"),
        fc.nat(1000),
        async (method, seed) => {
          const points = gaussian(rng(seed), 90, 4);
          const moved = mapMatrix(rotate(points, rng(seed + 1)), (value, col) => value + 3 * col);
          const [a, b] = await Promise.all(
            [points, moved].map(async (all) => {
              const options = { ...uncalibrated, method: method as DetectorMethodName, nComponents: 2 };
              const detector = await fitDetector(rowsOf(all, { start: 0, end: 70 }), options);
              return scoreRows(detector, rowsOf(all, { start: 70, end: 90 }), fast);
            }),
          );
          a!.forEach((score, i) => {
            expect(b![i]! / score).toBeCloseTo(1, 3);
          });
        },
      ),
      { numRuns: 12 },
    );
  });

  it("standardised scores do not change with the units of columns; others do (control)", async () => {
    const points = gaussian(rng(5), 100, 3);
    const other = mapMatrix(points, (value, col) => value * [1, 64, 0.25][col]! + col);
    const scoresOf = async (all: Matrix, standardize: boolean) => {
      const options = { ...uncalibrated, standardize, method: "knn" } as const;
      return scoreRows(await fitDetector(rowsOf(all, { start: 0, end: 80 }), options), all, fast);
    };
    const [a, b] = [await scoresOf(points, true), await scoresOf(other, true)];
    a.forEach((score, i) => {
      expect(b[i]!).toBeCloseTo(score, 4);
    });
    const raw = await scoresOf(other, false);
    expect(raw[90]! / (await scoresOf(points, false))[90]!).toBeGreaterThan(2);
  });

  it("an ensemble is the mean of -log p of its members, with an exponential tail beyond the twentieth that scores most", async () => {
    const { normal, others } = known();
    const members = ["knn", "mahalanobis"] as const;
    const whole = await fitDetector(normal, { ...uncalibrated, method: "ensemble", members });
    const scores = await scoreRows(whole, others, fast);
    const expected = new Float64Array(others.rows);
    for (const method of members) {
      const single = await fitDetector(normal, { ...uncalibrated, method });
      const own = await scoreRows(single, others, fast);
      const model = whole.model.method === "ensemble" ? whole.model.members : [];
      const { reference } = model.find((member) => member.model.method === method)!;
      const logP = (score: number) =>
        Math.log((1 + reference.filter((value) => value >= score).length) / (normal.rows + 1));
      // Ten of 60: a twentieth would be too few.
      const from = reference[49]!;
      const excess = reference.slice(50).reduce((sum, value) => sum + (value - from) / 10, 0);
      own.forEach((score, i) => {
        expected[i]! -= (score > from ? logP(from) - (score - from) / excess : logP(score)) / 2;
      });
    }
    expect(Array.from(scores)).toEqual(Array.from(expected, (value) => expect.closeTo(value, 12)));
  });

  it("numbers that are given are scores, and members of an ensemble", async () => {
    const { normal, others } = known();
    const given = { residual: Float64Array.from({ length: 60 }, (_, i) => i) };
    const detector = await fitDetector(normal, { ...fast, method: "given", given });
    const own = { residual: [9, 100, 0, 59, 1, 2] };
    expect(Array.from(await scoreRows(detector, others, { ...fast, given: own }))).toEqual(own.residual);
    expect(Array.from(detector.calibration!.scores)).toEqual(Array.from(given.residual));
    const both = await fitDetector(normal, { ...uncalibrated, method: "ensemble", members: ["knn"], given });
    const quiet = await scoreRows(both, others, { ...fast, given: { residual: [0, 0, 0, 0, 0, 0] } });
    const loud = await scoreRows(both, others, { ...fast, given: { residual: [0, 99, 0, 0, 0, 0] } });
    // 0 to 59: beyond 49 the mean excess is 5.5, and 11 of 60 score at least 49.
    expect(loud[1]! - quiet[1]!).toBeCloseTo((Math.log(61 / 12) + 50 / 5.5) / 2, 12);
    expect(loud[0]).toBe(quiet[0]);
    await expect(scoreRows(both, others, fast)).rejects.toMatchObject({ code: "bad-option" });
    await expect(fitDetector(normal, { method: "given" })).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("an ensemble of members that fit their own rows closely", () => {
  it("tells strange rows apart, where counted p-values all end at 1 / (n + 1)", async () => {
    // As many columns as rows: no row that the covariance was not fitted to is as near to the mean as all of those that it was.
    const normal = gaussian(rng(31), 80, 80);
    const points = stackRows([
      gaussian(rng(32), 60, 80),
      mapMatrix(gaussian(rng(33), 60, 80), (value) => 1.25 * value),
    ]);
    const labels = Array.from({ length: 120 }, (_, i) => Number(i >= 60));
    const detector = await fitDetector(normal, {
      ...uncalibrated,
      method: "ensemble",
      members: ["mahalanobis"],
    });
    const [{ reference }] = detector.model.method === "ensemble" ? detector.model.members : [];
    const single = await scoreRows(
      await fitDetector(normal, { ...uncalibrated, method: "mahalanobis" }),
      points,
      fast,
    );
    const scores = await scoreRows(detector, points, fast);
    const area = (own: Float64Array) => evaluateScores(own, labels).rocAuc.value;
    expect(area(scores)).toBeCloseTo(area(single), 12);
    expect(area(scores)).toBeGreaterThan(0.9);
    const counted = single.map((score) => -Math.log(tailShare(reference!, score)));
    expect(area(counted)).toBeLessThan(area(scores) - 0.03);
    // Of the 60 strange rows.
    expect(new Set(counted.slice(60)).size).toBeLessThan(30);
    expect(new Set(scores.slice(60)).size).toBe(60);
  });

  it("scales of nearness are a fifth, one and four times the neighbours that are asked for, or what there is", async () => {
    const names = async (rows: number, nNeighbors?: number) => {
      const { model } = await fitDetector(gaussian(rng(34), rows, 2), {
        ...uncalibrated,
        method: "ensemble",
        ...(nNeighbors !== undefined && { nNeighbors }),
      });
      return model.method === "ensemble" ? model.members.map((member) => memberName(member.model)) : [];
    };
    expect(await names(100)).toEqual(["knn 1", "knn 5", "knn 20", "mahalanobis"]);
    expect(await names(100, 30)).toEqual(["knn 6", "knn 30", "knn 99", "mahalanobis"]);
    expect(await names(5)).toEqual(["knn 1", "knn 4", "mahalanobis"]);
  });
});

describe("local stretch", () => {
  /** Codes of points of a sheet in space, bent a little, and where they are. */
  const sheet = (random: ReturnType<typeof rng>, rows: number, lift: number) => {
    const codes = gaussian(random, rows, 2);
    const data = Float32Array.from({ length: rows * 3 }, (_, at) => {
      const [u, v] = row(codes, Math.floor(at / 3));
      return [u!, v!, 0.1 * u! * u! + lift][at % 3]!;
    });
    return { codes, originals: matrix(data, rows, 3) };
  };

  it("finds rows whose codes lie among those of rows that they are not near; the codes alone do not (control)", async () => {
    const random = rng(6);
    const normal = sheet(random, 400, 0);
    const [usual, lifted] = [sheet(random, 100, 0), sheet(random, 20, 1.5)];
    const codes = stackRows([usual.codes, lifted.codes]);
    const originals = stackRows([usual.originals, lifted.originals]);
    const labels = Array.from({ length: 120 }, (_, i) => i >= 100);
    const area = async (method: "stretch" | "knn") => {
      const detector = await fitDetector(normal.codes, {
        ...fast,
        method,
        originals: normal.originals,
        folds: 3,
      });
      const { evaluation } = await findAnomalies(detector, codes, { ...fast, originals, labels });
      return evaluation!.rocAuc.value;
    };
    expect(await area("stretch")).toBeGreaterThan(0.98);
    expect(await area("knn")).toBeLessThan(0.65);
  });

  it("is 0 where the space is isometric up to a scale, and is saved with its originals", async () => {
    const points = gaussian(rng(7), 150, 3);
    const codes = mapMatrix(rotate(points, rng(8)), (value) => 5 * value + 2);
    const part = (m: Matrix, start: number, end: number) => rowsOf(m, { start, end });
    const detector = await fitDetector(part(codes, 0, 100), {
      ...uncalibrated,
      method: "stretch",
      originals: part(points, 0, 100),
    });
    const again = unpackDetector(JSON.parse(JSON.stringify(packDetector(detector))));
    const scores = await scoreRows(again, part(codes, 100, 150), {
      ...fast,
      originals: part(points, 100, 150),
    });
    for (const score of scores) expect(score).toBeLessThan(1e-4);
    const shuffled = await scoreRows(again, part(codes, 100, 150), {
      ...fast,
      originals: part(points, 50, 100),
    });
    expect(shuffled.filter((score) => score > 0.1).length).toBeGreaterThan(40);
    await expect(scoreRows(again, part(codes, 0, 9), fast)).rejects.toMatchObject({ code: "bad-option" });
  });
});

describe("a detector", () => {
  const points = gaussian(rng(3), 260, 5);
  const normal = rowsOf(points, { start: 0, end: 200 });
  const fresh = rowsOf(points, { start: 200, end: 260 });

  it.each(DETECTOR_NAMES.filter((name) => name !== "given" && name !== "stretch"))(
    "%s: the same bytes on one thread and two, in a stream, and saved and read again",
    async (method) => {
      const options = { method, seed: 4, calibration: "split" } as const;
      const [one, two] = await Promise.all(
        [1, 2].map((threads) => fitDetector(normal, { ...options, threads })),
      );
      const saved = JSON.stringify(packDetector(one!));
      expect(JSON.stringify(packDetector(two!))).toBe(saved);
      const again = unpackDetector(JSON.parse(saved));
      const scores = await scoreRows(one!, fresh, { threads: 2 });
      expect(await scoreRows(again, fresh, { threads: 1 })).toEqual(scores);
      const streamed: number[] = [];
      for await (const block of scoreStream(again, rowsFromMatrix(fresh, 17), fast)) {
        expect(block.start).toBe(streamed.length);
        expect(block.pValues).toHaveLength(block.scores.length);
        streamed.push(...block.scores);
      }
      streamed.forEach((score, i) => {
        expect(score).toBeCloseTo(scores[i]!, 9);
      });
    },
  );

  it("sets half of the rows apart to calibrate, others with another seed", async () => {
    const [a, b] = [0, 1].map((seed) => fitDetector(normal, { ...fast, seed, calibration: "split" }));
    const { fitted, calibration } = await a!;
    expect(calibration?.scores).toHaveLength(100);
    const held = Int32Array.from({ length: 200 }, (_, i) => i).filter((i) => !fitted.includes(i));
    const single = await fitDetector(gatherRows(normal, fitted), uncalibrated);
    expect(calibration?.scores).toEqual((await scoreRows(single, gatherRows(normal, held), fast)).sort());
    expect((await b!).fitted).not.toEqual(fitted);
  });

  it("of few rows is calibrated by turns, each row by a detector that has not seen it", async () => {
    const detector = await fitDetector(normal, { ...fast, folds: 200 });
    expect(detector.calibration?.kind).toBe("cross");
    expect(detector.fitted).toHaveLength(200);
    // One fold for each row: its score is that among the others.
    const first = await fitDetector(rowsOf(normal, { start: 1, end: 200 }), uncalibrated);
    const [score] = await scoreRows(first, rowsOf(normal, { start: 0, end: 1 }), fast);
    expect(detector.calibration?.scores).toContain(score);
  });

  it("refuses what it cannot do, and says so", async () => {
    const broken = mapMatrix(normal, (value, col, row) => (row === 7 && col === 1 ? Number.NaN : value));
    const code = (value: string) => expect.objectContaining({ code: value });
    await expect(fitDetector(normal, { method: "lov" as "lof" })).rejects.toEqual(
      expect.objectContaining({ code: "bad-option", hint: "Did you mean lof?" }),
    );
    await expect(fitDetector(rowsOf(normal, { start: 0, end: 3 }))).rejects.toEqual(code("too-few-rows"));
    await expect(fitDetector(normal, { nNeighbors: 500 })).rejects.toEqual(code("bad-option"));
    await expect(fitDetector(normal, { metric: "chord" as "cosine" })).rejects.toEqual(code("bad-option"));
    await expect(fitDetector(normal, { method: "ensemble", members: [] })).rejects.toEqual(
      code("bad-option"),
    );
    await expect(scoreRows(await fitDetector(normal, uncalibrated), broken)).rejects.toEqual(
      code("non-finite"),
    );
    await expect(fitDetector(normal, { given: { a: [1] } })).rejects.toEqual(code("row-count-mismatch"));
    for (const method of ["knn", "lof", "mahalanobis", "reconstruction", "ensemble"] as const) {
      await expect(fitDetector(broken, { method, ...uncalibrated }), method).rejects.toEqual(
        code("non-finite"),
      );
    }
    const equal = matrix(new Float32Array(40).fill(2), 10, 4);
    await expect(fitDetector(equal, { method: "mahalanobis", ...uncalibrated })).rejects.toEqual(
      code("bad-value"),
    );
    const detector = await fitDetector(normal, uncalibrated);
    await expect(scoreRows(detector, gaussian(rng(1), 2, 4))).rejects.toEqual(code("bad-value"));
    const saved = packDetector(detector) as { detector: { cols: number } };
    expect(() => unpackDetector({ ...saved, version: 2 })).toThrow(code("bad-format"));
    expect(() => unpackDetector({ ...saved, detector: { ...saved.detector, cols: 4 } })).toThrow(
      code("bad-format"),
    );
    expect(() => unpackDetector(null)).toThrow(code("bad-format"));
  });
});

describe("a detector that is stopped", () => {
  const normal = gaussian(rng(9), 60, 3);

  it.each(["knn", "mahalanobis"] as const)(
    "%s: refuses to go on, in fits, scores and streams",
    async (method) => {
      const stopped = new AbortController();
      stopped.abort();
      const { signal } = stopped;
      const error = { code: "aborted" };
      await expect(fitDetector(normal, { method, signal })).rejects.toMatchObject(error);
      const detector = await fitDetector(normal, { ...fast, method });
      await expect(scoreRows(detector, normal, { signal })).rejects.toMatchObject(error);
      const stages: string[] = [];
      const stream = scoreStream(detector, rowsFromMatrix(normal, 20), {
        ...fast,
        onProgress: ({ stage, done, total }) => stages.push(`${stage} ${done}/${total}`),
      });
      for await (const _ of stream);
      expect(stages.filter((text) => text.startsWith("scoring"))).toEqual(
        [20, 40, 60].map((done) => `scoring ${done}/60`),
      );
      await expect(
        scoreStream(detector, rowsFromMatrix(normal, 20), { signal }).next(),
      ).rejects.toMatchObject(error);
    },
  );

  it("has scores for no rows, and for copies of normal rows", async () => {
    const detector = await fitDetector(normal, { ...fast, method: "lof" });
    expect(await scoreRows(detector, matrix([], 0, 3), fast)).toHaveLength(0);
    const copies = await fitDetector(matrix(new Float32Array(90).fill(1), 30, 3), {
      ...uncalibrated,
      method: "lof",
    });
    const [same, other] = await scoreRows(copies, matrix([1, 1, 1, 2, 2, 2], 2, 3), fast);
    expect(same).toBeCloseTo(1, 12);
    expect(other).toBeGreaterThan(1e6);
    expect(Number.isFinite(other)).toBe(true);
  });
});

describe("an explanation", () => {
  const random = rng(8);
  const normal = gaussian(random, 300, 6);
  /** A normal row with one dimension moved away. */
  const strange = mapMatrix(rowsOf(normal, { start: 17, end: 18 }), (value, col) => (col === 4 ? 7 : value));

  it.each(["knn", "lof", "mahalanobis", "reconstruction"] as const)(
    "%s: names the dimension that is strange",
    async (method) => {
      const detector = await fitDetector(normal, { ...fast, method, nComponents: 2, folds: 2 });
      const { dimensions, score, p } = await explainRow(detector, strange, fast);
      if (method !== "reconstruction") expect(dimensions[0]).toMatchObject({ dimension: 4, value: 7 });
      expect(score).toBe((await scoreRows(detector, strange, fast))[0]);
      expect(p).toBe(1 / 301);
      const all = (await explainRow(detector, strange, { ...fast, dimensions: 6 })).dimensions;
      expect(all.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 9);
    },
  );

  it("names the nearest normal rows by their numbers", async () => {
    const close = mapMatrix(rowsOf(normal, { start: 17, end: 18 }), (value) => value + 1e-3);
    const detector = await fitDetector(normal, { ...fast, calibration: "split", seed: 2 });
    const { neighbors } = await explainRow(detector, close, fast);
    const lengths = Array.from(detector.fitted, (id) => {
      const other = row(normal, id);
      return { row: id, distance: Math.hypot(...close.data.map((value, k) => value - other[k]!)) };
    });
    const nearest = lengths.sort((a, b) => a.distance - b.distance).slice(0, 5);
    expect(neighbors).toEqual(
      nearest.map(({ row, distance }) => ({ row, distance: expect.closeTo(distance, 5) })),
    );
    const none = await fitDetector(normal, { ...uncalibrated, method: "mahalanobis" });
    expect((await explainRow(none, close, fast)).neighbors).toBeNull();
    expect((await explainRow(none, close, { ...fast, normal })).neighbors?.[0]?.row).toBe(17);
  });

  it("of an ensemble says what each member thinks", async () => {
    const detector = await fitDetector(normal, { ...uncalibrated, method: "ensemble" });
    const { members, score, p } = await explainRow(detector, strange, fast);
    expect(members.map(({ name }) => name)).toEqual(["knn 1", "knn 5", "knn 20", "mahalanobis"]);
    expect(members.reduce((sum, { surprise }) => sum + surprise / 4, 0)).toBeCloseTo(score, 12);
    for (const { dimensions } of members) expect(dimensions[0]?.dimension).toBe(4);
    expect(p).toBeNull();
    // Control: a row in the middle is no stranger than others.
    const plain = await explainRow(detector, matrix([0, 0, 0, 0, 0, 0], 1, 6), fast);
    for (const member of plain.members) expect(member.p).toBeGreaterThan(0.5);
  });
});
