import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { evaluate } from "../../src/engine/index.ts";
import * as graph from "../../src/graph/index.ts";
import { constant, type Expression, gemm, input } from "../../src/graph/index.ts";
import { square } from "../../src/learn/algebra.ts";
import { openFeeds } from "../../src/learn/feeds.ts";
import { distance } from "../../src/learn/penalties/distance.ts";
import { PENALTIES } from "../../src/learn/penalties/index.ts";
import { pairSite } from "../../src/learn/penalties/pair-site.ts";
import {
  drawn,
  gradientList,
  type JacobianName,
  networks,
  numbersOf,
  ON_MAPS,
  onMap,
  onPlaces,
  orthonormal,
  place,
  SETTINGS,
  type Setting,
  valueAt,
  withFound,
  withGradient,
} from "./jacobian-kit.ts";

const linear = (rows: readonly (readonly number[])[]) => (z: Expression) =>
  gemm(z, constant(Float64Array.from(rows.flat()), [rows.length, rows[0]!.length]));
const turned = (rows: readonly (readonly number[])[]) => rows[0]!.map((_, k) => rows.map((row) => row[k]!));

/** A penalty on a linear decoder z A, or on the encoder x A' that undoes it. */
function onLinear(name: (typeof ON_MAPS)[number], rows: readonly (readonly number[])[], own = {}): number {
  const [d, D] = [rows.length, rows[0]!.length];
  return PENALTIES[name].on === "decoder"
    ? onPlaces(name, place(linear(rows), d, D), own)
    : onPlaces(name, place(linear(turned(rows)), D, d));
}

function spectralOf(weight: readonly (readonly number[])[]): number {
  const feeds = openFeeds("double");
  const dims = [weight.length, weight[0]!.length];
  const W = constant(Float64Array.from(weight.flat()), dims);
  const { spectral } = PENALTIES;
  if (spectral.on !== "weights") throw new Error("spectral is about weights");
  const loss = spectral.build({ matrices: [{ name: "w", weight: W }], feeds }, spectral.numbers);
  return valueAt({ loss, specs: feeds.specs, look: null }, drawn(feeds.specs, rng(2)));
}

describe("on an isometry times c", () => {
  const off = (_: number, c: number) => (c - 1) ** 2;
  const KNOWN: Readonly<Record<(typeof ON_MAPS)[number], (d: number, c: number) => number>> = {
    relaxedDistortion: (d) => 1 / d,
    isometricDecoder: off,
    flatMetric: () => 0,
    areaUniform: () => 0,
    biLipschitz: off,
    orthogonal: () => 0,
    contractive: (d, c) => d * c ** 2,
    gradientPenalty: off,
  };
  const isometries = fc.record({
    d: fc.integer({ min: 1, max: 5 }),
    more: fc.nat(3),
    c: fc.double({ min: 0.2, max: 4, noNaN: true }),
    seed: fc.nat(1e6),
  });

  it.each(ON_MAPS)("%s is known", (name) => {
    fc.assert(
      fc.property(isometries, ({ d, more, c, seed }) => {
        const value = onLinear(name, orthonormal(d, d + more, c, seed));
        expect(Math.abs(value - KNOWN[name](d, c))).toBeLessThan(1e-6 * Math.max(1, c ** 4));
      }),
      { numRuns: 15, seed: 3 },
    );
  });

  it("spectral is what is above its limit", () => {
    for (const c of [0.5, 1, 1.5, 3]) {
      expect(spectralOf(orthonormal(3, 5, c, 1))).toBeCloseTo(Math.max(0, c - 1) ** 2, 8);
    }
  });

  it("biLipschitz leaves singular values in [1/k, k] alone", () => {
    const within = orthonormal(3, 6, 1, 4).map((row, i) => row.map((v) => v * [0.6, 1, 1.9][i]!));
    expect(onLinear("biLipschitz", within, { k: 2 })).toBe(0);
    expect(onLinear("biLipschitz", within, { k: 1.5 })).toBeCloseTo((1 / 1.5 - 0.6) ** 2 + 0.4 ** 2, 6);
  });

  it("isometricDecoder asks the encoder to be the pseudo-inverse", () => {
    const rows = orthonormal(2, 4, 1, 5);
    const of = (encoder: readonly (readonly number[])[]) => {
      const { site, codes } = place(linear(rows), 2, 4);
      const x = input("x", [24, 4], "double");
      const built = onMap("isometricDecoder", { ...site, inverse: { map: linear(encoder), at: x } });
      const data = { data: new Float64Array(96), dims: [24, 4] };
      return valueAt(built, { codes, x: data, ...drawn(built.specs, rng(1)) });
    };
    expect(of(turned(rows))).toBeCloseTo(0, 10);
    // Another left inverse: it is not along the normals of the plane that it gives back the same code.
    const normal = orthonormal(3, 4, 1, 5)[2]!;
    expect(of(turned(rows.map((row) => row.map((v, k) => v + normal[k]!))))).toBeCloseTo(
      (Math.SQRT2 - 1) ** 2,
      1,
    );
  });
});

describe("with distortion", () => {
  const steps = [1, 1.3, 1.8, 2.6, 4];
  const grows = (values: readonly number[]) => {
    for (const [i, value] of values.slice(1).entries()) expect(value).toBeGreaterThan(values[i]! + 1e-3);
  };
  const diagonal = (t: number) => [
    [1, 0],
    [0, t],
  ];

  it.each([
    "relaxedDistortion",
    "isometricDecoder",
    "flatMetric",
    "biLipschitz",
    "contractive",
    "gradientPenalty",
  ] as const)("%s grows along diag(1, t)", (name) => {
    grows(steps.map((t) => onLinear(name, diagonal(t))));
  });

  it("orthogonal grows with a shear, areaUniform with areas that differ; neither with diag(1, t)", () => {
    const shears = steps.map((t) => [
      [1, 0],
      [t - 1, 1],
    ]);
    grows(shears.map((rows) => onLinear("orthogonal", rows)));
    // The volume at (x, y) -> (x + t x^3, y) is 1 + 3 t x^2.
    const uneven = (t: number) => (z: Expression) => {
      const cubes = graph.mul(z, square(z));
      return graph.add(z, gemm(cubes, constant(Float64Array.of(t - 1, 0, 0, 0), [2, 2])));
    };
    grows(steps.map((t) => onPlaces("areaUniform", place(uneven(t), 2, 2))));
    for (const t of steps) {
      expect(onLinear("orthogonal", diagonal(t))).toBeCloseTo(0, 12);
      expect(onLinear("areaUniform", diagonal(t))).toBeCloseTo(0, 12);
    }
    expect(shears.map((rows) => onLinear("areaUniform", rows))[4]).toBeCloseTo(0, 12);
  });

  it("spectral grows with what is above its limit", () => {
    grows(steps.map((t) => spectralOf(diagonal(t))));
  });
});

describe("when codes are multiplied by one number", () => {
  /** The penalty where codes are `s` times as large and the networks made for it. */
  function scaled(name: (typeof ON_MAPS)[number], setting: Setting, s: number): number {
    const value = (each: string) => {
      const data = Float64Array.from(setting.weights[each]!);
      const columns = each.startsWith("decoder") === each.includes(".1.") ? setting.D : setting.d;
      const out = each.includes(".0.") ? setting.width : columns;
      return constant(data, [data.length / out, out]);
    };
    const { decoder, encoder } = networks(setting, value);
    const times = (e: Expression, by: number) => graph.mul(e, graph.scalar(by, "double"));
    const { d, D, rows } = setting;
    const isDecoder = PENALTIES[name].on === "decoder";
    const map = isDecoder
      ? (z: Expression) => decoder(times(z, 1 / s))
      : (x: Expression) => times(encoder(x), s);
    const { site } = isDecoder ? place(map, d, D, rows) : place(map, D, d, rows);
    const at = times(site.at, isDecoder ? s : 1);
    const built = onMap(name, { ...site, at });
    const given = numbersOf(setting, built.specs);
    return valueAt(built, { ...given, codes: isDecoder ? given.codes! : given.x! });
  }

  it.each(ON_MAPS)("%s does what it says", (name) => {
    const setting = SETTINGS[2]!;
    const ratio = scaled(name, setting, 3) / scaled(name, setting, 1);
    if (PENALTIES[name].scale === "free") expect(ratio).toBeCloseTo(1, 6);
    else expect(Math.abs(ratio - 1)).toBeGreaterThan(0.1);
  });

  it("flatMetric is c^4 (d^2 relaxedDistortion - d)", () => {
    for (const t of [0.5, 1, 2]) {
      const [c2, relaxed] = [(1 + t ** 2) / 2, (1 + t ** 4) / (1 + t ** 2) ** 2];
      const rows = [
        [1, 0, 0],
        [0, 0, t],
      ];
      expect(onLinear("flatMetric", rows)).toBeCloseTo(c2 ** 2 * (4 * relaxed - 2), 10);
    }
  });
});

describe("what Jacobians cannot see", () => {
  // z -> (|z1|, z2): locally an isometry, and both halves lie on each other.
  const fold = (z: Expression) => {
    const first = graph.abs(graph.slice(z, 1, 0, 1));
    return graph.node("Concat", [first, graph.slice(z, 1, 1, 2)], { axis: { int: 1 } });
  };
  const least = {
    relaxedDistortion: 0.5,
    isometricDecoder: 0,
    flatMetric: 0,
    areaUniform: 0,
    biLipschitz: 0,
    orthogonal: 0,
  } as const;

  it.each(Object.entries(least))("%s takes a folded decoder for an isometry", (name, value) => {
    expect(onPlaces(name as JacobianName, place(fold, 2, 2))).toBeCloseTo(value, 10);
  });

  it("the pairs of the batch tell it", () => {
    const of = (map: (z: Expression) => Expression) => {
      const { site, codes } = place(map, 2, 2);
      if (distance.on !== "pairs") throw new Error("distance is about pairs");
      const site2 = pairSite({ x: map(site.at), z: site.at, feeds: site.feeds });
      return valueAt({ loss: distance.build(site2, {}), specs: [], look: null }, { codes });
    };
    expect(of(fold)).toBeGreaterThan(0.1);
    expect(of((z) => z)).toBeCloseTo(0, 10);
  });
});

describe("where there is little to differentiate", () => {
  const gradientAt = (name: JacobianName, rows: readonly (readonly number[])[]) => {
    const [d, D] = [rows.length, rows[0]!.length];
    const A = input("A", [d, D], "double");
    const { site, codes } = place((z) => gemm(z, A), d, D, 6);
    const built = { ...onMap(name, site), parameters: [A] };
    const given = {
      codes,
      A: { data: Float64Array.from(rows.flat()), dims: [d, D] },
      ...drawn(built.specs, rng(3)),
    };
    return gradientList([A], evaluate(withGradient(built), withFound(built, given)));
  };

  it.each([1, 2, 3])("biLipschitz of equal singular values moves them all the same: %i dimensions", (d) => {
    for (const c of [0.5, 1.7]) {
      const rows = orthonormal(d, 4, c, 9);
      const gradient = gradientAt("biLipschitz", rows);
      const slope = rows.flat().reduce((sum, value, i) => sum + (value / c) * gradient[i]!, 0);
      expect(slope).toBeCloseTo(2 * (c - 1), 6);
    }
    expect(gradientAt("biLipschitz", orthonormal(d, 4, 1, 9)).every((v) => Math.abs(v) < 1e-6)).toBe(true);
  });

  it.each([0, 1e-15, 0.5, 1, 3])("biLipschitz of %d times an isometry of the plane, in float32", (c) => {
    const [A, at] = [input("A", [2, 3]), input("codes", [4, 2])];
    const site = { map: (z: Expression) => gemm(z, A), inputs: 2, outputs: 3, at, feeds: openFeeds() };
    const built = { ...onMap("biLipschitz", site), parameters: [A] };
    const found = evaluate(withGradient(built), {
      A: { data: Float32Array.of(c, 0, 0, 0, c, 0), dims: [2, 3] },
      codes: { data: new Float32Array(8).fill(0.3), dims: [4, 2] },
    });
    expect(found.loss!.data[0]).toBeCloseTo((c - 1) ** 2, 6);
    expect(gradientList([A], found).every(Number.isFinite)).toBe(true);
  });

  it.each(["isometricDecoder", "flatMetric", "areaUniform", "biLipschitz", "orthogonal"] as const)(
    "%s of a decoder that loses a dimension, and of one that loses all, has a number and a gradient",
    (name) => {
      const flat = [
        [1, 2, 0],
        [2, 4, 0],
      ];
      for (const rows of [
        flat,
        [
          [0, 0, 0],
          [0, 0, 0],
        ],
      ]) {
        expect(Number.isFinite(onLinear(name, rows))).toBe(true);
        expect(gradientAt(name, rows).every(Number.isFinite)).toBe(true);
      }
    },
  );
});
