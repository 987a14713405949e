import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Rng, rng } from "../../src/base/index.ts";
import { evaluate } from "../../src/engine/index.ts";
import { slice, type Tensor } from "../../src/graph/index.ts";
import type { Model } from "../../src/learn/model.ts";
import { type Layer, stateless } from "../../src/learn/networks/index.ts";
import { autoencoder } from "../../src/learn/objectives/autoencoder.ts";
import { type ContrastiveOptions, contrastive } from "../../src/learn/objectives/contrastive.ts";
import { distill } from "../../src/learn/objectives/distill.ts";
import { vae } from "../../src/learn/objectives/vae.ts";
import { runsAlike } from "../graph/derivative-kit.ts";
import { relative } from "../graph/pytorch-kit.ts";
import {
  CASES,
  type Case,
  evaluated,
  feedsOf,
  modelOf,
  NEIGHBORS,
  objectiveGraph,
  objectiveOf,
} from "./objectives-kit.ts";

const titled = CASES.map((of, k) => [`${k}: ${of.objective} ${JSON.stringify(of.options)}`, of] as const);

const normals = (random: Rng, count: number) => Float64Array.from({ length: count }, () => random.normal());
const tensor = (data: ArrayLike<number>, dims: readonly number[]): Tensor => ({
  data: Float64Array.from(data),
  dims,
});

/** All gradients of a case as one list, and those of PyTorch. */
function gradientsOf(of: Case, found: Readonly<Record<string, Float64Array>>) {
  const names = Object.keys(of.parameters);
  return {
    ours: names.flatMap((name) => [...found[`gradient:${name}`]!]),
    theirs: names.flatMap((name) => [...of.gradients[name]!]),
  };
}

describe("an objective", () => {
  it.each(titled)("is PyTorch's, with its gradient by every parameter: %s", (_, of) => {
    const found = evaluated(of);
    for (const [name, value] of Object.entries(of.terms))
      expect(Math.abs(found[name]![0]! - value), name).toBeLessThan(1e-9 * Math.max(1, Math.abs(value)));
    const { ours, theirs } = gradientsOf(of, found);
    expect(relative(ours, theirs)).toBeLessThan(1e-9);
  });

  it.each(titled)("has the gradient that central differences have: %s", (_, of) => {
    const random = rng(3);
    const directions = Object.fromEntries(
      Object.entries(of.parameters).map(([name, values]) => [name, normals(random, values.length)]),
    );
    const shapes = feedsOf(of);
    const at = (step: number) => {
      const moved = Object.entries(of.parameters).map(([name, values]) => [
        name,
        tensor(
          values.map((value, i) => value + step * directions[name]![i]!),
          shapes[name]!.dims,
        ),
      ]);
      return evaluated(of, Object.fromEntries(moved));
    };
    const found = at(0);
    // A constant factor of the loss, by which nothing moves: see `vae`.
    const isHeld = of.objective === "vae" && !of.options.variance;
    const lossAt = (step: number) => {
      const { loss, reconstruction, divergence } = at(step);
      if (!isHeld) return loss![0]!;
      return reconstruction![0]! + (divergence![0]! / reconstruction![0]!) * found.reconstruction![0]!;
    };
    const along = Object.entries(directions).reduce(
      (sum, [name, direction]) =>
        sum + direction.reduce((own, d, i) => own + d * found[`gradient:${name}`]![i]!, 0),
      0,
    );
    const step = 1e-5;
    const difference = (lossAt(step) - lossAt(-step)) / (2 * step);
    expect(Math.abs(difference - along)).toBeLessThan(1e-7 * Math.max(1, Math.abs(along)));
  });

  it.each(titled)("runs in ONNX Runtime as in the reference: %s", async (_, of) => {
    const graph = objectiveGraph(objectiveOf(of), modelOf(of), of.rows, "float");
    await runsAlike(graph, feedsOf(of));
  });
});

const caseOf = (objective: Case["objective"], options: Case["options"]): Case => {
  const found = CASES.find(
    (of) =>
      of.objective === objective &&
      Object.entries(options).every(([name, value]) => of.options[name] === value),
  );
  return found!;
};

/** Rows and their positives straight to codes: the identity in place of an encoder. */
function onCodes(
  options: ContrastiveOptions,
  codes: {
    readonly rows: readonly number[];
    readonly positives?: readonly number[];
    readonly labels?: readonly number[];
  },
  d: number,
): Record<string, number> {
  const rows = codes.rows.length / d;
  const model: Model = {
    prepare: stateless((x) => x),
    encoder: stateless((x) => x),
    decoder: null,
    inputs: d,
    outputs: d,
  };
  const graph = objectiveGraph(contrastive(options), model, rows, "double");
  const found = evaluate(graph, {
    rows: tensor(codes.rows, [rows, d]),
    positives: tensor(codes.positives ?? [], [(codes.positives?.length ?? 0) / d, d]),
    labels: tensor(codes.labels ?? [], [codes.labels?.length ?? 0, 1]),
  });
  return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, Number(data[0])]));
}

describe("contrast", () => {
  const D = 4;
  const codes = fc.integer({ min: 0, max: 2 ** 30 }).map((seed) => {
    const random = rng(seed);
    return { rows: [...normals(random, 6 * D)], positives: [...normals(random, 6 * D)] };
  });
  const mixed = (a: readonly number[], b: readonly number[], t: number) =>
    a.map((value, i) => (1 - t) * value + t * b[i]!);

  it("falls as positives come closer, and alignment with it", () => {
    fc.assert(
      fc.property(codes, ({ rows, positives }) => {
        const toRow = [0, 0.5, 0.9, 1].map((t) => ({ rows, positives: mixed(positives, rows, t) }));
        const found = toRow.map((of) => onCodes({ loss: "infonce", positives: NEIGHBORS }, of, D));
        for (let k = 1; k < found.length; k++)
          expect(found[k]!.alignment!).toBeLessThan(found[k - 1]!.alignment!);
        expect(found.at(-1)!.alignment).toBeCloseTo(0, 12);
        expect(found.at(-1)!.infonce!).toBeLessThan(found[0]!.infonce!);
        const shuffled = onCodes(
          { loss: "infonce", positives: NEIGHBORS },
          { rows, positives: [...rows.slice(D), ...rows.slice(0, D)] },
          D,
        );
        expect(shuffled.infonce!).toBeGreaterThan(found.at(-1)!.infonce!);
      }),
      { numRuns: 30, seed: 6 },
    );
  });

  it("by labels is that by views where every label is another, and is not where two are one (control)", () => {
    fc.assert(
      fc.property(codes, (of) => {
        const views = onCodes({ loss: "infonce", positives: NEIGHBORS }, of, D).infonce!;
        const labelled = (labels: readonly number[]) =>
          onCodes({ loss: "supervised", positives: NEIGHBORS }, { ...of, labels }, D).supervised!;
        expect(labelled([5, 1, 4, 0, 2, 3])).toBeCloseTo(views, 10);
        expect(Math.abs(labelled([5, 5, 4, 0, 2, 3]) - views)).toBeGreaterThan(1e-6);
      }),
      { numRuns: 20, seed: 6 },
    );
  });

  it("minds directions alone", () => {
    fc.assert(
      fc.property(codes, fc.constantFrom("infonce", "triplet"), ({ rows, positives }, loss) => {
        const longer = (all: readonly number[]) => all.map((value, i) => value * (1 + Math.floor(i / D)));
        const before = onCodes({ loss, positives: NEIGHBORS }, { rows, positives }, D);
        const after = onCodes(
          { loss, positives: NEIGHBORS },
          { rows: longer(rows), positives: longer(positives) },
          D,
        );
        for (const name of [loss, "alignment", "uniformity"])
          expect(after[name]).toBeCloseTo(before[name]!, 9);
      }),
      { numRuns: 20, seed: 6 },
    );
  });

  it("says that all codes are one: uniformity 0, infonce ln(2 B - 1), a triplet's margin (control)", () => {
    const one = Array.from({ length: 6 }, () => [1, 2, 3, 4]).flat();
    const of = { rows: one, positives: one };
    const collapsed = onCodes({ loss: "infonce", positives: NEIGHBORS, temperature: 0.5 }, of, D);
    expect(collapsed.infonce).toBeCloseTo(Math.log(11), 12);
    expect(collapsed.uniformity).toBeCloseTo(0, 12);
    expect(collapsed.alignment).toBeCloseTo(0, 12);
    expect(onCodes({ loss: "triplet", positives: NEIGHBORS, margin: 0.7 }, of, D).triplet).toBeCloseTo(
      0.7,
      12,
    );
    const spread = onCodes(
      { loss: "infonce", positives: NEIGHBORS },
      { rows: [...normals(rng(1), 24)], positives: [...normals(rng(2), 24)] },
      D,
    );
    expect(spread.uniformity!).toBeLessThan(-1);
  });

  it("of triplets is 0 where all that does not belong is farther than the margin", () => {
    const axes = Array.from({ length: 8 }, (_, i) => Number(i % 4 === i >> 2));
    const apart = (margin: number) =>
      onCodes({ loss: "triplet", positives: NEIGHBORS, margin }, { rows: axes, positives: axes }, D).triplet!;
    expect(apart(1.4)).toBe(0);
    expect(apart(1.5)).toBeCloseTo(1.5 + 1e-3 - Math.SQRT2, 12);
  });

  it("counts no row without a positive, and is 0 where there is none", () => {
    const rows = [...normals(rng(4), 6 * D)];
    const of = (labels: readonly number[], all = rows) =>
      onCodes({ loss: "supervised", positives: null }, { rows: all, labels }, D);
    const alone = of([0, 1, 2, 3, 4, 5]);
    expect(alone.supervised).toBeCloseTo(0, 15);
    expect(alone.alignment).toBe(0);
    expect(of([0, 0, 2, 3, 4, 5]).supervised!).toBeGreaterThan(0);
  });

  it("of infonce wants positives, and two rows", () => {
    expect(() => contrastive({ loss: "infonce", positives: null })).toThrow(/nothing that belongs together/);
    expect(() =>
      onCodes({ loss: "infonce", positives: NEIGHBORS }, { rows: [1, 2], positives: [2, 1] }, 2),
    ).toThrow(/two rows/);
  });
});

describe("a variational autoencoder", () => {
  const plain = caseOf("vae", { variance: "unit" });
  const zeros = (name: string): Readonly<Record<string, Tensor>> => {
    const { dims, data } = feedsOf(plain)[name]!;
    return { [name]: tensor(new Float64Array(data.length), dims) };
  };
  /** An encoder that gives what its last bias says, whatever it sees. */
  const saying = (bias: readonly number[]) => ({
    ...zeros("encoder.1.weight"),
    "encoder.1.bias": tensor(bias, [1, bias.length]),
  });

  it("has no divergence at the standard normal law, where no unit is active (control)", () => {
    const found = evaluated(plain, saying([0, 0, 0, 0, 0, 0]));
    expect(found.kl![0]).toBe(0);
    expect(found.divergence![0]).toBe(0);
    expect(found.activeUnits![0]).toBe(0);
    expect(evaluated(plain).activeUnits![0]).toBe(3);
  });

  it("tells divergences in nats: mean 2 costs 2, variance 4 costs (3 - ln 4) / 2", () => {
    expect(evaluated(plain, saying([2, 0, 0, 0, 0, 0])).kl![0]).toBeCloseTo(2, 12);
    expect(evaluated(plain, saying([0, 0, 0, 0, Math.log(4), 0])).kl![0]).toBeCloseTo(
      (3 - Math.log(4)) / 2,
      12,
    );
  });

  it("has the reconstruction of the plain autoencoder where nothing is drawn", () => {
    const found = evaluated(plain, zeros("posterior"));
    const model = modelOf(plain);
    const encoder: Layer = {
      ...model.encoder,
      apply: (x, scope) => slice(model.encoder.apply(x, scope), 1, 0, plain.outputs),
    };
    const graph = objectiveGraph(autoencoder, { ...model, encoder }, plain.rows, "double");
    expect(found.reconstruction![0]).toBeCloseTo(
      Number(evaluate(graph, feedsOf(plain)).reconstruction!.data[0]),
      12,
    );
  });

  it("asks nothing of a dimension below its free bits", () => {
    const gradientAt = (freeBits: number, mean: number) => {
      const graph = objectiveGraph(vae({ freeBits, variance: "unit" }), modelOf(plain), plain.rows, "double");
      const decoderIsDeaf = { "decoder.0.weight": tensor(new Float64Array(12), [3, 4]) };
      const given = { ...feedsOf(plain), ...saying([mean, 0, 0, 0, 0, 0]), ...decoderIsDeaf };
      return Number(evaluate(graph, given)["gradient:encoder.1.bias"]!.data[0]);
    };
    expect(gradientAt(1, 1.3)).toBe(0);
    expect(gradientAt(1, 1.5)).toBeCloseTo((2 / 6) * 1.5, 12);
    expect(gradientAt(0, 1.3)).toBeCloseTo((2 / 6) * 1.3, 12);
  });

  it("weighs the divergence by beta", () => {
    const at = (beta: number) => evaluated(plain, { beta: tensor([beta], []) }).divergence![0]!;
    expect(at(4)).toBeCloseTo(4 * at(1), 12);
    expect(at(0)).toBe(0);
  });
});

describe("distillation", () => {
  const D = 3;
  const told = (teacher: (rows: Float64Array) => readonly number[], columns: number) => {
    const rows = normals(rng(9), 10 * D);
    const model: Model = {
      prepare: stateless((x) => x),
      encoder: stateless((x) => x),
      decoder: null,
      inputs: D,
      outputs: D,
    };
    const losses = { stress: 1, distance: 1, correlation: 1, relational: 1 };
    const graph = objectiveGraph(distill({ teacher: columns, losses }), model, 10, "double");
    const found = evaluate(graph, {
      rows: tensor(rows, [10, D]),
      teacher: tensor(teacher(rows), [10, columns]),
    });
    return Object.fromEntries(Object.entries(found).map(([name, { data }]) => [name, Number(data[0])]));
  };
  const LOSSES = ["stress", "distance", "correlation", "relational"].map((name) => `teacher:${name}`);

  it("costs nothing where distances are kept up to a factor, in another width, and something elsewhere (control)", () => {
    const same = told(
      (rows) =>
        Array.from({ length: 50 }, (_, i) => (i % 5 < D ? 7 * rows[((i / 5) | 0) * D + (i % 5)]! : 3)),
      5,
    );
    const other = told((rows) => [...rows].map((value, i) => (i % D === 0 ? 4 : 1) * value), D);
    for (const name of LOSSES) {
      expect(Math.abs(same[name]!), name).toBeLessThan(1e-12);
      expect(other[name]!, name).toBeGreaterThan(0.01);
    }
    expect(same.distancePearson).toBeCloseTo(1, 12);
    expect(other.distancePearson!).toBeLessThan(0.99);
  });
});
