import { z } from "zod";
import { GAINS } from "../spaces/evaluate/measures.ts";
import {
  engine,
  gates,
  input,
  interval,
  natural,
  next,
  points,
  real,
  textOrNull,
  warning,
} from "./schema-parts.ts";

const share = z.number().min(0).max(1);
const metric = z.enum(["cosine", "euclidean"]);
const names = z.strictObject({ count: natural, first: z.array(z.string()) });
const score = z.strictObject({
  value: share,
  interval: interval.describe("95 %, over queries"),
  null: share.describe("expected where documents are shuffled"),
  n: natural.describe("queries"),
});
const difference = z.strictObject({
  value: z.number(),
  interval: interval.describe("95 %, over queries, paired"),
  n: natural.describe("queries that both have"),
});
const measures = <T extends z.ZodType>(value: T) =>
  z.strictObject({
    ndcg: value,
    recall: value,
    precision: value,
    mrr: value,
    map: value,
  });

const system = z.strictObject({
  name: z.string(),
  kind: z.string().describe("file, the kind of store, or run"),
  exact: z.boolean().nullable().describe("null: a run does not say"),
  metric: metric.nullable(),
  documents: natural.nullable().describe("that could be found; null in a run"),
  depth: natural.describe("places of a ranking at most: what map counts to"),
  missing: names.nullable().describe("judged documents that are not there; null in a run"),
  queries: z.strictObject({
    scored: natural,
    unjudged: names.describe("asked without judgements: left out"),
    unasked: names.describe("judged and not asked"),
    hopeless: names.describe("nothing that was judged is relevant: 0 in every measure"),
  }),
  scores: measures(score),
  judged: z.strictObject({ value: share, interval }).describe("share of the first k that somebody judged"),
  ahead: measures(difference).nullable().describe("less that of the reference; null of the reference itself"),
});

/** The JSON of job `evaluate`, "isometer/evaluate/1". */
export const evaluateSchema = z.strictObject({
  schema: z.literal("isometer/evaluate/1"),
  job: z.literal("evaluate"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  qrels: z.strictObject({
    path: z.string(),
    format: z.enum(["trec", "table"]),
    queries: natural,
    judgements: natural,
    documents: natural,
  }),
  options: z.strictObject({
    queries: z.array(z.string()),
    qrels: z.string(),
    compare: z.array(z.string()),
    baseline: textOrNull,
    nNeighbors: natural,
    depth: natural.nullable(),
    metric: metric.nullable(),
    gain: z.enum(GAINS),
    relevant: z.number(),
    complete: z.boolean(),
    leaveOutOwn: z.boolean(),
    exact: z.boolean(),
    tune: z.array(z.string()),
    points: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()),
    queryId: textOrNull,
    queryIds: z.array(z.string()),
    vector: textOrNull,
  }),
  systems: z.array(system).describe("SPACE first, then those that it is compared with"),
  reference: z.string().describe("the system that differences are from"),
  worst: z.array(z.strictObject({ query: z.string(), relevant: natural, scores: measures(real) })),
  points: points.nullable(),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});
