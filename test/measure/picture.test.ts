import { describe, expect, test } from "vitest";
import { type Matrix, matrix, rng } from "../../src/base/index.ts";
import { type AuditOptions, audit } from "../../src/measure/index.ts";

const random = rng(11);
const normal = (rows: number, cols: number): Matrix =>
  matrix(
    new Float32Array(rows * cols).map(() => random.normal()),
    rows,
    cols,
  );

async function pictureOf(x: Matrix, z: Matrix, options: AuditOptions = {}) {
  return (await audit(x, z, { nNeighbors: 8, picture: true, threads: 2, ...options })).picture!;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

/** Rows turned in the plane of the first two columns, and scaled. */
function turned({ data, rows, cols }: Matrix, scale: number): Matrix {
  const out = data.slice();
  for (let i = 0; i < rows; i++) {
    const [a, b] = [data[i * cols]!, data[i * cols + 1]!];
    out[i * cols] = 0.6 * a - 0.8 * b;
    out[i * cols + 1] = 0.8 * a + 0.6 * b;
  }
  return matrix(
    out.map((value) => value * scale),
    rows,
    cols,
  );
}

describe("a picture", () => {
  test("is gathered only where it is asked for", async () => {
    const x = normal(50, 4);
    expect((await audit(x, x, { nNeighbors: 5 })).picture).toBeUndefined();
  });

  test("is the same for the same seed, on any number of threads", async () => {
    const [x, z] = [normal(900, 6), normal(900, 4)];
    const [a, b, other] = [
      await pictureOf(x, z, { threads: 1 }),
      await pictureOf(x, z, { threads: 2 }),
      await pictureOf(x, z, { seed: 1 }),
    ];
    expect(JSON.stringify(b)).toBe(JSON.stringify(a));
    expect(JSON.stringify(other)).not.toBe(JSON.stringify(a));
  });

  test("counts every pair of a small set, and draws of a large one", async () => {
    const small = await pictureOf(normal(100, 5), normal(100, 2));
    expect(small.pairs).toMatchObject({ pairs: 4950, every: true });
    const large = await pictureOf(normal(700, 5), normal(700, 2));
    expect(large.pairs).toMatchObject({ pairs: 200_000, every: false });
    for (const { pairs } of [small, large]) {
      expect(sum(pairs.density.counts) + pairs.density.outside).toBe(pairs.pairs);
      for (const { counts, below, above, n } of pairs.bands) expect(sum(counts) + below + above).toBe(n);
      expect(pairs.bands.map(({ name }) => name)).toEqual(["near", "middle", "far"]);
    }
    expect(small.pairs.bands[0]!.n).toBe(800);
  });
});

describe("the pairs of an isometry", () => {
  test("lie on the line, and its histograms are one bin at 1", async () => {
    const x = normal(400, 5);
    const { pairs } = await pictureOf(x, turned(x, 3));
    expect(pairs.scale).toBeCloseTo(3, 4);
    const step = pairs.density.most[0] / pairs.density.cells[0];
    pairs.density.medians.forEach((median, i) => {
      if (median !== null) expect(Math.abs(median / 3 / step - (i + 0.5))).toBeLessThan(0.6);
    });
    for (const { counts, n } of pairs.bands) {
      const at = pairs.edges.findIndex((edge) => edge > 1.0001);
      expect(counts[at - 1]! + counts[at - 2]!).toBe(n);
    }
  });
});

describe("the map", () => {
  test("shows a latent of two dimensions as it is, all rows in order", async () => {
    const z = normal(300, 2);
    const { map } = await pictureOf(normal(300, 5), z);
    expect(map).toMatchObject({ from: "latent", explained: 1, rows: 300 });
    expect([...map!.points]).toEqual(Array.from({ length: 300 }, (_, i) => i));
    expect([...map!.at]).toEqual([...z.data]);
  });

  test("has equal circles for an isometry of many dimensions, the size of the scale", async () => {
    const x = normal(400, 6);
    const { map, fits } = await pictureOf(x, turned(x, 2));
    expect(map!.from).toBe("pca");
    expect(map!.explained).toBeGreaterThan(0.3);
    expect(map!.explained).toBeLessThan(0.6);
    expect(fits!.ratio).toBeCloseTo(1, 3);
    expect(fits!.size).toBeCloseTo(2, 3);
    expect(fits!.sizes[1] / fits!.sizes[0]).toBeCloseTo(1, 3);
    expect(map!.edges).toEqual([]);
    expect(map!.worst).toEqual([]);
  });

  test("under cosine has equal circles for rows that differ in length alone", async () => {
    const x = normal(400, 4);
    const scaled = matrix(
      x.data.map((value, i) => value * (1 + (Math.floor(i / 4) % 5))),
      400,
      4,
    );
    const { fits } = await pictureOf(x, scaled, { metric: "cosine", latentMetric: "cosine" });
    expect(fits!.ratio).toBeCloseTo(1, 3);
    const straight = await pictureOf(x, scaled);
    expect(straight.fits!.ratio).toBeGreaterThan(1.5);
  });

  test("has ellipses as long as a stretch along one axis", async () => {
    const x = normal(600, 2);
    const z = matrix(
      x.data.map((value, i) => (i % 2 === 0 ? 4 * value : value)),
      600,
      2,
    );
    const { map, fits } = await pictureOf(x, z);
    expect(fits!.ratio).toBeCloseTo(4, 3);
    for (const { angle } of map!.fits) expect(Math.abs(Math.sin(angle))).toBeLessThan(1e-3);
  });

  test("leads from the worst rows to neighbours that are wrong, and to no other", async () => {
    const [x, z] = [normal(200, 5), normal(200, 2)];
    const { map } = await pictureOf(x, z);
    const nearest = ({ data, cols }: Matrix, i: number) => {
      const distance = (j: number) =>
        Array.from({ length: cols }, (_, c) => (data[i * cols + c]! - data[j * cols + c]!) ** 2).reduce(
          (a, b) => a + b,
        );
      return Array.from({ length: 200 }, (_, j) => j)
        .filter((j) => j !== i)
        .sort((a, b) => distance(a) - distance(b))
        .slice(0, 8);
    };
    expect(map!.worst).toHaveLength(12);
    expect(map!.edges.length).toBeGreaterThan(40);
    for (const { kind, row, other, from, to } of map!.edges) {
      const [near, far] = kind === "false" ? [z, x] : [x, z];
      expect(nearest(near, row)).toContain(other);
      expect(nearest(far, row)).not.toContain(other);
      expect(from).toEqual([z.data[2 * row], z.data[2 * row + 1]]);
      expect(to).toEqual([z.data[2 * other], z.data[2 * other + 1]]);
    }
  });

  test("knows anchors alone where anchors were drawn, and shows other rows beside them", async () => {
    const { map } = await pictureOf(normal(800, 4), normal(800, 3), { sample: 100 });
    expect(map!.points).toHaveLength(800);
    expect(new Set(map!.points).size).toBe(800);
    expect([...map!.trust].filter((t) => !Number.isNaN(t))).toHaveLength(100);
    expect(map!.fits).toHaveLength(100);
  });

  test("has room for 5,000 rows", async () => {
    const { map } = await pictureOf(normal(6000, 3), normal(6000, 2), { sample: 50 });
    expect(map!.points).toHaveLength(5000);
    expect(new Set(map!.points).size).toBe(5000);
    expect([...map!.trust].filter((t) => !Number.isNaN(t))).toHaveLength(50);
  });

  test("is a line with random heights for a latent of one dimension", async () => {
    const { map, fits } = await pictureOf(normal(60, 3), normal(60, 1), { nNeighbors: 5 });
    expect(map).toMatchObject({ from: "line", fits: [] });
    expect(fits).toBeNull();
  });

  test("is none for a latent that PCA cannot take", async () => {
    const picture = await pictureOf(normal(20, 3), normal(20, 2049), { nNeighbors: 4 });
    expect(picture.map).toBeNull();
    expect(picture.fits).toBeNull();
  });
});

describe("what could go wrong", () => {
  test.each([
    ["three rows", matrix(Float32Array.from([0, 0, 1, 0, 0, 2]), 3, 2), 1],
    ["all distances equal", matrix(Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1]), 3, 3), 1],
    [
      "rows repeated",
      matrix(
        Float32Array.from({ length: 60 }, (_, i) => Math.floor(i / 20)),
        30,
        2,
      ),
      5,
    ],
    [
      "a constant column",
      matrix(
        Float32Array.from({ length: 60 }, (_, i) => (i % 2 ? 1 : i)),
        30,
        2,
      ),
      5,
    ],
  ])("%s", async (_, points, nNeighbors) => {
    const { pairs, map } = await pictureOf(points, points, { nNeighbors });
    expect(pairs.scale).toBeCloseTo(1, 4);
    expect(JSON.stringify({ pairs, edges: map!.edges, fits: map!.fits })).not.toMatch(/NaN/);
    expect(map!.at.every(Number.isFinite)).toBe(true);
  });

  test("only some scores were asked for", async () => {
    const [x, z] = [normal(80, 3), normal(80, 2)];
    const { pairs, map } = await pictureOf(x, z, { scores: ["distancePearson"] });
    expect(pairs.bands.map(({ name }) => name)).toEqual(["middle", "far"]);
    expect(map!.trust.every(Number.isNaN)).toBe(true);
    expect(map!.fits).toEqual([]);
  });
});
