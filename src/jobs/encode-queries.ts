import {
  deepFreeze,
  IsometerError,
  type Matrix,
  stackRows,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { EncoderRecord } from "../report/encode-result.ts";
import type { Encoder, Encodes } from "../spaces/encode/encoder.ts";
import { asFlag } from "./arguments.ts";
import { ENCODER_OPTIONS, type EncoderValues, encoderOptions } from "./encode-options.ts";
import { mapFingerprint } from "./ingest-map.ts";
import { openMap } from "./open-map.ts";

/** What is sought and has to become vectors first. */
export interface ToEncode extends EncoderValues {
  readonly text: readonly string[];
  readonly image: readonly string[];
  readonly queries: string | undefined;
  readonly map: string | undefined;
}

/** The space that vectors are sought in. */
export interface EncodedFor {
  readonly name: string;
  readonly cols: number;
  /** What its vectors came through; null: nobody said. */
  readonly mapVersion: string | null;
}

/** Vectors of texts, images and rows, in this order. */
export interface EncodedQueries {
  readonly names: readonly string[];
  /** m x d, as wide as the space */
  readonly vectors: Matrix;
  /** m x D: the same before the last that they went through, --map or an encoder of rows; null where there is no such thing. */
  readonly before: Matrix | null;
  readonly encoders: readonly EncoderRecord[];
  readonly map: { readonly path: string; readonly version: string } | null;
  readonly warnings: readonly Warning[];
}

/** What an encoder made, and who it was. */
interface Part {
  readonly names: readonly string[];
  readonly vectors: Matrix;
  /** Rows as they came. */
  readonly before: Matrix | null;
  readonly record: EncoderRecord | null;
  readonly warnings: readonly Warning[];
}

/** Letters of a text that name it. */
const LETTERS = 60;

/** @throws bad-option where something is to be encoded and nothing encodes it */
export function checkEncoded({ text, image, queries, encoder, map }: ToEncode): void {
  const [flag, got] = text.length > 0 ? ["--text", text[0]!] : ["--image", image[0]];
  if (got !== undefined && encoder === undefined) {
    throw new IsometerError("bad-option", `${flag} needs --encoder: what made the vectors of SPACE`, {
      got,
      hint: "Name an ONNX model, a folder of a model, or its name on the Hugging Face Hub.",
    });
  }
  if (encoder !== undefined && text.length + image.length === 0 && queries === undefined) {
    throw new IsometerError("bad-option", "--encoder has nothing to encode", {
      got: encoder,
      hint: "Give --text, --image or --queries, or leave it out.",
    });
  }
  if (map !== undefined && encoder === undefined) {
    throw new IsometerError("bad-option", "--map is for what --encoder makes", {
      got: map,
      hint: "Rows go through a map as --encoder MAP.",
    });
  }
}

/**
 * Vectors of all that is sought besides rows of the space; null without an encoder. An encoder that is not the one of the space is refused.
 *
 * @param told what the user says that queries came through: it stands against the encoder's own version
 * @throws bad-value (another width), bad-option (another version), and what opening and encoding throw
 */
export async function encodeQueries(
  space: EncodedFor,
  options: ToEncode,
  told: string | undefined,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<EncodedQueries | null> {
  if (options.encoder === undefined) return null;
  const { text, image, queries } = options;
  try {
    const parts: Part[] = [];
    if (text.length > 0) parts.push(await encoded("text", text, options, { engine, ...watch }));
    if (image.length > 0) parts.push(await encoded("image", image, options, { engine, ...watch }));
    if (queries !== undefined) parts.push(await rowsEncoded(queries, options, { engine, ...watch }));
    const [first, other] = parts.map(({ vectors }) => vectors.cols);
    if (other !== undefined && other !== first)
      throw otherWidth(options.encoder, other, "what is encoded beside it", first!);
    const made = stackRows(parts.map(({ vectors }) => vectors));
    const mapped = await throughMap(made, options.map, { engine, ...watch });
    const last = options.map ?? options.encoder;
    if (mapped.vectors.cols !== space.cols)
      throw otherWidth(last, mapped.vectors.cols, space.name, space.cols);
    const encoders = parts.flatMap(({ record }) => record ?? []);
    if (told === undefined) {
      const versions = mapped.version === null ? encoders.map(({ version }) => version) : [mapped.version];
      checkVersions(space, versions, last);
    }
    return deepFreeze({
      names: parts.flatMap(({ names }) => names),
      vectors: mapped.vectors,
      before: options.map === undefined ? (parts.length === 1 ? parts[0]!.before : null) : made,
      encoders,
      map: mapped.version === null ? null : { path: options.map!, version: mapped.version },
      warnings: [...parts.flatMap(({ warnings }) => warnings), ...mapped.warnings],
    });
  } catch (error) {
    throw asFlag(error, ENCODER_OPTIONS);
  }
}

type Tools = Watch & { readonly engine: EngineInfo };

async function encoded(
  takes: Encodes,
  items: readonly string[],
  options: ToEncode,
  tools: Tools,
): Promise<Part> {
  const { openEncoder } = await import("../spaces/encode/index.ts");
  const both = options.text.length > 0 && options.image.length > 0;
  const encoder = await openEncoder(options.encoder!, {
    ...encoderOptions(options, tools.engine, takes, both),
    ...watchOf(tools),
  });
  try {
    const { vectors, cut } = await encoder.encode(items, watchOf(tools));
    return {
      names: items.map((item) => (takes === "text" ? quoted(item) : item)),
      vectors,
      before: null,
      record: encoderRecord(encoder, encoder.version),
      warnings: [...encoder.warnings, ...cutWarnings(encoder, cut, items.length)],
    };
  } finally {
    await encoder.close();
  }
}

/** The file of queries: through the encoder where that takes rows, else vectors that are ready. */
async function rowsEncoded(path: string, options: ToEncode, tools: Tools): Promise<Part> {
  const { readMatrix } = await import("../data/node-read.ts");
  const rows = await readMatrix(path);
  const names = Array.from({ length: rows.rows }, (_, i) => `query ${i}`);
  const takesOthers = options.text.length > 0 || options.image.length > 0;
  if (takesOthers) return { names, vectors: rows, before: null, record: null, warnings: [] };
  const { openEncoder } = await import("../spaces/encode/index.ts");
  const encoder = await openEncoder(options.encoder!, {
    ...encoderOptions(options, tools.engine, "rows"),
    cols: rows.cols,
  });
  try {
    const { vectors } = await encoder.encode(rows, watchOf(tools));
    const record = encoderRecord(encoder, await rowVersion(encoder));
    return { names, vectors, before: rows, record, warnings: [] };
  } finally {
    await encoder.close();
  }
}

/** As ingest keeps it where nothing is done around the map. */
async function rowVersion({ path, version, preparation: { normalize } }: Encoder): Promise<string> {
  return normalize ? version : mapFingerprint(path);
}

function watchOf({ onProgress, signal }: Watch): Watch {
  return { ...(onProgress && { onProgress }), ...(signal && { signal }) };
}

const quoted = (words: string) =>
  JSON.stringify(words.length > LETTERS ? `${words.slice(0, LETTERS)}...` : words);

export function encoderRecord(
  { name, path, dtype, takes, dims, preparation }: Encoder,
  version: string,
): EncoderRecord {
  return { name, path, dtype, takes, dims, version, preparation };
}

export function cutWarnings(
  { name, preparation }: Encoder,
  cut: readonly number[],
  count: number,
): Warning[] {
  if (cut.length === 0) return [];
  return [
    {
      code: "texts-cut",
      message: `${cut.length} of ${count} texts are longer than the ${preparation.text?.maxTokens} tokens that ${name} takes: what comes after is not seen`,
      rows: cut.slice(0, 5),
      count: cut.length,
    },
  ];
}

async function throughMap(made: Matrix, map: string | undefined, tools: Tools) {
  if (map === undefined) return { vectors: made, version: null, warnings: [] };
  const opened = await openMap(map, undefined, made.cols);
  return {
    vectors: await opened.run(made, { engine: tools.engine, ...watchOf(tools) }),
    version: await mapFingerprint(map),
    warnings: opened.warnings,
  };
}

function otherWidth(encoder: string, got: number, name: string, needed: number): IsometerError {
  return new IsometerError("bad-value", `${encoder} makes vectors of ${got} numbers, ${name} has ${needed}`, {
    got: String(got),
    needed: String(needed),
    hint: "Name what made the vectors of SPACE; with --map what they went through then, such as the map that reduce wrote.",
  });
}

function checkVersions({ name, mapVersion }: EncodedFor, versions: readonly string[], encoder: string): void {
  const other = mapVersion === null ? undefined : versions.find((version) => version !== mapVersion);
  if (other === undefined) return;
  throw new IsometerError("bad-option", `${encoder} is not what the vectors of ${name} came through`, {
    got: other,
    needed: mapVersion!,
    hint: `Name that one. If the two share a space, as the halves of a model of texts and images do, say so: --map-version ${mapVersion}.`,
  });
}
