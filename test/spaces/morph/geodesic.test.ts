import { describe, expect, it } from "vitest";
import { matrix, rng, row } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import * as graph from "../../../src/graph/index.ts";
import { openSlope } from "../../../src/spaces/morph/decoder.ts";
import { openToll } from "../../../src/spaces/morph/density.ts";
import { partsOf, pathEnergy } from "../../../src/spaces/morph/energy.ts";
import {
  codesAt,
  dataPath,
  geodesicPath,
  measurePath,
  openDataGraph,
  openDecoder,
  openSpaced,
  type Path,
  straightPath,
} from "../../../src/spaces/morph/index.ts";
import { arc, column, decoderOf, float, perceptron, side, sphere } from "./models.ts";

const engine = await findEngine({ threads: 1 });
const spaced = (codes: Parameters<typeof openSpaced>[0]) => openSpaced(codes, { engine, seed: 0 });

/** A path of many corners between two ends, off the straight line. */
function wiggly(from: readonly number[], to: readonly number[]): Path {
  const parameters = Float64Array.from({ length: 33 }, (_, p) => p / 32);
  const points = Float32Array.from({ length: 33 * from.length }, (_, at) => {
    const [p, k] = [Math.floor(at / from.length), at % from.length];
    return from[k]! + (p / 32) * (to[k]! - from[k]!) + 0.5 * Math.sin((p * Math.PI) / 8 + k);
  });
  points.set(from);
  points.set(to, 32 * from.length);
  return { kind: "data", points: matrix(points, 33, from.length), parameters };
}

describe("the energy of a path", () => {
  it("has the derivative that central differences have, with the toll and without", async () => {
    const random = rng(1);
    const decoder = await decoderOf(3, perceptron(random, 3, 16, 8));
    const slope = await openSlope(decoder, 9);
    const path = Float64Array.from({ length: 27 }, () => random.normal());
    const codes = matrix(
      Float32Array.from({ length: 60 }, () => random.normal()),
      20,
      3,
    );
    for (const [weight, parts] of [
      [0, 1],
      [2, 1],
      [2, 5],
    ] as const) {
      const toll = weight > 0 ? openToll({ codes, usual: 0.7, weight }, 1.5) : null;
      const { gradient } = await pathEnergy(slope, path, 3, toll, parts);
      const size = Math.hypot(...gradient);
      for (let k = 0; k < path.length; k++) {
        const at = async (step: number) =>
          (await pathEnergy(slope, path.with(k, path[k]! + step), 3, toll, parts)).energy;
        // Ends stay.
        const slopeThere = k < 3 || k >= 24 ? 0 : ((await at(2e-3)) - (await at(-2e-3))) / 4e-3;
        expect((gradient[k]! - slopeThere) / size).toBeCloseTo(0, 3);
      }
      expect(size).toBeGreaterThan(1);
    }
    await slope.close();
  });

  it("sees what lies between the ends of a step, in as many parts as that takes", async () => {
    const codes = matrix([0, 0, 4, 0], 2, 2);
    const toll = openToll({ codes, usual: 1, weight: 1 }, 1);
    const path = Float64Array.of(0, 0, 4, 0);
    const slope = await openSlope(await decoderOf(2, (x) => graph.mul(x, float(1))), 2);
    const tollOf = async (parts: number) => (await pathEnergy(slope, path, 2, toll, parts)).energy - 16;
    const parts = partsOf(path, 2, toll);
    expect(parts).toBe(16);
    // Of squared distances to the nearer end: the mean over the step is 4/3, 4 long.
    expect(await tollOf(parts)).toBeCloseTo((4 * 4) / 3, 0);
    expect(await tollOf(1)).toBeCloseTo(0, 5);
    expect(partsOf(Float64Array.of(0, 0, 0.2, 0), 2, toll)).toBe(1);
    await slope.close();
  });

  it("has a toll that is 0 on dense data, and the squared distance from a code that is alone", () => {
    const alone = openToll({ codes: matrix([1, 2], 1, 2), usual: 0.5, weight: 3 }, 2);
    expect(alone.scale).toBe(6);
    const { values, gradient } = alone.off(Float64Array.of(1, 2, 1, 3.5, 5, 5));
    expect([...values]).toEqual([0, 1.5 ** 2 / 0.25, 25 / 0.25].map((v) => expect.closeTo(v, 9)));
    expect([...gradient]).toEqual([0, 0, 0, 3 / 0.25, 8 / 0.25, 6 / 0.25].map((v) => expect.closeTo(v, 9)));
    // What is remembered of a point does not change what comes out.
    const random = rng(2);
    const codes = matrix(
      Float32Array.from({ length: 4000 }, () => random.uniform()),
      2000,
      2,
    );
    const [walked, density] = [
      openToll({ codes, usual: 0.01, weight: 1 }, 1),
      { codes, usual: 0.01, weight: 1 },
    ];
    for (let step = 0; step < 100; step++) {
      const at = Float64Array.of(1.1 - step / 200, 1.05 - step / 300);
      const [old, fresh] = [walked.off(at), openToll(density, 1).off(at)];
      expect(old.values[0]!).toBeCloseTo(fresh.values[0]!, 5);
      expect(old.gradient[0]! / 100).toBeCloseTo(fresh.gradient[0]! / 100, 4);
    }
  });
});

describe("a decoder that takes a fixed number of rows", () => {
  it("gives the values and derivatives of one that takes any", async () => {
    const net = perceptron(rng(7), 3, 16, 5);
    const bytes = graph.toOnnx({ outputs: { y: net(graph.input("x", [4, 3])) } });
    const [fixed, free] = [
      await openSlope(await openDecoder({ bytes, name: "decoder" }, 3, { threads: 1 }), 9),
      await openSlope(await decoderOf(3, net), 9),
    ];
    const random = rng(8);
    const codes = matrix(
      Float32Array.from({ length: 27 }, () => random.normal()),
      9,
      3,
    );
    const cotangents = Float32Array.from({ length: 45 }, () => random.normal());
    const wanted = [await free.values(codes), await free.pull(codes, cotangents)];
    const got = [await fixed.values(codes), await fixed.pull(codes, cotangents)];
    for (const [i, values] of wanted.entries())
      for (const [k, value] of values.entries()) expect(got[i]![k]!).toBeCloseTo(value, 5);
    expect(Math.hypot(...wanted[1]!)).toBeGreaterThan(1);
    await fixed.close();
    await free.close();
  });
});

describe("geodesics that are known", () => {
  it("of a linear decoder are straight lines", async () => {
    const random = rng(3);
    const w = graph.constant(
      Float32Array.from({ length: 20 }, () => random.normal()),
      [4, 5],
    );
    const decoder = await decoderOf(4, (x) => graph.matMul(x, w));
    const ends = [
      [1, -2, 0.5, 0],
      [-1, 1, 2, 3],
    ] as const;
    const path = await geodesicPath(...ends, decoder, { starts: [wiggly(...ends)] });
    const straight = codesAt(straightPath(...ends), path.parameters);
    for (const [k, value] of path.points.data.entries()) expect(value).toBeCloseTo(straight.data[k]!, 3);
    expect(path.converged).toBe(true);
  });

  it("of the plane in polar coordinates are straight in the plane, where lines of the chart are bent", async () => {
    const decoder = await decoderOf(2, (x) => {
      const [radius, angle] = [column(x, 0), column(x, 1)];
      return side(graph.mul(radius, graph.cos(angle)), graph.mul(radius, graph.sin(angle)));
    });
    const ends = [
      [1, 0],
      [2, 2],
    ] as const;
    const data = await spaced(await decoder.decode(wiggly(...ends).points));
    const setting = { decoder, data, codes: null };
    const found = await measurePath(await geodesicPath(...ends, decoder), setting);
    expect(found.bend).toBeCloseTo(1, 3);
    expect(found.stepRatio).toBeLessThan(1.02);
    expect((await measurePath(straightPath(...ends), setting)).bend).toBeGreaterThan(1.1);
  });

  it("of the sphere are great circles, run through evenly; the straight line of the chart is longer and uneven", async () => {
    const decoder = await decoderOf(2, sphere);
    const [from, to] = [
      [0.9, -1.2],
      [0.2, 1.3],
    ];
    const path = await geodesicPath(from!, to!, decoder);
    const data = await spaced(await decoder.decode(path.points));
    const setting = { decoder, data, codes: null };
    const [shortest, straight] = [
      await measurePath(path, setting),
      await measurePath(straightPath(from!, to!), setting),
    ];
    const angle = 2 * Math.asin(shortest.chord / 2);
    expect(shortest.length / angle).toBeCloseTo(1, 3);
    expect(shortest.stepRatio).toBeLessThan(1.01);
    expect(straight.length / angle).toBeGreaterThan(1.05);
    expect(straight.stepRatio).toBeGreaterThan(1.2);
    // All of it lies in the plane of the ends and the centre.
    const image = await decoder.decode(path.points);
    const [a, b] = [row(image, 0), row(image, 64)];
    const normal = [
      a[1]! * b[2]! - a[2]! * b[1]!,
      a[2]! * b[0]! - a[0]! * b[2]!,
      a[0]! * b[1]! - a[1]! * b[0]!,
    ];
    for (let p = 0; p <= 64; p++)
      expect(normal.reduce((sum, value, k) => sum + value * row(image, p)[k]!, 0)).toBeCloseTo(0, 2);
    expect(path.energy.after).toBeLessThan(path.energy.before);
    expect(path.energy.after / angle ** 2).toBeCloseTo(1, 2);
  });

  it("has the energy and the points that SciPy finds", async () => {
    // SciPy 1.17.1: minimize(BFGS, then L-BFGS-B, gtol 1e-12) of 16 sum |f(z_{i+1}) - f(z_i)|^2 in float64, f(u, v) = (u, v, tanh 2u + u v / 2), from the straight line.
    const peer = { before: 12.209541796485736, after: 11.308974673020344 };
    const points = { 3: [-0.26132182, -0.57771181], 7: [0.13782113, -0.24274571] };
    const decoder = await decoderOf(2, (x) => {
      const [u, v] = [column(x, 0), column(x, 1)];
      const hill = graph.tanh(graph.mul(u, float(2)));
      return side(x, graph.add(hill, graph.mul(graph.mul(u, v), float(0.5))));
    });
    const found = await geodesicPath([-1, -0.8], [1.2, 0.5], decoder, { segments: 16, tolerance: 1e-9 });
    expect(found.energy.after / peer.after).toBeCloseTo(1, 5);
    expect(found.energy.before).toBeLessThanOrEqual(peer.before);
    const own = { 3: row(found.points, 4), 7: row(found.points, 8) };
    for (const p of [3, 7] as const) for (const k of [0, 1]) expect(own[p][k]!).toBeCloseTo(points[p][k]!, 2);
  });

  it("goes round a mountain where that is shorter, from the start that shows the way", async () => {
    // A bump between the ends, so high that no small move of the straight line helps.
    const decoder = await decoderOf(2, (x) => {
      const [u, v] = [column(x, 0), column(x, 1)];
      const square = graph.add(graph.mul(u, u), graph.mul(v, v));
      return side(x, graph.mul(graph.exp(graph.neg(graph.mul(square, float(2)))), float(8)));
    });
    const round: Path = {
      kind: "data",
      points: matrix([-2, 0, 0, 2, 2, 0], 3, 2),
      parameters: Float64Array.of(0, 0.5, 1),
    };
    const alone = await geodesicPath([-2, 0], [2, 0], decoder);
    const shown = await geodesicPath([-2, 0], [2, 0], decoder, { starts: [round] });
    expect(shown.start).toBe("data");
    expect(shown.energy.after).toBeLessThan(0.5 * alone.energy.after);
  });
});

describe("geodesics that stay near data", () => {
  it("follow an arc for a toll, with even steps; without it the identity's geodesic is the straight line", async () => {
    const codes = arc(rng(5), 60, Math.PI, 0.005);
    const decoder = await decoderOf(2, (x) => graph.mul(x, float(3)));
    const [from, to] = [row(codes, 0), row(codes, 59)];
    const data = await spaced(await decoder.decode(codes));
    const own = await spaced(codes);
    const setting = { decoder, data, codes: own };
    const start = await dataPath(await openDataGraph(codes, { engine }), from, to);
    const of = async (weight: number) => {
      const density = { codes, usual: own.usual, weight };
      return measurePath(await geodesicPath(from, to, decoder, { starts: [start], density }), setting);
    };
    const [near, free] = [await of(0.05), await of(0)];
    expect(free.bend).toBeCloseTo(1, 4);
    expect(free.offData.mean).toBeGreaterThan(5);
    expect(near.offData.mean).toBeLessThan(0.5 * free.offData.mean);
    expect(near.bend).toBeGreaterThan(1.3);
    expect(near.stepRatio).toBeLessThan(1.2);
  });
});

describe("how a geodesic is found", () => {
  it("is the same on one thread and on two", async () => {
    const of = async (threads: number) => {
      const decoder = await decoderOf(3, perceptron(rng(6), 3, 64, 50), threads);
      return geodesicPath([1, 0, -1], [-1, 2, 0], decoder);
    };
    const [one, two] = [await of(1), await of(2)];
    expect(two.points.data).toEqual(one.points.data);
    expect(two.energy).toEqual(one.energy);
  });

  it("says that it has not converged when it may not take enough steps, and stops when asked to", async () => {
    const decoder = await decoderOf(2, sphere);
    const short = await geodesicPath([1.2, -1.5], [1.1, 1.5], decoder, { maxSteps: 1 });
    expect(short.converged).toBe(false);
    const signal = AbortSignal.abort();
    await expect(geodesicPath([0, 0], [1, 1], decoder, { signal })).rejects.toMatchObject({
      code: "aborted",
    });
  });

  it("between equal ends stays there", async () => {
    const path = await geodesicPath([0.5, 1], [0.5, 1], await decoderOf(2, sphere));
    expect(path.energy.after).toBe(0);
    for (const [k, value] of path.points.data.entries()) expect(value).toBe(k % 2 === 0 ? 0.5 : 1);
  });

  it("refuses a decoder that is the same everywhere, ends of another space, and options out of range", async () => {
    const constant = await decoderOf(2, (x) => graph.mul(graph.sign(x), float(2)));
    await expect(geodesicPath([1, 1], [2, 2], constant)).rejects.toMatchObject({ code: "no-derivative" });
    const decoder = await decoderOf(2, sphere);
    const other = { starts: [wiggly([0, 0, 0], [1, 1, 1])] };
    await expect(geodesicPath([1, 1], [2, 2], decoder, other)).rejects.toMatchObject({ code: "bad-value" });
    await expect(geodesicPath([1, 1, 1], [2, 2, 2], decoder)).rejects.toMatchObject({ code: "bad-value" });
    await expect(geodesicPath([1, 1], [2, 2], decoder, { segments: 1 })).rejects.toMatchObject({
      code: "bad-option",
    });
  });
});
