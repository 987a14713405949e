import { IsometerError, type RowRange } from "../base/index.ts";
import type { Format, OpenOptions, Source } from "../data/source.ts";
import type { InputRecord } from "../report/index.ts";
import { defined } from "./result.ts";

/** The options that say how an input is read, as jobs share them. */
export interface ReadOptions {
  readonly rows: string | undefined;
  readonly id?: string | undefined;
  readonly vector: string | undefined;
  readonly imageSize: string | undefined;
  readonly imageMode: "grey" | "colour";
}

/** What the data room wants to know to open an input. @throws bad-option, bad-range */
export function openOptions(options: ReadOptions, parseRange: (text: string) => RowRange): OpenOptions {
  const { rows, id, vector, imageSize, imageMode } = options;
  return defined({
    vector,
    id,
    range: rows === undefined ? undefined : parseRange(rows),
    imageSize: imageSize === undefined ? undefined : parseImageSize(imageSize),
    imageMode,
  });
}

/** "28x28" (height x width) or "28". @throws bad-option */
export function parseImageSize(text: string): readonly [number, number] {
  const match = /^(\d{1,5})(?:x(\d{1,5}))?$/i.exec(text);
  const height = Number(match?.[1]);
  const width = Number(match?.[2] ?? match?.[1]);
  if (!match || height < 1 || width < 1) {
    throw new IsometerError("bad-option", `--image-size needs HEIGHTxWIDTH, got ${JSON.stringify(text)}`, {
      got: text,
      hint: "For instance --image-size 28x28.",
    });
  }
  return [height, width];
}

/** What a result remembers of an input. */
export function inputRecord(role: string, { path, format, dtype, rows, cols }: Source): InputRecord {
  return { role, path, format, dtype, rows, cols };
}

/** Formats whose arrays or columns have names. */
const NAMED: readonly Format[] = ["npz", "csv", "tsv", "parquet", "jsonl", "arrow", "safetensors"];

/**
 * Refuses options that no input can obey: one that is silently ignored misleads.
 *
 * @param first the original, or the only input
 * @param latents the inputs that `latentVector` is meant for; the other options are meant for all: one that can obey is enough
 * @throws bad-option
 */
export function checkObeyed(
  options: Pick<ReadOptions, "vector" | "id" | "imageSize"> & { readonly latentVector?: string | undefined },
  first: Source | null,
  latents: readonly Source[] = [],
): void {
  const sources = first ? [first, ...latents] : latents;
  const { vector, latentVector, id, imageSize } = options;
  const hasNames = ({ format }: Source) => NAMED.includes(format);
  if (vector !== undefined && !sources.some(hasNames)) throw notObeyed("vector", vector, sources);
  if (latentVector !== undefined && !latents.some(hasNames)) {
    throw notObeyed("latent-vector", latentVector, latents);
  }
  if (id !== undefined && !sources.some((source) => source.ids)) throw notObeyed("id", id, sources);
  if (imageSize !== undefined && !sources.some(({ format }) => format === "images")) {
    throw notObeyed("image-size", imageSize, sources);
  }
}

/** The options that an input of this format obeys. */
export function obeyed(
  options: Readonly<Record<string, unknown>>,
  format: Format,
): Readonly<Record<string, unknown>> {
  const { vector, imageSize, imageMode, ...rest } = options;
  if (NAMED.includes(format)) return { ...rest, vector };
  return format === "images" ? { ...rest, imageSize, imageMode } : rest;
}

function notObeyed(flag: string, value: string, sources: readonly Source[]): IsometerError {
  const formats = [...new Set(sources.map(({ format }) => format))].join(" and ");
  const what = flag === "image-size" ? "is for folders of images" : "names a column or array";
  return new IsometerError("bad-option", `--${flag} ${value} ${what}, which ${formats} input does not have`, {
    got: value,
    hint: `Leave --${flag} out.`,
  });
}
