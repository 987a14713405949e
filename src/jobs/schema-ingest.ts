import { z } from "zod";
import { input, natural, next, textOrNull, warning } from "./schema-parts.ts";

const metric = z.enum(["cosine", "euclidean"]);

/** A store as results tell of it. */
export const storeRecord = z.strictObject({
  kind: z.string(),
  address: z.string().describe("without secrets"),
  dims: natural,
  metric,
  mapVersion: textOrNull.describe("what tells the map that made the vectors from another"),
  index: z
    .strictObject({ kind: z.string(), rows: natural.describe("items that are in it") })
    .nullable()
    .describe("null: queries compare with every vector"),
});

/** The JSON of job `ingest`, "isometer/ingest/1". */
export const ingestSchema = z.strictObject({
  schema: z.literal("isometer/ingest/1"),
  job: z.literal("ingest"),
  isometer: z.string(),
  inputs: z.array(input),
  store: storeRecord.extend({ created: z.boolean().describe("whether this run made it") }),
  options: z.strictObject({
    metric: metric.nullable(),
    mapVersion: textOrNull,
    map: textOrNull,
    replace: z.boolean(),
    index: textOrNull,
    batchRows: natural,
    fields: z.array(z.string()),
    id: textOrNull,
    ids: z.array(z.string()),
    rows: textOrNull,
    vector: textOrNull,
    imageSize: textOrNull,
    imageMode: z.enum(["grey", "colour"]),
  }),
  rows: z.strictObject({
    given: natural,
    added: natural.describe("were not there before"),
    replaced: natural.describe("were there under their id with another vector or other fields"),
    there: natural.describe("were there as they are"),
    inAll: natural.describe("items of the store"),
  }),
  rowsPerSecond: z.number().min(0),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
