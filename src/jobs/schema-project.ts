import { z } from "zod";
import { natural, next, textOrNull, warning } from "./schema-parts.ts";

const kind = z.enum(["originals", "latents", "labels", "maps"]);
const version = z.int().min(1).describe("contents that the name has had");
const files = z.array(z.string()).describe("paths below the folder, or whole ones");
const outside = z.boolean().describe("it lies outside of the folder");
const why = z.array(z.string()).describe("in words");
const resultName = z.string().describe("its file is results/NAME.json");

const project = z.strictObject({ path: z.string().describe("its folder, as given"), name: z.string() });

const scores = z
  .strictObject({ trustworthiness: z.number().nullable(), stretch: z.number().nullable() })
  .nullable();

/** The JSON of job `init`, "isometer/init/1". */
export const initSchema = z.strictObject({
  schema: z.literal("isometer/init/1"),
  job: z.literal("init"),
  isometer: z.string(),
  project,
  made: z.boolean().describe("whether there was no project before"),
  options: z.strictObject({ copy: z.boolean() }),
  entries: z.array(
    z.strictObject({
      kind: z.union([kind, z.literal("stores")]),
      name: z.string(),
      files,
      state: z.enum(["added", "changed", "moved", "unchanged"]),
      outside,
    }),
  ),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `status`, "isometer/status/1". */
export const statusSchema = z.strictObject({
  schema: z.literal("isometer/status/1"),
  job: z.literal("status"),
  isometer: z.string(),
  project: project.extend({ madeBy: z.string().describe("version that made it") }),
  contents: z.array(
    z.strictObject({
      kind,
      name: z.string(),
      version,
      files,
      outside,
      state: z
        .enum(["as recorded", "changed", "lost"])
        .describe("changed: the files hold something else; lost: they cannot be read"),
      problem: z.strictObject({ code: z.string(), message: z.string(), hint: textOrNull }).nullable(),
      fingerprint: textOrNull.describe("of what the files hold now; null where they are lost"),
      shape: z.strictObject({ rows: natural, cols: natural, metric: z.string() }).nullable(),
      of: textOrNull.describe("the original that it belongs to"),
      by: textOrNull.describe("the map that made it; of a map its method"),
    }),
  ),
  stores: z.array(z.strictObject({ name: z.string(), address: z.string() })),
  audits: z.array(
    z.strictObject({
      latent: z.string(),
      original: z.string(),
      result: resultName,
      state: z
        .enum(["current", "stale", "none", "lost"])
        .describe("stale: of other contents or settings; lost: what it needs cannot be read"),
      why,
      isometer: textOrNull.describe("version that measured it"),
      scores,
    }),
  ),
  results: z
    .array(
      z.strictObject({
        name: resultName,
        job: z.string(),
        state: z.enum(["current", "stale", "lost"]),
        why,
      }),
    )
    .describe("other results that the project keeps"),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});

/** The JSON of job `refresh`, "isometer/refresh/1". */
export const refreshSchema = z.strictObject({
  schema: z.literal("isometer/refresh/1"),
  job: z.literal("refresh"),
  isometer: z.string(),
  project,
  options: z.strictObject({ again: z.boolean() }),
  taken: z
    .array(z.strictObject({ kind, name: z.string(), version }))
    .describe("entries whose files held something new"),
  audits: z.array(
    z.strictObject({
      latent: z.string(),
      original: z.string(),
      result: resultName,
      state: z.enum(["measured", "current"]),
      why,
      scores,
    }),
  ),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
