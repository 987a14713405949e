import { z } from "zod";
import { gates, next, warning } from "./schema-parts.ts";

/** The JSON of job `conformance`, "isometer/conformance/1". */
export const conformanceSchema = z.strictObject({
  schema: z.literal("isometer/conformance/1"),
  job: z.literal("conformance"),
  isometer: z.string(),
  store: z.strictObject({
    kind: z.string(),
    address: z.string().describe("without secrets"),
    scratch: z.string().describe("where the stores of the checks were; they are taken away"),
  }),
  options: z.strictObject({ recallFloor: z.number().min(0).max(1), seed: z.int() }),
  passed: z.boolean(),
  checks: z.array(
    z.strictObject({
      name: z.string(),
      passed: z.boolean(),
      detail: z.string().describe("what was measured, or what was wrong"),
    }),
  ),
  warnings: z.array(warning),
  gates,
  next,
  seconds: z.number().min(0),
});
