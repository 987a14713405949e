import { z } from "zod";
import { METRICS } from "../neighbors/metric.ts";
import { DETECTOR_NAMES } from "../spaces/anomalies/methods.ts";
import { engine, input, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const share = z.number().min(0).max(1);
const ranking = z.looseObject({ value: real, interval });

const dimensions = z.array(z.strictObject({ dimension: natural, share: z.number() }));

const strange = z.strictObject({
  name: z.string().describe("its id, or its row number"),
  row: natural.describe("in the file of POINTS"),
  score: real,
  pValue: share.describe("share of normal rows that would score as much"),
  isDiscovery: z.boolean(),
  neighbors: z.array(natural).nullable().describe("nearest normal rows, by row number"),
  dimensions,
  members: z
    .array(z.strictObject({ name: z.string(), score: real, p: share, surprise: real, dimensions }))
    .describe(
      "what each member of an ensemble says; the score is the mean of `surprise`, -log p continued beyond the normal rows",
    ),
  latentScale: z
    .number()
    .nullable()
    .describe("how lengths around it are scaled, 1: as elsewhere in the space; null without --original"),
});

/** The JSON of job `anomalies`, "isometer/anomalies/1". */
export const anomaliesSchema = z.strictObject({
  schema: z.literal("isometer/anomalies/1"),
  job: z.literal("anomalies"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural,
  options: z.strictObject({
    method: z.enum(DETECTOR_NAMES as [string, ...string[]]),
    members: z.array(z.string()).describe("of an ensemble"),
    decoder: textOrNull,
    encoder: textOrNull,
    original: textOrNull,
    metric: z.enum(METRICS as [string, ...string[]]),
    standardize: z.boolean(),
    alpha: share,
    rate: share,
    seed: z.int(),
    labels: textOrNull,
    rows: textOrNull,
    vector: textOrNull,
  }),
  calibration: z.strictObject({ kind: z.enum(["split", "cross"]), rows: natural }),
  threshold: z.strictObject({
    alpha: share,
    value: real.describe("larger scores are flagged; null: none can be"),
    falsePositiveRate: share.describe("expected share of normal rows that is flagged"),
    interval: interval.nullable(),
  }),
  flagged: natural.describe("rows above the threshold"),
  discoveries: natural
    .nullable()
    .describe(
      "rows named together, with at most `rate` of them false (Benjamini and Hochberg); null of a stream",
    ),
  evaluation: z
    .strictObject({ rocAuc: ranking, averagePrecision: ranking, anomalies: natural, normal: natural })
    .nullable(),
  strangest: z.array(strange),
  stream: z
    .strictObject({ lines: natural, scored: natural, flagged: natural, bad: natural })
    .nullable()
    .describe("of a stream: lines that came, rows that were scored and flagged, lines that were none"),
  scores: z.strictObject({ path: z.string(), rows: natural, columns: z.array(z.string()) }).nullable(),
  detector: textOrNull,
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
