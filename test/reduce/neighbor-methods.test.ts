import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import {
  collectRows,
  gatherRows,
  type Matrix,
  matrix,
  type Progress,
  permutation,
  rng,
  rowsOf,
} from "../../src/base/index.ts";
import { readMapFile } from "../../src/data/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { makeSynthetic } from "../../src/data/synthetic/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { audit } from "../../src/measure/index.ts";
import { classicalScaling } from "../../src/reduce/classical-scaling.ts";
import {
  type Fit,
  type FitOptions,
  fitIsomap,
  fitTsne,
  fitUmap,
  placeRows,
  readNeighborMap,
  reduce,
  transform,
} from "../../src/reduce/index.ts";

const engine = await findEngine({ threads: 2 });
const digits = await readMatrix(new URL("../../examples/digits.npy", import.meta.url).pathname);
const classes = await readMatrix(new URL("../../examples/digits-labels.npy", import.meta.url).pathname);
const labels = Array.from(classes.data, String);
const options = { engine, seed: 0, unitRows: false };

type Fitted = (points: Matrix, options: FitOptions) => Promise<Fit>;
const METHODS: readonly (readonly [string, Fitted])[] = [
  ["umap", (points, own) => fitUmap(points, 2, { ...own, steps: 150 })],
  ["tsne", (points, own) => fitTsne(points, 2, { ...own, steps: 300 })],
  ["isomap", (points, own) => fitIsomap(points, 2, own)],
];

function normals(seed: number, rows: number, cols: number): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => random.normal()),
    rows,
    cols,
  );
}

async function scoresOf(
  x: Matrix,
  z: Matrix,
  names: readonly string[],
  own: readonly string[] | null = null,
) {
  const { scores } = await audit(x, z, { scores: names as never, exact: true, labels: own });
  return Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score.value!]));
}

describe.each(METHODS)("%s", (name, fitted) => {
  const some = rowsOf(digits, { start: 0, end: 400 });

  it("gives the same bytes on any number of threads, and others for another seed", async () => {
    const alone = await fitted(some, { ...options, engine: { ...engine, threads: 1 } });
    const three = await fitted(some, { ...options, engine: { ...engine, threads: 3 } });
    expect(three.codes).toEqual(alone.codes);
    // Of 400 rows Isomap has all as landmarks, and nothing is drawn but the start of Lanczos.
    if (name === "isomap") return;
    expect((await fitted(some, { ...options, seed: 1 })).codes).not.toEqual(alone.codes);
  });

  it("places rows that it never saw as well as those that it saw, one by one as in a batch, and moves none", async () => {
    // In any order: the last rows are of other writers.
    const mixed = gatherRows(digits, permutation(rng(1), 1797));
    const seen = rowsOf(mixed, { start: 0, end: 1500 });
    const others = rowsOf(mixed, { start: 1500, end: 1797 });
    const fit = await fitted(seen, options);
    const before = fit.codes!.data.slice();
    const placed = await transform(fit, others, { engine });
    expect(fit.codes!.data).toEqual(before);
    for (const i of [0, 17, 296]) {
      const alone = await transform(fit, gatherRows(others, Int32Array.of(i)), { engine });
      expect(alone.data).toEqual(placed.data.slice(2 * i, 2 * i + 2));
    }
    // Held out and seen, in one audit of all.
    const all = matrix(Float32Array.from([...before, ...placed.data]), 1797, 2);
    const { holdout } = await audit(mixed, all, {
      scores: ["neighborRecall"],
      holdout: Int32Array.from({ length: 297 }, (_, i) => 1500 + i),
    });
    const recall = (part: "heldOut" | "seen") => holdout![part].neighborRecall!.value!;
    expect(recall("heldOut")).toBeGreaterThan(0.9 * recall("seen"));
    // Placed anywhere, they have no neighbours.
    const shuffled = matrix(Float32Array.from([...before, ...placed.data.toReversed()]), 1797, 2);
    const wrong = await audit(mixed, shuffled, {
      scores: ["neighborRecall"],
      holdout: Int32Array.from({ length: 297 }, (_, i) => 1500 + i),
    });
    expect(wrong.holdout!.heldOut.neighborRecall!.value).toBeLessThan(0.5 * recall("seen"));
  });

  it("is the same map when it was saved and read", async () => {
    const fit = await fitted(some, options);
    const folder = await mkdtemp(join(tmpdir(), "isometer-map-"));
    try {
      await writeFile(join(folder, "any.name"), fit.save({ "isometer.method": name }));
      const file = (await readMapFile(join(folder, "any.name")))!;
      expect(file.metadata["isometer.method"]).toBe(name);
      const others = rowsOf(digits, { start: 400, end: 440 });
      const again = await placeRows(readNeighborMap(file.rows, file.codes, file.metadata), others, {
        engine,
      });
      expect(again).toEqual(await transform(fit, others, { engine }));
      // Pixels are whole numbers: a byte each, and 8 for the places.
      expect(fit.save({}).length).toBeLessThan(400 * (64 + 8) + 600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("has places for equal rows, constant data, few rows and as many dimensions as there are", async () => {
    const finite = (fit: Fit) => fit.codes!.data.every(Number.isFinite);
    const doubled = gatherRows(
      some,
      Int32Array.from({ length: 200 }, (_, i) => i % 50),
    );
    expect(finite(await fitted(doubled, options))).toBe(true);
    const constant = await fitted(matrix(new Float32Array(90).fill(3), 30, 3), options);
    expect(finite(constant)).toBe(true);
    const there = await transform(constant, matrix(Float32Array.of(3, 3, 3, 4, 3, 3), 2, 3), { engine });
    expect(there.data.every(Number.isFinite)).toBe(true);
    const few = await fitted(normals(3, 5, 4), options);
    expect(finite(few)).toBe(true);
    // It says that there are not as many neighbours.
    expect(few.warnings!.map(({ code }) => code)).toEqual(["fewer-neighbors"]);
    expect((await fitted(some, options)).warnings).toEqual([]);
    expect(finite(await fitted(normals(4, 2, 4), options))).toBe(true);
    expect(finite(await fitted(normals(5, 80, 2), options))).toBe(true);
  });

  it("keeps a group that is far away, and whose graph nothing joins, a group", async () => {
    const near = normals(6, 240, 5);
    const far = matrix(
      near.data.map((value, at) => value + (Math.floor(at / 5) >= 200 ? 1000 : 0)),
      240,
      5,
    );
    const fit = await fitted(far, options);
    expect(fit.codes!.data.every(Number.isFinite)).toBe(true);
    const { neighborhoodHit } = await scoresOf(
      far,
      fit.codes!,
      ["neighborhoodHit"],
      Array.from({ length: 240 }, (_, i) => (i < 200 ? "near" : "far")),
    );
    expect(neighborhoodHit).toBeGreaterThan(0.99);
    const codes = (fit.warnings ?? []).map(({ code }) => code);
    expect(codes).toEqual(name === "isomap" ? ["graph-in-parts"] : []);
  });

  it("keeps chords of rows scaled to length 1 under cosine, whatever their lengths", async () => {
    const longer = { ...some, data: some.data.map((value, at) => value * 2 ** (Math.floor(at / 64) % 3)) };
    const [a, b] = [
      await fitted(some, { ...options, unitRows: true }),
      await fitted(longer, { ...options, unitRows: true }),
    ];
    expect(b.codes!.data.every(Number.isFinite)).toBe(true);
    const { trustworthiness } = await scoresOf(a.codes!, b.codes!, ["trustworthiness"]);
    expect(trustworthiness).toBeGreaterThan(0.95);
  });

  it("keeps neighbourhoods of digits, which shuffled places do not", async () => {
    const fit = await fitted(digits, options);
    const { trustworthiness } = await scoresOf(digits, fit.codes!, ["trustworthiness"]);
    expect(trustworthiness).toBeGreaterThan(name === "isomap" ? 0.8 : 0.975);
    const order = Int32Array.from({ length: 1797 }, (_, i) => (i * 7) % 1797);
    const wrong = await scoresOf(digits, gatherRows(fit.codes!, order), ["trustworthiness"]);
    expect(wrong.trustworthiness).toBeLessThan(0.6);
  });

  it("stops with an error when it is told to", async () => {
    const controller = new AbortController();
    const onProgress = () => controller.abort();
    await expect(fitted(some, { ...options, onProgress, signal: controller.signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });
});

describe("layouts", () => {
  const some = rowsOf(digits, { start: 0, end: 500 });

  test.each([
    ["umap", (own: object) => fitUmap(some, 2, { ...options, ...own })],
    ["tsne", (own: object) => fitTsne(some, 2, { ...options, ...own })],
  ])(
    "%s lowers its objective, tells of it, and keeps what it has when it is asked to end",
    async (_, fitted) => {
      const told: Progress[] = [];
      const fit = await fitted({ onProgress: (progress: Progress) => told.push(progress) });
      const looks = told.filter(({ objective }) => objective !== undefined);
      expect(looks.length).toBeGreaterThanOrEqual(10);
      expect(fit.objective!.value).toBeLessThan(0.7 * looks[0]!.objective!);
      expect(fit.converged).toBe(true);
      expect(told.at(-1)).toMatchObject({ stage: "fitting", done: fit.iterations, total: fit.iterations });
      const controller = new AbortController();
      const early = await fitted({
        stop: controller.signal,
        onProgress: ({ stage, done }: Progress) => {
          if (stage === "fitting" && done === 40) controller.abort();
        },
      });
      expect(early).toMatchObject({ converged: false, iterations: 40 });
      expect(early.codes!.data.every(Number.isFinite)).toBe(true);
    },
  );

  it("start from the slowest vibrations of the graph, or anywhere; the first not of a graph in parts", async () => {
    const [slow, anywhere] = [
      await fitUmap(some, 2, { ...options, init: "spectral" }),
      await fitUmap(some, 2, { ...options, init: "random" }),
    ];
    for (const { codes } of [slow, anywhere]) {
      const { trustworthiness } = await scoresOf(some, codes!, ["trustworthiness"]);
      expect(trustworthiness).toBeGreaterThan(0.95);
    }
    const apart = matrix(
      normals(1, 100, 3).data.map((value, at) => value + (at < 150 ? 0 : 100)),
      100,
      3,
    );
    await expect(fitUmap(apart, 2, { ...options, init: "spectral", nNeighbors: 5 })).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining("in 2 parts"),
    });
  });

  test.each([
    ["umap", (stressWeight: number) => fitUmap(digits, 2, { ...options, steps: 200, stressWeight })],
    ["tsne", (stressWeight: number) => fitTsne(digits, 2, { ...options, steps: 400, stressWeight })],
  ])(
    "%s with a weight of stress keeps distances between groups, for some of the neighbourhoods",
    async (_, fitted) => {
      const scores = async (stressWeight: number) => {
        const { codes } = await fitted(stressWeight);
        return scoresOf(digits, codes!, ["distanceSpearman", "stress", "trustworthiness"]);
      };
      const [plain, some, most, all] = [
        await scores(0),
        await scores(0.3),
        await scores(0.9),
        await scores(1),
      ];
      expect(some.distanceSpearman).toBeGreaterThan(plain.distanceSpearman! + 0.05);
      expect(most.distanceSpearman).toBeGreaterThan(some.distanceSpearman!);
      expect(some.stress).toBeLessThan(plain.stress!);
      expect(most.stress).toBeLessThan(some.stress!);
      expect(some.trustworthiness).toBeGreaterThan(0.975);
      expect(most.trustworthiness).toBeLessThan(some.trustworthiness!);
      // Nothing but stress: neighbourhoods are those of any map that keeps distances, and the layout has a size.
      expect(all.trustworthiness).toBeLessThan(0.93);
      expect(all.distanceSpearman).toBeGreaterThan(plain.distanceSpearman!);
    },
  );

  it("of UMAP draw classes apart where it is given them", async () => {
    const own = labels.slice(0, 500);
    const mixed = own.map((_, i) => own[(i * 13 + 5) % 500]!);
    const separation = async (given: readonly string[] | null) => {
      const { codes } = await fitUmap(some, 2, { ...options, steps: 200, labels: given });
      return (await scoresOf(some, codes!, ["silhouette"], own)).silhouette!;
    };
    const [none, right, wrong] = [await separation(null), await separation(own), await separation(mixed)];
    expect(right).toBeGreaterThan(none + 0.05);
    expect(wrong).toBeLessThan(none);
  });

  it("of UMAP go to any number of dimensions, and keep more there; t-SNE says that it does not", async () => {
    const { codes } = await fitUmap(some, 5, { ...options, steps: 200 });
    const flat = await fitUmap(some, 2, { ...options, steps: 200 });
    const [five, two] = [
      await scoresOf(some, codes!, ["neighborRecall"]),
      await scoresOf(some, flat.codes!, ["neighborRecall"]),
    ];
    expect(five.neighborRecall).toBeGreaterThan(two.neighborRecall!);
    await expect(fitTsne(some, 3, options)).rejects.toMatchObject({ code: "bad-option" });
  });

  test("of umap: minDist sets how near rows lie", async () => {
    const nearest = async (minDist: number) => {
      const { codes } = await fitUmap(some, 2, { ...options, steps: 200, minDist });
      return meanNearest(codes!);
    };
    expect(await nearest(0.8)).toBeGreaterThan(2 * (await nearest(0)));
  });
});

function meanNearest({ data, rows }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let j = 0; j < rows; j++) {
      if (i !== j)
        least = Math.min(least, Math.hypot(data[2 * i]! - data[2 * j]!, data[2 * i + 1]! - data[2 * j + 1]!));
    }
    sum += least / rows;
  }
  return sum;
}

describe("isomap", () => {
  it("of straight lengths is PCA, up to signs: classical scaling", async () => {
    const x = normals(11, 120, 5);
    const stretched = { ...x, data: x.data.map((value, at) => value * 2 ** -(at % 5)) };
    const lengths = new Float64Array(120 * 120);
    for (let i = 0; i < 120; i++) {
      for (let j = 0; j < 120; j++) {
        let square = 0;
        for (let k = 0; k < 5; k++) square += (stretched.data[5 * i + k]! - stretched.data[5 * j + k]!) ** 2;
        lengths[120 * i + j] = Math.sqrt(square);
      }
    }
    const scaled = classicalScaling(lengths, 120, 2, rng(0));
    const { codes } = await reduce(stretched, { method: "pca" });
    // With all others as neighbours every path is one edge.
    const along = await fitIsomap(stretched, 2, { ...options, nNeighbors: 119 });
    for (let k = 0; k < 2; k++) {
      const own = (data: ArrayLike<number>) => Array.from({ length: 120 }, (_, i) => data[2 * i + k]!);
      for (const other of [scaled, along.codes!.data]) {
        const sign = Math.sign(own(codes.data)[0]! * own(other)[0]!);
        const off = own(codes.data).map((value, i) => Math.abs(value - sign * own(other)[i]!));
        expect(Math.max(...off)).toBeLessThan(2e-3);
      }
    }
  });

  it.each([0, 1, 2, 3, 4])(
    "recovers the parameters of a Swiss roll, which PCA does not, seed %i",
    async (seed) => {
      const roll = makeSynthetic("swiss-roll", { rows: 2000, seed });
      const [points, truth] = [await collectRows(roll.rows), await collectRows(roll.truth)];
      const fit = await fitIsomap(points, 2, { ...options, seed, nNeighbors: 10 });
      const { distanceSpearman } = await scoresOf(truth, fit.codes!, ["distanceSpearman"]);
      expect(distanceSpearman).toBeGreaterThan(0.99);
      expect(fit.objective!.value).toBeLessThan(0.01);
      expect((await scoresOf(truth, points, ["distanceSpearman"])).distanceSpearman).toBeLessThan(0.9);
    },
  );

  it("with fewer landmarks than rows places the others where all landmarks would", async () => {
    const plane = normals(9, 3000, 2);
    const flat = matrix(
      Float32Array.from({ length: 9000 }, (_, at) => {
        const [i, c] = [Math.floor(at / 3), at % 3];
        return c < 2 ? plane.data[2 * i + c]! : plane.data[2 * i]! + plane.data[2 * i + 1]!;
      }),
      3000,
      3,
    );
    const fit = await fitIsomap(flat, 2, { ...options, nNeighbors: 20 });
    expect(fit.details.landmarks).toBe(1000);
    const { distanceSpearman } = await scoresOf(flat, fit.codes!, ["distanceSpearman"]);
    expect(distanceSpearman).toBeGreaterThan(0.995);
  });
});
