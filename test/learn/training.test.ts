import { describe, expect, it } from "vitest";
import { type Matrix, matrix, type Progress, rng, type Watch } from "../../src/base/index.ts";
import { findEngine } from "../../src/engine/index.ts";
import { readCheckpoint, saveCheckpoint } from "../../src/learn/checkpoint.ts";
import { pairLengths, stressOf } from "../../src/learn/held-out.ts";
import { autoencoder } from "../../src/learn/objectives/autoencoder.ts";
import type { PrepareSpec } from "../../src/learn/prepare.ts";
import { openTraining } from "../../src/learn/run.ts";
import type { EpochRecord, TrainingState } from "../../src/learn/training.ts";

/** A bent sheet in three dimensions, and its chart. */
function sheet(rows: number): { readonly points: Matrix; readonly chart: Matrix } {
  const source = rng(3).split("sheet");
  const [points, chart] = [new Float32Array(3 * rows), new Float32Array(2 * rows)];
  for (let i = 0; i < rows; i++) {
    const [u, v] = [3 * source.uniform(), 2 * source.uniform()];
    points.set([Math.cos(u), Math.sin(u), v], 3 * i);
    chart.set([u, v], 2 * i);
  }
  return { points: matrix(points, rows, 3), chart: matrix(chart, rows, 2) };
}

const ROWS = 150;
const { points, chart } = sheet(ROWS);
const all = Int32Array.from({ length: ROWS }, (_, i) => i);

async function open(more: Partial<PrepareSpec> = {}) {
  return openTraining({
    engine: await findEngine({ threads: 2 }),
    points,
    at: all,
    nComponents: 2,
    objective: autoencoder,
    hasDecoder: true,
    hidden: [24, 24],
    epochs: 12,
    batchSize: 40,
    learningRate: 3e-3,
    ...more,
  });
}

type Run = Awaited<ReturnType<typeof open>>;

interface Finish extends Watch {
  readonly every?: number;
  /** Looks. */
  readonly stopAfter?: number;
}

/** Trains to the end, or as far as it is let; a look measures the stress against the chart. */
async function finish(
  run: Run,
  state: TrainingState,
  { every = 4, stopAfter = Number.POSITIVE_INFINITY, ...watch }: Finish = {},
) {
  const distances = pairLengths(chart);
  const epochs: EpochRecord[] = [];
  const steps = run.steps(state, {
    every,
    patience: null,
    ...watch,
    look: async (model) => ({ score: stressOf(distances, await model.codes(points)), shown: {} }),
  });
  for await (const epoch of steps) {
    epochs.push(epoch);
    if (epochs.length >= stopAfter) break;
  }
  return epochs;
}

const whole = async (more: Partial<PrepareSpec> = {}) => {
  const run = await open(more);
  const epochs = await finish(run, run.prepared.state);
  return { run, epochs, state: run.prepared.state };
};

const RECIPES = {
  plain: {},
  penalties: { isometry: [{ name: "distance", weight: 0.5 }, { name: "relaxedDistortion" }] },
  auto: { isometry: "auto" },
  "found between look and step": { isometry: [{ name: "topological", weight: 0.1 }], clip: 1 },
} as const satisfies Record<string, Partial<PrepareSpec>>;

describe("training", () => {
  it.each(Object.entries(RECIPES))(
    "%s: the same seed gives the same numbers, another others",
    async (_, more) => {
      const [one, two, other] = [await whole(more), await whole(more), await whole({ ...more, seed: 1 })];
      expect(two.state.values).toEqual(one.state.values);
      expect(two.epochs).toEqual(one.epochs);
      expect(other.state.values).not.toEqual(one.state.values);
    },
  );

  it.each(Object.entries(RECIPES))(
    "%s: goes on from a checkpoint as if it had not stopped",
    async (_, more) => {
      const one = await whole(more);
      const run = await open(more);
      await finish(run, run.prepared.state, { stopAfter: 2 });
      const kept = decoded(saveCheckpoint(run.prepared.state, { note: "kept" }));
      expect(kept.metadata.note).toBe("kept");
      const again = await open(more);
      const state = readCheckpoint(again.prepared.training, kept);
      await finish(again, state);
      expect(state.values).toEqual(one.state.values);
      expect(state.epochs).toEqual(one.state.epochs);
      expect(state.best).toEqual(one.state.best);
    },
  );

  it("stopped between looks, it keeps the steps that it has, and goes on as if it had not", async () => {
    const more = { isometry: [{ name: "distance" }], epochs: 80 } as const;
    const every = 40;
    const straight = await open(more);
    await finish(straight, straight.prepared.state, { every });
    const run = await open(more);
    const control = new AbortController();
    const { state } = run.prepared;
    const onProgress = ({ stage, done }: Progress) => {
      if (stage === "training" && done > 200) control.abort();
    };
    const stopped = finish(run, state, { every, onProgress, signal: control.signal });
    await expect(stopped).rejects.toMatchObject({ code: "aborted" });
    expect(state.step).toBeGreaterThan(150);
    expect(state.step).toBeLessThan(300);
    const again = await open(more);
    const on = readCheckpoint(again.prepared.training, decoded(saveCheckpoint(state, {})));
    await finish(again, on, { every });
    expect(on.values).toEqual(straight.prepared.state.values);
    expect(on.epochs).toEqual(straight.prepared.state.epochs);
  });

  it("a checkpoint of another model is refused", async () => {
    const run = await open();
    const other = await open({ hidden: [8] });
    const kept = decoded(saveCheckpoint(other.prepared.state, {}));
    expect(() => readCheckpoint(run.prepared.training, kept)).toThrow(/no checkpoint of this model/);
    expect(() => readCheckpoint(run.prepared.training, { ...kept, metadata: {} })).toThrow(/no checkpoint/);
  });

  it("keeps the best model by what a look measures, and ends when nothing gets better", async () => {
    const run = await open({ epochs: 40 });
    const scores = [5, 3, 4, 4, 4, 1, 1, 1, 1, 1];
    let looks = 0;
    const state = run.prepared.state;
    const epochs: EpochRecord[] = [];
    const steps = run.steps(state, {
      every: 4,
      patience: 3,
      look: async () => ({ score: scores[looks++]!, shown: {} }),
    });
    for await (const epoch of steps) epochs.push(epoch);
    expect(epochs.map(({ look }) => look!.score)).toEqual([5, 3, 4, 4, 4]);
    expect(state.best!.epoch).toBe(8);
    expect(state.best!.values).not.toEqual(state.values.slice(0, state.best!.values.length));
  });

  it("a loss that is no number ends it, with the step, the rows and what to do", async () => {
    const data = points.data.slice();
    data[3 * 17] = Number.NaN;
    const run = await open({ points: matrix(data, ROWS, 3), standardize: "none" });
    await expect(finish(run, run.prepared.state)).rejects.toMatchObject({
      code: "bad-value",
      message: expect.stringMatching(/step \d+ \(loss, reconstruction\)/),
      got: expect.stringContaining("rows"),
      hint: expect.stringContaining("--learning-rate"),
    });
  });

  it("L-BFGS: lower than as many steps of Adam over all rows, the same when it goes on from a checkpoint", async () => {
    const shared = { batchSize: ROWS, isometry: [{ name: "stress", weight: 0.1 }] } as const;
    const one = await whole({ ...shared, descent: { optimizer: "lbfgs" } });
    const adam = await whole(shared);
    const loss = ({ state }: typeof one) => state.epochs.at(-1)!.terms.loss!;
    expect(loss(one)).toBeLessThan(loss(adam));
    const losses = one.state.epochs.map(({ terms }) => terms.loss!);
    for (const [k, value] of losses.slice(1).entries()) expect(value).toBeLessThanOrEqual(losses[k]!);
    const run = await open({ ...shared, descent: { optimizer: "lbfgs" } });
    await finish(run, run.prepared.state, { stopAfter: 1 });
    const again = await open({ ...shared, descent: { optimizer: "lbfgs" } });
    const state = readCheckpoint(again.prepared.training, decoded(saveCheckpoint(run.prepared.state, {})));
    await finish(again, state);
    expect(state.values).toEqual(one.state.values);
    await expect(
      open({ ...shared, descent: { optimizer: "lbfgs" }, normalisation: "batch" }),
    ).rejects.toThrow(/batch normalisation/);
  });

  it.each([
    [{ name: "strress" }, /no penalty called strress/],
    [{ name: "stress", weight: -1 }, /weight of stress/],
    [{ name: "geodesic", numbers: { shrimk: 1 } }, /no option of geodesic called shrimk/],
    [{ name: "geodesic", numbers: { shrink: Number.NaN } }, /shrink of geodesic must be a number/],
    [{ name: "biLipschitz" }, /about a decoder/, { hasDecoder: false }],
  ] as [object, RegExp, Partial<PrepareSpec>?][])("refuses %j", async (use, message, more = {}) => {
    const isometry = [use] as unknown as NonNullable<PrepareSpec["isometry"]>;
    await expect(open({ isometry, ...more })).rejects.toThrow(message);
  });

  it("begun as PCA, codes are principal components, and rows come back from them", async () => {
    const wide = matrix(
      Float32Array.from({ length: 60 * 5 }, (_, p) => Math.sin(p * 1.7) * (5 - (p % 5)) + (p % 5)),
      60,
      5,
    );
    const at = Int32Array.from({ length: 60 }, (_, i) => i);
    const shared = { points: wide, at, init: "pca", hidden: [16, 12] } as const;
    const error = async (nComponents: number, more: Partial<PrepareSpec> = {}) => {
      const run = await open({ ...shared, ...more, nComponents });
      const { codes, decode } = run.snapshot(run.prepared.state.values);
      const z = await codes(wide);
      const again = await decode!(z);
      return { stress: stressOf(pairLengths(wide), z), error: meanSquare(again.data, wide.data) };
    };
    const all5 = await error(5);
    expect(all5.stress).toBeLessThan(1e-3);
    expect(all5.error).toBeLessThan(1e-3);
    const random = await error(5, { init: "random" });
    expect(random.stress).toBeGreaterThan(0.1);
    expect(random.error).toBeGreaterThan(0.5);
  });
});

function meanSquare(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, p) => sum + (value - b[p]!) ** 2, 0) / a.length;
}

/** What a .safetensors file of ours holds. */
function decoded(bytes: Uint8Array) {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const tensor = (name: string) => {
    const entry = header[name];
    if (!entry) return null;
    const [start, end] = entry.data_offsets.map((offset: number) => 8 + length + offset);
    expect(entry.dtype).toBe("F32");
    const data = new Float32Array(bytes.slice(start, end).buffer);
    return { data, rows: entry.shape[0], cols: entry.shape[1] };
  };
  return { values: tensor("values")!, best: tensor("best"), metadata: header.__metadata__ };
}
