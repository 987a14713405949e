import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/engine/index.ts";
import { endsOf, input, toOnnx } from "../../src/graph/index.ts";
import { fromModel, layerToOnnx, linear, sequence } from "../../src/learn/networks/index.ts";
import { fixtureModel, fixtureModels, relative } from "../graph/pytorch-kit.ts";
import { beginning, evaluated, feedsOf, gradientsOf, runModel } from "./networks-kit.ts";

/**
 * Parameters that PyTorch counts, as its exporters keep them. Fused: a convolution and the batch normalisation behind it are one kernel and one bias (5 blocks, 2 for the ends).
 * Of
 * normalisation by groups scale and shift are a product and a sum. The layers of the transformer begin equal, and weights that are equal are one: they are not counted.
 */
const COUNTS: Readonly<Record<string, number>> = {
  "mlp-decoder": 8,
  "conv-decoder": 10,
  "resnet-encoder": 16,
};

const open = (name: string, exporter: string) => {
  const { bytes, truth } = fixtureModel(name, exporter);
  const inputs = truth.x[0]!.length;
  const source = { bytes, name: `${name}.onnx` };
  return { bytes, truth, inputs, source, layer: fromModel("own", source, { inputs }) };
};

describe.each(fixtureModels())("%s, exported by %s, as a layer", (name, exporter) => {
  const { truth, inputs, source, layer } = open(name, exporter);
  const values = beginning(layer);
  const x = truth.x.flat();

  it("has the weights and biases of PyTorch", () => {
    const names = layer.parameters.map((each) => each.name);
    expect(new Set(names).size).toBe(names.length);
    if (COUNTS[name]) expect(names).toHaveLength(COUNTS[name]);
    for (const each of layer.parameters) {
      if (each.isWeight) expect(each.shape.length, each.name).toBeGreaterThanOrEqual(2);
      if (/bias|norm/.test(each.name)) expect(each.isWeight, each.name).toBe(false);
    }
    expect(layer.parameters.filter(({ isWeight }) => isWeight).length).toBeGreaterThan(2);
  });

  it.each([4, 1])("gives what the model gives, for %i rows", (rows) => {
    const found = evaluated(layer, values, x.slice(0, rows * inputs), inputs);
    expect(relative(found, truth.y.slice(0, rows).flat())).toBeLessThan(1e-6);
  });

  it("moves along its gradient, by all parameters", () => {
    const graph = gradientsOf(layer, 4, inputs, true);
    const u = { data: new Float64Array(truth.y.flat().length).fill(1), dims: [4, truth.y[0]!.length] };
    const found = evaluate(graph, feedsOf(layer, values, { x: { data: x, dims: [4, inputs] }, u }));
    const gradient = (own: string) => found[`gradient:${own}`]!.data as Float64Array;
    const step = 1e-4;
    const stepped = (own: string) => values(own).map((value, k) => value + step * gradient(own)[k]!);
    const slope = layer.parameters.reduce(
      (all, { name: own }) => all + gradient(own).reduce((s, g) => s + g * g, 0),
      0,
    );
    const sum = (of: (own: string) => ArrayLike<number>) =>
      evaluated(layer, of, x, inputs).reduce((all, value) => all + value, 0);
    const exact = (own: string) =>
      Float64Array.from(values(own), (value, k) => value + 1e-6 * gradient(own)[k]!);
    expect((sum(exact) - sum(values)) / 1e-6 / slope).toBeCloseTo(1, 3);
    expect(relative(evaluated(layer, stepped, x, inputs), truth.y.flat())).toBeGreaterThan(1e-6);
  });

  it("keeps what it does when it is saved", async () => {
    const batch = name === "transformer-encoder" ? { batch: 4 } : {};
    const bytes = layerToOnnx(layer, values, { inputs, ...batch });
    expect(relative(await runModel(bytes, Float32Array.from(x), inputs), truth.y.flat())).toBeLessThan(1e-5);
    if (name === "transformer-encoder") return;
    const three = Float32Array.from(x.slice(inputs));
    expect(endsOf(bytes).inputs[0]!.shape).toEqual(["batch", inputs]);
    expect(relative(await runModel(bytes, three, inputs), truth.y.slice(1).flat())).toBeLessThan(1e-5);
  });

  it("holds nothing that moves when it is frozen, and a head on it does", () => {
    const frozen = fromModel("own", source, { inputs, frozen: true });
    expect(frozen.parameters).toEqual([]);
    expect(
      relative(
        evaluated(frozen, () => [], x, inputs),
        truth.y.flat(),
      ),
    ).toBeLessThan(1e-6);
    const adapted = sequence([frozen, linear("head", frozen.outputs, 2)]);
    const graph = gradientsOf(adapted, 4, inputs, true);
    expect(Object.keys(graph.outputs)).toEqual(["y", "back", "gradient:head.weight", "gradient:head.bias"]);
  });
});

describe("a model as a layer", () => {
  it("keeps the names and values of the model", () => {
    const { layer } = open("mlp-decoder", "dynamo");
    expect(layer.parameters.map(({ name, isWeight }) => [name, isWeight])).toEqual([
      ["own.0.weight", true],
      ["own.0.bias", false],
      ["own.2.weight", true],
      ["own.2.bias", false],
      ["own.4.weight", false],
      ["own.4.bias", false],
      ["own.5.weight", true],
      ["own.5.bias", false],
    ]);
  });

  it("leaves running statistics and interpolation as they are", () => {
    const { layer } = open("conv-decoder", "dynamo");
    const names = layer.parameters.map(({ name }) => name);
    expect(names.filter((name) => /running|val_39/.test(name))).toEqual([]);
    expect(names).toContain("own.2.weight");
  });

  it("refuses a batch of another size than the model is for, and takes that one", () => {
    const own = linear("l", 3, 2);
    const source = { bytes: layerToOnnx(own, beginning(own), { inputs: 3, batch: 4 }), name: "four.onnx" };
    const layer = fromModel("own", source, { inputs: 3 });
    const values = beginning(layer);
    expect(evaluated(layer, values, new Float32Array(12), 3)).toHaveLength(8);
    expect(() => evaluated(layer, values, new Float32Array(9), 3)).toThrow(/batches of 4 rows, not of 3/);
    expect(() => layerToOnnx(layer, values, { inputs: 3 })).toThrow(/batches of 4 rows/);
    expect(layerToOnnx(layer, values, { inputs: 3, batch: 4 }).length).toBeGreaterThan(0);
  });

  it("that joins rows and heads of attention is saved for one size of batch, and says so", () => {
    const { layer, inputs } = open("transformer-encoder", "dynamo");
    const failed = () => layerToOnnx(layer, beginning(layer), { inputs });
    expect(failed).toThrow(
      expect.objectContaining({ code: "unsupported-model", hint: expect.stringMatching(/one size/) }),
    );
    expect(failed).toThrow(/Reshape mixes the rows/);
  });

  it("says which operation has no derivative here, and what holds nothing", () => {
    const x = input("x", ["batch", 3]);
    const nothing = { bytes: toOnnx({ outputs: { y: { ...x, name: "x" } } }), name: "nothing.onnx" };
    expect(() => fromModel("own", nothing, { inputs: 3 })).toThrow(/no weights/);
    expect(fromModel("own", nothing, { inputs: 3, frozen: true }).outputs).toBe(3);
    const { bytes, inputs } = open("mlp-decoder", "script");
    const text = Buffer.from(bytes).toString("latin1").replaceAll("\x04Gemm", "\x04Gexx");
    const unknown = { bytes: Uint8Array.from(Buffer.from(text, "latin1")), name: "unknown.onnx" };
    expect(() => fromModel("own", unknown, { inputs })).toThrow(/Gexx/);
  });
});
