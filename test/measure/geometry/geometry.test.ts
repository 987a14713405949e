import { describe, expect, it } from "vitest";
import { gatherRows, type Matrix, matrix, rng } from "../../../src/base/index.ts";
import { findEngine } from "../../../src/engine/index.ts";
import { openNetwork } from "../../../src/engine/network.ts";
import * as graph from "../../../src/graph/index.ts";
import { toOnnx } from "../../../src/graph/index.ts";
import { singularValues } from "../../../src/linalg/index.ts";
import { geometry } from "../../../src/measure/geometry/geometry.ts";
import { planJacobians } from "../../../src/measure/geometry/jacobian-plan.ts";
import { sketchEvidence } from "../../../src/measure/geometry/sketch.ts";
import { planSketch } from "../../../src/measure/geometry/sketch-plan.ts";
import { bytesOf } from "../../graph/model-kit.ts";
import { fixtureModel, fixtureModels } from "../../graph/pytorch-kit.ts";

function normals(seed: number, rows: number, cols: number, size = 1): Matrix {
  const random = rng(seed);
  return matrix(
    Float32Array.from({ length: rows * cols }, () => size * random.normal()),
    rows,
    cols,
  );
}

/** A network of two layers, `inputs` to `outputs`. */
function network(inputs: number, outputs: number, width: number, seed = 1) {
  const [w, v] = [
    normals(seed, inputs, width, 1 / Math.sqrt(inputs)),
    normals(seed + 1, width, outputs, 1 / Math.sqrt(width)),
  ];
  const x = graph.input("x", ["batch", inputs]);
  const hidden = graph.tanh(graph.matMul(x, graph.constant(w.data, [inputs, width])));
  return {
    bytes: toOnnx({ outputs: { y: graph.matMul(hidden, graph.constant(v.data, [width, outputs])) } }),
    name: "network",
  };
}

/** Singular values at a point by differences in float64, of tanh(x W) V. */
function exactSpectrum(
  inputs: number,
  outputs: number,
  width: number,
  x: Float32Array,
  seed = 1,
): Float64Array {
  const [w, v] = [
    normals(seed, inputs, width, 1 / Math.sqrt(inputs)),
    normals(seed + 1, width, outputs, 1 / Math.sqrt(width)),
  ];
  const jacobian = new Float64Array(outputs * inputs);
  for (let h = 0; h < width; h++) {
    let at = 0;
    for (let a = 0; a < inputs; a++) at += x[a]! * w.data[a * width + h]!;
    const slope = 1 - Math.tanh(at) ** 2;
    for (let o = 0; o < outputs; o++)
      for (let a = 0; a < inputs; a++)
        jacobian[o * inputs + a]! += w.data[a * width + h]! * slope * v.data[h * outputs + o]!;
  }
  return singularValues(jacobian, outputs, inputs);
}

describe.each(fixtureModels())("%s as %s exported it", (name, exporter) => {
  it("has the singular values of PyTorch's Jacobians", async () => {
    const { bytes, truth } = fixtureModel(name, exporter);
    const points = matrix(Float32Array.from(truth.x.flat()), truth.x.length, truth.x[0]!.length);
    const found = await geometry({ bytes, name }, points, { paths: 4 });
    for (const [i, J] of truth.jacobians.entries()) {
      const wanted = singularValues(Float64Array.from(J.flat()), J.length, J[0]!.length);
      expect(found.map[i]!.largest / wanted[0]!).toBeCloseTo(1, 5);
      expect(found.map[i]!.smallest / wanted.at(-1)!).toBeCloseTo(1, 3);
    }
    expect(found.derivatives).toBe("graph");
    const { certified, empirical } = found.lipschitz;
    if (certified.value !== null) expect(certified.value).toBeGreaterThan(empirical);
    expect(certified.value === null).toBe(name === "transformer-encoder");
  });
});

describe("Jacobians", () => {
  it("backward, of encoders, are those forward", async () => {
    const points = normals(5, 12, 30);
    const found = await geometry(network(30, 7, 40), points);
    expect(found.network).toMatchObject({ latent: "outputs", rank: 7 });
    for (const { row, largest, smallest } of found.map) {
      const wanted = exactSpectrum(30, 7, 40, points.data.subarray(row * 30, (row + 1) * 30));
      expect(largest).toBeCloseTo(wanted[0]!, 5);
      expect(smallest).toBeCloseTo(wanted[6]!, 5);
    }
  });

  it("of more singular values than one run has directions are whole", async () => {
    const points = normals(6, 5, 40);
    const found = await geometry(network(40, 60, 50), points, { paths: 0 });
    const wanted = exactSpectrum(40, 60, 50, points.data.subarray(0, 40));
    expect(found.singularValues).toHaveLength(40);
    expect(found.map[0]!.largest).toBeCloseTo(wanted[0]!, 5);
    expect(found.map[0]!.smallest).toBeCloseTo(wanted[39]!, 5);
  });

  it("of large networks are estimated, near what they are", async () => {
    const points = normals(7, 6, 100);
    const found = await geometry(network(100, 120, 110), points);
    expect(found.jacobians).toBe("lanczos");
    const spectra = found.map.map(({ row }) =>
      exactSpectrum(100, 120, 110, points.data.subarray(row * 100, (row + 1) * 100)),
    );
    const mean = (of: (s: Float64Array) => number) =>
      spectra.reduce((all, s) => all + of(s), 0) / spectra.length;
    for (const [i, s] of spectra.entries()) {
      expect(found.map[i]!.largest / s[0]!).toBeCloseTo(1, 2);
      // Reached from above.
      expect(found.map[i]!.smallest).toBeGreaterThanOrEqual(s[99]! * (1 - 1e-4));
      const volume = s.reduce((all, v) => all + Math.log(v), 0);
      expect(Math.abs(found.map[i]!.logVolume - volume)).toBeLessThan(0.12 * Math.abs(volume));
    }
    const exact =
      mean((s) => s.reduce((all, v) => all + v ** 4, 0)) /
      mean((s) => s.reduce((all, v) => all + v * v, 0)) ** 2;
    expect(found.scores.relaxedDistortion.value / exact).toBeGreaterThan(0.85);
    expect(found.scores.relaxedDistortion.value / exact).toBeLessThan(1.15);
    expect(found.axes).toBeNull();
    expect(found.paths).toBeNull();
  });

  it("by products alone are those written down, where all steps are taken", async () => {
    const points = normals(8, 4, 9);
    const model = openNetwork(network(9, 12, 10), 9);
    const engine = await findEngine({ threads: 1 });
    const { pointRows } = await import("../../../src/base/index.ts");
    const { evidence } = await sketchEvidence(planSketch(model), {
      points: pointRows(points),
      at: Int32Array.of(0, 1, 2, 3),
      towards: new Int32Array(0),
      directions: 0,
      engine,
      seed: 3,
    });
    for (let i = 0; i < 4; i++) {
      const wanted = exactSpectrum(9, 12, 10, points.data.subarray(i * 9, (i + 1) * 9));
      expect(Math.sqrt(evidence.largest[i]!)).toBeCloseTo(wanted[0]!, 5);
      expect(Math.sqrt(evidence.smallest[i]!)).toBeCloseTo(wanted[8]!, 5);
    }
  });

  it("are the same bits on any number of threads, and others at another seed", async () => {
    const points = normals(9, 300, 5);
    const of = (threads: number, seed = 0) =>
      geometry(network(5, 20, 16), points, { threads, seed, at: 100 });
    const [a, b, c] = [await of(1), await of(3), await of(1, 1)];
    const plain = ({ engine: _, ...rest }: typeof a) => rest;
    expect(plain(b)).toEqual(plain(a));
    expect(c.map.map(({ row }) => row)).not.toEqual(a.map.map(({ row }) => row));
    expect(a.scores.conditionNumber.exact).toBe(false);
    const [low, high] = a.scores.conditionNumber.interval;
    const all = await geometry(network(5, 20, 16), points, { paths: 0 });
    expect(all.scores.conditionNumber.interval).toEqual([
      all.scores.conditionNumber.value,
      all.scores.conditionNumber.value,
    ]);
    expect(low).toBeLessThan(all.scores.conditionNumber.value);
    expect(high).toBeGreaterThan(all.scores.conditionNumber.value);
  });

  it("towards near points are those of the ways to them", async () => {
    // y = (x, 10 y): points on the first axis are stretched by 1, random directions by more.
    const x = graph.input("x", ["batch", 2]);
    const bytes = toOnnx({
      outputs: { y: graph.matMul(x, graph.constant(Float32Array.of(1, 0, 0, 10), [2, 2])) },
    });
    const line = matrix(
      Float32Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? i : 0)),
      20,
      2,
    );
    const { scores } = await geometry({ bytes, name: "axes" }, line);
    expect(scores.stretchAlongData!.quantiles).toEqual(
      scores.stretchAlongData!.quantiles.map(() => expect.closeTo(1, 5)),
    );
    expect(scores.stretch.value).toBeGreaterThan(4);
  });
});

describe("models whose operations have no rule here", () => {
  /** y = tan(x W): Tan is not known. */
  const opaque = (tensors: object = {}) => ({
    name: "opaque",
    bytes: bytesOf({
      irVersion: 8,
      opsetImport: [{ domain: "", version: 17 }],
      graph: {
        name: "g",
        node: [
          { opType: "MatMul", name: "product", input: ["x", "w"], output: ["h"] },
          { opType: "Tan", name: "tangent", input: ["h"], output: ["y"] },
        ],
        initializer: [
          { name: "w", dims: [2, 3], dataType: 1, floatData: [0.3, -0.2, 0.1, 0.2, 0.4, -0.3], ...tensors },
        ],
        input: [
          {
            name: "x",
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 2 }] } } },
          },
        ],
        output: [
          {
            name: "y",
            type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "n" }, { dimValue: 3 }] } } },
          },
        ],
      },
    }),
  });

  it("are measured by central differences, which is said, with the operation and its node", async () => {
    const points = normals(4, 30, 2, 0.5);
    const found = await geometry(opaque(), points);
    expect(found.derivatives).toBe("differences");
    expect(found.warnings).toEqual([
      {
        code: "central-differences",
        message: expect.stringContaining("Tan tangent: the operation is not known here"),
      },
    ]);
    expect(found.lipschitz.certified).toMatchObject({ value: null, reason: expect.stringContaining("Tan") });
    const w = [0.3, -0.2, 0.1, 0.2, 0.4, -0.3];
    for (const { row, largest, smallest } of found.map) {
      const jacobian = Float64Array.from({ length: 6 }, (_, i) => {
        const [o, a] = [Math.floor(i / 2), i % 2];
        const at = points.data[2 * row]! * w[o]! + points.data[2 * row + 1]! * w[3 + o]!;
        return w[a * 3 + o]! / Math.cos(at) ** 2;
      });
      const wanted = singularValues(jacobian, 3, 2);
      expect(largest / wanted[0]!).toBeCloseTo(1, 3);
      expect(smallest / wanted[1]!).toBeCloseTo(1, 3);
    }
  });

  it("are refused where they may keep tensors elsewhere, for ONNX Runtime would read them itself", async () => {
    const elsewhere = {
      floatData: [],
      dataLocation: 1,
      externalData: [{ key: "location", value: "../secret.bin" }],
    };
    await expect(geometry(opaque(elsewhere), normals(4, 5, 2))).rejects.toMatchObject({ code: "bad-format" });
    const beside = {
      ...opaque(elsewhere),
      external: (_: string, __: number, length: number) => new Uint8Array(length),
    };
    await expect(geometry(beside, normals(4, 5, 2))).rejects.toMatchObject({ code: "unsupported-model" });
  });

  it("are measured exactly up to there", async () => {
    const found = await geometry({ ...opaque(), layer: "h" }, normals(4, 5, 2));
    expect(found).toMatchObject({ derivatives: "graph", network: { output: "h" }, warnings: [] });
  });
});

describe("a network and its inverse", () => {
  const linear = (w: readonly number[], rows: number, cols: number) => ({
    name: "linear",
    bytes: toOnnx({
      outputs: {
        y: graph.matMul(
          graph.input("x", ["batch", rows]),
          graph.constant(Float32Array.from(w), [rows, cols]),
        ),
      },
    }),
  });

  it("bring back what they keep", async () => {
    // The first two of three numbers.
    const encoder = linear([1, 0, 0, 1, 0, 0], 3, 2);
    const decoder = linear([1, 0, 0, 0, 1, 0], 2, 3);
    const points = normals(3, 200, 3);
    const { roundTrip } = await geometry(encoder, points, { inverse: decoder });
    expect(roundTrip!.values.value).toBeCloseTo(0, 6);
    expect(roundTrip!.reconstruction.value).toBeCloseTo(1 / 3, 1);
    const [worst] = roundTrip!.worst;
    expect(worst!.error).toBeCloseTo(Math.abs(points.data[worst!.row * 3 + 2]!), 5);
    const other = await geometry(
      decoder,
      gatherRows(
        normals(3, 200, 2),
        Int32Array.from({ length: 50 }, (_, i) => i),
      ),
      {
        inverse: encoder,
      },
    );
    expect(other.roundTrip!.reconstruction.value).toBeCloseTo(0, 6);
  });

  it("have to fit", async () => {
    await expect(
      geometry(linear([1, 0, 0, 1, 0, 0], 3, 2), normals(3, 10, 3), { inverse: linear([1, 2], 2, 1) }),
    ).rejects.toMatchObject({ code: "bad-value" });
  });
});

describe("what geometry refuses", () => {
  it("points of another width, with the sizes", async () => {
    await expect(geometry(network(4, 5, 6), normals(1, 10, 3))).rejects.toMatchObject({
      code: "bad-value",
      message: expect.stringContaining("takes rows of 4"),
    });
  });

  it("layers that are not there, with the nearest name", async () => {
    await expect(geometry({ ...network(4, 5, 6), layer: "yy" }, normals(1, 10, 4))).rejects.toMatchObject({
      code: "bad-option",
      hint: "Did you mean y?",
    });
  });

  it("nothing of a network that stays: its singular values are 0", async () => {
    const x = graph.input("x", ["batch", 3]);
    const dead = toOnnx({
      outputs: { y: graph.relu(graph.sub(graph.mul(x, graph.scalar(0, "float")), graph.scalar(1, "float"))) },
    });
    const found = await geometry({ bytes: dead, name: "dead" }, normals(1, 10, 3));
    expect(found.lipschitz.empirical).toBe(0);
    expect(found.warnings.map(({ code }) => code)).toContain("singular");
  });

  it("keeps what a block may hold, whatever the sizes", () => {
    const plan = planJacobians(openNetwork(network(60, 4000, 10), 60));
    expect(plan.block * 60 * 4000).toBeLessThanOrEqual(2 ** 22);
  });
});
