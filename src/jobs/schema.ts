import { z } from "zod";
import { PROVIDERS } from "../engine/info.ts";
import type { ScoreName } from "../measure/result.ts";
import { METRICS } from "../neighbors/metric.ts";
import { JUDGED_NAMES, SCORE_NAMES } from "../report/index.ts";
import type { Job } from "./define.ts";
import { optionsSchema } from "./validate.ts";

/*
 * The JSON that results become. JSON has no NaN and no infinity: such numbers are null there.
 */

const real = z.number().nullable();
const interval = z.tuple([real, real]);
const natural = z.int().min(0);

const sampled = z.strictObject({
  kind: z.enum(["anchors", "landmarks", "pairs", "triplets", "walks"]),
  m: natural,
});

const score = z.strictObject({
  value: real,
  interval: interval.describe("95 % interval; [value, value] when exact"),
  n: natural,
  unit: z.enum(["points", "pairs", "triplets"]),
  exact: z.boolean(),
  sampled: sampled.optional(),
  best: z
    .strictObject({ name: z.string(), value: real })
    .nullable()
    .optional()
    .describe(
      "the best of the latents and baselines that were audited together; null where there was one latent",
    ),
  ideal: z.number().describe("where an isometry scores"),
  baseline: z
    .strictObject({ name: z.string(), value: real })
    .nullable()
    .describe("the same score of another latent, usually PCA to as many dimensions"),
  achievable: z
    .strictObject({ name: z.string(), m: natural, value: real, here: real })
    .optional()
    .describe(
      "what a map fitted to the distances between m rows scores there; `here` is this latent on the same rows",
    ),
  null: real.describe("chance: the expected score once the rows of the latent are shuffled"),
});

const band = z.strictObject({ value: real, quantiles: z.array(real), n: natural });

const stretch = score.extend({
  quantiles: z.array(real).describe("stretch at `levels`, scale taken out"),
  levels: z.array(z.number()),
  scale: z.strictObject({ median: real, leastSquares: real }),
  within: z.strictObject({ "0.1": real, "0.25": real, "0.5": real }),
  certificate: z
    .strictObject({
      pairs: natural,
      confidence: z.literal(0.95),
      atMost: z.strictObject({ "0.1": z.number(), "0.25": z.number(), "0.5": z.number() }),
    })
    .nullable()
    .describe(
      "with this confidence at most this share of pairs is stretched or shrunk by more than e; null when exact, and for a group of rows",
    ),
  torn: natural,
  collapsed: natural,
  near: band.describe("the k nearest neighbours in the original"),
  middle: band.describe("pairs of the lower two thirds of the original distances"),
  far: band.describe("pairs of the upper third"),
});

const distortion = score.extend({
  expansion: real,
  contraction: real,
  covering: z.strictObject({ "0.99": real, "0.95": real, "0.9": real }),
});

const curve = score.extend({ sizes: z.array(natural), qnx: z.array(real), rnx: z.array(real) });

const kl = score.extend({ sigmas: z.strictObject({ "0.01": real, "0.1": real, "1": real }) });

const rtd = score.extend({
  published: real.describe("the sum of bars with lengths in units of their .9-quantile, as in the paper"),
});

const ofBoth = score.extend({ original: real.describe("the same score of the original") });

const estimate = z.strictObject({
  value: real,
  interval: interval.describe(
    "95 % interval; [value, value] when exact, but for the intrinsic dimension, of which all rows are a sample",
  ),
  n: natural,
  exact: z.boolean(),
  sampled: sampled.optional(),
});

const listed = <T extends z.ZodType>(item: T) =>
  z.strictObject({ count: natural, first: z.array(item).max(100) });

const shape = z.strictObject({
  intrinsicDimension: z
    .strictObject({
      twoNN: estimate.nullable().describe("Facco et al. 2017, maximum likelihood without the largest 10 %"),
      mle: estimate.nullable().describe("Levina & Bickel 2004, averaged as MacKay & Ghahramani"),
      duplicates: natural.describe("anchors that have an equal row"),
    })
    .nullable(),
  hubness: estimate.nullable().describe("skewness of how many rows have a row among their k nearest"),
  effectiveRank: estimate.nullable().describe("exp of the entropy of the singular values"),
  participationRatio: estimate.nullable().describe("(sum of variances)^2 / sum of squared variances"),
  anisotropy: estimate.nullable().describe("mean cosine of two different rows"),
  zeroRows: natural,
  concentration: estimate.nullable().describe("standard deviation over mean of the distances"),
  components: natural
    .nullable()
    .describe("connected components of the graph of the k nearest; null when sampled"),
  collapse: z.strictObject({
    constant: z.boolean(),
    deadDimensions: listed(natural),
    duplicateDimensions: listed(z.tuple([natural, natural])).nullable(),
  }),
});

const names = z.strictObject({ id: z.string().optional(), label: z.string().optional() });

const pair = z.strictObject({
  a: natural,
  b: natural,
  original: real,
  latent: real,
  stretch: real,
  aNames: names.optional(),
  bNames: names.optional(),
});

const point = names.extend({ row: natural, trustworthiness: real, continuity: real, recall: real });

const warning = z.strictObject({
  code: z.string(),
  message: z.string(),
  rows: z.array(natural).optional(),
  count: natural.optional(),
});

const engine = z.strictObject({
  name: z.enum(["onnxruntime-node", "onnxruntime-web"]),
  version: z.string(),
  provider: z.enum(PROVIDERS as [string, ...string[]]),
  threads: z.int().min(1),
});

const input = z.strictObject({
  role: z.string(),
  path: z.string(),
  format: z.string(),
  dtype: z.string(),
  rows: natural,
  cols: natural,
});

const next = z.array(z.strictObject({ command: z.string(), why: z.string() }));
const gates = z.array(
  z.strictObject({
    latent: z.string().optional(),
    score: z.string(),
    kind: z.enum(["under", "over"]),
    limit: z.number(),
    value: real,
    passed: z.boolean(),
  }),
);
const metricName = z.enum(METRICS as [string, ...string[]]);
const textOrNull = z.string().nullable();

const scores = z.strictObject({
  trustworthiness: score.optional(),
  continuity: score.optional(),
  neighborRecall: score.optional(),
  lcmc: score.optional(),
  mrreFalse: score.optional(),
  mrreMissing: score.optional(),
  distancePearson: score.optional(),
  distanceSpearman: score.optional(),
  stretch: stretch.optional(),
  stress: score.optional(),
  stressNormalized: score.optional(),
  stressNonMetric: score.optional(),
  sammon: score.optional(),
  distortion: distortion.optional(),
  distanceKendall: score.optional(),
  tripletAccuracy: score.optional(),
  firstNeighborRank: score.optional(),
  aucLogRnx: curve.optional(),
  densityCorrelation: score.optional(),
  klDensity: kl.optional(),
  rtdLite: rtd.optional(),
  mstOverlap: score.optional(),
  linearCka: score.optional(),
  procrustes: score.optional(),
  steadiness: score.optional(),
  cohesiveness: score.optional(),
  neighborhoodHit: ofBoth.optional(),
  knnAccuracy: ofBoth.optional(),
  silhouette: ofBoth.optional(),
  labelTrustworthiness: score.optional(),
  labelContinuity: score.optional(),
} satisfies Record<ScoreName, z.ZodType>);

const holdout = z.strictObject({
  from: z.string(),
  rows: natural.describe("rows held out"),
  anchors: natural.describe("anchors of each group, compared with all rows"),
  heldOut: scores,
  seen: scores,
  worse: z
    .array(z.enum(SCORE_NAMES as [string, ...string[]]))
    .describe("scores that are worse for rows held out: the two intervals do not meet"),
});

const points = z
  .strictObject({ path: z.string(), rows: natural, columns: z.array(z.string()) })
  .describe("the table that --points wrote");

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

/** The schema of each job's result, by the job's name. */
export const RESULT_SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  audit: z.union([auditSchema, comparisonSchema, judgementSchema]),
  demo: demoSchema,
  info: infoSchema,
  make: makeSchema,
};

/** JSON Schema (draft 2020-12) of a job's result. */
export function resultJsonSchema(name: string): object | undefined {
  const schema = RESULT_SCHEMAS[name];
  return schema && { title: `isometer ${name} result`, ...z.toJSONSchema(schema) };
}

/** JSON Schema of a job's options, defaults and limits included: what HTTP, MCP and web forms are made from. */
export function optionsJsonSchema(job: Job): object {
  return {
    title: `isometer ${job.name} options`,
    ...z.toJSONSchema(optionsSchema(job.options), { io: "input" }),
  };
}
