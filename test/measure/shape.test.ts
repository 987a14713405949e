import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Matrix, matrix, mean, permutation, rng } from "../../src/base/index.ts";
import { type AuditOptions, audit, type ScoreName, type SpaceShape } from "../../src/measure/index.ts";
import { connectedComponents } from "../../src/measure/shape/components.ts";
import { hubness } from "../../src/measure/shape/hubness.ts";
import type { Metric, Neighbors } from "../../src/neighbors/index.ts";
import { gaussian, mapMatrix, readMatrix, rotate } from "../matrices.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { shapes } = JSON.parse(readFileSync(`${root}test/fixtures/shape.json`, "utf8")) as {
  shapes: {
    name: string;
    k: number;
    metric: Metric;
    twoNN: number;
    mle: number;
    effectiveRank: number;
    participationRatio: number;
    anisotropy: number;
    concentration: number;
    dead: number[];
    hubness?: number;
    components?: number;
  }[];
};

const NEIGHBORS: readonly ScoreName[] = ["neighborRecall"];
const ALL: readonly ScoreName[] = ["neighborRecall", "stress", "linearCka"];

/** The shape of a space, compared with itself. */
async function shapeOf(
  x: Matrix,
  k: number,
  options: AuditOptions = {},
  scores: readonly ScoreName[] = ALL,
): Promise<SpaceShape> {
  const { metric = "euclidean" } = options;
  const { shape } = await audit(x, x, { latentMetric: metric, nNeighbors: k, scores, ...options });
  return shape.latent;
}

/** frac(sin(p) 43758.5453) at p = 1, 2, 3 ...: the "waves" of make-shape.py. */
function waves(rows: number, cols: number): Matrix {
  const values = Float32Array.from({ length: rows * cols }, (_, at) => {
    const value = Math.sin(at + 1) * 43758.5453;
    return value - Math.floor(value);
  });
  return matrix(values, rows, cols);
}

/** Normal points of a plane of `dimension` in `cols` dimensions. */
function plane(seed: number, rows: number, dimension: number, cols: number): Matrix {
  const flat = gaussian(rng(seed), rows, dimension);
  const data = new Float32Array(rows * cols);
  for (let i = 0; i < rows; i++) data.set(flat.data.subarray(i * dimension, (i + 1) * dimension), i * cols);
  return rotate(matrix(data, rows, cols), rng(seed + 1));
}

const values = (shape: SpaceShape) => ({
  twoNN: shape.intrinsicDimension!.twoNN!.value,
  mle: shape.intrinsicDimension!.mle!.value,
  effectiveRank: shape.effectiveRank!.value,
  participationRatio: shape.participationRatio!.value,
  anisotropy: shape.anisotropy!.value,
  concentration: shape.concentration!.value,
});

describe("the shape of a space", () => {
  it.each(shapes)("is that of the references: $name, k = $k, $metric", async (known) => {
    const x = known.name === "waves" ? waves(400, 6) : await readMatrix(`${root}examples/${known.name}.npy`);
    const shape = await shapeOf(x, known.k, { metric: known.metric });
    for (const [name, value] of Object.entries(values(shape))) {
      const expected = known[name as keyof ReturnType<typeof values>];
      expect(Math.abs(value / expected - 1), name).toBeLessThan(name === "anisotropy" ? 1e-5 : 3e-6);
    }
    expect(shape.collapse.deadDimensions.first).toEqual(known.dead);
    if (known.hubness === undefined) return;
    expect(shape.hubness!.value).toBeCloseTo(known.hubness, 9);
    expect(shape.components).toBe(known.components);
  });

  it("does not change with rotation, scale and (but for angles) shift, and is the same on any number of threads", async () => {
    const x = plane(3, 500, 4, 6);
    const before = values(await shapeOf(x, 8, { threads: 1 }));
    expect(values(await shapeOf(x, 8, { threads: 3 }))).toEqual(before);
    const after = values(
      await shapeOf(
        mapMatrix(rotate(x, rng(5)), (value) => value * 1000),
        8,
      ),
    );
    for (const [name, value] of Object.entries(after))
      expect(Math.abs(value - before[name as keyof typeof before]), name).toBeLessThan(2e-4);
  });

  it("is null where nothing was asked for that tells it", async () => {
    const x = gaussian(rng(1), 50, 3);
    const shape = await shapeOf(x, 5, {}, ["stress"]);
    expect(shape).toMatchObject({
      intrinsicDimension: null,
      hubness: null,
      components: null,
      effectiveRank: null,
    });
    expect(shape.concentration).not.toBeNull();
    expect(shape.anisotropy!.n).toBe(1225);
  });

  it("has numbers, or null, of three rows and one neighbour", async () => {
    const shape = await shapeOf(gaussian(rng(1), 3, 2), 1);
    expect(shape.intrinsicDimension).toEqual({ twoNN: null, mle: null, duplicates: 0 });
    expect(Number.isFinite(shape.hubness!.value)).toBe(true);
    expect(shape.components).toBe(1);
    expect(shape.effectiveRank!.value).toBeGreaterThanOrEqual(1);
    expect(Number.isFinite(shape.concentration!.value)).toBe(true);
  });
});

describe("intrinsic dimension", () => {
  it("of a 3-dimensional plane in 20-D is 3, and the interval holds it about as often as it says", async () => {
    const runs = 120;
    const shapes: SpaceShape[] = [];
    for (let seed = 0; seed < runs; seed++)
      shapes.push(await shapeOf(plane(100 + seed, 400, 3, 20), 10, {}, NEIGHBORS));
    const found = (name: "twoNN" | "mle") => shapes.map((shape) => shape.intrinsicDimension![name]!);
    const holds = (name: "twoNN" | "mle", truth: number) =>
      mean(found(name).map(({ interval: [low, high] }) => (low <= truth && truth <= high ? 1 : 0)));
    expect(Math.abs(mean(found("twoNN").map(({ value }) => value)) - 3)).toBeLessThan(0.12);
    expect(holds("twoNN", 3)).toBeGreaterThan(0.9);
    // The likelihood of 10 neighbours sees the density fall off: its interval is one for what it sees.
    const seen = mean(found("mle").map(({ value }) => value));
    expect(Math.abs(seen - 3)).toBeLessThan(0.2);
    expect(holds("mle", seen)).toBeGreaterThan(0.9);
    // Controls: another dimension is not held, and intervals are not so wide that they hold anything.
    expect(holds("twoNN", 4)).toBeLessThan(0.1);
    expect(holds("mle", 4)).toBe(0);
  });

  it("of anchors is that of all rows, less sharp", async () => {
    const x = plane(7, 3000, 3, 8);
    const all = (await shapeOf(x, 10, {}, NEIGHBORS)).intrinsicDimension!;
    const some = (await shapeOf(x, 10, { sample: 300 }, NEIGHBORS)).intrinsicDimension!;
    for (const name of ["twoNN", "mle"] as const) {
      const width = ({ interval: [low, high] }: { interval: readonly [number, number] }) => high - low;
      expect(width(some[name]!)).toBeGreaterThan(1.5 * width(all[name]!));
      expect(some[name]!.interval[0]).toBeLessThan(all[name]!.value);
      expect(some[name]!.interval[1]).toBeGreaterThan(all[name]!.value);
      expect(some[name]!.sampled).toEqual({ kind: "anchors", m: 300 });
    }
  });

  it("drops rows that repeat, and counts them", async () => {
    const once = plane(8, 400, 3, 5);
    const twice = matrix([...once.data, ...once.data.subarray(0, 50 * 5)], 450, 5);
    const found = (await shapeOf(twice, 10, {}, NEIGHBORS)).intrinsicDimension!;
    expect(found.duplicates).toBe(100);
    expect(found.twoNN!.n).toBe(350);
    expect(found.mle!.n).toBe(450);
    expect(Math.abs(found.mle!.value - 3)).toBeLessThan(0.5);
    const copies = matrix([...once.data, ...once.data], 800, 5);
    expect((await shapeOf(copies, 1, {}, NEIGHBORS)).intrinsicDimension!.twoNN).toBeNull();
    // On a line of equal steps all ratios tie at 1 or 2; on the corners of a simplex all are 1, and there is no number.
    const corners = matrix(
      Float32Array.from({ length: 100 }, (_, at) => (at % 11 === 0 ? 1 : 0)),
      10,
      10,
    );
    expect((await shapeOf(corners, 4, {}, NEIGHBORS)).intrinsicDimension!.mle).toBeNull();
  });
});

describe("hubness", () => {
  const k = 8;

  it("is seen without bias from anchors, and the interval holds that of all rows", async () => {
    const rows = 1500;
    const lists = nearestOf(gaussian(rng(11), rows, 12), k);
    const layout = (m: number, seed: number) => {
      const anchors = permutation(rng(seed), rows).slice(0, m).sort();
      const ids = Int32Array.from(
        { length: m * k },
        (_, at) => lists.ids[anchors[Math.floor(at / k)]! * k + (at % k)]!,
      );
      const sampling = { exact: false, sampled: { kind: "anchors", m } } as const;
      return { neighbors: { ...lists, ids }, anchored: { rows, anchors, isExact: false, sampling } };
    };
    const anchors = Int32Array.from({ length: rows }, (_, i) => i);
    const truth = hubness(lists, { rows, anchors, isExact: true, sampling: { exact: true } }, rng(0))!;
    expect(truth.value).toBeGreaterThan(1);
    expect(truth.interval).toEqual([truth.value, truth.value]);
    const runs = Array.from({ length: 300 }, (_, seed) => {
      const { neighbors, anchored } = layout(500, seed);
      return hubness(neighbors, anchored, rng(seed))!;
    });
    const held = mean(
      runs.map(({ interval: [low, high] }) => (low <= truth.value && truth.value <= high ? 1 : 0)),
    );
    expect(held).toBeGreaterThan(0.9);
    const values = runs.map(({ value }) => value);
    expect(Math.abs(mean(values) / truth.value - 1)).toBeLessThan(0.05);
    const widths = runs.map(({ interval: [low, high] }) => high - low);
    expect(mean(widths)).toBeLessThan(2 * truth.value);
  });

  it("is 0 where all are found alike, and large where one row is found by all", async () => {
    const ring = matrix(
      Float32Array.from({ length: 80 }, (_, at) => {
        const angle = (2 * Math.PI * Math.floor(at / 2)) / 40;
        return at % 2 ? Math.sin(angle) : Math.cos(angle);
      }),
      40,
      2,
    );
    expect(Math.abs((await shapeOf(ring, 2, {}, NEIGHBORS)).hubness!.value)).toBeLessThan(0.5);
    // Corners of a simplex are nearer to its middle than to each other.
    const star = matrix(
      Float32Array.from({ length: 41 * 40 }, (_, at) => (Math.floor(at / 40) === at % 40 ? 1 : 0)),
      41,
      40,
    );
    expect((await shapeOf(star, 1, {}, NEIGHBORS)).hubness!.value).toBeGreaterThan(5);
  });
});

/** k nearest by brute force, euclidean. */
function nearestOf(x: Matrix, k: number): Neighbors {
  const ids = new Int32Array(x.rows * k);
  const orders = new Float64Array(x.rows * k);
  for (let i = 0; i < x.rows; i++) {
    const all = Array.from({ length: x.rows }, (_, j) => {
      let order = 0;
      for (let c = 0; c < x.cols; c++) order += (x.data[i * x.cols + c]! - x.data[j * x.cols + c]!) ** 2;
      return { j, order };
    });
    const near = all
      .filter(({ j }) => j !== i)
      .sort((a, b) => a.order - b.order)
      .slice(0, k);
    near.forEach(({ j, order }, q) => {
      ids[i * k + q] = j;
      orders[i * k + q] = order;
    });
  }
  return { k, ids, orders };
}

describe("spectrum", () => {
  it("of isotropic points has about as many directions as there are, of a plane only its own", async () => {
    const round = await shapeOf(gaussian(rng(21), 4000, 10), 5);
    expect(Math.abs(round.participationRatio!.value - 10)).toBeLessThan(0.2);
    expect(Math.abs(round.effectiveRank!.value - 10)).toBeLessThan(0.1);
    const flat = await shapeOf(plane(22, 1000, 3, 60), 5);
    expect(Math.abs(flat.participationRatio!.value - 3)).toBeLessThan(0.1);
    // Rounding fills the other 57 directions with next to nothing.
    expect(Math.abs(flat.effectiveRank!.value - 3)).toBeLessThan(0.1);
  });

  it("of more than 2,048 dimensions comes from landmark rows, and says so", async () => {
    const x = mapMatrix(gaussian(rng(23), 1100, 2060), (value, col) => value / (1 + col));
    const shape = await shapeOf(x, 3, { sample: 100 }, ["linearCka"]);
    const ratio = shape.participationRatio!;
    expect(ratio.sampled).toEqual({ kind: "landmarks", m: 1000 });
    // Of variances 1 / (1 + col)^2: (sum)^2 / sum of squares = 2.5 (over all rows a little less sharp).
    expect(Math.abs(ratio.value - 2.5)).toBeLessThan(0.3);
    expect(ratio.interval[0]).toBeLessThan(ratio.value);
    expect(shape.effectiveRank!.exact).toBe(false);
    expect(shape.collapse.duplicateDimensions).toBeNull();
    expect(shape.collapse.deadDimensions.count).toBe(0);
  });
});

describe("anisotropy and distance spread", () => {
  it("are by brute force what they are", async () => {
    const x = mapMatrix(gaussian(rng(31), 60, 4), (value, col, row) => (row === 7 ? 0 : value + col));
    const shape = await shapeOf(x, 3);
    let [cosines, pairs] = [0, 0];
    for (let i = 0; i < 60; i++) {
      for (let j = 0; j < i; j++) {
        if (i === 7 || j === 7) continue;
        const a = x.data.subarray(i * 4, i * 4 + 4);
        const b = x.data.subarray(j * 4, j * 4 + 4);
        cosines += a.reduce((sum, value, c) => sum + value * b[c]!, 0) / Math.hypot(...a) / Math.hypot(...b);
        pairs++;
      }
    }
    expect(shape.anisotropy!.value).toBeCloseTo(cosines / pairs, 9);
    expect(shape.anisotropy!.n).toBe(pairs);
    expect(shape.zeroRows).toBe(1);
  });

  it("fall with dimension, and the interval of a sample holds the spread of all", async () => {
    const spread = async (cols: number, options: AuditOptions = {}) =>
      (await shapeOf(gaussian(rng(32), 1500, cols), 3, options, ["stress"])).concentration!;
    const [low, high] = [await spread(2), await spread(200)];
    expect(high.value).toBeLessThan(low.value / 5);
    const some = await spread(2, { sample: 200 });
    expect(some.interval[0]).toBeLessThan(low.value);
    expect(some.interval[1]).toBeGreaterThan(low.value);
  });
});

describe("components", () => {
  it("are counted on the graph of nearest rows", async () => {
    const clusters = mapMatrix(gaussian(rng(41), 90, 2), (value, _, row) => value + 100 * (row % 3));
    expect((await shapeOf(clusters, 5, {}, NEIGHBORS)).components).toBe(3);
    expect((await shapeOf(gaussian(rng(41), 90, 2), 5, {}, NEIGHBORS)).components).toBe(1);
    expect((await shapeOf(clusters, 5, { sample: 40 }, NEIGHBORS)).components).toBeNull();
    // 0 - 1, 2 - 3, and 4 finds 1: lists count whichever way they point.
    expect(
      connectedComponents({ k: 1, ids: Int32Array.of(1, 0, 3, 2, 1), orders: new Float64Array(5) }),
    ).toBe(2);
  });
});

describe("collapse", () => {
  it("reports dead and copied dimensions, and a constant space", async () => {
    const x = mapMatrix(gaussian(rng(51), 200, 6), (value, col) => (col === 2 ? 0.1 : value));
    for (let i = 0; i < 200; i++) {
      x.data[i * 6 + 4] = 3 - 2 * x.data[i * 6 + 1]!;
      x.data[i * 6 + 5] = 1e-8 * x.data[i * 6]!;
    }
    const { collapse } = await shapeOf(x, 5);
    expect(collapse).toEqual({
      constant: false,
      deadDimensions: { count: 2, first: [2, 5] },
      duplicateDimensions: { count: 1, first: [[1, 4]] },
    });
    const healthy = await shapeOf(gaussian(rng(52), 200, 6), 5);
    expect(healthy.collapse.deadDimensions.count).toBe(0);
    expect(healthy.collapse.duplicateDimensions!.count).toBe(0);

    const constant = await shapeOf(
      mapMatrix(x, () => 0.3),
      5,
      {},
      ["linearCka", "neighborRecall"],
    );
    expect(constant.collapse.constant).toBe(true);
    expect(constant.collapse.deadDimensions.count).toBe(6);
    expect(constant).toMatchObject({ effectiveRank: null, participationRatio: null });
    expect(constant.intrinsicDimension!.twoNN).toBeNull();
    expect(constant.anisotropy!.value).toBeCloseTo(1, 12);
  });
});
