import { z } from "zod";
import { engine, gates, input, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const share = z.strictObject({ value: real, interval });
const half = {
  recall: share.describe("share of the k nearest that are found by compressed rows alone"),
  rescored: share.describe(
    "the same where the 4k nearest compressed rows are ordered again by their originals",
  ),
};

const cell = z
  .strictObject({
    method: z.enum(["pca", "truncate"]),
    dims: natural,
    bits: z.union([32, 16, 8, 4, 2, 1].map((own) => z.literal(own))),
    placement: z
      .enum(["uniform", "lloyd-max"])
      .nullable()
      .describe("how levels lie; null for floating point"),
    bytes: natural.describe("of a row, packed"),
    compression: z.number().describe("how many times fewer than float32 of all dimensions"),
    ...half,
    error: real.describe("|x - x'| over |x - mean| of held-out rows, root mean square"),
    choosing: z.strictObject(half).describe("of the queries that cells are chosen by"),
  })
  .describe("one way to compress; recall is of the queries that nothing was chosen by");

const answer = z
  .strictObject({
    cell: natural.describe("place among cells"),
    confirmed: z.boolean().describe("the fresh queries are above the target for sure, too"),
  })
  .nullable();

/** The JSON of job `limits`, "isometer/limits/1". */
export const limitsSchema = z.strictObject({
  schema: z.literal("isometer/limits/1"),
  job: z.literal("limits"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  options: z.strictObject({
    target: z.number(),
    metric: z.enum(["cosine", "euclidean"]),
    nNeighbors: natural,
    dims: z.array(natural),
    bits: z.array(natural),
    holdout: real,
    seed: z.int(),
    rows: textOrNull,
    vector: textOrNull,
  }),
  rows: natural,
  cols: natural,
  originalBytes: natural.describe("bytes of a row of float32"),
  searched: natural.describe("rows that were searched: all, or a sample"),
  queries: z
    .strictObject({ choosing: natural, reporting: natural })
    .describe("held-out rows: those that cells are chosen by, and those that report"),
  fitted: natural.describe("rows that maps and levels were fitted to"),
  null: z.number().describe("recall by chance"),
  cells: z.array(cell),
  frontier: z
    .array(natural)
    .describe("places of cells that no cell of as few bytes beats on the choosing queries"),
  rescoredFrontier: z.array(natural).describe("the same with a second look at originals"),
  chosen: answer.describe("the fewest bytes that are enough; null where none are"),
  rescored: answer.describe("the fewest bytes with a second look at originals, which are kept beside"),
  gates,
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
