import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { matrix, type Rng, rng } from "../../src/base/index.ts";
import { evaluate } from "../../src/engine/index.ts";
import type { Tensor } from "../../src/graph/index.ts";
import { PENALTIES } from "../../src/learn/penalties/index.ts";
import { audit } from "../../src/measure/index.ts";
import { runsAlike } from "../graph/derivative-kit.ts";
import { relative } from "../graph/pytorch-kit.ts";
import { rotate } from "../matrices.ts";
import { type PairBatch, type PairCase, pairFeeds, pairGraph, pairResult } from "./pair-kit.ts";

/** One setting of penalties-pairs.json: see make-penalties-pairs.py. */
interface Setting {
  readonly rows: number;
  readonly numbers: Readonly<Record<string, number>>;
  readonly x: readonly number[];
  readonly z: readonly number[];
  readonly dx: readonly number[] | null;
  readonly trees: Readonly<Record<"x" | "z" | "min", readonly (readonly [number, number])[]>>;
  readonly truths: Readonly<Record<string, { readonly value: number; readonly gradient: readonly number[] }>>;
}

const { settings } = JSON.parse(
  readFileSync(new URL("../fixtures/penalties-pairs.json", import.meta.url), "utf8"),
) as { settings: readonly Setting[] };

const CASES = {
  distance: { name: "distance" },
  stress: { name: "stress" },
  geodesic: { name: "geodesic" },
  localIsometry: { name: "localIsometry" },
  gromovMonge: { name: "gromovMonge" },
  correlation: { name: "correlation" },
  topological: { name: "topological" },
  rtdLite: { name: "topological", numbers: { rtd: 1 } },
  graphLaplacian: { name: "graphLaplacian" },
} satisfies Record<string, PairCase>;
type CaseName = keyof typeof CASES;
const NAMES = Object.keys(CASES) as readonly CaseName[];
const scaleOf = (name: CaseName) => PENALTIES[CASES[name].name].scale;

function mask(edges: readonly (readonly [number, number])[], rows: number): Float64Array {
  const out = new Float64Array(rows * rows);
  for (const [i, j] of edges) {
    out[i * rows + j] = 1;
    out[j * rows + i] = 1;
  }
  return out;
}

function batchOf({ rows, x, z, dx, trees, numbers }: Setting): PairBatch {
  const found = { x: mask(trees.x, rows), z: mask(trees.z, rows), min: mask(trees.min, rows) };
  return { rows, x, z, dx, trees: found, radius: numbers.radius!, push: numbers.push! };
}

const caseOf = (name: CaseName, { numbers }: Setting): PairCase => ({
  name: CASES[name].name,
  numbers: { ...numbers, ...(name === "rtdLite" && { rtd: 1 }) },
});

const normals = (random: Rng, count: number) => Float64Array.from({ length: count }, () => random.normal());
const plus = (a: Float64Array, b: Float64Array, t: number) => a.map((v, i) => v + t * b[i]!);

/** Rows in the plane, evenly in a square of area 2 x 2, and an isometric image of them in four dimensions. */
function sheet(seed: number, rows = 40): { readonly x: Float64Array; readonly plane: Float64Array } {
  const random = rng(seed);
  const plane = Float64Array.from({ length: 2 * rows }, () => 2 * random.uniform() - 1);
  const padded = Float32Array.from({ length: 4 * rows }, (_, i) =>
    i % 4 < 2 ? plane[2 * (i >> 2) + (i % 4)]! : 0,
  );
  const x = Float64Array.from(rotate(matrix(padded, rows, 4), random).data);
  return { x, plane: plane.map(Math.fround) };
}

describe.each(NAMES)("%s", (name) => {
  const of = CASES[name];

  it.each(settings.map((setting, k) => [k, setting] as const))(
    "is PyTorch's, with its gradient, setting %i",
    (_, setting) => {
      const { value, gradient } = pairResult(caseOf(name, setting), batchOf(setting));
      const truth = setting.truths[name]!;
      expect(Math.abs(value / truth.value - 1)).toBeLessThan(1e-9);
      expect(relative(gradient, truth.gradient)).toBeLessThan(1e-9);
    },
  );

  it("is told from the others by that (control)", () => {
    for (const setting of settings) {
      const { value, gradient } = pairResult(caseOf(name, setting), batchOf(setting));
      for (const other of NAMES) {
        if (other === name) continue;
        const truth = setting.truths[other]!;
        expect(Math.abs(value / truth.value - 1), other).toBeGreaterThan(1e-4);
        expect(relative(gradient, truth.gradient), other).toBeGreaterThan(1e-2);
      }
    }
  });

  it("has the gradient that central differences have", () => {
    for (const setting of settings) {
      const batch = batchOf(setting);
      const direction = normals(rng(4), batch.z.length);
      const at = (step: number) =>
        pairResult(caseOf(name, setting), { ...batch, z: plus(Float64Array.from(batch.z), direction, step) })
          .value;
      const { gradient } = pairResult(caseOf(name, setting), batch);
      const along = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0);
      const step = 1e-5;
      expect(Math.abs((at(step) - at(-step)) / (2 * step) - along)).toBeLessThan(
        1e-7 * Math.max(1, Math.abs(along)),
      );
    }
  });

  it("runs in ONNX Runtime as in the reference", async () => {
    for (const setting of settings) {
      const batch = batchOf(setting);
      await runsAlike(pairGraph(caseOf(name, setting), batch, "float"), pairFeeds(batch));
    }
  });

  it("stays finite where all codes are one, and where two are", () => {
    const { x } = sheet(3, 12);
    const random = rng(7);
    const z = normals(random, 24);
    z.copyWithin(2, 0, 2);
    for (const codes of [new Float64Array(24).fill(0.3), z]) {
      const batch = { rows: 12, x, z: codes, push: 0.5 };
      const floats = Object.entries(pairFeeds(batch)).map(([key, { data, dims }]): [string, Tensor] => [
        key,
        { data: Float32Array.from(data as Float64Array), dims },
      ]);
      const { value, gradient } = evaluate(pairGraph(of, batch, "float"), Object.fromEntries(floats));
      expect(Number.isFinite(value!.data[0])).toBe(true);
      expect(Array.from(gradient!.data as Float32Array).every(Number.isFinite)).toBe(true);
    }
  });

  it("grows as an isometric map is stretched one way and shrunk the other", () => {
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const { x, plane } = sheet(seed);
        const values = [1, 1.3, 1.8].map((s) => {
          const z = plane.map((v, i) => (i % 2 === 0 ? v * s : v / s));
          return pairResult(of, { rows: 40, x, z }).value;
        });
        expect(values[1]! - values[0]!).toBeGreaterThan(1e-3);
        expect(values[2]! - values[1]!).toBeGreaterThan(1e-3);
      }),
      { numRuns: 5, seed: 2 },
    );
  });

  it("punishes a fold", () => {
    fc.assert(
      fc.property(fc.nat(1e6), (seed) => {
        const { x, plane } = sheet(seed);
        const folded = plane.map((v, i) => (i % 2 === 0 ? Math.abs(v) : v));
        const [open, shut] = [plane, folded].map((z) => pairResult(of, { rows: 40, x, z }).value);
        expect(shut! - open!).toBeGreaterThan(1e-3);
      }),
      { numRuns: 5, seed: 2 },
    );
  });

  it(`is ${scaleOf(name) === "free" ? "free of" : "sensitive to"} the scale of the codes`, () => {
    const { x } = sheet(5);
    const z = normals(rng(5), 80);
    const [one, other] = [1, 3.7].map((c) => pairResult(of, { rows: 40, x, z: z.map((v) => c * v) }).value);
    const change = Math.abs(other! / one! - 1);
    if (scaleOf(name) === "free") expect(change).toBeLessThan(1e-9);
    else expect(change).toBeGreaterThan(0.1);
  });
});

describe("an isometry", () => {
  const smooth = NAMES.filter((name) => name !== "graphLaplacian");

  it.each(smooth)("costs nothing by %s, noise more and more", (name) => {
    fc.assert(
      fc.property(fc.nat(1e6), fc.double({ min: 0.2, max: 5, noNaN: true }), (seed, c) => {
        const { x, plane } = sheet(seed);
        const scale = scaleOf(name) === "free" ? c : 1;
        const noise = normals(rng(seed).split("noise"), plane.length);
        const values = [0, 0.1, 0.4].map(
          (t) =>
            pairResult(CASES[name], { rows: 40, x, z: plus(plane, noise, t).map((v) => v * scale) }).value,
        );
        // Rows were rotated in float32.
        expect(Math.abs(values[0]!)).toBeLessThan(1e-6);
        expect(values[1]! - values[0]!).toBeGreaterThan(1e-4);
        expect(values[2]! - values[1]!).toBeGreaterThan(1e-3);
      }),
      { numRuns: 5, seed: 3 },
    );
  });

  /** A circle of circumference 2 pi by arc length, and as it lies in the plane. */
  function circle(rows: number): PairBatch {
    const angle = (i: number) => (2 * Math.PI * i) / rows;
    const z = Float64Array.from({ length: 2 * rows }, (_, i) =>
      i % 2 === 0 ? Math.cos(angle(i >> 1)) : Math.sin(angle(i >> 1)),
    );
    const dx = Float64Array.from({ length: rows * rows }, (_, at) => {
      const apart = Math.abs((at % rows) - Math.floor(at / rows));
      return angle(Math.min(apart, rows - apart));
    });
    return { rows, x: z, z, dx };
  }

  it("costs by graphLaplacian what the smoothing leaves, and in the limit one for each dimension too many", () => {
    const bandwidth = 3;
    const of = { name: "graphLaplacian", numbers: { bandwidth } } as const;
    const values = [24, 48].map((rows) => {
      const { value } = pairResult(of, circle(rows));
      // Means over s, normal with variance h / 2: of sin^2 s along the circle, of (1 - cos s)^2 across.
      const h = bandwidth * ((2 * Math.PI) / rows) ** 2;
      const along = (1 - Math.exp(-h)) / h;
      const across = (3 - 4 * Math.exp(-h / 4) + Math.exp(-h)) / h;
      expect(Math.abs(value - ((along - 1) ** 2 + (across - 1) ** 2))).toBeLessThan(1e-9);
      return Math.abs(value - 1);
    });
    expect(values[1]!).toBeLessThan(0.3 * values[0]!);
    const scaled = (c: number) =>
      pairResult(of, { ...circle(48), z: Float64Array.from(circle(48).z, (v) => c * v) }).value;
    expect(scaled(1)).toBeLessThan(scaled(0.8));
    expect(scaled(1)).toBeLessThan(scaled(1.25));
  });
});

describe("each equals the score that it is named after", () => {
  const rows = 60;
  const [x, z] = [normals(rng(1), rows * 5).map(Math.fround), normals(rng(2), rows * 2).map(Math.fround)];
  const mapped = z.map((v, i) => Math.fround(v * 0.4 + x[5 * (i >> 1) + (i % 2)]!));
  const scores = audit(matrix(Float32Array.from(x), rows, 5), matrix(Float32Array.from(mapped), rows, 2), {
    nNeighbors: 5,
  });
  const twins = {
    stress: async () => (await scores).scores.stress!.value ** 2,
    correlation: async () => 1 - (await scores).scores.distancePearson!.value,
    rtdLite: async () => (await scores).scores.rtdLite!.value,
  };

  it.each(["stress", "correlation", "rtdLite"] as const)("%s", async (name) => {
    const wanted = await twins[name]();
    const { value } = pairResult(CASES[name], { rows, x, z: mapped });
    expect(Math.abs(value / wanted - 1)).toBeLessThan(1e-5);
    const turned = Float64Array.from(mapped, (_, i) => mapped[(i + 2) % mapped.length]!);
    const { value: shuffled } = pairResult(CASES[name], { rows, x, z: turned });
    expect(Math.abs(shuffled / wanted - 1), "other rows (control)").toBeGreaterThan(1e-2);
  });
});

describe("the push of localIsometry", () => {
  it("is a number that is fed, and lowers the penalty as far codes part", () => {
    const { x, plane } = sheet(8);
    const of = CASES.localIsometry;
    const at = (push: number, c: number) =>
      pairResult(of, { rows: 40, x, z: plane.map((v) => c * v), push, radius: 1e-3 }).value;
    expect(at(0, 2)).toBe(at(0, 1));
    expect(at(0.8, 2)).toBeLessThan(at(0.8, 1) - 1e-3);
    expect(at(0.4, 2)).toBeGreaterThan(at(0.8, 2));
  });
});
