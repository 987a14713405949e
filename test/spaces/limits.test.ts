import { describe, expect, it } from "vitest";
import {
  gatherRows,
  type Matrix,
  matrix,
  type Progress,
  permutation,
  rng,
  row,
} from "../../src/base/index.ts";
import { fitLloydMax, fitUniform, type Quantizer, quantize } from "../../src/reduce/quantize/index.ts";
import {
  compressionLimits,
  dimensionLadder,
  frontierOf,
  type LimitCell,
  type LimitMethod,
  type LimitsOptions,
  smallestEnough,
} from "../../src/spaces/limits/index.ts";
import { dealRows } from "../../src/spaces/limits/queries.ts";
import { gaussian, rotate } from "../matrices.ts";

const limitsOf = (points: Matrix, options: LimitsOptions = {}) =>
  compressionLimits(points, { threads: 2, ...options });

const cellOf = (cells: readonly LimitCell[], method: LimitMethod, dims: number, bits: number) =>
  cells.find((own) => own.method === method && own.dims === dims && own.bits === bits)!;

/** Rows of `rank` directions in `cols` dimensions, far from the origin. */
function ofRank(seed: number, rows: number, rank: number, cols: number): Matrix {
  const source = rng(seed);
  const [codes, directions] = [gaussian(source, rows, rank), gaussian(source, rank, cols)];
  const data = new Float32Array(rows * cols).fill(20);
  for (let i = 0; i < rows; i++)
    for (let r = 0; r < rank; r++)
      for (let k = 0; k < cols; k++)
        data[i * cols + k]! += codes.data[i * rank + r]! * directions.data[r * cols + k]!;
  return matrix(data, rows, cols);
}

describe("the limits of compression", () => {
  it.each(["euclidean", "cosine"] as const)(
    "lose nothing with all dimensions of 32 bits: %s",
    async (metric) => {
      const { cells } = await limitsOf(gaussian(rng(1), 400, 12), { metric, dims: [12], bits: [32, 16] });
      for (const method of ["pca", "truncate"] as const) {
        expect(cellOf(cells, method, 12, 32).recall.value).toBe(1);
        expect(cellOf(cells, method, 12, 32).error).toBeLessThan(2e-4);
        expect(cellOf(cells, method, 12, 16).recall.value).toBeGreaterThan(0.99);
      }
    },
  );

  it("need exactly as many dimensions as there are", async () => {
    const rank = 5;
    const { cells, chosen } = await limitsOf(ofRank(2, 600, rank, 16), { dims: [4, 5, 6], bits: [32] });
    expect(cellOf(cells, "pca", rank, 32).recall.value).toBeGreaterThan(0.995);
    expect(cellOf(cells, "pca", rank, 32).error).toBeLessThan(1e-3);
    expect(cellOf(cells, "pca", rank - 1, 32).recall.value).toBeLessThan(0.9);
    expect(cellOf(cells, "truncate", rank, 32).recall.value).toBeLessThan(0.99);
    expect(cells[chosen!.cell]).toMatchObject({ method: "pca", dims: rank, bytes: 20 });
    expect(chosen!.confirmed).toBe(true);
  });

  it("find no dimension to spare where all have as much variance", async () => {
    const { cells, chosen } = await limitsOf(gaussian(rng(3), 900, 16), {
      dims: [8, 12, 15, 16],
      bits: [32],
    });
    expect(chosen).toBeNull();
    expect(cellOf(cells, "pca", 15, 32).recall.interval[1]).toBeLessThan(0.95);
    expect(cellOf(cells, "pca", 16, 32).recall.value).toBe(1);
  });

  it("lose more with fewer bits and with fewer dimensions, but for noise", async () => {
    const spread = matrix(
      gaussian(rng(4), 900, 16).data.map((value, at) => value / (1 + (at % 16))),
      900,
      16,
    );
    const { cells } = await limitsOf(spread, { dims: [4, 8, 16] });
    for (const method of ["pca", "truncate"] as const) {
      for (const dims of [4, 8, 16]) {
        const own = cells.filter((cell) => cell.method === method && cell.dims === dims);
        expect(own.map(({ bits }) => bits)).toEqual([32, 16, 8, 4, 2, 1]);
        own.slice(1).forEach(({ recall, error }, i) => {
          expect(recall.value).toBeLessThanOrEqual(own[i]!.recall.interval[1] + 0.01);
          if (method === "pca") expect(error).toBeGreaterThanOrEqual(own[i]!.error - 1e-6);
        });
        expect(own.at(-1)!.recall.value).toBeLessThan(own[0]!.recall.value - 0.1);
      }
      expect(cellOf(cells, method, 8, 32).recall.value).toBeGreaterThan(
        cellOf(cells, method, 4, 32).recall.value,
      );
    }
  });

  it("are what all pairs say, in plain loops", async () => {
    const [points, k, dims] = [gaussian(rng(10), 160, 5), 3, 4];
    const { cells, queries: halves } = await limitsOf(points, { nNeighbors: k, dims: [dims], bits: [8, 2] });
    const random = rng(0).split("limits").split("queries");
    const { queries, training } = dealRows(160, { holdout: undefined, mostTraining: 160, random });
    const first = matrix(
      points.data.filter((_, at) => at % 5 < dims),
      160,
      dims,
    );
    const nearest = (from: Matrix, among: Matrix, q: number) =>
      Array.from({ length: 160 }, (_, i) => i)
        .filter((i) => i !== q)
        .map((i) => ({ i, far: Math.hypot(...row(from, q).map((value, c) => value - row(among, i)[c]!)) }))
        .sort((a, b) => a.far - b.far)
        .slice(0, k)
        .map(({ i }) => i);
    const recall = (quantizer: Quantizer, asked: Int32Array) => {
      const rounded = { ...first, data: first.data.slice() };
      quantize(rounded.data, dims, quantizer);
      const hits = Array.from(asked, (q) => {
        const truth = nearest(points, points, q);
        return nearest(first, rounded, q).filter((i) => truth.includes(i)).length / k;
      });
      return hits.reduce((sum, own) => sum + own, 0) / hits.length;
    };
    const fitted = gatherRows(first, training);
    const fresh = queries.subarray(halves.choosing);
    expect(cellOf(cells, "truncate", dims, 8).recall.value).toBeCloseTo(
      recall(fitUniform(fitted, 8), fresh),
      12,
    );
    const { placement, recall: found } = cellOf(cells, "truncate", dims, 2);
    const levels = placement === "uniform" ? fitUniform(fitted, 2) : fitLloydMax(fitted, 2);
    expect(found.value).toBeCloseTo(recall(levels, fresh), 12);
    expect(found.value).toBeLessThan(0.9);
  });

  it("tell how far they are, and stop when asked to", async () => {
    const points = gaussian(rng(11), 200, 6);
    const told: Progress[] = [];
    await limitsOf(points, { dims: [3, 6], bits: [8], onProgress: (progress) => told.push(progress) });
    const cells = told.filter(({ stage }) => stage === "compressing");
    expect(cells.map(({ done, total }) => [done, total])).toEqual([0, 3, 9, 12].map((done) => [done, 18]));
    const controller = new AbortController();
    const stopped = limitsOf(points, {
      dims: [3, 6],
      signal: controller.signal,
      onProgress: ({ done }) => {
        if (done === 3) controller.abort();
      },
    });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
  });

  it("do not hang on how the rows are turned, with PCA", async () => {
    const own = ofRank(5, 500, 6, 12);
    const options = { dims: [3], bits: [32] };
    const [straight, turned] = await Promise.all(
      [own, rotate(own, rng(9))].map((rows) => limitsOf(rows, options)),
    );
    const [one, other] = [straight!, turned!].map(({ cells }) => cellOf(cells, "pca", 3, 32).recall.value);
    expect(Math.abs(one! - other!)).toBeLessThan(0.01);
  });

  it("count equal rows as found, whichever of them is", async () => {
    const distinct = gaussian(rng(6), 60, 6);
    const data = new Float32Array(6 * 360);
    for (let copy = 0; copy < 6; copy++) data.set(distinct.data, copy * 360);
    const { cells } = await limitsOf(matrix(data, 360, 6), { nNeighbors: 3, dims: [6], bits: [32] });
    expect(cellOf(cells, "pca", 6, 32).recall.value).toBe(1);
  });

  it("look at originals again: recall can only grow, and 2 bits may be enough", async () => {
    const { cells, rescored, chosen } = await limitsOf(gaussian(rng(7), 800, 12), {
      dims: [12],
      bits: [8, 4, 2],
    });
    for (const own of cells) expect(own.rescored.value).toBeGreaterThanOrEqual(own.recall.value);
    expect(cells[rescored!.cell]!.bytes).toBeLessThan(cells[chosen!.cell]!.bytes);
  });

  it("give the same on one thread and two, and other queries by another seed", async () => {
    const points = gaussian(rng(8), 300, 8);
    const options = { dims: [4, 8], bits: [32, 2] };
    const of = async (more: LimitsOptions) => {
      const { cells, frontier, chosen } = await limitsOf(points, { ...options, ...more });
      return JSON.stringify({ cells, frontier, chosen });
    };
    const first = await of({ threads: 1 });
    expect(await of({ threads: 2 })).toBe(first);
    expect(await of({ seed: 1 })).not.toBe(first);
  });

  it("hold queries out and say what chance would find", async () => {
    const own = await limitsOf(gaussian(rng(9), 400, 6), {
      nNeighbors: 5,
      holdout: 0.1,
      dims: [6],
      bits: [8],
    });
    expect(own.queries).toEqual({ choosing: 20, reporting: 20 });
    expect(own.fitted).toBe(360);
    expect(own.null).toBeCloseTo(5 / 399, 12);
    const counts = [40, 300, 600, 1200, 9000].map(
      (rows) => dealRows(rows, { holdout: undefined, mostTraining: 50, random: rng(1) }).queries.length,
    );
    expect(counts).toEqual([20, 150, 200, 300, 1000]);
    const { queries, training } = dealRows(60, { holdout: 0.5, mostTraining: 99, random: rng(2) });
    expect([...queries, ...training].sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i));
    const scrambled = await limitsOf(gaussian(rng(9), 400, 6), { dims: [1], bits: [1] });
    expect(scrambled.cells[0]!.recall.value).toBeLessThan(0.15);
  });

  it("refuse what means nothing", async () => {
    const points = gaussian(rng(1), 100, 4);
    await expect(limitsOf(points, { target: 1.2 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(limitsOf(points, { dims: [5] })).rejects.toMatchObject({ code: "bad-option" });
    await expect(limitsOf(points, { dims: [] })).rejects.toMatchObject({ code: "bad-option" });
    await expect(limitsOf(points, { bits: [8, 3] })).rejects.toMatchObject({ code: "bad-option" });
    await expect(limitsOf(points, { nNeighbors: 99 })).rejects.toMatchObject({ code: "bad-option" });
    await expect(limitsOf(gaussian(rng(1), 15, 4), { nNeighbors: 3 })).rejects.toMatchObject({
      code: "too-few-rows",
    });
    await expect(limitsOf(matrix(new Float32Array(400), 100, 4), { metric: "cosine" })).rejects.toMatchObject(
      {
        code: "zero-vector",
      },
    );
    const signal = AbortSignal.abort();
    await expect(limitsOf(points, { signal })).rejects.toMatchObject({ code: "aborted" });
  });
});

describe("the choice among cells", () => {
  const half = (value: number, low: number) => {
    const share = { value, interval: [low, value] as const };
    return { recall: share, rescored: share };
  };
  const cell = (bytes: number, value: number, low: number, fresh = low): LimitCell => ({
    method: "pca",
    dims: bytes,
    bits: 8,
    placement: "uniform",
    bytes,
    compression: 1,
    error: 0,
    ...half(value, fresh),
    choosing: half(value, low),
  });

  it("is the fewest bytes that are above the target for sure", () => {
    const cells = [
      cell(64, 0.99, 0.98),
      cell(8, 0.96, 0.9),
      cell(16, 0.97, 0.955),
      cell(16, 0.975, 0.96, 0.94),
    ];
    expect(smallestEnough(cells, 0.95, "recall", 100)).toEqual({ cell: 3, confirmed: false });
    expect(smallestEnough(cells, 0.97, "recall", 100)).toEqual({ cell: 0, confirmed: true });
    expect(smallestEnough(cells, 0.97, "recall", 64)).toBeNull();
  });

  it("has a frontier on which more bytes find more", () => {
    const cells = [cell(8, 0.5, 0), cell(8, 0.6, 0), cell(16, 0.55, 0), cell(32, 0.6, 0), cell(64, 0.9, 0)];
    const shuffled = permutation(rng(1), cells.length);
    expect(frontierOf(cells, "recall")).toEqual([1, 4]);
    expect(
      frontierOf(
        Array.from(shuffled, (at) => cells[at]!),
        "recall",
      ).map((at) => shuffled[at]),
    ).toEqual([1, 4]);
  });

  it("begins with steps that may be of use", () => {
    expect(dimensionLadder(10)).toEqual([1, 2, 3, 4, 6, 8, 10]);
    expect(dimensionLadder(784)).toEqual([8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 784]);
  });
});
