import { describe, expect, it } from "vitest";
import { matrix, rng, row } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import * as graph from "../../../src/graph/index.ts";
import {
  framesAlong,
  measurePath,
  morph,
  openSpaced,
  type Path,
  straightPath,
} from "../../../src/spaces/morph/index.ts";
import { stepLengths } from "../../../src/spaces/morph/path.ts";
import { arc, column, decoderOf, float, modelOf, perceptron, side } from "./models.ts";

const engine = await findEngine({ threads: 1 });
const spaced = (rows: Parameters<typeof openSpaced>[0]) => openSpaced(rows, { engine, seed: 0 });
const line = matrix(
  Float32Array.from({ length: 11 }, (_, i) => i / 10),
  11,
  1,
);
const square = (x: graph.Expression) => graph.mul(x, x);
/** Turns over at .5 within a hundredth. */
const switched = (x: graph.Expression) => graph.tanh(graph.mul(graph.sub(x, float(0.5)), float(200)));

describe("what a path is like", () => {
  it("steps of t^2 have lengths 1, 3, 5, ...: a ratio of 2 n - 1", async () => {
    const decoder = await decoderOf(1, square);
    const setting = { decoder, data: await spaced(line), codes: null };
    const found = await measurePath(straightPath([0], [1]), setting, { segments: 16 });
    expect(found.stepRatio).toBeCloseTo(31, 3);
    expect(found.length).toBeCloseTo(1, 5);
    expect(found.chord).toBeCloseTo(1, 6);
    expect(found.bend).toBeCloseTo(1, 5);
    expect(found.jumps).toEqual([]);
    // Without a decoder steps are equal.
    const plain = await measurePath(straightPath([0], [1]), { ...setting, decoder: null });
    expect(plain.stepRatio).toBeCloseTo(1, 3);
  });

  it("is as far from data as it is from the nearest row, in units of the usual distance", async () => {
    const corners = matrix([0, 0, 0, 1, 4, 0, 4, 1], 4, 2);
    const setting = { decoder: null, data: await spaced(corners), codes: null };
    const { offData } = await measurePath(straightPath([0, 0], [4, 0]), setting, { segments: 8 });
    expect(offData).toMatchObject({ usual: 1, most: 2, at: 0.5 });
    expect(offData.mean).toBeCloseTo((0.5 + 1 + 1.5 + 2 + 1.5 + 1 + 0.5) / 7, 6);
    // Twice as large, the same.
    const twice = matrix(
      corners.data.map((value) => 2 * value),
      4,
      2,
    );
    const large = await measurePath(
      straightPath([0, 0], [8, 0]),
      { ...setting, data: await spaced(twice) },
      { segments: 8 },
    );
    expect(large.offData).toMatchObject({ usual: 2, most: 2, mean: offData.mean });
  });

  it("flags a jump where it is, and none where there is none", async () => {
    const decoder = await decoderOf(1, (x) => side(x, switched(x)));
    const setting = { decoder, data: await spaced(await decoder.decode(line)), codes: null };
    const { jumps } = await measurePath(straightPath([0], [1]), setting);
    expect(jumps.length).toBeGreaterThan(0);
    for (const { from, to, times } of jumps) {
      expect(Math.abs((from + to) / 2 - 0.5)).toBeLessThan(0.05);
      expect(times).toBeGreaterThan(3);
    }
    const smooth = await decoderOf(1, (x) => side(x, square(x)));
    expect((await measurePath(straightPath([0], [1]), { ...setting, decoder: smooth })).jumps).toEqual([]);
  });

  it("counts by length what frames at equal steps see: a path that stands still near data is not near it", async () => {
    const data = await spaced(matrix([-1, 0], 2, 1));
    // Half of the time within .01 of a row, then 10 away from it: at x it is x off.
    const path: Path = {
      kind: "data",
      points: matrix([0, 0.01, 10], 3, 1),
      parameters: Float64Array.of(0, 0.5, 1),
    };
    const { offData } = await measurePath(path, { decoder: null, data, codes: null });
    expect(offData.mean).toBeCloseTo(2.5, 0);
    expect(offData.meanByLength).toBeCloseTo(5, 0);
    const even = await measurePath(straightPath([0], [10]), { decoder: null, data, codes: null });
    expect(even.offData.meanByLength).toBeCloseTo(even.offData.mean, 9);
  });

  it("tells usual distances past equal rows, and refuses rows that are all equal", async () => {
    const doubled = matrix([0, 0, 1, 1, 2, 2, 3, 3], 8, 1);
    expect((await spaced(doubled)).usual).toBe(1);
    await expect(spaced(matrix([2, 2, 2], 3, 1))).rejects.toMatchObject({ code: "too-few-rows" });
  });
});

describe("frames", () => {
  it("of t^2 are at the roots of equal shares", async () => {
    const { parameters, images, stepRatio } = await framesAlong(
      straightPath([0], [1]),
      await decoderOf(1, square),
      9,
    );
    parameters.forEach((t, i) => {
      expect(t).toBeCloseTo(Math.sqrt(i / 8), 2);
    });
    expect(stepRatio).toBeLessThan(1.011);
    expect(parameters[0]).toBe(0);
    expect(parameters[8]).toBe(1);
    expect(images.rows).toBe(9);
  });

  it("are equally far from each other on any curve, where equal parameters are not", async () => {
    const decoder = await decoderOf(2, perceptron(rng(1), 2, 32, 20));
    const path = straightPath([-3, -3], [3, 3]);
    const { stepRatio, codes } = await framesAlong(path, decoder, 12);
    const steps = stepLengths(await decoder.decode(codes));
    expect(Math.max(...steps) / Math.min(...steps)).toBeCloseTo(stepRatio, 9);
    expect(stepRatio).toBeLessThan(1.011);
    const setting = { decoder, data: await spaced(await decoder.decode(codes)), codes: null };
    expect((await measurePath(path, setting, { segments: 11 })).stepRatio).toBeGreaterThan(1.5);
  });

  it("of a path that stands still are there", async () => {
    const { stepRatio, parameters } = await framesAlong(straightPath([1, 1], [1, 1]), null, 3);
    expect(stepRatio).toBe(1);
    expect([...parameters]).toEqual([0, 0.5, 1]);
  });
});

describe("morph", () => {
  it("of vectors goes along the data, and names the nearest real item of each frame", async () => {
    const codes = arc(rng(2), 100, Math.PI);
    const found = await morph(codes, 0, 99, { frames: 5, threads: 1 });
    expect(found.options.path).toBe("data");
    expect(found.frames.images.data).toEqual(found.frames.codes.data);
    // Equal steps of half a circle: quarters of the rows.
    [0, 25, 50, 74, 99].forEach((wanted, i) => {
      expect(Math.abs(found.frames.nearest[i]! - wanted)).toBeLessThanOrEqual(4);
    });
    expect(found.frames.distances[0]).toBe(0);
    expect(found.report.offData.mean).toBeLessThan(1);
    expect(found.straight.offData.mean).toBeGreaterThan(5);
    expect(Object.isFrozen(found.report)).toBe(true);
    const again = await morph(codes, 0, 99, { frames: 5, threads: 2 });
    expect({ ...again, engine: found.engine }).toEqual(found);
  });

  it("with a decoder goes by its geodesic, which stays nearer to the data than the straight line", async () => {
    // The plane in polar coordinates, data on a part of it.
    const random = rng(3);
    const codes = matrix(
      Float32Array.from({ length: 400 }, (_, i) =>
        i % 2 === 0 ? 1 + random.uniform() : 3 * random.uniform(),
      ),
      200,
      2,
    );
    const decoder = modelOf(2, (x) => {
      const [radius, angle] = [column(x, 0), column(x, 1)];
      return side(graph.mul(radius, graph.cos(angle)), graph.mul(radius, graph.sin(angle)));
    });
    const ends = [
      [1.05, 0.1],
      [1.05, 2.9],
    ] as const;
    const free = await morph(codes, ...ends, { decoder, density: 0, threads: 1 });
    const near = await morph(codes, ...ends, { decoder, threads: 1, density: 0.05 });
    expect(free.path.kind).toBe("geodesic");
    // The chord of the circle leaves the ring.
    expect(free.report.bend).toBeLessThan(1.1);
    expect(near.report.offData.mean).toBeLessThan(0.5 * free.report.offData.mean);
    expect(near.report.stepRatio).toBeLessThan(1.2);
    expect(near.frames.stepRatio).toBeLessThan(1.011);
    expect(row(near.frames.images, 0)[0]).toBeCloseTo(1.05 * Math.cos(0.1), 5);
  });

  it("refuses what cannot be", async () => {
    const codes = arc(rng(4), 20, 1);
    const refused = (
      code: string,
      ...rest: Parameters<typeof morph> extends [unknown, ...infer R] ? R : never
    ) => expect(morph(codes, ...rest)).rejects.toMatchObject({ code });
    await refused("bad-range", 0, 20);
    await refused("bad-value", 0, [1, 2, 3]);
    await refused("bad-option", 0, 1, { path: "geodesic" });
    await refused("bad-option", 0, 1, { path: "round" as "data" });
    await refused("bad-option", 0, 1, { frames: 1 });
    await refused("non-finite", 0, [1, Number.NaN]);
  });
});
