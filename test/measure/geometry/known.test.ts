import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Matrix, matrix, type Rng, rng } from "../../../src/base/index.ts";
import * as graph from "../../../src/graph/index.ts";
import { toOnnx } from "../../../src/graph/index.ts";
import { geometry } from "../../../src/measure/geometry/geometry.ts";

/** A model of a function of a batch of rows. */
function model(cols: number, f: (x: graph.InputExpression) => graph.Expression) {
  return { bytes: toOnnx({ outputs: { y: f(graph.input("x", ["batch", cols])) } }), name: "model" };
}

function normals(random: Rng, rows: number, cols: number, size = 1): Matrix {
  return matrix(
    Float32Array.from({ length: rows * cols }, () => size * random.normal()),
    rows,
    cols,
  );
}

const weights = (values: readonly number[], rows: number, cols: number) =>
  graph.constant(Float32Array.from(values), [rows, cols]);
/** Column k of a value. */
const column = (x: graph.Expression, k: number) => graph.slice(x, 1, k, k + 1);
const side = (...parts: graph.Expression[]) => graph.node("Concat", parts, { axis: { int: 1 } });
const float = (value: number) => graph.scalar(value, "float");

/** An orthogonal matrix: a product of rotations. */
function rotation(random: Rng, n: number): number[] {
  const q = Array.from({ length: n * n }, (_, i) => Number(i % (n + 1) === 0));
  for (let a = 0; a < n; a++) {
    for (let b = a + 1; b < n; b++) {
      const angle = 6 * random.uniform();
      for (let k = 0; k < n; k++) {
        const [u, v] = [q[a * n + k]!, q[b * n + k]!];
        q[a * n + k] = Math.cos(angle) * u - Math.sin(angle) * v;
        q[b * n + k] = Math.sin(angle) * u + Math.cos(angle) * v;
      }
    }
  }
  return q;
}

describe("the geometry of maps whose metric is known", () => {
  it("an orthogonal map times c is an isometry up to scale", async () => {
    const random = rng(1);
    const q = rotation(random, 4).map((value) => 3 * value);
    const found = await geometry(
      model(4, (x) => graph.matMul(x, weights(q, 4, 4))),
      normals(random, 50, 4),
    );
    const { stretch, stretchAlongData, conditionNumber, biLipschitz, relaxedDistortion } = found.scores;
    for (const score of [stretch, stretchAlongData!, conditionNumber, biLipschitz]) {
      expect(score.value).toBeCloseTo(1, 5);
      expect(score.value).toBeCloseTo(score.ideal, 5);
    }
    expect(relaxedDistortion.value).toBeCloseTo(1 / 4, 6);
    expect(found.scores.logVolumeVariance.value).toBeCloseTo(0, 8);
    expect(found.scores.logVolumeVariance.mean).toBeCloseTo(4 * Math.log(3), 5);
    expect(found.scores.metricVariation!.value).toBeCloseTo(0, 8);
    expect(biLipschitz.largest).toBeCloseTo(3, 5);
    expect(found.lipschitz.certified.value).toBeGreaterThanOrEqual(3 - 1e-6);
    expect(found.lipschitz.certified.value).toBeCloseTo(3, 3);
    expect(found.paths!.detour.value).toBeCloseTo(1, 5);
    expect(found.paths!.turning.value).toBeLessThan(0.01);
    expect(found.warnings).toEqual([]);
  });

  it("a linear map has its singular values, and is mended by linear coordinates", async () => {
    const random = rng(2);
    // Two rotations about a diagonal: singular values 5, 2 and 0.1.
    const [left, right] = [rotation(random, 3), rotation(random, 3)];
    const sizes = [5, 2, 0.1];
    const w = Array.from({ length: 9 }, (_, i) =>
      sizes.reduce((sum, s, k) => sum + left[k * 3 + Math.floor(i / 3)]! * s * right[k * 3 + (i % 3)]!, 0),
    );
    const found = await geometry(
      model(3, (x) => graph.gemm(x, weights(w, 3, 3))),
      normals(random, 40, 3),
    );
    found.singularValues.forEach((quantiles, k) => {
      for (const value of quantiles) expect(value).toBeCloseTo(sizes[k]!, 5);
    });
    expect(found.scores.conditionNumber.value / 2500).toBeCloseTo(1, 4);
    expect(found.scores.conditionNumber.baseline!.value).toBeCloseTo(1, 6);
    expect(found.scores.stretch.baseline!.value).toBeCloseTo(1, 6);
    expect(found.axes!.stretch).toEqual(sizes.map((s) => expect.closeTo(s, 5)));
    for (const [k, direction] of found.axes!.directions.entries()) {
      const along = direction.reduce((sum, value, a) => sum + value * left[k * 3 + a]!, 0);
      expect(Math.abs(along)).toBeCloseTo(1, 6);
    }
    expect(found.scores.relaxedDistortion.value).toBeCloseTo((625 + 16 + 1e-4) / (25 + 4 + 0.01) ** 2, 5);
  });

  it("the chart of a sphere by latitude and longitude has the metric diag(1, cos^2)", async () => {
    const random = rng(3);
    const points = matrix(
      Float32Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? 2.4 : 3) * (random.uniform() - 0.5)),
      200,
      2,
    );
    const found = await geometry(
      model(2, (x) => {
        const [latitude, longitude] = [column(x, 0), column(x, 1)];
        const flat = graph.cos(latitude);
        return side(
          graph.mul(flat, graph.cos(longitude)),
          graph.mul(flat, graph.sin(longitude)),
          graph.sin(latitude),
        );
      }),
      points,
      { paths: 200 },
    );
    for (const { row, largest, smallest, logVolume } of found.map) {
      const cosine = Math.cos(points.data[2 * row]!);
      expect(largest).toBeCloseTo(1, 5);
      expect(smallest).toBeCloseTo(cosine, 5);
      expect(logVolume).toBeCloseTo(Math.log(cosine), 4);
    }
    const cosines = found.map.map(({ row }) => Math.cos(points.data[2 * row]!));
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
    expect(found.scores.conditionNumber.value).toBeCloseTo(mean(cosines.map((c) => 1 / c ** 2)), 3);
    const traces = cosines.map((c) => 1 + c ** 2);
    const squares = cosines.map((c) => 1 + c ** 4);
    expect(found.scores.relaxedDistortion.value).toBeCloseTo(mean(squares) / mean(traces) ** 2, 5);
    // Witnesses: nearest to a pole, where a step along the parallel is least.
    const [worst] = found.witnesses.uneven;
    expect(Math.cos(points.data[2 * worst!.row]!)).toBeCloseTo(Math.min(...cosines), 6);
    expect(Math.abs(worst!.least![1]!)).toBeCloseTo(1, 5);
    // Shortest ways are great circles, where these stay within the chart.
    expect(found.paths!.converged).toBe(200);
    expect(found.paths!.detour.value).toBeGreaterThan(1.005);
  });

  it("shortest ways on a sphere are great circles", async () => {
    const chart = model(2, (x) => {
      const [latitude, longitude] = [column(x, 0), column(x, 1)];
      const flat = graph.cos(latitude);
      return side(
        graph.mul(flat, graph.cos(longitude)),
        graph.mul(flat, graph.sin(longitude)),
        graph.sin(latitude),
      );
    });
    // Two points on one parallel at 60 degrees, a quarter of the circle apart.
    const points = matrix(Float32Array.of(Math.PI / 3, 0, Math.PI / 3, Math.PI / 2), 2, 2);
    const { paths } = await geometry(chart, points, { paths: 3 });
    const parallel = Math.PI / 4;
    const circle = 2 * Math.asin(Math.hypot(0.5, 0.5) / 2);
    expect(paths!.detour.value).toBeCloseTo(parallel / circle, 2);
    expect(paths!.bend.value).toBeCloseTo(circle / Math.hypot(0.5, 0.5), 2);
    expect(paths!.turning.value).toBeGreaterThan(1);
  });

  it("a Swiss roll by arc length is an isometry, by angle it is not", async () => {
    const random = rng(4);
    const roll = (angle: graph.Expression, height: graph.Expression) =>
      side(graph.mul(angle, graph.cos(angle)), height, graph.mul(angle, graph.sin(angle)));
    const byAngle = model(2, (x) => roll(column(x, 0), column(x, 1)));
    const points = matrix(
      Float32Array.from({ length: 300 }, (_, i) =>
        i % 2 === 0 ? 4.7 + 9.4 * random.uniform() : 20 * random.uniform(),
      ),
      150,
      2,
    );
    const found = await geometry(byAngle, points);
    for (const { row, largest, smallest } of found.map) {
      // |d/dt (t cos t, t sin t)|^2 = 1 + t^2.
      expect(largest / Math.hypot(1, points.data[2 * row]!)).toBeCloseTo(1, 5);
      expect(smallest).toBeCloseTo(1, 5);
    }
    expect(found.scores.stretch.value).toBeGreaterThan(5);
    // The spiral r = a exp(b t) has arc length proportional to its radius: an exact chart by arc length.
    const b = 0.2;
    const unrolled = model(2, (x) => {
      const along = graph.mul(column(x, 0), float(b / Math.hypot(1, b)));
      const angle = graph.div(graph.log(along), float(b));
      return side(graph.mul(along, graph.cos(angle)), column(x, 1), graph.mul(along, graph.sin(angle)));
    });
    const flat = await geometry(unrolled, points);
    expect(flat.scores.stretch.value).toBeCloseTo(1, 4);
    expect(flat.scores.conditionNumber.value).toBeCloseTo(1, 4);
    expect(flat.paths!.detour.value).toBeCloseTo(1, 3);
    expect(flat.paths!.bend.value).toBeGreaterThan(1.02);
  });

  it("scale, shift and rotation of the data change no score but lengths", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 40 }), fc.nat(1000), async (tenths, seed) => {
        const c = tenths / 10;
        const random = rng(seed);
        const [w, q] = [normals(random, 3, 5).data, rotation(random, 5)];
        const net = (x: graph.Expression) => graph.tanh(graph.matMul(x, graph.constant(w, [3, 5])));
        // Near 0: where tanh is flat, float32 has few digits of the smallest singular value.
        const points = normals(random, 20, 3, 0.3);
        const moved = (x: graph.Expression) =>
          graph.add(graph.mul(graph.matMul(net(x), weights(q, 5, 5)), float(c)), float(2));
        const [a, b] = [
          await geometry(model(3, net), points, { paths: 0 }),
          await geometry(model(3, moved), points, { paths: 0 }),
        ];
        for (const name of ["stretch", "conditionNumber", "biLipschitz", "relaxedDistortion"] as const)
          expect(b.scores[name].value / a.scores[name].value).toBeCloseTo(1, 3);
        expect(b.scores.biLipschitz.largest / a.scores.biLipschitz.largest).toBeCloseTo(c, 3);
        expect(b.scores.logVolumeVariance.mean - a.scores.logVolumeVariance.mean).toBeCloseTo(
          3 * Math.log(c),
          3,
        );
        expect(a.lipschitz.certified.value).toBeGreaterThanOrEqual(a.lipschitz.empirical);
      }),
      { numRuns: 8 },
    );
  });
});
