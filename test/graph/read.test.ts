import { describe, expect, it } from "vitest";
import { fromOnnx } from "../../src/graph/index.ts";
import { READERS } from "../../src/graph/read/readers.ts";
import { checkDerivatives } from "./derivative-kit.ts";
import { bothWays, bytesOf, type Fixed, fixed, modelOf, type Spec, tensorOf } from "./model-kit.ts";

const floats = (dims: number[], ...values: number[]): Fixed => ({ values, dims, type: "float" });
const positive: NonNullable<Spec["draw"]> = (random) => 0.5 + random.uniform();
const one = (op: string, attributes: Spec["attributes"] = {}, opset = 17): Spec => ({
  op,
  attributes,
  inputs: [[3, 4]],
  opset,
});
const two = (op: string): Spec => ({ op, inputs: [[3, 4], [4]] });

/** Cases of each operation: what ONNX Runtime makes of them is the truth. */
const CASES: readonly Spec[] = [
  ...[
    "Abs",
    "Ceil",
    "Cos",
    "Erf",
    "Exp",
    "Floor",
    "Neg",
    "Relu",
    "Sigmoid",
    "Sign",
    "Sin",
    "Softplus",
    "Tanh",
    "Identity",
    "Softsign",
  ].map((op) => one(op)),
  { ...one("Log"), draw: positive },
  { ...one("Sqrt"), draw: positive },
  { ...one("Reciprocal"), draw: positive },
  ...["Add", "Sub", "Mul", "Max", "Min", "Sum", "Mean"].map(two),
  { ...two("Div"), draw: positive },
  { ...two("Pow"), draw: positive },
  { op: "Pow", inputs: [[3, 4], { values: [2], dims: [] }] },
  { op: "Max", inputs: [[3], [3], [1]] },
  one("LeakyRelu"),
  one("LeakyRelu", { alpha: { float: 0.3 } }),
  { op: "PRelu", inputs: [[3, 4], [4]] },
  one("Elu"),
  one("Elu", { alpha: { float: 0.7 } }),
  one("Celu", { alpha: { float: 0.7 } }),
  one("Selu"),
  one("ThresholdedRelu", { alpha: { float: 0.4 } }),
  one("Gelu", {}, 20),
  one("Gelu", { approximate: "tanh" }, 20),
  one("HardSigmoid"),
  one("HardSigmoid", { alpha: { float: 0.3 }, beta: { float: 0.4 } }),
  one("HardSwish"),
  one("Mish", {}, 18),
  { op: "Clip", inputs: [[3, 4], floats([], -0.5), floats([], 0.7)] },
  { op: "Clip", inputs: [[3, 4], "", floats([], 0.2)] },
  { op: "Dropout", inputs: [[3, 4]] },
  one("Cast", { to: 1 }),
  one("Softmax"),
  one("Softmax", { axis: 0 }),
  one("LogSoftmax", { axis: -2 }),
  {
    op: "BatchNormalization",
    inputs: [
      [2, 3, 4],
      floats([3], 1, 2, 0.5),
      floats([3], 0, 1, -1),
      floats([3], 0.1, 0.2, 0.3),
      floats([3], 1, 2, 0.5),
    ],
  },
  { op: "LayerNormalization", inputs: [[2, 3, 4], [4], [4]] },
  {
    op: "LayerNormalization",
    attributes: { axis: 1, epsilon: { float: 0.1 } },
    inputs: [
      [2, 3, 4],
      [3, 4],
    ],
  },
  { op: "RMSNormalization", inputs: [[2, 3, 4], [4]], opset: 23 },
  { op: "InstanceNormalization", inputs: [[2, 3, 4, 2], [3], [3]] },
  { op: "GroupNormalization", attributes: { num_groups: 2 }, inputs: [[2, 4, 3, 2], [4], [4]], opset: 21 },
  { op: "GroupNormalization", attributes: { num_groups: 2 }, inputs: [[2, 4, 3], [2], [2]], opset: 18 },
  ...[
    "ReduceSum",
    "ReduceMean",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceSumSquare",
    "ReduceLogSumExp",
  ]
    .flatMap((op): Spec[] => [
      op === "ReduceSum"
        ? { op, inputs: [[2, 3, 4], fixed(-1, 0)] }
        : { op, attributes: { axes: [-1, 0] }, inputs: [[2, 3, 4]] },
      { op, attributes: { keepdims: 0 }, inputs: [[2, 3, 4], fixed(1)], opset: 18 },
      { op, attributes: { keepdims: 0 }, inputs: [[2, 3, 4]], opset: 18 },
      { op, attributes: { noop_with_empty_axes: 1 }, inputs: [[2, 3]], opset: op === "ReduceSum" ? 17 : 18 },
    ])
    .filter(({ op, attributes }) => !(attributes?.noop_with_empty_axes && op !== "ReduceSum")),
  { op: "ReduceLogSum", attributes: { axes: [1] }, inputs: [[2, 3]], draw: positive },
  {
    op: "MatMul",
    inputs: [
      [2, 3, 4],
      [4, 5],
    ],
  },
  { op: "MatMul", inputs: [[4], [4, 5]] },
  { op: "MatMul", inputs: [[2, 3, 4], [4]] },
  { op: "MatMul", inputs: [[4], [4]] },
  {
    op: "Gemm",
    attributes: { transA: 1, transB: 1, alpha: { float: 0.5 }, beta: { float: 2 } },
    inputs: [[4, 3], [5, 4], [5]],
  },
  { op: "Reshape", inputs: [[2, 3, 4], fixed(0, -1)] },
  { op: "Flatten", inputs: [[2, 3, 4]] },
  { op: "Flatten", attributes: { axis: -1 }, inputs: [[2, 3, 4]] },
  { op: "Flatten", attributes: { axis: 0 }, inputs: [[2, 3, 4]] },
  { op: "Squeeze", inputs: [[2, 1, 4, 1]] },
  { op: "Squeeze", inputs: [[2, 1, 4, 1], fixed(-1)] },
  { op: "Unsqueeze", inputs: [[2, 4], fixed(0, -1)] },
  { op: "Transpose", inputs: [[2, 3, 4]] },
  { op: "Transpose", attributes: { perm: [1, 2, 0] }, inputs: [[2, 3, 4]] },
  { op: "Expand", inputs: [[3, 1], fixed(2, 1, 4)] },
  { op: "Tile", inputs: [[2, 3], fixed(2, 3)] },
  {
    op: "Concat",
    attributes: { axis: -1 },
    inputs: [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
  },
  { op: "Split", attributes: { axis: 1 }, inputs: [[2, 6]], outputs: 3 },
  { op: "Split", attributes: { axis: 1 }, inputs: [[2, 6], fixed(1, 5)], outputs: 2 },
  { op: "Split", attributes: { axis: 1, num_outputs: 3 }, inputs: [[2, 7]], outputs: 3, opset: 18 },
  { op: "Slice", inputs: [[5, 6], fixed(1, -3), fixed(-1, 1000), fixed(0, 1), fixed(2, 1)] },
  { op: "Slice", inputs: [[5, 6], fixed(-1), fixed(-1000), fixed(1), fixed(-2)] },
  { op: "Slice", inputs: [[5, 6], fixed(1), fixed(3)] },
  { op: "Pad", inputs: [[2, 3], fixed(1, 0, 0, 2)] },
  { op: "Pad", inputs: [[2, 3], fixed(1, 0, 0, 2), floats([], 3)] },
  { op: "Pad", inputs: [[2, 5], fixed(0, -1, 0, -2)] },
  ...["reflect", "edge"].map(
    (mode): Spec => ({ op: "Pad", attributes: { mode }, inputs: [[3, 4], fixed(1, 2, 2, 3)] }),
  ),
  {
    op: "GatherElements",
    attributes: { axis: 1 },
    inputs: [[2, 5], { values: [0, -1, 3, 3], dims: [2, 2] }],
  },
  { op: "GatherND", inputs: [[3, 4, 2], { values: [0, 1, 2, -1], dims: [2, 2] }] },
  { op: "GatherND", attributes: { batch_dims: 1 }, inputs: [[2, 4, 3], { values: [1, 3], dims: [2, 1] }] },
  {
    op: "ScatterElements",
    attributes: { axis: 1 },
    inputs: [[2, 5], { values: [0, -1, 3, 1], dims: [2, 2] }, [2, 2]],
    opset: 18,
  },
  { op: "ScatterND", inputs: [[3, 4, 2], { values: [0, 1, 2, -1], dims: [2, 2] }, [2, 2]], opset: 18 },
  {
    op: "Attention",
    inputs: [
      [2, 2, 3, 4],
      [2, 2, 5, 4],
      [2, 2, 5, 3],
    ],
    opset: 23,
  },
  {
    op: "Attention",
    attributes: { is_causal: 1 },
    inputs: [
      [1, 2, 4, 4],
      [1, 2, 4, 4],
      [1, 2, 4, 4],
    ],
    opset: 23,
  },
  {
    op: "Attention",
    attributes: { q_num_heads: 4, kv_num_heads: 2, scale: { float: 0.3 } },
    inputs: [
      [2, 3, 8],
      [2, 3, 4],
      [2, 3, 4],
      [3, 3],
    ],
    opset: 23,
  },
  {
    op: "Attention",
    attributes: { softcap: { float: 1.5 } },
    inputs: [
      [1, 1, 3, 2],
      [1, 1, 3, 2],
      [1, 1, 3, 2],
    ],
    opset: 23,
  },
  one("Swish", {}, 24),
  one("Swish", { alpha: { float: 0.7 } }, 24),
  one("Trilu"),
  { op: "Trilu", attributes: { upper: 0 }, inputs: [[2, 3, 4], { values: [1], dims: [] }] },
  { op: "CumSum", inputs: [[3, 4], { values: [1], dims: [] }] },
  { op: "CumSum", attributes: { exclusive: 1, reverse: 1 }, inputs: [[3, 4], { values: [0], dims: [] }] },
  { op: "Mod", attributes: { fmod: 1 }, inputs: [[3, 4], floats([], 0.7)] },
  { op: "Gather", attributes: { axis: 1 }, inputs: [[2, 5], { values: [0, -1, 3, 3], dims: [2, 2] }] },
  { op: "DepthToSpace", attributes: { blocksize: 2 }, inputs: [[1, 8, 2, 3]] },
  { op: "DepthToSpace", attributes: { blocksize: 2, mode: "CRD" }, inputs: [[1, 8, 2, 3]] },
  { op: "SpaceToDepth", attributes: { blocksize: 2 }, inputs: [[1, 2, 4, 6]] },
  ...["ij,jk->ik", "bij,bjk->bik", "bhid,bhjd->bhij", "ij,kj->ki", "bi,bj->bij", "bij,bij->b"].map(
    (equation): Spec => {
      const size: Record<string, number> = { b: 2, h: 3, i: 4, j: 5, k: 2, d: 3 };
      const terms = equation.split("->")[0]!.split(",");
      return {
        op: "Einsum",
        attributes: { equation },
        inputs: terms.map((term) => [...term].map((letter) => size[letter]!)),
      };
    },
  ),
  { op: "Einsum", attributes: { equation: "ijk->ki" }, inputs: [[2, 3, 4]] },
  {
    op: "Conv",
    inputs: [
      [2, 3, 7],
      [4, 3, 3],
    ],
  },
  {
    op: "Conv",
    attributes: { strides: [2, 1], pads: [1, 0, 2, 1], dilations: [1, 2], group: 2 },
    inputs: [[2, 4, 7, 8], [6, 2, 3, 2], [6]],
  },
  {
    op: "Conv",
    attributes: { auto_pad: "SAME_UPPER", strides: [2, 2] },
    inputs: [
      [1, 2, 7, 8],
      [3, 2, 3, 2],
    ],
  },
  {
    op: "Conv",
    attributes: { auto_pad: "SAME_LOWER" },
    inputs: [
      [1, 2, 6],
      [3, 2, 4],
    ],
  },
  {
    op: "Conv",
    attributes: { auto_pad: "VALID" },
    inputs: [
      [1, 2, 6],
      [3, 2, 4],
    ],
  },
  {
    op: "ConvTranspose",
    attributes: { strides: [2, 3], pads: [1, 0, 1, 1], output_padding: [1, 2], group: 2 },
    inputs: [[2, 4, 3, 4], [4, 3, 3, 3], [6]],
  },
  {
    op: "ConvTranspose",
    attributes: { strides: [2], dilations: [2] },
    inputs: [
      [1, 2, 4],
      [2, 3, 3],
    ],
  },
  { op: "MaxPool", attributes: { kernel_shape: [2, 2], strides: [2, 2] }, inputs: [[1, 2, 5, 6]] },
  {
    op: "MaxPool",
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    inputs: [[1, 2, 7, 6]],
  },
  {
    op: "MaxPool",
    attributes: { kernel_shape: [3], strides: [2], ceil_mode: 1, dilations: [2] },
    inputs: [[2, 2, 8]],
  },
  { op: "AveragePool", attributes: { kernel_shape: [2, 3], strides: [1, 2] }, inputs: [[1, 2, 5, 7]] },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    inputs: [[1, 2, 7, 6]],
  },
  {
    op: "AveragePool",
    attributes: { kernel_shape: [3, 3], pads: [1, 0, 1, 2], count_include_pad: 1 },
    inputs: [[1, 2, 5, 5]],
  },
  { op: "GlobalAveragePool", inputs: [[2, 3, 4, 5]] },
  { op: "GlobalMaxPool", inputs: [[2, 3, 4, 5]] },
  {
    op: "Resize",
    attributes: { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" },
    inputs: [[1, 2, 3, 4], "", floats([4], 1, 1, 2, 2)],
  },
  { op: "Resize", attributes: { mode: "nearest" }, inputs: [[1, 2, 5, 4], "", floats([4], 1, 1, 0.6, 1.5)] },
  ...["half_pixel", "align_corners", "asymmetric", "pytorch_half_pixel"].map(
    (places): Spec => ({
      op: "Resize",
      attributes: { mode: "linear", coordinate_transformation_mode: places },
      inputs: [[1, 2, 5, 4], "", "", fixed(1, 2, 8, 3)],
    }),
  ),
];

describe("reading ONNX: each operation becomes others that give the same numbers", () => {
  it.each(
    CASES.map(
      (spec) =>
        [`${spec.op} ${JSON.stringify(spec.attributes ?? {})} ${JSON.stringify(spec.inputs)}`, spec] as const,
    ),
  )("%s", async (_, spec) => {
    for (const [original, ours] of await bothWays(modelOf(spec), 3, spec.draw)) {
      expect(ours.length).toBe(original.length);
      const size = Math.max(1, Math.hypot(...original));
      expect(Math.hypot(...original.map((v, i) => v - ours[i]!)) / size).toBeLessThan(2e-6);
    }
  });
});

/** A node of a larger model, with attributes of whole numbers. */
const part = (opType: string, input: string[], output: string, attributes: Record<string, number> = {}) => ({
  opType,
  input,
  output: [output],
  attribute: Object.entries(attributes).map(([name, i]) => ({ name, i, type: 2 })),
});

/** Truths and places, as numbers: what each gives beside x and z. */
const TRUTHS: Readonly<Record<string, readonly ReturnType<typeof part>[]>> = {
  ...Object.fromEntries(
    ["Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Equal"].map((op) => [
      op,
      [part(op, ["x", "z"], "t")],
    ]),
  ),
  ...Object.fromEntries(
    ["And", "Or"].map((op) => [
      op,
      [part("Greater", ["x", "z"], "a"), part("Less", ["x", "one"], "b"), part(op, ["a", "b"], "t")],
    ]),
  ),
  Not: [part("Greater", ["x", "z"], "a"), part("Not", ["a"], "t")],
  IsNaN: [part("Log", ["x"], "a"), part("IsNaN", ["a"], "t")],
  ArgMax: [part("ArgMax", ["x"], "t", { axis: 1, keepdims: 0 })],
  ArgMin: [part("ArgMin", ["x"], "t", { axis: 0 })],
  Size: [part("Size", ["x"], "t")],
  Range: [part("Range", ["from", "to", "by"], "t")],
};

describe("truths, places and sizes", () => {
  const tensor = (name: string, dims: number[]) => ({
    name,
    type: { tensorType: { elemType: 1, shape: { dim: dims.map((dimValue) => ({ dimValue })) } } },
  });
  const modelWith = (node: object[]) =>
    bytesOf({
      irVersion: 8,
      opsetImport: [{ version: 17 }],
      graph: {
        name: "truths",
        node,
        initializer: [
          tensorOf("one", floats([1], 1)),
          ...Object.entries({ from: 2, to: 9, by: 3 }).map(([name, value]) =>
            tensorOf(name, { values: [value], dims: [] }),
          ),
          tensorOf("shape", fixed(2, 3)),
        ],
        input: [tensor("x", [4, 5]), tensor("z", [4, 5])],
        output: [{ name: "y", type: { tensorType: { elemType: 1 } } }],
      },
    });
  const same = async (node: object[]) => {
    for (const [original, ours] of await bothWays(modelWith(node), 6)) expect(ours).toEqual(original);
  };

  it.each(Object.entries(TRUTHS))("%s", async (_, nodes) => {
    await same([...nodes, part("Cast", ["t"], "y", { to: 1 })]);
  });

  it("a choice by a truth, a type by that of another, and constants as nodes", async () => {
    await same([part("Greater", ["x", "z"], "t"), part("Where", ["t", "x", "one"], "y")]);
    await same([part("Greater", ["x", "z"], "t"), part("CastLike", ["t", "x"], "y")]);
    const value = (name: string, more: object) => ({
      ...part("Constant", [], "c"),
      attribute: [{ name, ...more }],
    });
    await same([value("value_floats", { floats: [1, 2, 3, 4, 5], type: 6 }), part("Add", ["x", "c"], "y")]);
    await same([value("value_float", { f: 1.5, type: 1 }), part("Add", ["x", "c"], "y")]);
    await same([
      value("value", { t: tensorOf("", floats([5], 1, 2, 3, 4, 5)), type: 4 }),
      part("Add", ["x", "c"], "y"),
    ]);
    await same([value("value_ints", { ints: [5, 4], type: 7 }), part("Reshape", ["x", "c"], "y")]);
    await same([value("value_int", { i: 0, type: 2 }), part("Gather", ["x", "c"], "y")]);
    await same([part("ConstantOfShape", ["shape"], "y")]);
  });
});

/** Operations whose results stay, or whose steps a difference may meet. */
const STEPS = ["Ceil", "Floor", "Sign", "ThresholdedRelu"];

describe("derivatives of what was read", () => {
  const moving = CASES.filter(({ op }) => !STEPS.includes(op));
  it.each(
    moving.map(
      (spec) =>
        [`${spec.op} ${JSON.stringify(spec.attributes ?? {})} ${JSON.stringify(spec.inputs)}`, spec] as const,
    ),
  )("%s", async (_, spec) => {
    const { graph, inputs } = fromOnnx(modelOf(spec));
    for (const y of Object.values(graph.outputs)) {
      await checkDerivatives({ of: inputs, y, kinks: true, ...(spec.draw && { draw: spec.draw }) }, 4);
    }
  });
});

describe("what is no model, or one that is not known here", () => {
  const node = (name: string, input: string[], output: string[]) => ({ opType: name, input, output });
  const model = (graph: object, opset = 17) =>
    bytesOf({ irVersion: 8, opsetImport: [{ version: opset }], graph });
  const x = {
    name: "x",
    type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }] } } },
  };
  const y = { name: "y" };
  const refused = (bytes: Uint8Array) => {
    try {
      fromOnnx(bytes);
    } catch (error) {
      return error as { code: string; message: string };
    }
    throw new Error("it was read");
  };

  it("names the operation and the node", () => {
    const bytes = modelOf({ op: "Frobnicate", inputs: [[2]] });
    expect(refused(bytes)).toMatchObject({
      code: "unsupported-model",
      message: expect.stringContaining("Frobnicate node"),
    });
    expect(refused(modelOf({ op: "relu", inputs: [[2]] })).message).toContain("Relu is");
    const custom = model({
      node: [{ ...node("Relu", ["x"], ["y"]), domain: "com.example" }],
      input: [x],
      output: [y],
    });
    expect(refused(custom)).toMatchObject({
      code: "unsupported-model",
      message: expect.stringContaining("com.example"),
    });
    expect(refused(modelOf({ op: "Relu", inputs: [[2]], opset: 9 }))).toMatchObject({
      code: "unsupported-model",
    });
    expect(refused(modelOf({ op: "toString", inputs: [[2]] }))).toMatchObject({ code: "unsupported-model" });
  });

  it("every beginning of a model, and every byte of it turned, is read or refused in words", () => {
    const whole = modelOf(CASES.find(({ op }) => op === "LayerNormalization")!);
    for (let length = 0; length < whole.length; length++) expectWords(whole.slice(0, length));
    for (let at = 0; at < whole.length; at++) {
      const turned = whole.slice();
      turned[at]! ^= 0xff;
      expectWords(turned);
    }
  });

  it("values out of order, cycles and missing ones", () => {
    const cycle = [node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"])];
    expect(refused(model({ node: cycle, input: [x], output: [{ name: "b" }] }))).toMatchObject({
      code: "bad-format",
    });
    expect(
      refused(model({ node: [node("Add", ["x", "w"], ["y"])], input: [x], output: [y] })).message,
    ).toContain("takes w");
    expect(refused(model({ node: [], input: [x], output: [y] })).message).toContain(
      "nothing makes the output y",
    );
  });

  it("tensors that declare more than they have, before memory is taken", () => {
    const huge = { name: "w", dims: [2 ** 40, 2 ** 20], dataType: 1, rawData: new Uint8Array(4) };
    const graph = (w: object) => ({
      node: [node("Add", ["x", "w"], ["y"])],
      initializer: [w],
      input: [x],
      output: [y],
    });
    expect(refused(model(graph(huge)))).toMatchObject({ code: "bad-format" });
    expect(refused(model(graph({ ...huge, dims: [1000, 1000] }))).message).toContain(
      "has 4 bytes where 4000000 are declared",
    );
    expect(refused(model(graph({ ...huge, dims: [-1] })))).toMatchObject({ code: "bad-format" });
    expect(refused(model(graph({ ...huge, dims: [1], dataType: 8 })))).toMatchObject({
      code: "unsupported-model",
    });
  });

  it("nodes that ask for more numbers than anyone has, and inputs that do not fit", () => {
    const wrong: readonly Spec[] = [
      { op: "Tile", inputs: [[2], fixed(2 ** 40)] },
      { op: "Pad", attributes: { mode: "edge" }, inputs: [[2], fixed(2 ** 40, 0)] },
      { op: "MaxPool", attributes: { kernel_shape: [2 ** 20, 2 ** 20] }, inputs: [[1, 1, 4, 4]] },
      { op: "AveragePool", attributes: { kernel_shape: [2 ** 20, 2 ** 20] }, inputs: [[1, 1, 4, 4]] },
      { op: "Resize", inputs: [[1, 1, 4], "", "", fixed(1, 1, 2 ** 40)] },
      { op: "Split", attributes: { num_outputs: 2 ** 40 }, inputs: [[4]], opset: 18 },
      { op: "Range", inputs: [fixed(0), fixed(2 ** 40), fixed(1)] },
      { op: "ReduceSum", inputs: [[2, 3], fixed(9)] },
      { op: "Transpose", attributes: { perm: [0, 7] }, inputs: [[2, 3]] },
      { op: "Gemm", inputs: [[3], [3]] },
      { op: "Conv", inputs: [[2], [3]] },
      { op: "LayerNormalization", attributes: { axis: 9 }, inputs: [[2, 3], [3]] },
    ];
    for (const spec of wrong)
      expect(refused(modelOf(spec)), spec.op).toMatchObject({ code: "unsupported-model" });
  });

  it("tensors in other files are asked for, and never without leave", () => {
    const entries = { location: "weights.bin", offset: "4", length: "8" };
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    const w = { name: "w", dims: [2], dataType: 1, dataLocation: 1, externalData };
    const bytes = model({
      node: [node("Add", ["x", "w"], ["y"])],
      initializer: [w],
      input: [x],
      output: [y],
    });
    expect(refused(bytes).message).toContain("weights.bin");
    const asked: unknown[] = [];
    const external = (...where: unknown[]) => {
      asked.push(where);
      return new Uint8Array(Float32Array.of(1, 2).buffer);
    };
    fromOnnx(bytes, { external });
    expect(asked).toEqual([["weights.bin", 4, 8]]);
  });

  it("half-precision numbers are read exactly, and named dimensions are bound or stay", () => {
    const rawData = new Uint8Array(Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff).buffer);
    const w = { name: "w", dims: [2, 2], dataType: 10, rawData };
    const bytes = model({
      node: [node("MatMul", ["x", "w"], ["y"])],
      initializer: [w],
      input: [x],
      output: [y],
    });
    const { graph, inputs } = fromOnnx(bytes);
    expect(inputs[0]!.shape).toEqual(["n", 2]);
    expect(graph.outputs.y!.shape).toEqual(["n", 2]);
    expect(fromOnnx(bytes, { batch: 7 }).graph.outputs.y!.shape).toEqual([7, 2]);
    expect(fromOnnx(bytes, { dims: { n: 3 } }).graph.outputs.y!.shape).toEqual([3, 2]);
    const {
      inputs: [, values],
    } = graph.outputs.y as unknown as { inputs: { data: Float32Array }[] };
    expect(Array.from(values!.data)).toEqual([1, -2, 2 ** -24, 65_504]);
  });

  it("shape arithmetic as PyTorch exports it is computed", async () => {
    const bytes = model({
      node: [
        node("Shape", ["x"], ["s"]),
        { ...node("Gather", ["s", "zero"], ["n"]), attribute: [{ name: "axis", i: 0, type: 2 }] },
        { ...node("Concat", ["n", "minus"], ["shape"]), attribute: [{ name: "axis", i: 0, type: 2 }] },
        node("Reshape", ["x", "shape"], ["y"]),
      ],
      initializer: [tensorOf("zero", fixed(0)), tensorOf("minus", { values: [-1, 1] })],
      input: [x],
      output: [y],
    });
    expect(fromOnnx(bytes, { batch: 5 }).graph.outputs.y!.shape).toEqual([5, 2, 1]);
    expect(refused(bytes)).toMatchObject({
      code: "unsupported-model",
      message: expect.stringContaining("Shape"),
    });
  });

  function expectWords(bytes: Uint8Array): void {
    try {
      fromOnnx(bytes);
    } catch (error) {
      expect(error).toMatchObject({
        name: "IsometerError",
        code: expect.stringMatching(/bad-format|unsupported-model/),
      });
    }
  }
});

describe("the table of readers", () => {
  it("has a case for each operation", () => {
    const other = ["Where", "CastLike", "Constant", "ConstantOfShape", "Shape"];
    const tried = new Set([...CASES.map(({ op }) => op), ...Object.keys(TRUTHS), ...other]);
    expect(Object.keys(READERS).filter((op) => !tried.has(op))).toEqual([]);
  });
});
