import {
  type Matrix,
  rng,
  sampleWithoutReplacement,
  sharedInt32,
  toShared,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { regression, TARGET } from "./objectives/index.ts";
import { openTraining } from "./run.ts";

/** How a regression is trained. */
export interface RegressionOptions extends Watch {
  readonly engine: EngineInfo;
  readonly seed: number;
  /** Widths of hidden layers. Default [256]. */
  readonly hidden?: readonly number[];
  /** Default: as many as make 2,000 steps, 100 at least. */
  readonly epochs?: number;
}

/** A network that gives rows for rows. */
export interface TrainedRegression {
  /** An ONNX model of input "x" and output "y", any number of rows at a time. */
  readonly model: Uint8Array;
  /** Mean squared error on held-out rows, as a share of what giving zeros has. */
  readonly error: number;
  readonly epoch: number;
}

const HELD_OUT = 0.1;
const BATCH = 256;
const STEPS = 2000;
const FEWEST_EPOCHS = 100;
/** Looks at most, and how many without a better model end it. */
const [LOOKS, PATIENCE] = [50, 15];

/**
 * Trains a perceptron with ELU from rows to rows of another width by the mean squared error, with Adam and a rate that falls by a cosine. A tenth of the rows is not trained on: the model that errs least there is
 * given.
 *
 * @param points n x D, `targets` n x d
 */
export async function trainRegression(
  points: Matrix,
  targets: Matrix,
  { engine, seed, hidden = [256], epochs: wanted, ...watch }: RegressionOptions,
): Promise<TrainedRegression> {
  const { rows, cols } = targets;
  const heldOut = sampleWithoutReplacement(
    rng(seed).split("regression"),
    rows,
    Math.max(1, Math.round(HELD_OUT * rows)),
  );
  const out = new Set(heldOut);
  const at = sharedInt32(rows - heldOut.length);
  at.set(Array.from({ length: rows }, (_, i) => i).filter((row) => !out.has(row)));
  const epochs = wanted ?? Math.max(FEWEST_EPOCHS, Math.ceil((STEPS * BATCH) / at.length));
  const unit = rootMeanSquare(targets.data);
  const run = await openTraining({
    ...watch,
    engine,
    seed,
    points: toShared(points),
    at,
    nComponents: cols,
    objective: regression(cols),
    hasDecoder: false,
    columns: { [TARGET]: { data: toShared(targets).data, cols } },
    hidden,
    activation: "elu",
    epochs,
    batchSize: Math.min(BATCH, at.length),
    learningRate: 1e-3,
    schedule: { kind: "cosine", floor: 0 },
    descent: { optimizer: "adamw", weightDecay: 1e-4 },
  });
  const { state } = run.prepared;
  const steps = run.steps(state, {
    ...watch,
    every: Math.max(1, Math.ceil(epochs / LOOKS)),
    patience: PATIENCE,
    look: async (model) => ({
      score: errorOf(await model.codes(toShared(points), heldOut), targets, heldOut) / unit ** 2,
      shown: {},
    }),
  });
  for await (const _ of steps);
  const best = state.best!;
  return { model: run.snapshot(best.values).save({}).encoder, error: best.look.score, epoch: best.epoch };
}

function rootMeanSquare(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) || 1;
}

/** Mean squared error of rows that were made for some of the targets. */
function errorOf(made: Matrix, { data, cols }: Matrix, rows: Int32Array): number {
  let sum = 0;
  rows.forEach((row, i) => {
    for (let k = 0; k < cols; k++) sum += (made.data[i * cols + k]! - data[row * cols + k]!) ** 2;
  });
  return sum / made.data.length;
}
