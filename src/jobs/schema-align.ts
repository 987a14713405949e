import { z } from "zod";
import { METHOD_NAMES } from "../align/method-table.ts";
import { modalityGap } from "./schema-align-gap.ts";
import {
  engine,
  gates,
  input,
  interval,
  natural,
  next,
  real,
  scores,
  textOrNull,
  warning,
} from "./schema-parts.ts";

const estimate = z.strictObject({
  value: real,
  interval: interval.describe("95 %, for rows yet to come"),
  n: natural.describe("rows that were scored"),
});
const heldOut = estimate.extend({ null: real.describe("the same with anchors paired at random") });
const method = z.enum(METHOD_NAMES as [string, ...string[]]);

/** The JSON of job `align` of two spaces, "isometer/align/1". */
export const alignSchema = z.strictObject({
  schema: z.literal("isometer/align/1"),
  job: z.literal("align"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  joined: z.enum(["id", "order"]),
  options: z.strictObject({
    metric: z.enum(["cosine", "euclidean"]),
    nNeighbors: z.int().min(1),
    with: z.array(z.string()).describe("methods that were asked for; none: the usual"),
    anchors: textOrNull,
    queries: natural,
    target: z.number(),
    search: z.enum(["nearest", "csls"]),
    fixedOrigin: z.boolean(),
    fixedScale: z.boolean(),
    seed: z.int(),
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()),
    vector: textOrNull,
  }),
  verdict: z.enum(["migrate", "re-embed", "unrelated"]),
  method,
  alignable: z
    .enum(["globally", "locally", "no"])
    .describe("whether one linear map keeps most neighbours, or only a bent one; no: none does"),
  rows: natural,
  anchors: natural.describe("rows that a fit had, in each turn"),
  tested: natural,
  folds: natural,
  heldOut: z.strictObject({
    recall: heldOut,
    corpusRecall: estimate
      .nullable()
      .describe("old vectors mapped, new queries native, among the rows that were scored"),
    top1: heldOut,
    mrr: heldOut.describe("0 beyond the first 10"),
  }),
  methods: z.array(
    z.strictObject({
      method,
      recall: heldOut,
      top1: heldOut,
      mrr: heldOut,
      deficit: estimate.describe("how far its recall is below the best method's, row by row"),
      converged: z.boolean(),
      details: z.record(z.string(), real),
    }),
  ),
  skipped: z.array(z.strictObject({ method, why: z.string() })),
  learningCurve: z.array(estimate.extend({ anchors: natural })),
  regions: z
    .array(estimate.extend({ region: natural, rows: natural, worst: z.array(z.string()) }))
    .describe("clusters of the second space, the worst first"),
  worst: z.array(z.strictObject({ name: z.string(), recall: real })),
  distortion: scores
    .nullable()
    .describe("an audit of the scored rows where the map puts them, against where they are"),
  gap: modalityGap.extend({ maps: z.array(z.string()).nullable() }).nullable(),
  map: z.strictObject({ inputs: natural, outputs: natural, path: textOrNull }),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `align` of two spaces whose rows nobody paired, "isometer/align-unpaired/1". */
export const alignUnpairedSchema = z.strictObject({
  schema: z.literal("isometer/align-unpaired/1"),
  job: z.literal("align"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  found: z.boolean().describe("whether the map is to be believed"),
  criterion: real.describe("of the best run: mean CSLS of mutual neighbours"),
  mutualShare: real,
  controls: z.array(real),
  runs: z.array(z.strictObject({ criterion: real, mutualShare: real, agreement: real })),
  sample: z.strictObject({ from: natural, to: natural }),
  axes: z.strictObject({ from: natural, to: natural }),
  options: z.strictObject({
    sample: natural.nullable(),
    seed: z.int(),
    rows: textOrNull,
    vector: textOrNull,
  }),
  pairs: z.strictObject({
    count: natural,
    path: textOrNull,
    first: z.array(z.strictObject({ from: z.string(), to: z.string(), confidence: real })),
  }),
  map: z.strictObject({ inputs: natural, outputs: natural, path: textOrNull }).nullable(),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
