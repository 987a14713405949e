import type { EncoderRecord } from "./encode-result.ts";

/** An encoder in a few words: its name, what it takes, and what is done around it. */
export function encoderParts({ name, dtype, takes, dims, preparation }: EncoderRecord): string[] {
  const { pooling, normalize, text, image } = preparation;
  const parts = [
    ...(dtype === null || dtype === "fp32" ? [] : [dtype]),
    ...(pooling === null ? [] : [`${pooling} of tokens`]),
    ...(normalize ? ["length 1"] : []),
    ...(text && text.prompt !== "" ? [`prompt ${JSON.stringify(text.prompt)}`] : []),
    ...(image ? [`${image.height} x ${image.width} pixels`] : []),
  ];
  const kind = { text: "texts", image: "images", rows: "rows" }[takes];
  return [`${kind} by ${name} (${[`${dims} numbers`, ...parts].join(", ")})`];
}
