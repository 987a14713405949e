import { z } from "zod";
import { AGREEMENT_MEASURES } from "../report/index.ts";
import { engine, input, natural, next, real, score, textOrNull, warning } from "./schema-parts.ts";

/** The JSON of job `align` of three or more inputs, "isometer/align-matrix/1". */
export const alignMatrixSchema = z.strictObject({
  schema: z.literal("isometer/align-matrix/1"),
  job: z.literal("align"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural.describe("items that all inputs have"),
  models: z
    .array(z.strictObject({ name: z.string(), cols: natural, joined: z.enum(["id", "order"]) }))
    .describe("in the order of the inputs; numbers of models count from 0 here"),
  options: z.strictObject({
    metric: z.enum(["cosine", "euclidean"]).describe("of neighbours"),
    nNeighbors: z.int().min(1),
    sample: z.union([natural, z.literal("exact")]).describe("rows whose neighbours were looked at"),
    seed: z.int(),
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()).optional(),
    vector: textOrNull,
  }),
  pairs: z
    .array(
      z.strictObject({
        a: natural,
        b: natural,
        linearCka: score.nullable().describe("of the rows as they are, columns centred"),
        neighborRecall: score.describe("mutual kNN: mean overlap of the nearest neighbours"),
        procrustes: score
          .nullable()
          .describe("orthogonal Procrustes disparity; null where it is not defined"),
      }),
    )
    .describe("every pair once, a below b"),
  clustering: z.strictObject({
    by: z.enum(AGREEMENT_MEASURES).describe("1 - this is what is clustered; of procrustes itself"),
    linkage: z.literal("average"),
    order: z.array(natural).describe("models, like beside like"),
    merges: z
      .array(z.strictObject({ left: natural, right: natural, height: real, size: natural }))
      .describe("the dendrogram: models are 0 to m - 1, and merge i makes cluster m + i"),
    clusters: z
      .array(z.array(natural))
      .describe("of the cut with the largest mean silhouette; one where none reaches 0.25"),
    silhouette: real,
  }),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
