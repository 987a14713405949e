import { createHash } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { IsometerError, type Watch } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { DTYPES, type EncoderDtype, modelNames } from "./encoder-layout.ts";
import { fileError } from "./node-bytes.ts";
import { cachedFolder } from "./node-encoder-hub.ts";
import { readJson } from "./node-json.ts";
import { type ModelFile, openModel } from "./node-model.ts";

/** An object of a file of JSON. */
export type Settings = Readonly<Record<string, unknown>>;

/** An encoder as it lies on disk: its ONNX model, and what says how to prepare things for it. */
export interface EncoderFiles {
  readonly name: string;
  /** Path of the ONNX model. */
  readonly path: string;
  readonly model: ModelFile;
  /** Files beside the model that its tensors lie in, as it names them. */
  readonly tensors: readonly string[];
  /** Whether it quantizes what it computes by the range of a whole batch: items then change each other. */
  readonly mixesBatch: boolean;
  /** How its weights are stored, by the name of the file; null where an ONNX file was named. */
  readonly dtype: EncoderDtype | null;
  readonly tokenizer: { readonly json: Settings; readonly config: Settings } | null;
  /** config.json, 1_Pooling/config.json, preprocessor_config.json, sentence_bert_config.json, config_sentence_transformers.json */
  readonly config: Settings | null;
  readonly pooling: Settings | null;
  readonly preprocessor: Settings | null;
  readonly sentence: Settings | null;
  readonly prompts: Settings | null;
  /** Types of the modules of sentence-transformers, in order; none where it is no such model. */
  readonly modules: readonly string[];
}

export interface FindEncoder extends Watch {
  /** What is to be encoded, where a folder holds models for texts and for images. */
  readonly takes?: "text" | "image" | "rows" | undefined;
  readonly dtype?: EncoderDtype | undefined;
  /** Whether a model that is not on this machine may be downloaded. Default false: no request leaves it. */
  readonly download?: boolean | undefined;
  /** Where downloaded models lie. Default: the cache of transformers.js. */
  readonly cacheDir?: string | undefined;
  /** Where models are downloaded from. Default: https://huggingface.co. */
  readonly hub?: string | undefined;
}

/**
 * Finds an encoder: an ONNX file, a folder in the layout of transformers.js, or the name of a model on the Hugging Face Hub.
 *
 * Only names of the hub can cause requests, and only with `download`.
 *
 * @throws missing-file (no such file or model, with the next step), not-a-file, bad-format, too-large, bad-option
 */
export async function findEncoder(spec: string, options: FindEncoder = {}): Promise<EncoderFiles> {
  if (isFile(spec)) {
    if (options.dtype !== undefined) {
      throw new IsometerError("bad-option", `${shown(spec)} is one file: it has no other dtype`, {
        got: options.dtype,
        hint: "Name the folder of the model, or leave --dtype out.",
      });
    }
    return readEncoder(spec, spec, null);
  }
  const folder = existsSync(spec) ? spec : await cachedFolder(spec, options);
  const { path, dtype } = await modelIn(folder, options);
  return readEncoder(spec, path, dtype);
}

const isFile = (path: string) => statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;

/** The ONNX model of a folder. */
async function modelIn(folder: string, { takes, dtype = "fp32" }: FindEncoder) {
  const kind = takes ?? (existsSync(join(folder, "tokenizer.json")) ? "text" : "image");
  const names = modelNames(kind, dtype);
  const name = names.find((each) => isFile(join(folder, each)));
  if (name) return { path: join(folder, name), dtype };
  const found = [...(await onnxIn(folder, "")), ...(await onnxIn(folder, "onnx/"))];
  const others = DTYPES.filter((other) =>
    modelNames(kind, other).some((each) => found.includes(each)),
  ).filter((other) => other !== dtype);
  throw new IsometerError("missing-file", `${shown(folder)} holds no ${dtype} model for ${kind}`, {
    needed: names.join(" or "),
    got: found.length > 0 ? found.slice(0, 8).join(", ") : "no .onnx file",
    hint:
      others.length > 0
        ? `It has ${others.join(", ")}: --dtype ${others[0]}.`
        : "Export the model to ONNX (optimum-cli export onnx), or name an .onnx file.",
  });
}

async function onnxIn(folder: string, inside: string): Promise<string[]> {
  const names = await readdir(join(folder, inside)).catch((error: unknown) => {
    if (inside !== "") return [];
    throw fileError(shown(folder), error);
  });
  return names
    .filter((name) => name.endsWith(".onnx"))
    .map((name) => inside + name)
    .sort();
}

async function readEncoder(name: string, path: string, dtype: EncoderDtype | null): Promise<EncoderFiles> {
  const beside = dirname(resolve(path));
  // A model in onnx/ has its settings one folder up.
  const folders = basename(beside) === "onnx" ? [beside, dirname(beside)] : [beside];
  const settings = async (file: string): Promise<unknown> => {
    const found = folders.map((folder) => join(folder, file)).find(isFile);
    return found === undefined ? null : readJson(found);
  };
  const object = async (file: string): Promise<Settings | null> => asObject(file, await settings(file));
  const model = await openModel(path);
  const tokenizer = await object("tokenizer.json");
  return {
    name,
    path,
    model,
    tensors: tensorFiles(model),
    mixesBatch: asBuffer(model.bytes).includes("DynamicQuantize"),
    dtype,
    tokenizer: tokenizer && { json: tokenizer, config: (await object("tokenizer_config.json")) ?? {} },
    config: await object("config.json"),
    pooling: await object("1_Pooling/config.json"),
    preprocessor: await object("preprocessor_config.json"),
    sentence: await object("sentence_bert_config.json"),
    prompts: await object("config_sentence_transformers.json"),
    modules: moduleTypes(await settings("modules.json")),
  };
}

function asObject(file: string, value: unknown): Settings | null {
  if (value === null || (typeof value === "object" && !Array.isArray(value))) return value as Settings | null;
  throw new IsometerError("bad-format", `${file} of the encoder holds no object`, {
    hint: "Copy the file anew.",
  });
}

function moduleTypes(modules: unknown): string[] {
  if (!Array.isArray(modules)) return [];
  return modules.map(
    (each) =>
      String((each as { type?: unknown } | null)?.type ?? "")
        .split(".")
        .at(-1)!,
  );
}

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** In TensorProto.external_data: the key "location", and the tag of the value behind it. */
const LOCATION = Buffer.from("\x0a\x08location", "latin1");
const VALUE = 0x12;
/** Bytes of a path at most. */
const PATH_BYTES = 4096;

/** The files that a model says its tensors lie in: found in its bytes, as models of gigabytes have such. @throws bad-format where one lies outside of its folder, or is not named as everybody does */
function tensorFiles({ bytes, external }: ModelFile): string[] {
  const buffer = asBuffer(bytes);
  const found = new Set<string>();
  for (let at = buffer.indexOf(LOCATION); at >= 0; at = buffer.indexOf(LOCATION, at + 1)) {
    const [tag, low = 0, high = 0] = buffer.subarray(at + LOCATION.length);
    // A varint of one byte or two.
    const length = low < 128 ? low : low - 128 + 128 * high;
    const start = at + LOCATION.length + (low < 128 ? 2 : 3);
    if (tag !== VALUE || length > PATH_BYTES || start + length > buffer.length) {
      throw new IsometerError("bad-format", "the model names files of tensors in a way that is not read", {
        hint: "Save it anew with the onnx package.",
      });
    }
    found.add(buffer.toString("utf8", start, start + length));
  }
  // Nothing is read: it is looked whether the file is there, in the folder.
  for (const location of found) external(location, 0, 0);
  return [...found];
}

/** SHA-256 of the weights of an encoder and of all that is done around them (null: nothing), "sha256:" and 32 hexadecimal digits. */
export async function encoderVersion(files: EncoderFiles, preparation: object | null): Promise<string> {
  const hash = createHash("sha256").update(files.model.bytes);
  for (const location of files.tensors) {
    for await (const piece of createReadStream(join(dirname(resolve(files.path)), location))) {
      hash.update(piece as Uint8Array);
    }
  }
  if (preparation) hash.update(JSON.stringify(preparation));
  return `sha256:${hash.digest("hex").slice(0, 32)}`;
}

/** All bytes of a file of tensors beside the model. */
export function readTensors({ path }: EncoderFiles, location: string): Promise<Uint8Array> {
  return readFile(join(dirname(resolve(path)), location));
}
