import { z } from "zod";
import { REGION_KINDS } from "../align/drift-result.ts";
import {
  engine,
  gates,
  input,
  natural,
  next,
  points,
  real,
  score,
  textOrNull,
  warning,
} from "./schema-parts.ts";

const unmatched = z.strictObject({
  count: natural,
  first: z.array(z.string()).describe("the first ten ids"),
});
const quantiles = z.array(real).describe("over rows, at `levels`");
const factor = z.number().min(1);

const witness = z.strictObject({
  row: natural.describe("in the file of OLD"),
  id: z.string().optional(),
  movement: real.describe("0 = with its neighbours, 1 = chance; from .5 on it left"),
  factor: real.describe("by which distances to its neighbours changed"),
  overlap: real.describe("share of neighbours kept"),
  shift: real.describe("the same as movement against rows of other regions"),
  region: natural,
  lost: z.array(z.string()).describe("ids, or row numbers of OLD, nearest first"),
  gained: z.array(z.string()),
});

const region = z.strictObject({
  region: natural,
  rows: natural,
  anchors: natural,
  kind: z.enum(REGION_KINDS).describe("together: moved as a whole, which is no drift"),
  movement: real,
  shift: real,
  stretch: real.describe("above 1 it grew"),
  moved: real.describe("share of its rows that left their neighbours"),
  overlap: real,
  examples: z.array(z.string()),
});

/** The JSON of job `drift`, "isometer/drift/1". */
export const driftSchema = z.strictObject({
  schema: z.literal("isometer/drift/1"),
  job: z.literal("drift"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  rows: natural.describe("rows that were compared"),
  joined: z.enum(["id", "order"]),
  options: z.strictObject({
    metric: z.enum(["euclidean", "cosine"]),
    nNeighbors: z.int().min(1),
    sample: z.union([natural, z.literal("exact")]),
    seed: z.int(),
    rows: textOrNull,
    id: textOrNull,
    ids: z.array(z.string()),
    vector: textOrNull,
    points: textOrNull,
  }),
  scale: real.describe("distances of NEW over those of OLD that are no drift"),
  chance: z
    .strictObject({ movement: factor, shift: factor })
    .describe("the factors by which distances change once rows are shuffled: what 1 is"),
  scores: z.strictObject({
    linearCka: score.optional(),
    distanceSpearman: score.optional(),
    procrustes: score.optional(),
    neighborRecall: score.optional(),
    movement: score,
    moved: score,
    shift: score.optional(),
  }),
  quantiles: z.strictObject({
    levels: z.array(z.number()),
    movement: quantiles,
    overlap: quantiles,
    shift: quantiles,
  }),
  regions: z.array(region),
  unmatched: z.strictObject({ old: unmatched, new: unmatched }),
  points: points.nullable(),
  witnesses: z.array(witness),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});
