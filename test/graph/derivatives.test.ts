import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rng } from "../../src/base/index.ts";
import * as graph from "../../src/graph/index.ts";
import { type Expression, input, node, OPS, type OpName } from "../../src/graph/index.ts";
import { type Case, checkDerivatives } from "./derivative-kit.ts";

const size = (most: number) => fc.integer({ min: 1, max: most });
const positive = (random: Rng) => 0.5 + 2 * random.uniform();

/** A shape, and one that broadcasts with it. */
const shapes = fc
  .array(fc.record({ dim: size(4), is: fc.constantFrom("same", "left", "right") }), {
    minLength: 1,
    maxLength: 3,
  })
  .chain((dims) =>
    fc.record({
      a: fc.constant(dims.map(({ dim, is }) => (is === "left" ? 1 : dim))),
      b: fc.constant(dims.map(({ dim, is }) => (is === "right" ? 1 : dim))),
      fewer: size(dims.length).map((count) => count - 1),
    }),
  )
  .map(({ a, b, fewer }) => ({ a, b: b.slice(fewer) }));

const unary = (op: OpName, more: Partial<Case> = {}) =>
  fc.array(size(4), { maxLength: 3 }).map((dims): Case => {
    const x = input("x", dims);
    return { of: [x], y: node(op, [x]), ...more };
  });

const binary = (op: OpName, more: Partial<Case> = {}) =>
  shapes.map(({ a, b }): Case => {
    const [x, z] = [input("x", a), input("z", b)];
    return { of: [x, z], y: node(op, [x, z]), ...more };
  });

const reduction = (op: OpName, more: Partial<Case> = {}) =>
  fc
    .record({
      dims: fc.array(size(4), { minLength: 1, maxLength: 3 }),
      keep: fc.boolean(),
      all: fc.boolean(),
      from: fc.nat(2),
    })
    .map(({ dims, keep, all, from }): Case => {
      const x = input("x", dims);
      const axes = dims
        .map((_, k) => (k % 2 === 1 ? k - dims.length : k))
        .slice(Math.min(from, dims.length - 1));
      const attributes = { ...(!all && { axes: { ints: axes } }), keepdims: { int: Number(keep) } };
      return { of: [x], y: node(op, [x], attributes), ...more };
    });

const matrices = fc.record({
  m: size(4),
  k: size(4),
  n: size(4),
  b: size(3),
  shared: fc.boolean(),
  transA: fc.boolean(),
  transB: fc.boolean(),
});

const convolution = fc
  .record({
    rank: size(2),
    n: size(2),
    group: size(2),
    c: size(2),
    o: size(2),
    k: size(3),
    extra: fc.nat(4),
    stride: size(3),
    dilation: size(2),
    before: fc.nat(2),
    after: fc.nat(2),
    bias: fc.boolean(),
  })
  .map((r) => {
    const covered = (r.k - 1) * r.dilation + 1;
    const many = <T>(value: T) => Array.from({ length: r.rank }, () => value);
    const attributes = {
      strides: { ints: many(r.stride) },
      dilations: { ints: many(r.dilation) },
      pads: { ints: [...many(r.before), ...many(r.after)] },
      group: { int: r.group },
    };
    return { ...r, many, attributes, length: covered + r.extra };
  });

/** How to make cases of each operation that moves. An operation that is not here is a type error. */
const CASES: { readonly [N in Exclude<OpName, Constant>]: fc.Arbitrary<Case> } = {
  Add: binary("Add"),
  Sub: binary("Sub"),
  Mul: binary("Mul"),
  Div: binary("Div", { draw: positive }),
  Pow: binary("Pow", { draw: positive }),
  Max: binary("Max", { kinks: true }),
  Min: binary("Min", { kinks: true }),
  Relu: unary("Relu", { kinks: true }),
  Elu: fc.tuple(size(4), fc.constantFrom(1, 0.4, 1.7)).map(([n, alpha]) => {
    const x = input("x", [n, 3]);
    return { of: [x], y: graph.elu(x, alpha), kinks: alpha !== 1 };
  }),
  LeakyRelu: fc.tuple(size(4), fc.constantFrom(0.01, 0.3)).map(([n, alpha]) => {
    const x = input("x", [n, 3]);
    return { of: [x], y: graph.leakyRelu(x, alpha), kinks: true };
  }),
  Abs: unary("Abs", { kinks: true }),
  Sqrt: unary("Sqrt", { draw: positive }),
  Log: unary("Log", { draw: positive }),
  Exp: unary("Exp"),
  Sin: unary("Sin"),
  Cos: unary("Cos"),
  Tanh: unary("Tanh"),
  Sigmoid: unary("Sigmoid"),
  Softplus: unary("Softplus"),
  Erf: unary("Erf"),
  Neg: unary("Neg"),
  Cast: unary("Neg").map(({ of: [x] }) => ({ of: [x!], y: graph.cast(graph.cast(x!, "double"), "float") })),
  Where: shapes.map(({ a, b }) => {
    const [x, z] = [input("x", a), input("z", b)];
    return { of: [x, z], y: graph.where(graph.greater(x, z), graph.mul(x, x), graph.sin(z)), kinks: true };
  }),
  ReduceSum: reduction("ReduceSum"),
  ReduceMean: reduction("ReduceMean"),
  ReduceMax: reduction("ReduceMax", { kinks: true }),
  ReduceMin: reduction("ReduceMin", { kinks: true }),
  Softmax: fc.tuple(size(3), size(4), fc.constantFrom(0, 1, -1)).map(([m, n, axis]) => {
    const x = input("x", [m, n]);
    return { of: [x], y: node("Softmax", [x], { axis: { int: axis } }) };
  }),
  LogSoftmax: fc.tuple(size(3), size(4), fc.constantFrom(0, 1, -1)).map(([m, n, axis]) => {
    const x = input("x", [m, n]);
    return { of: [x], y: node("LogSoftmax", [x], { axis: { int: axis } }) };
  }),
  Gemm: matrices.map(({ m, k, n, transA, transB, shared }) => {
    const [a, b] = [input("a", transA ? [k, m] : [m, k]), input("b", transB ? [n, k] : [k, n])];
    const c = input("c", shared ? [1, n] : [m, 1]);
    return { of: [a, b, c], y: graph.gemm(a, b, { c, alpha: 0.5, transA, transB }) };
  }),
  MatMul: matrices.map(({ m, k, n, b, shared }) => {
    const [x, z] = [input("x", [b, m, k]), input("z", shared ? [k, n] : [b, k, n])];
    return { of: [x, z], y: graph.matMul(x, z) };
  }),
  Reshape: fc.tuple(size(3), size(3), size(3)).map(([a, b, c]) => {
    const x = input("x", [a, b, c]);
    return {
      of: [x],
      y: graph.mul(node("Reshape", [x], { shape: { ints: [0, -1] } }), graph.reshape(x, [a, b * c])),
    };
  }),
  Transpose: fc
    .tuple(size(3), size(3), size(3), fc.shuffledSubarray([0, 1, 2], { minLength: 3 }))
    .map(([a, b, c, perm]) => {
      const x = input("x", [a, b, c]);
      return { of: [x], y: graph.transpose(x, perm) };
    }),
  Expand: shapes.map(({ a, b }) => {
    const x = input("x", b);
    return { of: [x], y: node("Expand", [x], { shape: { ints: a } }) };
  }),
  Concat: fc.tuple(size(3), size(3), size(3), fc.boolean()).map(([m, n, o, isFirst]) => {
    const [x, z] = [input("x", isFirst ? [n, m] : [m, n]), input("z", isFirst ? [o, m] : [m, o])];
    const fixed = graph.constant(new Float32Array(2 * m).fill(3), isFirst ? [2, m] : [m, 2]);
    return { of: [x, z], y: node("Concat", [x, fixed, z], { axis: { int: isFirst ? 0 : -1 } }) };
  }),
  Slice: fc.tuple(size(4), size(9), fc.nat(8), size(9), size(3)).map(([m, n, start, length, step]) => {
    const x = input("x", [m, n]);
    const from = Math.min(start, n - 1);
    const cuts = { starts: [0, from], ends: [m, Math.min(n, from + length)], axes: [0, 1], steps: [1, step] };
    const ints = Object.fromEntries(Object.entries(cuts).map(([name, own]) => [name, { ints: own }]));
    return { of: [x], y: node("Slice", [x], ints) };
  }),
  Pad: fc.tuple(size(3), size(3), fc.array(fc.nat(2), { minLength: 4, maxLength: 4 })).map(([m, n, ints]) => {
    const x = input("x", [m, n]);
    return { of: [x], y: node("Pad", [x], { pads: { ints } }) };
  }),
  Gather: fc
    .tuple(size(3), size(4), fc.array(fc.nat(7), { minLength: 1, maxLength: 5 }), fc.boolean())
    .map(([m, n, ids, isFirst]) => {
      const x = input("x", isFirst ? [n, m] : [m, n]);
      const places = BigInt64Array.from(ids, (id) => BigInt((id % (2 * n)) - n));
      return {
        of: [x],
        y: node("Gather", [x, graph.constant(places, [places.length])], { axis: { int: isFirst ? 0 : 1 } }),
      };
    }),
  Conv: convolution.map(({ n, group, c, o, k, length, many, attributes, bias }) => {
    const x = input("x", [n, c * group, ...many(length)]);
    const w = input("w", [o * group, c, ...many(k)]);
    const b = input("b", [o * group]);
    return { of: bias ? [x, w, b] : [x, w], y: node("Conv", bias ? [x, w, b] : [x, w], attributes) };
  }),
  ConvTranspose: convolution.map(
    ({ n, group, c, o, k, stride, extra, many, attributes, before, after, bias }) => {
      const x = input("x", [n, c * group, ...many(5 + extra)]);
      const w = input("w", [c * group, o, ...many(k)]);
      const b = input("b", [o * group]);
      const output_padding = { ints: many((before + after) % stride) };
      const inputs = bias ? [x, w, b] : [x, w];
      return { of: inputs, y: node("ConvTranspose", inputs, { ...attributes, output_padding }) };
    },
  ),
};

/** Operations whose results stay. */
const CONSTANT = [
  "Equal",
  "Greater",
  "GreaterOrEqual",
  "Less",
  "LessOrEqual",
  "And",
  "Or",
  "Not",
  "Sign",
  "Floor",
  "Ceil",
  "ArgMax",
  "MatMulInteger",
  "StopGradient",
] as const;
type Constant = (typeof CONSTANT)[number];

describe("derivatives of each operation", () => {
  it.each(Object.entries(CASES))("%s", async (_, cases) => {
    await fc.assert(
      fc.asyncProperty(cases, fc.nat(1e6), (c, seed) => checkDerivatives(c, seed)),
      { numRuns: 12, seed: 5 },
    );
  });

  it("those of the others are nothing", () => {
    for (const name of CONSTANT) expect(OPS[name].derivative, name).toBe("constant");
    expect([...Object.keys(CASES), ...CONSTANT].sort()).toEqual(Object.keys(OPS).sort());
  });
});

describe("derivatives of functions", () => {
  const mlp = (x: Expression, w: Expression, v: Expression) =>
    graph.matMul(graph.tanh(graph.matMul(x, w)), v);

  it("a network, in its input and its weights at once", async () => {
    const [x, w, v] = [input("x", [3, 4]), input("w", [4, 5]), input("v", [5, 2])];
    await checkDerivatives({ of: [x, w, v], y: mlp(x, w, v) }, 1);
  });

  it("backward through forward, and twice: a gradient of a directional derivative", async () => {
    const [x, w, v, t] = [input("x", [3, 4]), input("w", [4, 5]), input("v", [5, 2]), input("t", [3, 4])];
    const { y: forward } = graph.jvp({ outputs: { y: mlp(x, w, v) } }, new Map([[x, t]]));
    const loss = graph.reduceSum(graph.mul(forward!, forward!), [0, 1]);
    await checkDerivatives({ of: [w, v], y: withFixed(loss, { x, t }) }, 2);
    const [gradient] = graph.vjp({ outputs: { loss } }, [w], {
      loss: graph.constant(Float32Array.of(1), [1, 1]),
    });
    await checkDerivatives({ of: [w, v], y: withFixed(gradient!, { x, t }) }, 3);
  });

  it("what does not move has none, and an operation without a rule is named", () => {
    const x = input("x", [3]);
    const y = graph.cast(graph.greater(x, graph.scalar(0, "float")), "float");
    expect(graph.jvp({ outputs: { y } }, new Map([[x, x]])).y).toBeNull();
    expect(graph.vjp({ outputs: { y } }, [x], { y: x })).toEqual([null]);
  });
});

/** An expression with some inputs as fixed numbers. */
function withFixed(e: Expression, inputs: Readonly<Record<string, graph.InputExpression>>): Expression {
  const known = new Map<Expression, Expression>();
  let next = 0.3;
  const number = () => {
    next = (next * 7.3 + 0.71) % 2;
    return next - 1;
  };
  for (const x of Object.values(inputs)) {
    const dims = x.shape as number[];
    const count = dims.reduce((a, b) => a * b, 1);
    known.set(x, graph.constant(Float32Array.from({ length: count }, number), dims));
  }
  for (const each of graph.inOrder({ outputs: { e } })) {
    if (each.kind !== "node") continue;
    known.set(
      each,
      node(
        each.op,
        each.inputs.map((i) => known.get(i) ?? i),
        each.attributes,
      ),
    );
  }
  return known.get(e)!;
}
