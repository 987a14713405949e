import { z } from "zod";
import { JUDGED_NAMES, SCORE_NAMES } from "../report/index.ts";
import type { Job } from "./define.ts";
import { alignSchema, alignUnpairedSchema } from "./schema-align.ts";
import { alignMatrixSchema } from "./schema-align-matrix.ts";
import { anomaliesSchema } from "./schema-anomalies.ts";
import { auditStoreSchema } from "./schema-audit-store.ts";
import { clusterSchema } from "./schema-cluster.ts";
import { conformanceSchema } from "./schema-conformance.ts";
import { driftSchema } from "./schema-drift.ts";
import { encodeSchema } from "./schema-encode.ts";
import { evaluateSchema } from "./schema-evaluate.ts";
import { geometrySchema } from "./schema-geometry.ts";
import { ingestSchema } from "./schema-ingest.ts";
import { limitsSchema } from "./schema-limits.ts";
import { morphSchema } from "./schema-morph.ts";
import {
  engine,
  gates,
  holdout,
  input,
  metricName,
  natural,
  next,
  pair,
  point,
  points,
  real,
  score,
  scores,
  shape,
  textOrNull,
  warning,
} from "./schema-parts.ts";
import { initSchema, refreshSchema, statusSchema } from "./schema-project.ts";
import { recommendSchema } from "./schema-recommend.ts";
import { applySchema, reduceSchema } from "./schema-reduce.ts";
import { searchSchema } from "./schema-search.ts";
import { trainSchema } from "./schema-train.ts";
import { optionsSchema } from "./validate.ts";

/** The JSON of job `audit` of one latent, "isometer/audit/1". */
export const auditSchema = z.strictObject({
  schema: z.literal("isometer/audit/1"),
  job: z.literal("audit"),
  isometer: z.string().describe("version of the package"),
  engine,
  inputs: z.array(input),
  rows: natural.describe("rows that were compared"),
  options: z.strictObject({
    metric: metricName,
    latentMetric: metricName,
    nNeighbors: z.int().min(1),
    graphNeighbors: z
      .int()
      .min(1)
      .nullable()
      .describe("of the graphs that geodesics run in; null without geodesics"),
    sample: z.union([natural, z.literal("exact")]),
    seed: z.int(),
    scores: z.array(z.enum(SCORE_NAMES as [string, ...string[]])),
    baseline: textOrNull,
    achievable: textOrNull,
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()).optional(),
    vector: textOrNull,
    latentVector: textOrNull,
    labels: textOrNull,
    holdout: textOrNull,
    points: textOrNull,
    imageSize: textOrNull,
    imageMode: z.enum(["grey", "colour"]),
  }),
  labels: z.strictObject({ from: z.string(), classes: natural }).nullable(),
  classes: z
    .strictObject({ from: z.enum(["labels", "k-means of the original"]), count: natural })
    .nullable()
    .describe("what the scores of classes are about"),
  scores,
  holdout: holdout.nullable(),
  points: points.nullable(),
  shape: z
    .strictObject({ original: shape, latent: shape, baseline: shape.nullable() })
    .describe("each space by itself; null where not asked for"),
  witnesses: z.strictObject({ stretched: z.array(pair), shrunk: z.array(pair), points: z.array(point) }),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});

const audits = z.array(z.strictObject({ name: z.string(), audit: auditSchema }));

const place = z.int().min(1);
const placing = z.strictObject({ place, meanPlace: z.number().min(1) });

const ranking = z
  .array(
    placing.extend({
      name: z.string(),
      kind: z.enum(["latent", "baseline"]),
      neighbourhoods: placing.nullable(),
      distances: placing.nullable(),
      places: z
        .partialRecord(z.enum(JUDGED_NAMES as [string, ...string[]]), place)
        .describe("1 + those that are clearly better on this score: overlapping intervals are level"),
    }),
  )
  .describe("by mean place over all judged scores");

/** The JSON of job `audit` of several latents, "isometer/comparison/1". */
export const comparisonSchema = z.strictObject({
  schema: z.literal("isometer/comparison/1"),
  job: z.literal("audit"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural,
  options: auditSchema.shape.options.omit({ baseline: true }).extend({ baselines: z.array(z.string()) }),
  labels: auditSchema.shape.labels,
  audits,
  ranking,
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});

const judgedTask = z.strictObject({ task: z.string(), n: natural });

const namesOfItems = z.array(z.string()).describe("of the items in their order: ids, or row numbers");

/** The JSON of job `audit` by judgements, "isometer/judgement/1". */
export const judgementSchema = z.strictObject({
  schema: z.literal("isometer/judgement/1"),
  job: z.literal("audit"),
  isometer: z.string(),
  inputs: z.array(input),
  judgements: z.array(
    z.strictObject({
      kind: z.enum(["pairs", "triplets"]),
      path: z.string(),
      columns: z.array(z.string()),
      rows: natural,
      used: natural.describe("those whose items every latent has"),
    }),
  ),
  options: z.strictObject({
    latentMetric: metricName,
    seed: z.int(),
    pairs: textOrNull,
    triplets: textOrNull,
    ids: z.array(z.string()),
    id: textOrNull,
    vector: textOrNull,
    latentVector: textOrNull,
  }),
  latents: z.array(
    z.strictObject({
      name: z.string(),
      tasks: z.array(
        z.discriminatedUnion("kind", [
          judgedTask.extend({
            kind: z.literal("pairs"),
            scores: z.strictObject({ spearman: score, pearson: score }),
            worst: z.array(
              z.strictObject({
                index: natural.describe("row of the file"),
                a: natural,
                b: natural,
                given: real,
                latent: real,
                givenRank: real.describe("share of pairs that are less similar"),
                latentRank: real,
                names: namesOfItems,
              }),
            ),
          }),
          judgedTask.extend({
            kind: z.literal("triplets"),
            scores: z.strictObject({ tripletAccuracy: score }),
            worst: z.array(
              z.strictObject({
                index: natural.describe("row of the file"),
                anchor: natural,
                nearer: natural,
                farther: natural,
                toNearer: real,
                toFarther: real,
                names: namesOfItems,
              }),
            ),
          }),
        ]),
      ),
    }),
  ),
  ranking: z.array(placing.extend({ name: z.string(), places: z.record(z.string(), place) })),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `demo`, "isometer/demo/1". */
export const demoSchema = z.strictObject({
  schema: z.literal("isometer/demo/1"),
  job: z.literal("demo"),
  isometer: z.string(),
  engine,
  audits,
  ranking,
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `compare`, "isometer/compare/1". */
export const compareSchema = z.strictObject({
  schema: z.literal("isometer/compare/1"),
  job: z.literal("compare"),
  isometer: z.string(),
  engine,
  options: z.strictObject({ to: natural, metric: metricName, seed: z.int(), codes: textOrNull }),
  fits: z.array(
    z.strictObject({
      method: z.string(),
      converged: z.boolean(),
      iterations: natural,
      objective: z.strictObject({ name: z.string(), value: real }).nullable(),
      details: z.record(z.string(), z.union([real, z.array(real)])),
      warnings: z.array(warning),
      seconds: z.number().min(0),
    }),
  ),
  audits,
  ranking,
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `info`, "isometer/info/1". */
export const infoSchema = z.strictObject({
  schema: z.literal("isometer/info/1"),
  job: z.literal("info"),
  isometer: z.string(),
  input: input.extend({ dtype: z.string().nullable(), rows: natural.nullable(), cols: natural.nullable() }),
  shape: z.array(natural).describe("as stored"),
  columns: z.array(z.strictObject({ name: z.string(), type: z.string().optional() })),
  vector: z.array(z.string()).describe("the columns or array that hold the vectors"),
  firstRows: z.array(z.array(real)),
  values: z.strictObject({ min: real, max: real, mean: real }).nullable(),
  problems: z.array(z.strictObject({ code: z.string(), message: z.string(), count: natural.optional() })),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

const written = z.strictObject({ path: z.string(), rows: natural, cols: natural });

/** The JSON of job `make`, "isometer/make/1". */
export const makeSchema = z.strictObject({
  schema: z.literal("isometer/make/1"),
  job: z.literal("make"),
  isometer: z.string(),
  kind: z.string(),
  about: z.string(),
  options: z.strictObject({ rows: natural, cols: natural, noise: z.number(), seed: z.int() }),
  out: written,
  truth: written.extend({ columns: z.array(z.string()) }),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

export { applySchema, driftSchema, geometrySchema, reduceSchema, trainSchema };

/** The schema of each job's result, by the job's name. */
export const RESULT_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  align: z.union([alignSchema, alignMatrixSchema, alignUnpairedSchema]),
  anomalies: anomaliesSchema,
  apply: applySchema,
  audit: z.union([auditSchema, comparisonSchema, judgementSchema, auditStoreSchema]),
  cluster: clusterSchema,
  compare: compareSchema,
  conformance: conformanceSchema,
  demo: demoSchema,
  drift: driftSchema,
  encode: encodeSchema,
  evaluate: evaluateSchema,
  geometry: geometrySchema,
  info: infoSchema,
  ingest: ingestSchema,
  init: initSchema,
  limits: limitsSchema,
  make: makeSchema,
  morph: morphSchema,
  recommend: recommendSchema,
  reduce: reduceSchema,
  refresh: refreshSchema,
  search: searchSchema,
  status: statusSchema,
  train: trainSchema,
};

/** JSON Schema of a job's result, default of draft 2020-12. What it has more than once is defined apart: an audit's would be 16 times as long. */
export function resultJsonSchema(
  name: string,
  target: "draft-2020-12" | "draft-07" = "draft-2020-12",
): object | undefined {
  const schema = RESULT_SCHEMAS[name];
  return schema && { title: `isometer ${name} result`, ...z.toJSONSchema(schema, { target, reused: "ref" }) };
}

/** JSON Schema of a job's options, defaults and limits included: what HTTP, MCP and web forms are made from. */
export function optionsJsonSchema(job: Job): object {
  return {
    title: `isometer ${job.name} options`,
    ...z.toJSONSchema(optionsSchema(job.options), { io: "input" }),
  };
}
