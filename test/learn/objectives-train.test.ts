import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it } from "vitest";
import { type Matrix, matrix, permutation, pointRows, rng, sharedInt32 } from "../../src/base/index.ts";
import { readMatrix } from "../../src/data/node-read.ts";
import { type EngineInfo, findEngine } from "../../src/engine/index.ts";
import { forward, planForward } from "../../src/learn/forward.ts";
import { initialValues, planLayout } from "../../src/learn/layout.ts";
import type { Objective } from "../../src/learn/model.ts";
import { mlp, stateless } from "../../src/learn/networks/index.ts";
import { contrastive } from "../../src/learn/objectives/contrastive.ts";
import { distill } from "../../src/learn/objectives/distill.ts";
import { BETA, vae } from "../../src/learn/objectives/vae.ts";
import type { Positives } from "../../src/learn/pairing.ts";
import { type Phase, startState, train } from "../../src/learn/training.ts";
import { nearestNeighbors } from "../../src/neighbors/index.ts";
import { openOptimizer } from "../../src/optim/index.ts";

/** Scikit-learn's digits, pixels within [0, 1]: 1,400 rows to train on, 397 that are held out. */
interface Digits {
  readonly pixels: Matrix;
  readonly labels: Float32Array;
  readonly at: Int32Array;
  readonly held: Int32Array;
  readonly neighbors: Positives;
  readonly engine: EngineInfo;
}

const D = 4;
let digits: Digits;

const example = (name: string) => fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));

function rowsAt({ data, cols }: Matrix, at: Int32Array): Matrix {
  const chosen = Float32Array.from({ length: at.length * cols }, (_, i) => {
    return data[at[Math.floor(i / cols)]! * cols + (i % cols)]!;
  });
  return matrix(chosen, at.length, cols);
}

beforeAll(async () => {
  const engine = await findEngine({ threads: 1 });
  const { data, rows, cols } = await readMatrix(example("digits.npy"));
  const pixels = matrix(
    data.map((value) => value / 16),
    rows,
    cols,
  );
  const order = permutation(rng(1), rows);
  const [at, held] = [order.slice(0, 1400), order.slice(1400)];
  const found = await nearestNeighbors(rowsAt(pixels, at), undefined, { nNeighbors: 5, threads: 1 });
  const ids = sharedInt32(found.ids.length);
  ids.set(found.ids);
  const labels = (await readMatrix(example("digits-labels.npy"))).data;
  digits = { pixels, labels, at, held, neighbors: { kind: "neighbors", ids }, engine };
});

const AUGMENTED: Positives = {
  kind: "augmented",
  image: [1, 8, 8],
  augment: { shift: 1, flip: false, brightness: 0.1, contrast: 0.2, noise: 0.1 },
};

interface Given {
  readonly objective: Objective;
  /** Whether the encoder gives means and variances, and there is a decoder. */
  readonly isVae?: boolean;
  readonly labels?: Float32Array;
  readonly seed?: number;
  readonly phase?: Partial<Phase>;
}

/** Trains for some epochs; what they told, the numbers of the model, and how well its codes tell digits before and after. */
async function trained({ objective, isVae = false, labels = digits.labels, seed = 0, phase = {} }: Given) {
  const { pixels, at, engine } = digits;
  const encoder = mlp("encoder", [64, 64, isVae ? 2 * D : D], { activation: "elu" });
  const decoder = isVae ? mlp("decoder", [D, 64, 64], { activation: "elu" }) : null;
  const parameters = [...encoder.parameters, ...(decoder?.parameters ?? [])];
  const descent = { optimizer: "adam" } as const;
  const layout = planLayout(parameters, [], openOptimizer(descent));
  const state = startState({ layout });
  initialValues(layout, parameters, [], seed, state.values);
  const plan = planForward(encoder, layout, 64, D);
  const all = Int32Array.from({ length: pixels.rows }, (_, i) => i);
  const told = async () => toldDigits(await forward(plan, state.values, pointRows(pixels), all, { engine }));
  const before = await told();
  const training = {
    model: { prepare: stateless((x) => x), encoder, decoder, inputs: 64, outputs: D },
    ...{
      objective,
      layout,
      unit: 1,
      clip: null,
      batch: 128,
      streamed: 128,
      guests: null,
      rows: pointRows(pixels),
      at,
      distances: {},
      seed,
    },
    columns: { labels: { data: labels, cols: 1 }, teacher: { data: pixels.data, cols: 64 } },
    phases: [{ epochs: 8, penalties: [], numbers: { [BETA]: 1 }, ...phase }],
    ...{ descent, learningRate: 3e-3, schedule: { kind: "constant" } as const },
  };
  const look = async () => ({ score: 0, shown: {} });
  for await (const _ of train(training, state, { engine, look, every: 100, patience: null }));
  const terms = state.epochs.map((epoch) => epoch.terms);
  return { first: terms[0]!, last: terms.at(-1)!, values: state.values, before, after: await told() };
}

/** How many of the digits that are held out have the label of the nearest that was trained on, by the direction of their codes. */
async function toldDigits(codes: Matrix): Promise<number> {
  const { at, held, labels } = digits;
  const { ids } = await nearestNeighbors(rowsAt(codes, held), rowsAt(codes, at), {
    ...{ nNeighbors: 1, metric: "cosine", threads: 1 },
  });
  return held.filter((row, k) => labels[row] === labels[at[ids[k]!]!]).length / held.length;
}

const OBJECTIVES: Readonly<Record<string, () => Given>> = {
  "infonce with neighbours": () => ({
    objective: contrastive({ loss: "infonce", positives: digits.neighbors }),
  }),
  "infonce with augmentations, and a penalty": () => ({
    objective: contrastive({ loss: "infonce", positives: AUGMENTED }),
    phase: { penalties: [{ name: "stress", distances: null }], numbers: { "weight:stress": 1 } },
  }),
  supervised: () => ({ objective: contrastive({ loss: "supervised", positives: null }) }),
  "triplet with labels": () => ({ objective: contrastive({ loss: "triplet", positives: null }) }),
  "triplet with neighbours": () => ({
    objective: contrastive({ loss: "triplet", positives: digits.neighbors }),
  }),
  distill: () => ({ objective: distill({ teacher: 64 }) }),
  vae: () => ({ objective: vae(), isVae: true }),
};

describe.each(Object.keys(OBJECTIVES))("%s, trained on digits", (name) => {
  it("learns, in the same bytes each time, and in others with another seed (control)", async () => {
    const given = OBJECTIVES[name]!();
    const { first, last, values, before, after } = await trained(given);
    expect(last.loss!).toBeLessThan(0.9 * first.loss!);
    expect(after).toBeGreaterThan(before + 0.1);
    const again = await trained(given);
    expect(Buffer.from(again.values.buffer).equals(Buffer.from(values.buffer))).toBe(true);
    const other = await trained({ ...given, seed: 1 });
    expect(Buffer.from(other.values.buffer).equals(Buffer.from(values.buffer))).toBe(false);
  });
});

describe("what is shown of it", () => {
  it("labels that are not those of the rows teach little (control)", async () => {
    const objective = contrastive({ loss: "supervised", positives: null });
    const shuffled = permutation(rng(3), digits.labels.length);
    const wrong = await trained({ objective, labels: Float32Array.from(shuffled, (k) => digits.labels[k]!) });
    const right = await trained({ objective });
    expect(right.after).toBeGreaterThan(0.85);
    expect(right.after).toBeGreaterThan(wrong.after + 0.2);
  });

  it("distances come to be those of the teacher", async () => {
    const { first, last } = await trained({ objective: distill({ teacher: 64 }) });
    expect(last.distancePearson!).toBeGreaterThan(0.8);
    expect(last.distancePearson!).toBeGreaterThan(first.distancePearson! + 0.1);
  });

  it("a variational autoencoder uses its dimensions, and is seen to collapse where pixels are worth too few nats (control)", async () => {
    const well = await trained({ objective: vae(), isVae: true });
    expect(well.last.activeUnits).toBe(D);
    expect(well.last.kl!).toBeGreaterThan(2);
    const collapsed = await trained({ objective: vae({ variance: "unit" }), isVae: true });
    expect(collapsed.last.activeUnits!).toBeLessThan(0.1);
    expect(collapsed.last.kl!).toBeLessThan(0.1);
    expect(well.last.reconstruction!).toBeLessThan(0.85 * collapsed.last.reconstruction!);
  });

  it("beta may be ramped: the divergence costs nothing at first", async () => {
    const ramp = { from: 0, to: 1, start: 40, end: 60 };
    const { first, last } = await trained({
      ...{ objective: vae(), isVae: true },
      phase: { numbers: { [BETA]: ramp } },
    });
    expect(first.divergence).toBe(0);
    expect(last.divergence!).toBeGreaterThan(0);
  });
});
