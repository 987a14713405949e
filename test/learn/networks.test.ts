import { describe, expect, it } from "vitest";
import { evaluate } from "../../src/engine/index.ts";
import { input, reshape } from "../../src/graph/index.ts";
import {
  batchNormalisation,
  buildAutoencoder,
  type ConvOptions,
  convDecoder,
  convEncoder,
  type Layer,
  layerNormalisation,
  type MlpOptions,
  mlp,
  type Scope,
  sequence,
  standardise,
  stateless,
  unstandardise,
} from "../../src/learn/networks/index.ts";
import { relative } from "../graph/pytorch-kit.ts";
import {
  BATCH,
  beginning,
  CASES,
  type Case,
  evaluated,
  feedsOf,
  gradientsOf,
  scattered,
} from "./networks-kit.ts";

/** Both sides are float64: what is left is rounding. */
const CLOSE = 1e-10;

/** Our network of a case of PyTorch's. */
function layerOf({ options }: Case): Layer {
  const { kind, codes, widths, shape } = options as unknown as {
    kind: "mlp" | "encoder" | "decoder" | "batch" | "layer";
    codes: number;
    widths: number[];
    shape: number[];
  };
  switch (kind) {
    case "mlp":
      return mlp("net", widths, options as unknown as MlpOptions);
    case "encoder":
      return convEncoder("net", codes, { ...(options as unknown as ConvOptions), output: "none" });
    case "decoder":
      return convDecoder("net", codes, options as unknown as ConvOptions);
    default: {
      const own = (kind === "batch" ? batchNormalisation : layerNormalisation)("net", shape[0]!);
      return sequence([
        stateless((x) => reshape(x, [BATCH, ...shape])),
        own,
        stateless((x) => reshape(x, [BATCH, shape.reduce((all, dim) => all * dim, 1)])),
      ]);
    }
  }
}

/** One pass in training: y, gradients, and the next statistics. */
function pass(one: Case, layer: Layer, rows: readonly number[], running: Case["running"]) {
  const columns = rows.length / BATCH;
  const graph = gradientsOf(layer, BATCH, columns, true);
  const feeds = feedsOf(layer, (name) => one.parameters[name] ?? running[name]!, {
    x: { data: rows, dims: [BATCH, columns] },
    u: { data: one.u, dims: [BATCH, one.u.length / BATCH] },
  });
  const found = evaluate(graph, feeds);
  return (name: string) => Array.from(found[name]!.data as Float64Array);
}

const named = CASES.map((one) => [JSON.stringify(one.options), one] as const);

describe.each(named)("%s is PyTorch's", (_, one) => {
  const layer = layerOf(one);
  const of = pass(one, layer, one.x, one.running);

  it("has the same parameters", () => {
    const sizes = layer.parameters.map(({ name, shape }) => [name, shape.reduce((a, b) => a * b, 1)]);
    const theirs = Object.entries(one.parameters).map(([name, values]) => [name, values.length]);
    expect(Object.fromEntries(sizes)).toEqual(Object.fromEntries(theirs));
    expect(layer.running.map(({ name }) => name).sort()).toEqual(Object.keys(one.running).sort());
  });

  it("gives the same values", () => {
    expect(relative(of("y"), one.y)).toBeLessThan(CLOSE);
  });

  it("has the same gradients by its input and all parameters", () => {
    expect(relative(of("back"), one.back)).toBeLessThan(CLOSE);
    // A bias before normalisation has no part: compared with the largest of all.
    const largest = Math.max(...Object.values(one.gradients).flat().map(Math.abs));
    for (const [name, values] of Object.entries(one.gradients)) {
      const off = of(`gradient:${name}`).map((value, k) => Math.abs(value - values[k]!));
      expect(Math.max(...off) / largest, name).toBeLessThan(CLOSE);
    }
  });

  it("others where the rows are others (control)", () => {
    const other = pass(one, layer, one.x.toReversed(), one.running);
    expect(relative(other("y"), one.y)).toBeGreaterThan(1e-3);
    const [name, values] = Object.entries(one.gradients)[0]!;
    expect(relative(other(`gradient:${name}`), values)).toBeGreaterThan(1e-3);
  });
});

const withRunning = named.filter(([, one]) => one.batches);

describe.each(withRunning)("the running statistics of %s", (_, one) => {
  const layer = layerOf(one);
  const columns = one.x.length / BATCH;
  const after = one.batches!.reduce<Case["running"]>((running, rows) => {
    const of = pass(one, layer, rows, running);
    return Object.fromEntries(Object.keys(running).map((name) => [name, of(`next:${name}`)]));
  }, one.running);

  it("are PyTorch's after three batches", () => {
    for (const [name, values] of Object.entries(one.after!)) {
      expect(relative(after[name]!, values), name).toBeLessThan(CLOSE);
      expect(relative(one.running[name]!, values), `${name} (control)`).toBeGreaterThan(1e-3);
    }
  });

  it("are what the network is used with", () => {
    const values = (name: string) => one.parameters[name] ?? after[name]!;
    expect(relative(evaluated(layer, values, one.x, columns), one.evaluated!)).toBeLessThan(CLOSE);
    const before = (name: string) => one.parameters[name] ?? one.running[name]!;
    expect(relative(evaluated(layer, before, one.x, columns), one.evaluated!)).toBeGreaterThan(1e-3);
  });
});

describe("normalisation", () => {
  it("by batches refuses those of one row, and takes two", () => {
    const layer = batchNormalisation("n", 3);
    const scope: Scope = {
      isTraining: true,
      value: (name) => input(name, [1, 3]),
      update: () => undefined,
    };
    expect(() => layer.apply(input("x", [1, 3]), scope)).toThrow(/one row/);
    expect(layer.apply(input("x", [2, 3]), scope).shape).toEqual([2, 3]);
  });

  it("has scales and shifts that are no weights", () => {
    const of = (layer: Layer) => layer.parameters.filter(({ isWeight }) => isWeight).map(({ name }) => name);
    const net = mlp("e", [4, 5, 2], { activation: "elu", normalisation: "batch" });
    expect(of(net)).toEqual(["e.0.weight", "e.1.weight"]);
    expect(net.parameters).toHaveLength(6);
  });
});

describe("standardisation", () => {
  const rows = scattered(12);
  const run = (layer: Layer, x: ArrayLike<number>) => evaluated(layer, () => [], x, 3);
  const mean = [0.5, -1, 2];

  it.each([0.25, [0.5, 2, 4]])("by %j is (x - mean) / scale, and its inverse leads back", (scale) => {
    const standard = { mean, scale };
    const wanted = Array.from(rows, (value, i) => {
      const by = typeof scale === "number" ? scale : scale[i % 3]!;
      return (value - mean[i % 3]!) / by;
    });
    expect(relative(run(standardise(standard), rows), wanted)).toBeLessThan(1e-12);
    expect(relative(run(unstandardise(standard), wanted), Array.from(rows))).toBeLessThan(1e-12);
    expect(relative(run(standardise(standard), rows), Array.from(rows))).toBeGreaterThan(0.1);
  });

  it("refuses a scale that is not above 0", () => {
    expect(() => standardise({ mean, scale: [1, 0, 1] })).toThrow(/column 1 has no scale/);
    expect(() => unstandardise({ mean, scale: -1 })).toThrow(/column 0 has no scale/);
  });
});

describe("an autoencoder", () => {
  const shared = { activation: "elu", hidden: [6, 5], outputs: 2 } as const;
  const dims = (layer: Layer) =>
    layer.parameters
      .filter(({ isWeight }) => isWeight)
      .map(({ name, shape }) => `${name} ${shape.join("x")}`);

  it("of linear layers is mirrored", () => {
    const { encoder, decoder } = buildAutoencoder({ ...shared, kind: "mlp", inputs: 8, encoded: 4 });
    expect(dims(encoder)).toEqual(["encoder.0.weight 8x6", "encoder.1.weight 6x5", "encoder.2.weight 5x4"]);
    expect(dims(decoder)).toEqual(["decoder.0.weight 2x5", "decoder.1.weight 5x6", "decoder.2.weight 6x8"]);
  });

  it.each([
    [1, 1, 1, 3],
    [1, 28, 28, 4],
    [3, 13, 6, 4],
    [2, 5, 11, 3],
  ] as const)("of convolutions gives images of %i x %i x %i back", (c, h, w, kernel) => {
    const inputs = c * h * w;
    const options = { ...shared, kind: "conv", inputs, imageShape: [c, h, w], kernel } as const;
    const { encoder, decoder } = buildAutoencoder({ ...options, channels: [3, 4] });
    const rows = scattered(2 * inputs);
    const codes = evaluated(encoder, beginning(encoder), rows, inputs);
    expect(codes).toHaveLength(4);
    expect(evaluated(decoder, beginning(decoder), codes, 2)).toHaveLength(2 * inputs);
  });

  it("refuses images that do not fit, and those that are too small", () => {
    const options = { ...shared, kind: "conv", inputs: 16, channels: [2, 3, 4] } as const;
    expect(() => buildAutoencoder(options)).toThrow(/no images/);
    expect(() => buildAutoencoder({ ...options, imageShape: [1, 4, 5] })).toThrow(/no images/);
    expect(() => buildAutoencoder({ ...options, imageShape: [1, 4, 4] })).toThrow(/halved 3 times/);
    expect(() => buildAutoencoder({ ...options, imageShape: [1, 4, 4], channels: [] })).toThrow(/without/);
  });

  it("brings data to their standard and back, unless it ends within bounds", () => {
    const standard = { mean: new Float32Array(8).fill(3), scale: 2 };
    const options = { ...shared, kind: "mlp", inputs: 8 } as const;
    const [plain, own] = [buildAutoencoder(options), buildAutoencoder({ ...options, standardise: standard })];
    const values = beginning({
      ...plain.encoder,
      parameters: [...plain.encoder.parameters, ...plain.decoder.parameters],
    });
    const rows = scattered(24);
    const moved = rows.map((value) => 2 * value + 3);
    const codes = evaluated(plain.encoder, values, rows, 8);
    expect(relative(evaluated(own.encoder, values, moved, 8), Array.from(codes))).toBeLessThan(1e-6);
    const back = evaluated(plain.decoder, values, codes, 2).map((value) => 2 * value + 3);
    expect(relative(evaluated(own.decoder, values, codes, 2), Array.from(back))).toBeLessThan(1e-12);
    const bounded = buildAutoencoder({ ...options, standardise: standard, output: "sigmoid" }).decoder;
    expect(Math.max(...evaluated(bounded, values, codes, 2))).toBeLessThan(1);
  });
});
