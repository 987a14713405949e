import { describe, expect, test } from "vitest";
import { type Matrix, rng, sharedFloat32 } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { pictureEllipses, positionsOf } from "../../../src/spaces/explore/index.ts";
import { ellipseOf, localMetric } from "../../../src/spaces/explore/local-metric.ts";
import { mapped, normals, orderFrom, spaceOf } from "./data.ts";

const engine = await findEngine({ threads: 2 });
const plane = normals(900, 2, 0);
const turned = (angle: number, [a, b]: readonly [number, number]) => {
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return ([u = 0, v = 0]: Float32Array) => [a * cos * u - b * sin * v, a * sin * u + b * cos * v];
};
/** The plane in seven dimensions, without changing a length. */
const lifted = (points: Matrix): Matrix =>
  mapped(points, 7, ([u = 0, v = 0]) => [0.6 * u, v, 0, 0.8 * u, 0, 0, 0].map((value) => value + 3));

/** Ellipses differ by a half turn at most. */
const sameAngle = (a: number, b: number) => expect(Math.abs(Math.sin(a - b))).toBeLessThan(1e-4);

describe("ellipses of equal distance", () => {
  test.each([
    [0.3, [3, 1]],
    [1.2, [2, 0.5]],
    [-0.9, [5, 4]],
  ] as const)("are everywhere the image of a circle under a linear map (angle %f)", async (angle, axes) => {
    const picture = mapped(plane, 2, turned(angle, axes));
    const { ellipses, rows } = await pictureEllipses(picture, await spaceOf(lifted(plane)), { engine });
    expect(rows.length).toBe(900);
    const size = Math.sqrt(axes[0] * axes[1]);
    for (let i = 0; i < 900; i++) {
      expect(ellipses[3 * i]).toBeCloseTo(axes[0] / size, 3);
      expect(ellipses[3 * i + 1]).toBeCloseTo(axes[1] / size, 3);
      sameAngle(ellipses[3 * i + 2]!, angle);
    }
  });

  test("are equal circles for an isometry, and not for a map that is none (control)", async () => {
    const even = await pictureEllipses(mapped(plane, 2, turned(0.7, [1, 1])), await spaceOf(lifted(plane)), {
      engine,
    });
    for (let i = 0; i < 900; i++) {
      expect(even.ellipses[3 * i]).toBeCloseTo(1, 3);
      expect(even.ellipses[3 * i + 1]).toBeCloseTo(1, 3);
    }
    const bent = mapped(plane, 2, ([u = 0, v = 0]) => [Math.sinh(u), v]);
    const { ellipses } = await pictureEllipses(bent, await spaceOf(lifted(plane)), { engine });
    const longest = Array.from({ length: 900 }, (_, i) => ellipses[3 * i]! / ellipses[3 * i + 1]!);
    expect(Math.max(...longest)).toBeGreaterThan(2);
    expect(Math.min(...longest)).toBeLessThan(1.1);
  });

  test("follow a curved map: the axes are its derivative", async () => {
    const data = sharedFloat32(2 * 60 * 60).map((_, at) => {
      const cell = at >> 1;
      return (at % 2 === 0 ? cell % 60 : Math.floor(cell / 60)) / 60;
    });
    const square: Matrix = { data, rows: 3600, cols: 2 };
    // Drawn by (e^u, v): a step du is e^u long there, so ellipses have axes e^u and 1 along x and y.
    const picture = mapped(square, 2, ([u = 0, v = 0]) => [Math.exp(u), v]);
    const { ellipses } = await pictureEllipses(picture, await spaceOf(lifted(square)), { engine });
    for (let i = 0; i < 3600; i++) {
      const u = square.data[2 * i]!;
      const [a, b, angle] = ellipses.subarray(3 * i, 3 * i + 3);
      const inside = u > 0.1 && u < 0.9;
      if (!inside) continue;
      expect(a! / b!).toBeGreaterThan(0.97 * Math.exp(u));
      expect(a! / b!).toBeLessThan(1.03 * Math.exp(u));
      expect(Math.abs(Math.sin(angle!))).toBeLessThan(0.1);
    }
  });

  test("are those of the nearest rows of brute force, up to one factor", async () => {
    const bent = mapped(plane, 2, ([u = 0, v = 0]) => [Math.sinh(u), v + 0.3 * u * u]);
    const lift = lifted(plane);
    const { ellipses } = await pictureEllipses(bent, await spaceOf(lift), { engine, nNeighbors: 9 });
    const factors = [0, 17, 300, 899].flatMap((row) => {
      const near = [row, ...orderFrom(bent, row, "euclidean").slice(0, 9)];
      const [z, x] = [bent, lift].map(({ data, cols }) =>
        Float64Array.from(near.flatMap((id) => [...data.subarray(id * cols, (id + 1) * cols)])),
      );
      const [major, minor, angle] = ellipseOf(localMetric(z!, x!)!)!;
      sameAngle(ellipses[3 * row + 2]!, angle);
      return [ellipses[3 * row]! / major, ellipses[3 * row + 1]! / minor];
    });
    for (const factor of factors) expect(factor / factors[0]!).toBeCloseTo(1, 5);
    const one = { engine: await findEngine({ threads: 1 }), nNeighbors: 9 };
    expect((await pictureEllipses(bent, await spaceOf(lift), one)).ellipses).toEqual(ellipses);
  });

  test("are of directions under cosine: rows may have any length", async () => {
    const scales = rng(4).split("scales");
    const directions = mapped(plane, 3, ([u = 0, v = 0]) => [0.01 * u, 0.03 * v, 1]);
    const longer = mapped(directions, 3, (row) => {
      const scale = 1 + 9 * scales.uniform();
      return Array.from(row, (value) => value * scale);
    });
    const { ellipses } = await pictureEllipses(plane, await spaceOf(longer, "cosine"), { engine });
    const { ellipses: straight } = await pictureEllipses(plane, await spaceOf(longer), { engine });
    const worst = (of: Float32Array) =>
      Math.max(...Array.from({ length: 900 }, (_, i) => Math.abs(of[3 * i]! / of[3 * i + 1]! / 3 - 1) || 0));
    expect(worst(ellipses)).toBeLessThan(0.05);
    expect(worst(straight)).toBeGreaterThan(1);
  });

  test("of many rows are those of a sample; of rows on a line there are none", async () => {
    const x = await spaceOf(lifted(plane));
    const { ellipses, rows } = await pictureEllipses(plane, x, { engine, most: 100, seed: 2 });
    expect(rows.length).toBe(100);
    const drawn = new Set(rows);
    for (let i = 0; i < 900; i++) expect(Number.isFinite(ellipses[3 * i])).toBe(drawn.has(i));
    expect((await pictureEllipses(plane, x, { engine, most: 100, seed: 3 })).rows).not.toEqual(rows);
    const line = mapped(plane, 2, ([u = 0]) => [u, 2 * u]);
    const none = await pictureEllipses(line, x, { engine });
    expect(none.ellipses.every(Number.isNaN)).toBe(true);
    const signal = AbortSignal.abort();
    await expect(pictureEllipses(plane, x, { engine, signal })).rejects.toMatchObject({ code: "aborted" });
  });

  test("a metric is definite or there is no ellipse", () => {
    expect(ellipseOf([4, 0, 1])).toEqual([1, 0.5, Math.PI / 2]);
    expect(ellipseOf([1, 0, 4])![2] % Math.PI).toBeCloseTo(0, 12);
    expect(ellipseOf([1, 1, 1])).toBeNull();
    expect(ellipseOf([0, 0, 0])).toBeNull();
    // Noise across the plane is no length along it: the fit of squares would take it for some.
    const source = rng(1).split("noise");
    const z = Float64Array.from({ length: 4000 }, () => source.normal());
    const x = new Float64Array(2000 * 12).map((_, at) => {
      const [row, j] = [Math.floor(at / 12), at % 12];
      return j < 2 ? (j + 1) * z[2 * row + j]! : source.normal();
    });
    const [g11, g12, g22] = localMetric(z, x)!;
    expect(g11).toBeCloseTo(1, 1);
    expect(g12).toBeCloseTo(0, 1);
    expect(g22).toBeCloseTo(4, 1);
  });
});

describe("positions", () => {
  test("are the coordinates of two dimensions, and one along a line", async () => {
    const two = await positionsOf(plane, "cosine", { engine });
    expect(two).toMatchObject({ how: "as is", variance: 1 });
    expect(two.positions.data).toEqual(plane.data);
    const one = mapped(plane, 1, ([u = 0]) => [u]);
    const line = await positionsOf(one, "euclidean", { engine });
    expect(line.how).toBe("one line");
    const xs = line.positions.data.filter((_, at) => at % 2 === 0);
    const ys = line.positions.data.filter((_, at) => at % 2 === 1);
    expect(xs).toEqual(one.data);
    const span = Math.max(...xs) - Math.min(...xs);
    expect(Math.max(...ys) - Math.min(...ys)).toBeLessThanOrEqual(0.2 * span);
  });

  test("are principal components of more, with the share that is seen", async () => {
    const seen = await positionsOf(lifted(mapped(plane, 2, turned(0.4, [3, 1]))), "euclidean", { engine });
    expect(seen.how).toBe("PCA to 2");
    expect(seen.variance).toBeCloseTo(1, 6);
    const { data } = seen.positions;
    let [xx, xy, yy] = [0, 0, 0];
    for (let i = 0; i < 900; i++) {
      xx += data[2 * i]! ** 2 / 900;
      xy += (data[2 * i]! * data[2 * i + 1]!) / 900;
      yy += data[2 * i + 1]! ** 2 / 900;
    }
    expect(xx).toBeGreaterThan(5 * yy);
    expect(Math.abs(xy)).toBeLessThan(1e-3);
    expect((await positionsOf(normals(500, 9, 2), "euclidean", { engine })).variance).toBeLessThan(0.4);
    const flat = mapped(plane, 3, () => [1, 2, 3]);
    expect((await positionsOf(flat, "euclidean", { engine })).variance).toBe(1);
  });
});
