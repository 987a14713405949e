import { describe, expect, it } from "vitest";
import { type Drift, type DriftOptions, drift, LEFT } from "../../src/align/drift.ts";
import { layUpon } from "../../src/align/drift-map.ts";
import { gatherRows, type Matrix, matrix, permutation, rng } from "../../src/base/index.ts";

/*
 * The laws of movement, with spaces whose truth is known; and its formula, in a slow twin.
 */

const K = 10;

interface Clustered {
  readonly x: Matrix;
  readonly groups: Int32Array;
}

/** n rows in 5 clusters of d dimensions, row i in cluster i mod 5. */
function clustered(n: number, d: number, apart: number, seed = 1): Clustered {
  const random = rng(seed);
  const centres = Float64Array.from({ length: 5 * d }, () => apart * random.normal());
  const data = Float32Array.from(
    { length: n * d },
    (_, p) => centres[(Math.floor(p / d) % 5) * d + (p % d)]! + random.normal(),
  );
  return { x: matrix(data, n, d), groups: Int32Array.from({ length: n }, (_, i) => i % 5) };
}

/** A random orthogonal matrix, row by row. */
function orthogonal(d: number, seed: number): Float64Array[] {
  const random = rng(seed);
  const rows: Float64Array[] = [];
  for (let i = 0; i < d; i++) {
    const v = new Float64Array(d).map(() => random.normal());
    for (const u of rows) {
      const along = u.reduce((sum, value, k) => sum + value * v[k]!, 0);
      for (let k = 0; k < d; k++) v[k]! -= along * u[k]!;
    }
    const length = Math.hypot(...v);
    rows.push(v.map((value) => value / length));
  }
  return rows;
}

/** Rows turned about a centre, scaled and shifted. */
function turned(
  { data, rows, cols }: Matrix,
  q: readonly Float64Array[],
  { scale = 1, shift = 0, centre = new Float64Array(cols) } = {},
): Matrix {
  const out = Float32Array.from({ length: rows * cols }, (_, p) => {
    const [i, k] = [Math.floor(p / cols), p % cols];
    let sum = 0;
    for (let j = 0; j < cols; j++) sum += q[k]![j]! * (data[i * cols + j]! - centre[j]!);
    return scale * sum + centre[k]! + shift;
  });
  return matrix(out, rows, cols);
}

/** x with the rows of `from` where `which` says so. */
function mixed(x: Matrix, from: Matrix, which: (row: number) => boolean): Matrix {
  const out = Float32Array.from(x.data, (value, p) =>
    which(Math.floor(p / x.cols)) ? from.data[p]! : value,
  );
  return matrix(out, x.rows, x.cols);
}

function look(before: Matrix, after: Matrix, options: DriftOptions = {}): Promise<Drift> {
  return drift(before, after, { nNeighbors: K, threads: 1, ...options });
}

const most = (values: Float64Array) => values.reduce((a, b) => Math.max(a, b), 0);

const SPACES = [
  ["3 dimensions", clustered(400, 3, 8)],
  ["40 dimensions", clustered(400, 40, 1)],
] as const;

describe.each(SPACES)("what is no drift, in %s", (_, { x, groups }) => {
  it("the same space: nothing moved, and every neighbour stayed", async () => {
    const { points, scores, regions, scale } = await look(x, x, { groups });
    expect([most(points.movement), scores.moved.value, most(points.shift), scale]).toEqual([0, 0, 0, 1]);
    expect(points.overlap.every((share) => share === 1)).toBe(true);
    expect(regions.map(({ kind }) => kind)).toEqual(new Array(5).fill("steady"));
  });

  it("a rotation, a shift and a scale", async () => {
    const moved = turned(x, orthogonal(x.cols, 2), { scale: 2.5, shift: 7 });
    const { points, scores, scale } = await look(x, moved, { groups });
    expect(most(points.movement)).toBeLessThan(1e-4);
    expect(most(points.shift)).toBeLessThan(1e-4);
    expect(scores.moved.value).toBe(0);
    expect(scale).toBeCloseTo(2.5, 4);
  });

  it("a cluster that turned as a whole: its rows did not move, and it moved together", async () => {
    const own = Array.from({ length: x.rows / 5 }, (_, i) => 5 * i);
    const centre = new Float64Array(x.cols);
    for (const i of own) {
      for (let k = 0; k < x.cols; k++) centre[k]! += x.data[i * x.cols + k]! / own.length;
    }
    const y = mixed(x, turned(x, orthogonal(x.cols, 3), { centre }), (row) => row % 5 === 0);
    const { points, scores, regions } = await look(x, y, { groups });
    // All but rows on the rim, whose neighbours are of other clusters.
    expect(scores.moved.value).toBeLessThan(0.01);
    expect(points.movement.toSorted()[380]).toBeLessThan(1e-3);
    expect(regions[0]).toMatchObject({ region: 0, kind: "together", rows: 80 });
    expect(regions.slice(1).map(({ kind }) => kind)).toEqual(new Array(4).fill("steady"));
    expect(regions[0]!.shift).toBeGreaterThan(0.15);
    expect(regions[1]!.shift).toBeLessThan(0.01);
  });

  it("a cluster that went elsewhere as a whole", async () => {
    const y = mixed(
      x,
      turned(
        x,
        orthogonal(x.cols, 4).map((_, k) => unit(x.cols, k)),
        { shift: 9 },
      ),
      (row) => {
        return row % 5 === 2;
      },
    );
    const { scores, regions } = await look(x, y, { groups });
    expect(scores.moved.value).toBeLessThan(0.02);
    expect(regions[0]).toMatchObject({ region: 2, kind: "together" });
  });
});

describe.each(SPACES)("a region that grew, in %s", (_, { x, groups }) => {
  it("is no drift, and is told by its stretch", async () => {
    const own = Array.from({ length: x.rows / 5 }, (_, i) => 5 * i + 1);
    const centre = new Float64Array(x.cols);
    for (const i of own) {
      for (let k = 0; k < x.cols; k++) centre[k]! += x.data[i * x.cols + k]! / own.length;
    }
    const same = orthogonal(x.cols, 4).map((_, k) => unit(x.cols, k));
    const y = mixed(x, turned(x, same, { centre, scale: 1.3 }), (row) => row % 5 === 1);
    const { regions, scores } = await look(x, y, { groups });
    const grown = regions.find(({ region }) => region === 1)!;
    expect(grown.movement).toBeLessThan(1e-3);
    expect(grown.stretch).toBeCloseTo(1.3, 3);
    expect(scores.moved.value).toBeLessThan(0.01);
  });
});

function unit(d: number, k: number): Float64Array {
  return new Float64Array(d).map((_, j) => Number(j === k));
}

describe.each(SPACES)("what is drift, in %s", (_, { x, groups }) => {
  it("single rows at the place of others are ranked first, and their neighbours did not move", async () => {
    const gone = [3, 50, 77, 201, 302];
    const random = rng(9);
    const there = gatherRows(
      x,
      Array.from({ length: x.rows }, (_, i) => (7 * i + 1) % x.rows),
    );
    const near = matrix(
      there.data.map((value) => value + 0.5 * random.normal()),
      x.rows,
      x.cols,
    );
    const { points, scores } = await look(
      x,
      mixed(x, near, (row) => gone.includes(row)),
      { groups },
    );
    const ranked = Array.from(points.movement.keys()).sort(
      (a, b) => points.movement[b]! - points.movement[a]!,
    );
    expect(ranked.slice(0, 5).sort((a, b) => a - b)).toEqual(gone);
    for (const row of gone) expect(points.movement[row]).toBeGreaterThan(LEFT);
    expect(points.movement[ranked[5]!]).toBeLessThan(1e-3);
    expect(scores.moved.value).toBe(5 / x.rows);
  });

  it("shuffled rows are at chance (control)", async () => {
    const y = gatherRows(x, permutation(rng(5), x.rows));
    const { scores, regions, points } = await look(x, y, { groups });
    expect(scores.movement.value).toBeGreaterThan(0.9);
    expect(scores.movement.value).toBeLessThan(1.1);
    expect(Math.abs(scores.movement.value - scores.movement.null)).toBeLessThan(0.05);
    expect(scores.moved.value).toBeGreaterThan(0.98);
    expect(scores.shift!.value).toBeGreaterThan(0.85);
    expect(regions.every(({ kind }) => kind === "drifted")).toBe(true);
    expect(points.overlap.reduce((sum, own) => sum + own, 0) / x.rows).toBeLessThan(0.06);
  });

  it("noise moves rows the further the more there is of it", async () => {
    const moves: number[] = [];
    for (const size of [0.1, 0.3, 1, 3]) {
      const random = rng(11);
      const y = matrix(
        x.data.map((value) => value + size * random.normal()),
        x.rows,
        x.cols,
      );
      moves.push((await look(x, y, { groups })).scores.movement.value);
    }
    expect(moves).toEqual(moves.toSorted((a, b) => a - b));
    expect(moves[0]).toBeLessThan(0.1);
    expect(moves[3]).toBeGreaterThan(0.4);
  });

  it("there and back are the same", async () => {
    const random = rng(12);
    const y = matrix(
      x.data.map((value) => value + 0.5 * random.normal()),
      x.rows,
      x.cols,
    );
    const [there, back] = [await look(x, y), await look(y, x)];
    expect(there.scale * back.scale).toBeCloseTo(1, 12);
    // But for distances below the floor, which is that of one of the spaces.
    const apart = there.points.factor.map((factor, i) => Math.abs(Math.log(factor / back.points.factor[i]!)));
    expect(apart.toSorted()[390]).toBeLessThan(1e-6);
  });
});

describe("the formula", () => {
  const { x } = clustered(120, 4, 3);
  const random = rng(21);
  const y = matrix(
    Float32Array.from({ length: 120 * 6 }, (_, p) => {
      const [i, k] = [Math.floor(p / 6), p % 6];
      return (k < 4 ? x.data[4 * i + k]! : 0) + 0.4 * random.normal();
    }),
    120,
    6,
  );

  it("is that of a slow twin, whatever the widths", async () => {
    const { points, scale } = await look(x, y);
    const [d, e] = [lengths(x), lengths(y)];
    const near = (all: Float64Array[], i: number) =>
      [...all.keys()]
        .filter((j) => j !== i)
        .sort((a, b) => all[i]![a]! - all[i]![b]! || a - b)
        .slice(0, K);
    const radii = (all: Float64Array[]) => all.map((own, i) => own[near(all, i)[K - 1]!]!);
    const [r, s] = [radii(d), radii(e)];
    const c = Math.exp(median(r.map((radius, i) => Math.log(s[i]! / radius))));
    expect(scale).toBeCloseTo(c, 6);
    const floor = 0.1 * Math.max(median(r), median(s) / c);
    const stretch = (i: number, j: number) =>
      Math.log(Math.max(e[i]![j]!, c * floor) / (c * Math.max(d[i]![j]!, floor)));
    const growth = (list: readonly number[]) =>
      median(list.flatMap((a, p) => list.slice(0, p).map((b) => stretch(a, b))));
    for (let i = 0; i < 120; i++) {
      const [g, h] = [growth(near(d, i)), growth(near(e, i))];
      const agreed = g * h <= 0 ? 0 : Math.abs(g) < Math.abs(h) ? g : h;
      const both = [...new Set([...near(d, i), ...near(e, i)])];
      const logs = both.map((j) => Math.abs(stretch(i, j) - agreed));
      expect(points.factor[i]).toBeCloseTo(Math.exp(median(logs)), 5);
      expect(points.overlap[i]).toBeCloseTo((2 * K - both.length) / K, 12);
    }
  });

  it("permuting both sides together permutes the answer", async () => {
    const order = permutation(rng(6), 120);
    const [plain, permuted] = [await look(x, y), await look(gatherRows(x, order), gatherRows(y, order))];
    expect(Array.from(permuted.points.factor)).toEqual(Array.from(order, (row) => plain.points.factor[row]));
    expect(permuted.scores.movement.value).toBeCloseTo(plain.scores.movement.value, 1);
  });

  it("anchors give what all rows give of them, with an interval around it", async () => {
    const anchors = Int32Array.from({ length: 60 }, (_, i) => 2 * i);
    const [all, some] = [await look(x, y), await look(x, y, { anchors })];
    expect(some.options.sample).toBe(60);
    expect(some.scores.movement).toMatchObject({ exact: false, sampled: { kind: "anchors", m: 60 }, n: 60 });
    // The scale is that of the anchors.
    const apart = some.points.factor.map((factor, s) => Math.abs(factor - all.points.factor[2 * s]!));
    expect(most(apart)).toBeLessThan(0.1);
    expect(Array.from(some.points.overlap)).toEqual(Array.from(anchors, (row) => all.points.overlap[row]));
    const [low, high] = some.scores.movement.interval;
    expect(low).toBeLessThan(all.scores.movement.value);
    expect(high).toBeGreaterThan(all.scores.movement.value);
  });

  it("does not depend on threads, and the seed moves chance alone", async () => {
    const [one, two] = [await look(x, y), await look(x, y, { threads: 2 })];
    expect(two.points).toEqual(one.points);
    const other = await look(x, y, { seed: 5 });
    expect(other.points.factor).toEqual(one.points.factor);
    expect(other.chance.movement).not.toBe(one.chance.movement);
  });

  it("copies of rows are at one place, and stay there", async () => {
    const twice = gatherRows(
      x,
      Int32Array.from({ length: 120 }, (_, i) => i % 30),
    );
    const { points, scores } = await look(twice, twice, { nNeighbors: 3 });
    expect([most(points.movement), scores.moved.value]).toEqual([0, 0]);
    const apart = matrix(
      twice.data.map((value) => value + 1e-3 * random.normal()),
      120,
      4,
    );
    expect(most((await look(twice, apart, { nNeighbors: 3 })).points.movement)).toBeLessThan(LEFT);
  });

  it("refuses other numbers of rows, and a k that leaves nothing", async () => {
    await expect(look(x, gatherRows(y, [0, 1, 2]))).rejects.toMatchObject({ code: "row-count-mismatch" });
    await expect(look(x, y, { nNeighbors: 119 })).rejects.toMatchObject({ code: "bad-option" });
  });
});

it("one map is laid upon another by rotation, mirror image, shift and scale", () => {
  const random = rng(8);
  const target = matrix(
    Float32Array.from({ length: 40 }, () => random.normal()),
    20,
    2,
  );
  const [c, s] = [Math.cos(1), Math.sin(1)];
  const away = Float32Array.from({ length: 40 }, (_, p) => {
    const [px, py] = [target.data[p - (p % 2)]!, -target.data[p - (p % 2) + 1]!];
    return 3 * (p % 2 === 0 ? c * px - s * py : s * px + c * py) + 5;
  });
  const back = layUpon(target, matrix(away, 20, 2));
  for (let p = 0; p < 40; p++) expect(back[p]).toBeCloseTo(target.data[p]!, 5);
});

function lengths({ data, rows, cols }: Matrix): Float64Array[] {
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from({ length: rows }, (_, j) => {
      let sum = 0;
      for (let k = 0; k < cols; k++) sum += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
      return Math.sqrt(sum);
    }),
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  return Number.isInteger(half) ? (sorted[half - 1]! + sorted[half]!) / 2 : sorted[Math.floor(half)]!;
}
