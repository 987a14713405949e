import { z } from "zod";
import { storeRecord } from "./schema-ingest.ts";
import { engine, gates, interval, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const mean = z.strictObject({ value: real, interval });
const share = mean.extend({ value: z.number().min(0).max(1) });
const milliseconds = z.strictObject({ value: z.number().min(0), interval });

const latency = z
  .strictObject({
    p50: milliseconds,
    p95: milliseconds,
    perSecond: real.describe("queries per second of one client that waits for each"),
  })
  .describe("milliseconds of queries that are sent one after the other");

const setting = z.strictObject({
  tuning: z.record(z.string(), z.number()).describe("empty: the defaults of the store"),
  recall: share.describe("share of the k nearest that were found, mean over queries"),
  poor: share.describe("share of queries with a recall below 0.9"),
  excess: mean.describe("how much farther hits are than those of an exact search: sum over sum, less 1"),
  short: share.describe("share of queries that were given fewer hits than there are"),
  latency,
});

/** The JSON of job `audit` of a store, "isometer/audit-store/1". */
export const auditStoreSchema = z.strictObject({
  schema: z.literal("isometer/audit-store/1"),
  job: z.literal("audit"),
  isometer: z.string(),
  engine,
  store: storeRecord.extend({ indexKinds: z.array(z.string()).describe("kinds of index that it can build") }),
  queries: z.strictObject({ from: textOrNull.describe("null: items of the store itself"), count: natural }),
  items: natural.describe("that could be found"),
  options: z.strictObject({
    nNeighbors: natural,
    sample: natural.nullable(),
    queries: textOrNull,
    where: z.array(z.string()),
    vector: textOrNull,
    seed: z.int(),
  }),
  chance: share.shape.value.describe("recall of items drawn at random"),
  exact: latency,
  settings: z.array(setting).min(1).describe("the defaults first, then what was tried"),
  unknownToExact: natural.describe("nearer items that the index found and the exact search did not"),
  advice: z.strictObject({
    index: z.enum(["none-needed", "would-help", "rebuild", "in-use"]),
    outside: z.number().min(0).max(1).describe("share of the items that are not in the index"),
    targets: z.array(
      z.strictObject({
        recall: z.number(),
        setting: natural.nullable().describe("the fastest whose whole interval is above; null where none is"),
        queries: natural.describe("that it takes to show it, where all find everything"),
      }),
    ),
  }),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});
