import { z } from "zod";
import { encoderRecord } from "./schema-encode.ts";
import { engine, input, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const metric = z.enum(["cosine", "euclidean"]);
const share = z.number().min(0).max(1);

const hit = z.strictObject({
  name: z.string().describe("its id, or its row number"),
  row: natural
    .nullable()
    .describe("in the file of --original, where that is given, else of SPACE; null in a store"),
  distance: z.number().describe("euclidean, or 1 - cos"),
  place: natural.describe("its place among what SPACE found, from 1"),
  originalDistance: z
    .number()
    .nullable()
    .describe("in the original; null where nothing was put in order by it"),
  trust: z
    .strictObject({ value: share, interval })
    .nullable()
    .describe("the chance that it is among the k nearest of the original; null without --original"),
});

const meanShare = z.strictObject({ value: share, interval });

/** The JSON of job `search`, "isometer/search/1". */
export const searchSchema = z.strictObject({
  schema: z.literal("isometer/search/1"),
  job: z.literal("search"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural.describe("rows that are searched"),
  search: z.strictObject({
    kind: z.string().describe("file, or the kind of store"),
    exact: z.boolean(),
    index: z.strictObject({ kind: z.string(), rows: natural }).nullable(),
    tuning: z.record(z.string(), z.number()),
    recall: meanShare
      .extend({
        k: natural,
        queries: natural.describe("queries of the user that it was measured with"),
        drawn: natural.describe("items of the store that were sought beside them"),
      })
      .nullable()
      .describe(
        "mean share of the k nearest that the index finds, against an exact search; null where the search is exact",
      ),
  }),
  encoders: z.array(encoderRecord).describe("what made vectors of texts, images and rows, in this order"),
  map: z
    .strictObject({ path: z.string(), version: z.string() })
    .nullable()
    .describe("what these vectors went through then"),
  options: z.strictObject({
    like: z.array(z.string()),
    queries: textOrNull,
    text: z.array(z.string()),
    image: z.array(z.string()),
    encoder: textOrNull,
    nNeighbors: natural,
    metric,
    original: textOrNull,
    originalMetric: metric.nullable(),
    minTrust: share.nullable(),
    rerank: natural.nullable(),
    originalQueries: textOrNull,
    where: z.array(z.string()),
    mapVersion: textOrNull,
    seed: z.int(),
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()),
    vector: textOrNull,
  }),
  answers: z.array(
    z.strictObject({
      query: z
        .string()
        .describe(
          "the row that it is like, or its number in the file of queries, a text or the path of an image",
        ),
      hits: z.array(hit).describe("nearest first"),
      withheld: natural.describe("hits left out for --min-trust"),
      changed: natural.describe("of the k hits, those that are not among the k nearest of SPACE"),
    }),
  ),
  calibration: z
    .strictObject({
      queries: natural.describe("rows that were sought as if they were queries"),
      base: share.describe("share of hits that are among the k nearest of the original"),
      brier: z.strictObject({ value: real, interval }),
      baseBrier: real.describe("of stating the base for every hit"),
      ece: real.describe("expected calibration error, ten bins"),
      bins: z.array(
        z.strictObject({ from: share, to: share, hits: natural, stated: share, observed: share }),
      ),
    })
    .nullable(),
  rerank: z
    .strictObject({
      candidates: natural,
      changed: z
        .number()
        .describe("mean number of the k hits that are not among the k nearest of SPACE, over queries"),
      unknown: natural.describe("candidates that the original does not have"),
      recall: z.strictObject({
        queries: natural.describe("rows that were sought as if they were queries"),
        before: meanShare.describe("share of the k nearest in the original that SPACE has in its first k"),
        after: meanShare,
        gain: z.strictObject({ value: real, interval }),
      }),
    })
    .nullable(),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
