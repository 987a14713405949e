import { z } from "zod";
import { TRAIN_MODELS } from "../report/train-result.ts";
import { geometryScores } from "./schema-geometry.ts";
import { engine, input, natural, next, real, scores, textOrNull, warning } from "./schema-parts.ts";

const look = z.strictObject({
  stress: real.describe("scale-normalised, over all pairs; the best model has least"),
  stretch: real.describe("q95 / q05 of dz / dx"),
  recall: real.describe("share of the nearest neighbours among these rows that stayed so"),
  reconstruction: real.describe("mean squared error in the units of the data; null without a decoder"),
  conditionNumber: real.describe(
    "mean over codes, of the metric of the decoder; null where it was not looked at",
  ),
  effectiveRank: real.describe("exp of the entropy of the shares of variance along principal directions"),
});

const epoch = z.strictObject({
  epoch: z.int().min(1),
  phase: natural.describe("which part of the recipe"),
  terms: z.record(z.string(), real).describe("means over the steps; penalties without their weights"),
  weights: z.record(z.string(), real).describe("of penalties"),
  learningRate: real,
  look: look.nullable().describe("at held-out rows; null: nobody looked after this epoch"),
});

const penalty = z.strictObject({
  name: z.string(),
  weight: z.number().nullable().describe("null: balanced by gradients"),
  numbers: z.record(z.string(), z.number()),
});

const options = z.strictObject({
  to: natural,
  model: z.enum(TRAIN_MODELS),
  isometry: z.union([z.literal("auto"), z.array(penalty)]),
  metric: z.enum(["euclidean", "geodesic", "teacher"]).describe("the distance that models are judged by"),
  epochs: natural,
  batchSize: natural,
  learningRate: z.number(),
  optimizer: z.enum(["adam", "adamw", "sgd", "lbfgs"]),
  weightDecay: z.number(),
  momentum: z.number().nullable(),
  schedule: z.enum(["cosine", "step", "constant", "plateau"]),
  warmup: z.number(),
  clip: z.number().nullable(),
  network: z.enum(["mlp", "conv"]),
  hidden: z.array(natural),
  channels: z.array(natural).nullable(),
  activation: z.string(),
  normalization: z.string(),
  residual: z.boolean(),
  output: z.string(),
  standardize: z.enum(["scale", "columns", "none"]),
  init: z.enum(["random", "pca"]),
  nNeighbors: natural,
  beta: z.number().nullable(),
  freeBits: z.number().nullable(),
  loss: textOrNull,
  positives: textOrNull,
  temperature: z.number().nullable(),
  labels: textOrNull,
  pairs: textOrNull,
  teacher: textOrNull,
  encoder: textOrNull,
  decoder: textOrNull,
  frozen: z.boolean(),
  holdout: z.number(),
  patience: natural.nullable(),
  lookEvery: natural,
  seed: z.int(),
  rows: textOrNull,
  id: textOrNull,
  vector: textOrNull,
  imageSize: textOrNull,
  imageMode: z.enum(["grey", "colour"]),
  imageShape: textOrNull,
});

const lost = { error: real, unexplained: real.describe("share of the variance that is lost") };

/** The JSON of job `train`, "isometer/train/1". */
export const trainSchema = z.strictObject({
  schema: z.literal("isometer/train/1"),
  job: z.literal("train"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: z.strictObject({ train: natural, heldOut: natural }),
  model: z.enum(TRAIN_MODELS),
  about: z.string(),
  options,
  network: z.strictObject({ parameters: natural, inputs: natural, outputs: natural }),
  before: look.nullable().describe("a look at networks that were given, before any step"),
  epochs: z.array(epoch),
  best: z
    .strictObject({ epoch: natural, score: real })
    .describe(
      "the model that was kept: that with the least stress among those looked at; where lengths along the data are kept, with the least distance from any flat map",
    ),
  stopped: z.enum(["finished", "early", "interrupted"]),
  steps: natural,
  scored: z
    .enum(["held-out", "all", "trained-on"])
    .describe("rows that the scores are of: all where distances are along the data"),
  scores,
  reconstruction: z
    .strictObject({ ...lost, baseline: z.strictObject({ name: z.literal("PCA"), ...lost }) })
    .nullable()
    .describe("of held-out rows, in the units of the data"),
  geometry: geometryScores.nullable().describe("of the decoder at codes of held-out rows"),
  collapse: z.strictObject({
    columns: natural,
    active: natural,
    effectiveRank: real,
    shares: z.array(real),
  }),
  findings: z.array(
    z.strictObject({
      code: z.enum(["bad-space", "collapse", "folded", "overfitting"]),
      message: z.string(),
    }),
  ),
  files: z.array(
    z.strictObject({
      what: z.enum(["encoder", "decoder", "codes", "report", "page", "checkpoint"]),
      path: z.string(),
    }),
  ),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
