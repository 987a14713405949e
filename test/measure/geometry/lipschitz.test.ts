import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Rng, rng } from "../../../src/base/index.ts";
import { evaluate, findEngine } from "../../../src/engine/index.ts";
import * as graph from "../../../src/graph/index.ts";
import { fromOnnx } from "../../../src/graph/index.ts";
import { singularValues } from "../../../src/linalg/index.ts";
import { certifiedLipschitz } from "../../../src/measure/geometry/lipschitz.ts";
import { largestSingularBound, openMultiplier } from "../../../src/measure/geometry/spectral-norm.ts";
import { fixtureModel } from "../../graph/pytorch-kit.ts";

const engine = await findEngine({ threads: 1 });

function drawn(random: Rng, ...shape: number[]): graph.ConstantExpression {
  const size = shape.reduce((all, dim) => all * dim, 1);
  return graph.constant(
    Float32Array.from({ length: size }, () => random.normal()),
    shape,
  );
}

/** The largest singular value of a function at a place, by its Jacobian in float64. */
function slopeAt(x: graph.InputExpression, y: graph.Expression, random: Rng, size = 1): number {
  const dims = x.shape as number[];
  const d = dims.reduce((all, dim) => all * dim, 1);
  const t = graph.input("t", x.shape);
  const along = graph.jvp({ outputs: { y } }, new Map([[x, t]])).y!;
  const at = { data: Float64Array.from({ length: d }, () => size * random.normal()), dims };
  const columns = Array.from({ length: d }, (_, k) => {
    const data = new Float64Array(d);
    data[k] = 1;
    return evaluate({ outputs: { along } }, { x: at, t: { data, dims } }).along!.data as Float64Array;
  });
  const rows = columns[0]!.length;
  const jacobian = new Float64Array(rows * d);
  columns.forEach((column, k) => {
    column.forEach((value, i) => {
      jacobian[i * d + k] = value;
    });
  });
  return singularValues(jacobian, rows, d)[0]!;
}

const certified = async (y: graph.Expression) => certifiedLipschitz({ outputs: { y } }, "y", { engine });

describe("bounds of linear layers", () => {
  it("are above the spectral norm of any matrix, and near it", async () => {
    const multiplier = openMultiplier(engine);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        async (rows, cols, seed) => {
          const random = rng(seed);
          // Also with equal singular values, which are the slowest.
          const data = Float64Array.from({ length: rows * cols }, (_, i) =>
            seed % 3 === 0 ? Number(i % (cols + 1) === 0) : random.normal() * 10 ** (seed % 7),
          );
          const { bound, reached } = await largestSingularBound({ data, count: 1, rows, cols }, multiplier);
          expect(reached).toBeLessThanOrEqual(bound);
          const norm = singularValues(data, rows, cols)[0]!;
          expect(bound).toBeGreaterThanOrEqual(norm * (1 - 1e-15));
          expect(bound).toBeLessThanOrEqual(norm * (1 + 2e-4));
        },
      ),
      { numRuns: 60 },
    );
    await multiplier.close();
  });

  it("of convolutions are above their norm over paddings, strides, dilations and groups", async () => {
    const option = fc.record({
      size: fc.integer({ min: 3, max: 6 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 2 }),
      group: fc.integer({ min: 1, max: 2 }),
      rank: fc.integer({ min: 1, max: 2 }),
      isTransposed: fc.boolean(),
      seed: fc.nat(),
    });
    let nearest = Number.POSITIVE_INFINITY;
    await fc.assert(
      fc.asyncProperty(
        option,
        async ({ size, kernel, stride, dilation, pad, group, rank, isTransposed, seed }) => {
          const covered = (kernel - 1) * dilation + 1;
          const reached = isTransposed ? (size - 1) * stride + covered - 2 * pad : size + 2 * pad - covered;
          fc.pre(isTransposed ? reached > 0 : reached >= 0);
          const random = rng(seed);
          const all = (value: number, count = rank) => ({ ints: Array.from({ length: count }, () => value) });
          const x = graph.input("x", [1, 2 * group, ...all(size).ints]);
          const w = drawn(random, ...(isTransposed ? [2 * group, 2] : [3 * group, 2]), ...all(kernel).ints);
          const y = graph.node(isTransposed ? "ConvTranspose" : "Conv", [x, w], {
            strides: all(stride),
            dilations: all(dilation),
            pads: all(pad, 2 * rank),
            group: { int: group },
          });
          const { value } = await certified(y);
          const norm = slopeAt(x, y, random);
          expect(value).toBeGreaterThanOrEqual(norm);
          if (norm > 0) nearest = Math.min(nearest, value! / norm);
        },
      ),
      { numRuns: 60 },
    );
    expect(nearest).toBeLessThan(1.05);
  });

  it("of the largest of windows count how often windows overlap", async () => {
    const x = graph.input("x", [1, 1, 8]);
    const pooled = (stride: number) =>
      [0, 1]
        .map((start) => graph.node("Slice", [x], cut(start, start + 7, stride)))
        .reduce((a, b) => graph.max(a, b) as never);
    const cut = (start: number, end: number, step: number) => ({
      starts: { ints: [start] },
      ends: { ints: [end] },
      axes: { ints: [2] },
      steps: { ints: [step] },
    });
    expect((await certified(pooled(2))).value).toBeCloseTo(1, 6);
    expect((await certified(pooled(1))).value).toBeCloseTo(Math.SQRT2, 6);
  });
});

/** Networks of random layers: what is certified is above what any place shows. */
const LAYERS: Readonly<Record<string, (x: graph.Expression, random: Rng) => graph.Expression>> = {
  linear: (x, random) => graph.matMul(x, drawn(random, Number(x.shape.at(-1)), 5)),
  gemm: (x, random) =>
    graph.gemm(x, drawn(random, 4, Number(x.shape.at(-1))), {
      transB: true,
      c: drawn(random, 4),
      alpha: -0.7,
    }),
  relu: (x) => graph.relu(x),
  tanh: (x) => graph.tanh(x),
  silu: (x) => graph.mul(x, graph.sigmoid(x)),
  affine: (x, random) => graph.add(graph.mul(x, drawn(random, Number(x.shape.at(-1)))), drawn(random, 1)),
  residual: (x) => graph.add(x, graph.sin(x)),
  gate: (x, random) =>
    graph.mul(
      graph.sigmoid(graph.matMul(x, drawn(random, Number(x.shape.at(-1)), Number(x.shape.at(-1))))),
      graph.tanh(x),
    ),
  softmax: (x) => graph.node("Softmax", [x], { axis: { int: -1 } }),
  standardised(x) {
    const mean = (v: graph.Expression) => graph.node("ReduceMean", [v], { axes: { ints: [1] } });
    const centred = graph.sub(x, mean(x));
    const size = graph.sqrt(graph.add(mean(graph.mul(centred, centred)), graph.scalar(0.1, "float")));
    return graph.div(centred, size);
  },
  doubled: (x) => graph.node("Concat", [x, graph.neg(x)], { axis: { int: 1 } }),
  largest: (x, random) => graph.max(x, graph.mul(x, drawn(random, 1))),
};

describe("bounds of networks", () => {
  it("are never below the largest singular value that is met", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom(...Object.keys(LAYERS)), { minLength: 1, maxLength: 5 }),
        fc.nat(),
        async (layers, seed) => {
          const random = rng(seed);
          const x = graph.input("x", [1, 4]);
          const y = layers.reduce<graph.Expression>((e, name) => LAYERS[name]!(e, random), x);
          const { value, reason } = await certified(y);
          expect(reason).toBeNull();
          for (const size of [0.01, 1, 30]) expect(value).toBeGreaterThanOrEqual(slopeAt(x, y, random, size));
        },
      ),
      { numRuns: 150 },
    );
  });

  it.each(["mlp-decoder", "conv-decoder", "resnet-encoder"])("hold for PyTorch's %s", async (name) => {
    const { bytes, truth } = fixtureModel(name, "script");
    const { graph: network } = fromOnnx(bytes, { batch: 1 });
    const { value, parts } = await certifiedLipschitz(network, "y", { engine });
    for (const jacobian of truth.jacobians) {
      const largest = singularValues(
        Float64Array.from(jacobian.flat()),
        jacobian.length,
        jacobian[0]!.length,
      )[0]!;
      expect(value).toBeGreaterThan(largest);
    }
    expect(parts.length).toBeGreaterThan(1);
  });

  it("are missing, with the reason, where there are none", async () => {
    const { graph: network } = fromOnnx(fixtureModel("transformer-encoder", "dynamo").bytes, { batch: 1 });
    expect(await certifiedLipschitz(network, "y", { engine })).toMatchObject({
      value: null,
      reason: expect.stringContaining("dot-product attention"),
    });
    const x = graph.input("x", [1, 3]);
    expect(await certified(graph.mul(x, x))).toMatchObject({
      value: null,
      reason: expect.stringContaining("no limit"),
    });
    expect(await certified(graph.exp(x))).toMatchObject({ value: null });
    const jump = graph.where(graph.greater(x, graph.scalar(0.5, "float")), x, graph.scalar(0, "float"));
    expect(await certified(jump)).toMatchObject({ value: null, reason: expect.stringContaining("jump") });
    // Its derivative is 0 wherever it has one.
    const stairs = graph.cast(graph.cast(graph.mul(x, graph.scalar(10, "float")), "int64"), "float");
    expect(await certified(stairs)).toMatchObject({ value: null, reason: expect.stringContaining("jump") });
  });
});
