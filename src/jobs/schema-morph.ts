import { z } from "zod";
import { PATH_KINDS } from "../spaces/morph/path.ts";
import { engine, input, natural, next, real, textOrNull, warning } from "./schema-parts.ts";

const off = z.strictObject({
  mean: real.describe("over inner points, in units of `usual`"),
  meanByLength: real.describe("over the length in the space of data, as frames see it"),
  most: real,
  at: real.describe("the parameter where it is furthest"),
  usual: real.describe("median distance of a row to the nearest other one"),
});
const report = z.strictObject({
  segments: natural,
  stepRatio: real.describe("longest over shortest step; null: infinite"),
  length: real,
  chord: real,
  bend: real.describe("length / chord"),
  offData: off,
  offCodes: off.nullable(),
  jumps: z.array(z.strictObject({ from: real, to: real, length: real, times: real })),
});

/** The JSON of job `morph`, "isometer/morph/1". */
export const morphSchema = z.strictObject({
  schema: z.literal("isometer/morph/1"),
  job: z.literal("morph"),
  isometer: z.string(),
  engine,
  inputs: z.array(input),
  decoder: textOrNull,
  options: z.strictObject({
    from: natural,
    to: natural,
    path: z.enum(PATH_KINDS as [string, ...string[]]),
    frames: natural,
    nNeighbors: natural,
    density: z.number().min(0),
    seed: z.int(),
    vector: textOrNull,
  }),
  stepRatio: real.describe("of 64 equal steps of the path, before frames are timed anew; null: infinite"),
  length: real,
  chord: real,
  offData: real.describe("mean distance to the nearest row, in units of the usual distance of neighbours"),
  report,
  straight: report,
  frames: z.array(z.strictObject({ at: real, code: z.array(z.number()), nearest: natural, distance: real })),
  pictures: z.array(z.string()),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
