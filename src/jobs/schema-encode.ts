import { z } from "zod";
import { engine, natural, next, textOrNull, warning } from "./schema-parts.ts";

/** An encoder, and what is done around its model. */
export const encoderRecord = z.strictObject({
  name: z.string(),
  path: z.string().describe("its ONNX file"),
  dtype: textOrNull,
  takes: z.enum(["text", "image", "rows"]),
  dims: natural,
  version: z.string().describe("fingerprint of the weights and of what is done around them"),
  preparation: z.strictObject({
    output: z.string().describe("output of the model that counts"),
    pooling: z
      .enum(["mean", "cls", "max", "last"])
      .nullable()
      .describe("how vectors of tokens become one; null where the model gives one"),
    normalize: z.boolean(),
    text: z.strictObject({ prompt: z.string(), maxTokens: natural.nullable() }).nullable(),
    image: z
      .strictObject({
        height: natural,
        width: natural,
        channels: z.union([z.literal(1), z.literal(3)]),
        resize: z
          .union([z.tuple([natural, natural]), natural])
          .nullable()
          .describe("height and width, or the shorter side; null: images have the size"),
        kernel: z.string(),
        scale: z.number().describe("a pixel v of 0 to 255 becomes (v scale - mean) / std"),
        mean: z.array(z.number()),
        std: z.array(z.number()),
        layout: z.enum(["chw", "hwc"]),
      })
      .nullable(),
  }),
});

/** The JSON of job `encode`, "isometer/encode/1". */
export const encodeSchema = z.strictObject({
  schema: z.literal("isometer/encode/1"),
  job: z.literal("encode"),
  isometer: z.string(),
  engine,
  encoder: encoderRecord,
  inputs: z.strictObject({
    paths: z.array(z.string()),
    items: natural.describe("texts or images"),
    textColumn: textOrNull,
    id: textOrNull,
  }),
  out: z.strictObject({
    path: z.string(),
    rows: natural,
    cols: natural,
    columns: z.array(z.string()).describe("beside the vectors"),
  }),
  warnings: z.array(warning),
  next,
  seconds: z.number().min(0),
});
