import { z } from "zod";
import { engine, gates, input, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const geometryScore = z.strictObject({
  value: real,
  interval: interval.describe("95 % interval over the draw of the points; [value, value] when exact"),
  n: natural,
  unit: z.enum(["points", "directions", "paths"]),
  exact: z.boolean(),
  sampled: z.strictObject({ kind: z.enum(["points", "directions", "paths"]), m: natural }).optional(),
  ideal: z.number().describe("where an isometry up to scale scores"),
  null: real.describe("chance: the same score of Jacobians of independent normal numbers"),
  baseline: z
    .strictObject({ name: z.string(), value: real })
    .nullable()
    .describe("the same score in the best linear coordinates of the latent"),
});
const quantiles = z.array(real).describe("at 0, .05, .25, .5, .75, .95, 1");
const geometrySpread = geometryScore.extend({ quantiles });
const pointGeometry = z.strictObject({ row: natural, largest: real, smallest: real, logVolume: real });
const pointWitness = pointGeometry.extend({
  most: z.array(real).nullable().describe("the direction of the latent that is stretched most"),
  least: z.array(real).nullable(),
});

/** Scores of the Jacobians of a network. */
export const geometryScores = z.strictObject({
  stretch: geometrySpread,
  stretchAlongData: geometrySpread.optional(),
  conditionNumber: geometrySpread,
  biLipschitz: geometryScore.extend({ smallest: real, largest: real }),
  relaxedDistortion: geometryScore,
  logVolumeVariance: geometrySpread.extend({ mean: real }),
  metricVariation: geometryScore.nullable(),
});

/** The JSON of job `geometry`, "isometer/geometry/1". */
export const geometrySchema = z.strictObject({
  schema: z.literal("isometer/geometry/1"),
  job: z.literal("geometry"),
  isometer: z.string(),
  engine,
  models: z.array(z.strictObject({ role: z.enum(["model", "inverse"]), path: z.string() })),
  inputs: z.array(input),
  network: z.strictObject({
    name: z.string(),
    input: z.string(),
    output: z.string(),
    inputShape: z.array(natural),
    outputShape: z.array(natural),
    inputs: natural,
    outputs: natural,
    latent: z.enum(["inputs", "outputs"]).describe("the side with fewer dimensions"),
    rank: natural,
  }),
  options: z.strictObject({
    at: natural,
    nNeighbors: natural,
    pathPairs: natural,
    layer: textOrNull,
    inverse: textOrNull,
    rows: textOrNull,
    vector: textOrNull,
    imageShape: textOrNull,
    imageSize: textOrNull,
    imageMode: z.enum(["grey", "colour"]),
  }),
  rows: natural,
  points: natural.describe("points that were looked at"),
  derivatives: z.enum(["graph", "differences"]),
  jacobians: z.enum(["full", "lanczos"]),
  seed: z.int(),
  scores: geometryScores,
  singularValues: z
    .array(quantiles)
    .describe("of each over the points, the largest first; of estimates the largest and the smallest"),
  axes: z
    .strictObject({ stretch: z.array(real), directions: z.array(z.array(real)) })
    .nullable()
    .describe("of the mean metric of the latent"),
  lipschitz: z.strictObject({
    empirical: real,
    certified: z.strictObject({
      value: real.describe("an upper bound for all inputs"),
      reason: textOrNull.describe("why there is none"),
      parts: z.array(z.strictObject({ what: z.string(), bound: real })),
    }),
  }),
  paths: z
    .strictObject({
      pairs: natural,
      segments: natural,
      detour: geometrySpread,
      bend: geometrySpread,
      pace: geometrySpread,
      turning: geometrySpread,
      converged: natural,
      iterations: natural,
      worst: z.strictObject({ a: natural, b: natural, detour: real }),
    })
    .nullable(),
  roundTrip: z
    .strictObject({
      reconstruction: geometryScore,
      values: geometryScore,
      worst: z.array(z.strictObject({ row: natural, error: real })),
    })
    .nullable(),
  witnesses: z.strictObject({
    uneven: z.array(pointWitness),
    expanded: z.array(pointWitness),
    collapsed: z.array(pointWitness),
  }),
  map: z.array(pointGeometry).describe("every point that was looked at"),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});
