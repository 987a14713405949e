import { describe, expect, it } from "vitest";
import { matrix, rng } from "../../src/base/index.ts";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import { constant, inOrder, input, toOnnx } from "../../src/graph/index.ts";
import { geometry } from "../../src/measure/geometry/geometry.ts";
import {
  apart,
  gradientList,
  JACOBIAN,
  type JacobianName,
  NUMBERS,
  networks,
  numbersOf,
  onSetting,
  SETTINGS,
  type Setting,
  valueAt,
  withFound,
  withGradient,
} from "./jacobian-kit.ts";

const cases = JACOBIAN.flatMap((name) => SETTINGS.map((setting) => [name, setting.d, setting] as const));

/** Directions that are found are of float32: s = |J v| is wrong by their square, its derivative by them. */
const FOUND = 1e-6;
const CLOSE = 1e-9;

function differentiated(name: JacobianName, setting: Setting, more = {}) {
  const built = onSetting(name, setting, "double", more);
  const given = withFound(built, numbersOf(setting, built.specs));
  const found = evaluate(withGradient(built), given);
  return {
    value: found.loss!.data[0] as number,
    gradient: gradientList(built.parameters, found),
    built,
    given,
  };
}

describe("the value and the gradient of each are PyTorch's", () => {
  it.each(cases)("%s in %i dimensions", (name, d, setting) => {
    const { value, gradient } = differentiated(name, setting);
    const truth = setting.penalties[name]!;
    const bound = name === "biLipschitz" && d > 2 ? FOUND : CLOSE;
    expect(Math.abs(value - truth.value)).toBeLessThan(bound * Math.max(Math.abs(truth.value), 1e-3));
    expect(apart(gradient, truth.gradient)).toBeLessThan(bound);
    // Control: not those of other numbers.
    if (name === "orthogonal" && d === 1) return;
    const other = differentiated(name, {
      ...setting,
      at: setting.at.map((v) => v + 0.1),
      x: setting.x.map((v) => v + 0.1),
      weights: nudged(setting, 1e-3),
    });
    expect(apart(other.gradient, truth.gradient)).toBeGreaterThan(100 * bound);
  });

  it.each(SETTINGS)("spectral comes to the largest singular values: in $d dimensions", (setting) => {
    const exact = setting.penalties["spectral exact"]!;
    const long = differentiated("spectral", setting, { iterations: 500 });
    expect(long.value).toBeCloseTo(exact.value, 8);
    expect(apart(long.gradient, exact.gradient)).toBeLessThan(1e-6);
    // From below, and not there after one iteration.
    const short = differentiated("spectral", setting, { iterations: 1 });
    expect(short.value).toBeLessThan(exact.value * (1 - 1e-4));
  });
});

/** Other weights, a little aside. */
function nudged({ weights }: Setting, step: number, along = 1): Setting["weights"] {
  return Object.fromEntries(
    Object.entries(weights).map(([name, values]) => {
      const random = rng(along).split(name);
      return [name, values.map((value) => value + step * random.normal())];
    }),
  );
}

describe("the gradient of each is that of central differences", () => {
  it.each(cases)("%s in %i dimensions", (name, _, setting) => {
    // Power iteration holds its vectors: its gradient is one where it has come to an end.
    const more = name === "spectral" ? { iterations: 500 } : {};
    const { gradient, built } = differentiated(name, setting, more);
    const step = 1e-5;
    const at = (size: number) => {
      const moved = { ...setting, weights: nudged(setting, size) };
      return valueAt(built, numbersOf(moved, built.specs));
    };
    const wanted = (at(step) - at(-step)) / (2 * step);
    const along = Object.keys(setting.weights).flatMap((each) => {
      const random = rng(1).split(each);
      return setting.weights[each]!.map(() => random.normal());
    });
    const found = along.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
    expect(Math.abs(found - wanted)).toBeLessThan(2e-6 * Math.max(1, Math.abs(wanted)));
  });
});

describe("twins in geometry", () => {
  const audited = async (setting: Setting) => {
    const value = (each: string) => {
      const data = Float32Array.from(setting.weights[each]!);
      const out = each.includes(".0.") ? setting.width : setting.D;
      return constant(data, [data.length / out, out]);
    };
    const y = networks(setting, value).decoder(input("z", ["batch", setting.d]));
    const points = matrix(Float32Array.from(setting.at), setting.rows, setting.d);
    return (await geometry({ bytes: toOnnx({ outputs: { y } }), name: "decoder" }, points, { paths: 0 }))
      .scores;
  };

  it.each(SETTINGS)("in $d dimensions", async (setting) => {
    const { rows, d } = setting;
    const scores = await audited(setting);
    const volumes = onSetting("areaUniform", setting);
    const area = valueAt(volumes, numbersOf(setting, volumes.specs));
    expect(Math.abs(area / scores.logVolumeVariance.value - 1)).toBeLessThan(1e-4);
    // Each row with each axis as its direction: what random ones have as their mean.
    const all = {
      ...setting,
      rows: rows * d,
      at: repeated(setting, d),
      x: new Array(rows * d * setting.D).fill(0),
    };
    const u = Array.from({ length: rows * d * d }, (_, i) => Number(i % d === Math.floor(i / d) % d));
    const built = onSetting("relaxedDistortion", all);
    const own = numbersOf({ ...all, feeds: { ...setting.feeds, u } }, built.specs);
    const relaxed = valueAt(built, own);
    expect(Math.abs(relaxed / scores.relaxedDistortion.value - 1)).toBeLessThan(1e-5);
    // Control: places elsewhere have other scores.
    const elsewhere = {
      ...own,
      codes: { ...own.codes!, data: (own.codes!.data as Float64Array).map((v) => v + 1) },
    };
    expect(Math.abs(valueAt(built, elsewhere) / scores.relaxedDistortion.value - 1)).toBeGreaterThan(1e-3);
  });
});

/** Every row d times. */
function repeated({ rows, at, d }: Setting, times: number): number[] {
  return Array.from({ length: rows * times * d }, (_, i) => at[Math.floor(i / d / times) * d + (i % d)]!);
}

describe("in ONNX Runtime, in float32", () => {
  it.each(cases)("%s in %i dimensions is the reference", async (name, _, setting) => {
    const built = onSetting(name, setting, "float");
    const graphed = withGradient(built);
    const given = withFound(built, numbersOf(setting, built.specs));
    const truth = evaluate(graphed, given);
    const used = new Set(inOrder(graphed).flatMap((e) => (e.kind === "input" ? [e.name] : [])));
    const feeds = Object.fromEntries(
      Object.entries(given).flatMap(([key, { data, dims }]) =>
        used.has(key)
          ? [[key, { data: data instanceof Float64Array ? Float32Array.from(data) : data, dims }]]
          : [],
      ),
    );
    const outputs = Object.fromEntries(
      Object.entries(truth).map(([key, { data, dims }]) => [
        key,
        { data: new Float32Array(data.length), dims },
      ]),
    );
    const session = await openSession(toOnnx(graphed), await findEngine({ threads: 1 }));
    await session.run(feeds, outputs);
    await session.close();
    const [found, wanted] = [outputs, truth].map((from) => [
      Number(from.loss!.data[0]),
      ...gradientList(built.parameters, from),
    ]);
    expect(apart(found!, wanted!)).toBeLessThan(1e-4);
  });
});

describe("what they cost", () => {
  it("operations are some hundreds, and grow with dimensions only where every column of the Jacobian is made", () => {
    const size = (name: JacobianName, d: number) => {
      const built = onSetting(name, { ...SETTINGS[2]!, d, rows: 70 }, "float", NUMBERS);
      return inOrder(withGradient(built)).filter(({ kind }) => kind === "node").length;
    };
    const byColumns: readonly JacobianName[] = ["areaUniform", "orthogonal"];
    for (const name of JACOBIAN) {
      const [few, more] = [size(name, 5), size(name, 10)];
      expect(few, name).toBeLessThan(320);
      if (byColumns.includes(name)) expect(more / few, name).toBeLessThan(2.2);
      else expect(more, name).toBe(few);
    }
  });
});
