import { describe, expect, it } from "vitest";
import { IsometerError } from "../../src/base/index.ts";
import { endsOf, metadataOf, node } from "../../src/graph/index.ts";
import { buildAutoencoder, type Layer, layerToOnnx, stateless } from "../../src/learn/networks/index.ts";
import { relative } from "../graph/pytorch-kit.ts";
import { beginning, evaluated, runModel, scattered } from "./networks-kit.ts";

const shared = { outputs: 3, hidden: [7, 5], activation: "elu" } as const;
const standard = { mean: scattered(24), scale: 1.7 };
const image = { inputs: 24, imageShape: [2, 3, 4], channels: [3, 4], kernel: 3 } as const;
const SETTINGS = {
  mlp: { kind: "mlp", inputs: 24, standardise: standard },
  "mlp, batch, residual": { kind: "mlp", inputs: 24, normalisation: "batch", residual: true },
  "mlp, layer, sigmoid": { kind: "mlp", inputs: 24, normalisation: "layer", output: "sigmoid" },
  conv: { kind: "conv", ...image, standardise: standard },
  "conv, batch, residual": { kind: "conv", ...image, normalisation: "batch", residual: true },
  "conv, layer, tanh": { kind: "conv", ...image, normalisation: "layer", output: "tanh" },
} as const;

const parts = Object.entries(SETTINGS).flatMap(([name, setting]) => {
  const { encoder, decoder } = buildAutoencoder({ ...shared, ...setting });
  return [
    [`the encoder of ${name}`, encoder, 24],
    [`the decoder of ${name}`, decoder, 3],
  ] as const;
});

describe.each(parts)("%s, saved", (_, layer, columns) => {
  const values = beginning(layer);
  const bytes = layerToOnnx(layer, values, { inputs: columns, metadata: { seed: "7" } });

  it.each([1, 2, 9])("gives in ONNX Runtime what it gave, for %i rows", async (rows) => {
    const x = scattered(rows * columns);
    const wanted = Array.from(evaluated(layer, values, x, columns));
    expect(relative(await runModel(bytes, x, columns), wanted)).toBeLessThan(1e-5);
  });

  it("takes any number of rows, and keeps its metadata", () => {
    expect(endsOf(bytes).inputs[0]).toMatchObject({ name: "x", shape: ["batch", columns] });
    expect(endsOf(bytes).outputs[0]!.shape![0]).toBe("batch");
    expect(metadataOf(bytes)).toEqual({ seed: "7" });
  });

  it("gives other numbers by other values (control)", async () => {
    const other = layerToOnnx(layer, (name) => values(name).map((value) => value * 0.9), { inputs: columns });
    const x = scattered(2 * columns);
    const wanted = Array.from(await runModel(bytes, x, columns));
    expect(relative(await runModel(other, x, columns), wanted)).toBeGreaterThan(1e-3);
  });
});

describe("saving", () => {
  const [, layer] = parts[0]!;
  const values = beginning(layer);

  it("names inputs, outputs and the size of a batch as it is told", () => {
    const bytes = layerToOnnx(layer, values, { inputs: 24, inputName: "data", outputName: "code", batch: 4 });
    const { inputs, outputs } = endsOf(bytes);
    expect([inputs[0], outputs[0]]).toMatchObject([
      { name: "data", shape: [4, 24] },
      { name: "code", shape: [4, 3] },
    ]);
  });

  it("says the next step where a layer has to know its batch", () => {
    const joined: Layer = stateless((x) => node("Concat", [x, x], { axis: { int: 0 } }));
    const failed = () => layerToOnnx(joined, values, { inputs: 2 });
    expect(failed).toThrow(expect.objectContaining({ code: "unsupported-model" }));
    expect(failed).toThrow(IsometerError);
    expect(layerToOnnx(joined, values, { inputs: 2, batch: 3 }).length).toBeGreaterThan(0);
  });
});
