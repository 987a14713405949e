import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, type Progress, rng } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { findEngine } from "../../src/engine/index.ts";
import { symmetricEigenvalues } from "../../src/linalg/index.ts";
import { audit } from "../../src/measure/index.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { dot } from "../../src/optim/index.ts";
import { centred, standardised } from "../../src/reduce/constraints.ts";
import { dissimilarPairs } from "../../src/reduce/dissimilar-pairs.ts";
import { embed, evaluation } from "../../src/reduce/distortion-problem.ts";
import { DISTORTIONS, type DistortionName } from "../../src/reduce/distortions.ts";
import { symmetricGraph } from "../../src/reduce/fuzzy-graph.ts";
import { incidence } from "../../src/reduce/incidence.ts";
import { fitMde, MDE_LOSSES, type MdeOptions, transform } from "../../src/reduce/index.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const engine = await findEngine({ threads: 2 });
const options = { engine, seed: 0, unitRows: false };
const digits = await readMatrix(`${ROOT}examples/digits.npy`);
const counted = (count: number, of = (i: number) => i) => Int32Array.from({ length: count }, (_, i) => of(i));
const rowsOf = (from: number, count: number) =>
  gatherRows(
    digits,
    counted(count, (i) => from + i),
  );

function normals(seed: number, rows: number, cols: number): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => random.normal()),
    rows,
    cols,
  );
}

/** Points of a plane, turned into more dimensions. */
function flat(seed: number, rows: number, cols: number): Matrix {
  const z = normals(seed, rows, 2);
  const data = Float32Array.from({ length: rows * cols }, (_, at) => {
    const [i, k] = [Math.floor(at / cols), at % cols];
    return z.data[2 * i]! * Math.cos(k + 1) + z.data[2 * i + 1]! * Math.sin(2 * k + 1) + 10;
  });
  return matrix(data, rows, cols);
}

function distance({ data, cols }: Matrix, i: number, j: number): number {
  let square = 0;
  for (let k = 0; k < cols; k++) square += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
  return Math.sqrt(square);
}

const areNumbers = ({ data }: Matrix) => data.every(Number.isFinite);

/** The edges of a graph of nearest neighbours with random weights, as a term of that distortion. */
async function graphTerm(points: Matrix, k: number, distortion: DistortionName) {
  const found = await nearestNeighbors(points, points, { nNeighbors: k });
  const random = rng(8);
  const weights = Float32Array.from(found.ids, () => 0.5 + random.uniform());
  const graph = symmetricGraph(found, weights, (one, other) => one + other);
  return { distortion, starts: graph.starts, ids: graph.ids, values: graph.weights };
}

describe("distortions", () => {
  for (const name of Object.keys(DISTORTIONS) as DistortionName[]) {
    it(`${name} has its derivative`, () => {
      const { loss, force } = DISTORTIONS[name];
      for (const [s, value] of [
        [0.01, 1.3],
        [0.7, 0.4],
        [4, 1],
        [90, 2.5],
      ] as const) {
        const h = 1e-5 * s;
        const slope = (loss(s + h, value) - loss(s - h, value)) / (2 * h);
        // By s: f'(d) / 2d.
        expect(force(s, value) / 2).toBeCloseTo(slope, 5);
      }
      expect(Number.isFinite(loss(0, 1))).toBe(true);
      expect(Number.isFinite(force(0, 1))).toBe(true);
    });
  }
});

describe("constraints", () => {
  const z = Float64Array.from(normals(1, 40, 3).data);

  it("standardised places are around 0 with Z'Z / n = I, and stay", () => {
    const there = standardised.retract(z, 3);
    const column = (k: number) => there.filter((_, at) => at % 3 === k);
    for (let k = 0; k < 3; k++) {
      expect(column(k).reduce((sum, value) => sum + value, 0)).toBeCloseTo(0, 10);
      for (let l = 0; l < 3; l++) expect(dot(column(k), column(l)) / 40).toBeCloseTo(k === l ? 1 : 0, 10);
    }
    standardised.retract(there, 3).forEach((value, at) => {
      expect(value).toBeCloseTo(there[at]!, 10);
    });
  });

  for (const [name, constraint] of Object.entries({ standardised, centred })) {
    it(`the gradient along ${name} places is the derivative of the loss after the way back`, async () => {
      const points = normals(2, 40, 5);
      const terms = [await graphTerm(points, 6, "log1p"), await graphTerm(points, 3, "log")];
      const evaluate = evaluation({ terms, constraint }, 40, 3, options);
      const { at, gradient } = await evaluate(z);
      for (let way = 0; way < 4; way++) {
        const v = Float64Array.from(normals(3 + way, 40, 3).data);
        const along = async (t: number) => (await evaluate(at!.map((value, k) => value + t * v[k]!))).loss;
        const slope = ((await along(1e-5)) - (await along(-1e-5))) / 2e-5;
        expect(dot(gradient, v)).toBeCloseTo(slope, 6);
      }
    });
  }
});

describe("a problem of quadratic distortion, standardised", () => {
  it("is solved by the Laplacian's eigenvectors", async () => {
    const n = 150;
    const points = normals(4, n, 3);
    const term = await graphTerm(points, 8, "quadratic");
    const laplacian = new Float64Array(n * n);
    for (let i = 0; i < n; i++) {
      for (let at = term.starts[i]!; at < term.starts[i + 1]!; at++) {
        laplacian[i * n + i]! += term.values[at]!;
        laplacian[i * n + term.ids[at]!]! -= term.values[at]!;
      }
    }
    const values = symmetricEigenvalues(laplacian, n).toReversed();
    for (const d of [1, 2, 4]) {
      const sum = values.slice(1, d + 1).reduce((all, value) => all + value, 0);
      const best = (n * sum) / (term.ids.length / 2);
      const problem = { terms: [term], constraint: standardised };
      const own = { ...options, maxSteps: 500, tolerance: 1e-7 };
      const found = await embed(normals(5, n, d), problem, own);
      expect(found.converged).toBe(true);
      expect(Math.abs(found.distortion / best - 1)).toBeLessThan(1e-4);
      expect(found.distortion).toBeGreaterThan(best * (1 - 1e-6));
      expect(found.residual).toBeLessThan(1e-2 * best);
      // Control: a few steps are not enough.
      const early = await embed(normals(5, n, d), problem, { ...own, maxSteps: 3 });
      expect(early.converged).toBe(false);
      expect(early.distortion).toBeGreaterThan(1.1 * best);
    }
  });
});

describe("minimum-distortion embedding of distances", () => {
  const own: MdeOptions = { ...options, recipe: "distances" };

  for (const loss of MDE_LOSSES) {
    it(`of a plane is exact (${loss}), and new rows come where they belong`, async () => {
      const all = flat(1, 260, 6);
      const fit = await fitMde(gatherRows(all, counted(200)), 2, { ...own, loss });
      expect(fit.objective!.name).toBe("average distortion");
      expect(fit.objective!.value).toBeLessThan(1e-4);
      expect(fit.place).toBeNull();
      const placed = await transform(
        fit,
        gatherRows(
          all,
          counted(60, (i) => 200 + i),
        ),
        { engine },
      );
      const whole = matrix(Float32Array.from([...fit.codes!.data, ...placed.data]), 260, 2);
      let worst = 0;
      for (let i = 0; i < 260; i++) {
        for (let j = 0; j < i; j++)
          worst = Math.max(worst, Math.abs(distance(all, i, j) - distance(whole, i, j)));
      }
      expect(worst).toBeLessThan(0.02);
      // Control: one dimension is too few.
      const line = await fitMde(gatherRows(all, counted(200)), 1, { ...own, loss });
      expect(line.objective!.value).toBeGreaterThan(0.02);
    });
  }

  it("reports the average over all pairs, and lowers that of the start", async () => {
    const x = rowsOf(0, 201);
    const averageOf = (z: Matrix) => {
      let sum = 0;
      for (let i = 0; i < 201; i++)
        for (let j = 0; j < i; j++) sum += Math.abs(distance(x, i, j) - distance(z, i, j));
      return sum / (201 * 100);
    };
    const fit = await fitMde(x, 2, own);
    expect(fit.details.edges).toBe(201 * 100);
    expect(fit.objective!.value).toBeCloseTo(averageOf(fit.codes!), 4);
    const early = await fitMde(x, 2, { ...own, steps: 1 });
    expect(early.objective!.value).toBeGreaterThan(1.05 * fit.objective!.value);
  });
});

describe("minimum-distortion embedding of neighbours", () => {
  it("pushes pairs that have no edge", async () => {
    const found = await nearestNeighbors(rowsOf(0, 60), rowsOf(0, 60), { nNeighbors: 5 });
    const graph = symmetricGraph(found, new Float32Array(300).fill(1), (one, other) => one + other);
    const few = dissimilarPairs(graph, 500, rng(1));
    expect(few.heads).toHaveLength(500);
    few.heads.forEach((i, p) => {
      expect(graph.ids.subarray(graph.starts[i], graph.starts[i + 1])).not.toContain(few.tails[p]);
      expect(few.tails[p]).not.toBe(i);
    });
    expect(dissimilarPairs(graph, 1e9, rng(1)).heads).toHaveLength((60 * 59 - graph.ids.length) / 2);
    const { starts } = incidence(60, [few]);
    expect(starts[60]).toBe(1000);
  });

  it("keeps those of digits, standardised or not", async () => {
    const names = ["trustworthiness", "neighborRecall"] as const;
    const of = async (more: Partial<MdeOptions>) => {
      const fit = await fitMde(digits, 2, { ...options, ...more });
      const { scores } = await audit(digits, fit.codes!, { scores: names, exact: true });
      return { fit, trust: scores.trustworthiness!.value!, recall: scores.neighborRecall!.value! };
    };
    const [first, second] = [await of({ constraint: "standardised" }), await of({})];
    for (const { fit, trust, recall } of [first, second]) {
      expect(trust).toBeGreaterThan(0.968);
      expect(recall).toBeGreaterThan(0.42);
      expect(fit.converged).toBe(true);
      expect(fit.details.residual).toBeLessThan(1e-3);
    }
    const { data } = first.fit.codes!;
    let [xx, xy, yy] = [0, 0, 0];
    for (let at = 0; at < data.length; at += 2) {
      xx += data[at]! ** 2 / 1797;
      xy += (data[at]! * data[at + 1]!) / 1797;
      yy += data[at + 1]! ** 2 / 1797;
    }
    expect([xx, xy, yy].map((value) => Math.round(1e5 * value) / 1e5 + 0)).toEqual([1, 0, 1]);
    const control = await of({ steps: 1 });
    expect(control.recall).toBeLessThan(0.3);
    expect(control.fit.converged).toBe(false);
  });

  it("places a new row the same alone, near its neighbours, and moves no fitted one", async () => {
    const every = (isSeen: boolean) =>
      gatherRows(
        digits,
        counted(1500).filter((i) => i % 5 > 0 === isSeen),
      );
    const [seen, unseen] = [every(true), every(false)];
    const fit = await fitMde(seen, 2, options);
    const before = fit.codes!.data.slice();
    const batch = await transform(fit, unseen, { engine });
    const alone = await transform(fit, rowsOf(35, 1), { engine });
    expect(alone.data).toEqual(batch.data.slice(14, 16));
    expect(fit.codes!.data).toEqual(before);
    const recall = async (hi: Matrix, lo: Matrix, self: number) => {
      const k = 15 + self;
      const [a, b] = [
        await nearestNeighbors(hi, seen, { nNeighbors: k }),
        await nearestNeighbors(lo, fit.codes!, { nNeighbors: k }),
      ];
      let hits = 0;
      for (let i = 0; i < hi.rows; i++) {
        const own = new Set(a.ids.subarray(i * k + self, (i + 1) * k));
        for (const j of b.ids.subarray(i * k + self, (i + 1) * k)) hits += own.has(j) ? 1 : 0;
      }
      return hits / (hi.rows * 15);
    };
    const fitted = await recall(seen, fit.codes!, 1);
    expect(await recall(unseen, batch, 0)).toBeGreaterThan(0.9 * fitted);
    // Control: places of other rows.
    const others = gatherRows(
      batch,
      counted(300, (i) => (i + 50) % 300),
    );
    expect(await recall(unseen, others, 0)).toBeLessThan(0.3 * fitted);
  });

  it("holds one group far away and a graph in parts, and says that a spectral start does not", async () => {
    const x = normals(2, 300, 4);
    for (let at = 0; at < 30 * 4; at++) x.data[at]! += 1e4;
    for (const constraint of ["standardised", "centred"] as const) {
      const { codes } = await fitMde(x, 2, { ...options, constraint });
      const { scores } = await audit(x, codes!, { scores: ["trustworthiness"], exact: true });
      expect(scores.trustworthiness!.value).toBeGreaterThan(0.8);
    }
    await expect(fitMde(x, 2, { ...options, init: "spectral" })).rejects.toThrow(/2 parts/);
  });
});

describe("minimum-distortion embedding", () => {
  const RECIPES: readonly Partial<MdeOptions>[] = [
    { recipe: "neighbours" },
    { recipe: "neighbours", constraint: "standardised" },
    { recipe: "distances" },
  ];

  for (const recipe of RECIPES) {
    const name = Object.values(recipe).join(", ");

    it(`(${name}) is the same bits on any number of threads, and others at another seed`, async () => {
      const x = rowsOf(0, 300);
      const of = async (threads: number, seed = 0) => {
        const own = { ...options, ...recipe, seed, steps: 40, engine: await findEngine({ threads }) };
        return (await fitMde(x, 3, own)).codes!.data;
      };
      const one = await of(1);
      expect(await of(2)).toEqual(one);
      expect(await of(2, 1)).not.toEqual(one);
    });

    it(`(${name}) takes equal rows, rows that are all equal, few rows, and more dimensions than there are`, async () => {
      const own = { ...options, ...recipe };
      const twice = gatherRows(
        rowsOf(0, 40),
        counted(160, (i) => i % 40),
      );
      expect(areNumbers((await fitMde(twice, 2, own)).codes!)).toBe(true);
      const still = await fitMde(matrix(new Float32Array(120).fill(3), 40, 3), 2, own);
      expect(areNumbers(still.codes!)).toBe(true);
      const placed = await transform(still, matrix(Float32Array.of(3, 3, 3, 4, 3, 3), 2, 3), { engine });
      expect(areNumbers(placed)).toBe(true);
      for (const rows of [3, 7, 11])
        expect(areNumbers((await fitMde(normals(rows, rows, 4), 2, own)).codes!)).toBe(true);
      const wide = await fitMde(normals(9, 12, 3), 8, own);
      expect(wide.codes!.cols).toBe(8);
      expect(areNumbers(wide.codes!)).toBe(true);
      const few = fitMde(normals(9, 8, 3), 8, own);
      if (recipe.constraint === "standardised")
        await expect(few).rejects.toMatchObject({ code: "bad-option" });
      else expect(areNumbers((await few).codes!)).toBe(true);
    });
  }

  it("tells its distortion, ends when asked to, and refuses what has no meaning", async () => {
    const x = rowsOf(0, 200);
    const heard: Progress[] = [];
    const stop = new AbortController();
    const onProgress = (progress: Progress) => {
      // The start is fitted, too.
      if (progress.objective === undefined) return;
      heard.push(progress);
      if (progress.done === 12) stop.abort();
    };
    const fit = await fitMde(x, 2, { ...options, onProgress, stop: stop.signal });
    expect(fit.converged).toBe(false);
    expect(fit.iterations).toBe(12);
    expect(heard.at(-1)!.objective).toBe(fit.objective!.value);
    expect(heard[0]!.objective!).toBeGreaterThan(heard.at(-1)!.objective!);
    const wrong: Partial<MdeOptions>[] = [
      { nNeighbors: 0 },
      { repulsion: -1 },
      { recipe: "distances", init: "spectral" },
    ];
    for (const own of wrong) {
      await expect(fitMde(x, 2, { ...options, ...own })).rejects.toMatchObject({ code: "bad-option" });
    }
  });
});
