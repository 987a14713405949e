import type { EncodeResult, EncoderRecord } from "./encode-result.ts";
import { count, duration, plural } from "./numbers.ts";
import { engineText, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Line, line, span, type View, wrap, wrapParts } from "./text.ts";

/** What was encoded, by what, and how. */
export function encodeReport(result: EncodeResult, view: View): Line[] {
  const { encoder, out, warnings, next, engine, seconds } = result;
  const items = plural(out.rows, encoder.takes === "text" ? "text" : "image");
  return [
    BLANK,
    ...wrap(`${items} became vectors of ${count(out.cols)} in ${out.path}.`, view.width, "", "strong"),
    BLANK,
    line(span("  model     ", "muted"), encoder.path),
    line(span("  version   ", "muted"), encoder.version),
    BLANK,
    ...warningLines(warnings, view),
    ...wrapParts(
      [
        `output ${encoder.preparation.output}`,
        ...encoderParts(encoder),
        ...imageParts(encoder),
        engineText(engine),
        duration(seconds),
      ],
      " · ",
      view.width,
      "",
      "muted",
    ),
    ...nextLines(next, view),
  ];
}

/** How pixels are scaled. */
function imageParts({ preparation: { image } }: EncoderRecord): string[] {
  if (!image) return [];
  const list = (values: readonly number[]) => [...new Set(values)].join(", ");
  return [`pixels (v ${Number(image.scale.toPrecision(4))} - ${list(image.mean)}) / ${list(image.std)}`];
}

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
