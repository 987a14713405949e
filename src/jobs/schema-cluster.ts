import { z } from "zod";
import { engine, input, interval, natural, next, points, real, textOrNull, warning } from "./schema-parts.ts";

const metric = z.enum(["cosine", "euclidean"]);
const measured = z.strictObject({ value: real, interval });
const withChance = measured.extend({ null: real.describe("the same by chance") });

const inOriginal = z.strictObject({
  verdict: z.enum(["there", "part", "merged", "torn", "scattered", "only"]),
  words: z.string(),
  share: withChance.describe("share of its rows' nearest originals that are in it"),
  piece: real.describe("that share in a piece cut out of an even cloud, at most"),
  apart: measured.describe("(share - piece) / (1 - piece)"),
  cut: z
    .strictObject({ border: real, halves: real, ratio: real })
    .describe(
      "neighbours that cross the border, those that halving it would part, and the first by the second",
    ),
  dimension: real.describe("intrinsic dimension of the original around its rows"),
  margin: measured.nullable().describe("simplified silhouette in the original, -1 to 1"),
  cohesion: withChance
    .extend({ with: natural.nullable() })
    .describe("largest Jaccard coefficient with a cluster of the original"),
  neighbor: natural.nullable().describe("the cluster that most neighbours outside are in"),
  parts: z
    .array(z.strictObject({ id: natural, rows: natural }))
    .describe("clusters of the original that hold a fifth of it or more"),
  worst: z.array(z.strictObject({ name: z.string(), row: natural, share: real, margin: real })),
});

/** The JSON of job `cluster`, "isometer/cluster/1". */
export const clusterSchema = z.strictObject({
  schema: z.literal("isometer/cluster/1"),
  job: z.literal("cluster"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural,
  options: z.strictObject({
    method: z.enum(["hdbscan", "kmeans"]),
    minClusterSize: natural.nullable(),
    minSamples: natural.nullable(),
    selection: z.enum(["eom", "leaf"]).nullable(),
    k: natural.nullable(),
    metric,
    original: textOrNull,
    originalMetric: metric.nullable(),
    nNeighbors: natural.nullable(),
    runs: natural,
    seed: z.int(),
    labels: textOrNull,
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()),
    vector: textOrNull,
  }),
  clusters: z.array(
    z.strictObject({
      id: natural,
      size: natural,
      persistence: real.describe("of hdbscan: stability by the largest that as many rows could have"),
      stability: withChance
        .nullable()
        .describe("mean Jaccard coefficient with the most similar cluster of samples of half of the rows"),
      inOriginal: inOriginal.nullable().describe("null without --original"),
      examples: z.array(z.string()).describe("rows that are typical of it"),
    }),
  ),
  noise: natural.describe("rows in no cluster"),
  inertia: real.describe("of kmeans: sum of squared distances to the means"),
  converged: z.boolean().nullable(),
  original: z
    .strictObject({
      clusters: natural,
      noise: natural,
      limits: z
        .strictObject({ lift: real, apart: real, cut: real, found: real })
        .describe("of the rules that verdicts come from"),
    })
    .nullable()
    .describe("what the same method finds in the original"),
  agreement: z
    .strictObject({ adjustedRand: measured, mutualInformation: measured, rows: natural })
    .nullable()
    .describe("with the classes of --labels; rows in no cluster are a class of their own"),
  members: points.nullable().describe("the table that --out wrote"),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
