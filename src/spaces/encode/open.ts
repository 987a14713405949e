import { deepFreeze, IsometerError, type Matrix, type Watch } from "../../base/index.ts";
import { type EncoderFiles, encoderVersion, findEncoder, readTensors } from "../../data/node-encoder.ts";
import { findEngine, openModelSession } from "../../engine/index.ts";
import { endsOf, type ModelEnds } from "../../graph/index.ts";
import type { Encoded, Encoder, EncoderOptions, Encodes, Preparation, ReadyOptions } from "./encoder.ts";
import { imageBatches, planImages } from "./image.ts";
import {
  type Batch,
  chooseOutput,
  choosePooling,
  dimsOf,
  normalizes,
  type OpenedModel,
  runBatches,
  takesOf,
} from "./opened.ts";
import { scaleToUnit } from "./pooling.ts";
import { openNeighborRows, openRows, type RowMap } from "./rows.ts";
import { planTexts, promptWarnings, textBatches, tokensOf } from "./text.ts";

/**
 * Opens an encoder: an ONNX file, a folder of a model in the layout of transformers.js, or the name of a model on the Hugging Face Hub.
 *
 * Texts go through the model's own tokenizer (transformers.js, an optional peer), pictures through sharp, rows as they are. One text or picture does not depend on the others but for rounding. Nothing is fetched without `download`.
 *
 * Cost: one run of the model per item; memory for a few items at a time.
 *
 * @param spec such as "model.onnx", "models/all-MiniLM-L6-v2", "Xenova/all-MiniLM-L6-v2"
 * @throws missing-file, not-a-file, bad-format, too-large, truncated, bad-option, bad-value, unsupported-model
 */
export async function openEncoder(spec: string, given: EncoderOptions = {}): Promise<Encoder> {
  const files = await findEncoder(spec, given);
  const { threads, provider } = given;
  const found = { ...(threads !== undefined && { threads }), ...(provider !== undefined && { provider }) };
  const options: ReadyOptions = { ...given, engine: given.engine ?? (await findEngine(found)) };
  const neighbors = await openNeighborRows(files.path, options);
  if (neighbors) {
    if (options.takes !== undefined && options.takes !== "rows") throw otherItems(files, "rows");
    checkOptions("rows", options);
    return rowEncoder(files, neighbors, options);
  }
  const ends = endsOf(files.model.bytes);
  const takes = options.takes ?? takesOf(ends);
  checkOptions(takes, options);
  if (takes === "rows" && takesOf(ends) === "text") throw otherItems(files, "text");
  if (takes === "rows") return rowEncoder(files, openRows(files, ends, options), options);
  return takes === "text" ? textEncoder(files, ends, options) : imageEncoder(files, ends, options);
}

/** What has no effect is refused. */
function checkOptions(takes: Encodes, options: ReadyOptions): void {
  const only: readonly (readonly [keyof EncoderOptions, Encodes])[] = [
    ["prompt", "text"],
    ["imageSize", "image"],
    ["imageScale", "image"],
    ["imageMean", "image"],
    ["imageStd", "image"],
  ];
  const vain = only.find(([name, of]) => options[name] !== undefined && takes !== of)?.[0];
  const pools = takes === "rows" && options.pooling !== undefined ? "pooling" : undefined;
  if (vain === undefined && pools === undefined) return;
  throw new IsometerError(
    "bad-option",
    `${vain ?? pools} must be left out: the encoder is one of ${wordFor(takes)}`,
  );
}

const wordFor = (takes: Encodes) => ({ text: "texts", image: "images", rows: "rows" })[takes];

/** The parts that encoders of texts and of images share. */
async function openModel(
  files: EncoderFiles,
  ends: ModelEnds,
  takes: Encodes,
  options: ReadyOptions,
): Promise<OpenedModel> {
  const output = chooseOutput(ends, takes, options, files);
  const { path, model, tensors, name } = files;
  const first = ends.inputs[0]?.shape?.[0];
  const session = await openModelSession(
    { name, path, bytes: model.bytes, tensors, read: (location) => readTensors(files, location) },
    options.engine,
  );
  return { files, session, ends, output, batch: typeof first === "number" ? first : null };
}

async function textEncoder(files: EncoderFiles, ends: ModelEnds, options: ReadyOptions): Promise<Encoder> {
  const plan = await planTexts(files, ends, options);
  const model = await openModel(files, ends, "text", options);
  const text = {
    prompt: plan.prompt,
    maxTokens: Number.isFinite(plan.maxTokens) ? plan.maxTokens : null,
  };
  const batches = (texts: readonly string[]) => {
    const tokens = tokensOf(plan, texts, files);
    return {
      batches: textBatches(plan, tokens, model.batch ?? Number.POSITIVE_INFINITY),
      cut: tokens.flatMap((each, i) => (each.cut ? [i] : [])),
    };
  };
  const trial = () => firstOf(batches(["a"]).batches);
  return modelEncoder(model, { takes: "text", text, image: null }, options, { batches, trial });
}

async function imageEncoder(files: EncoderFiles, ends: ModelEnds, options: ReadyOptions): Promise<Encoder> {
  const own = planImages(files, ends, options);
  const model = await openModel(files, ends, "image", options);
  const batches = (paths: readonly string[]) => ({ batches: imageBatches(own, paths, model.batch), cut: [] });
  const { plan, input, shape } = own;
  const data = new Float32Array(shape.reduce((all, dim) => all * dim, model.batch ?? 1));
  const feeds = async (rows: number) => ({ [input.name]: { data, dims: [rows, ...shape] } });
  const trial = () => ({ at: [0], lengths: [1], feeds });
  return modelEncoder(model, { takes: "image", text: null, image: plan }, options, { batches, trial });
}

function firstOf(batches: Generator<Batch>): Batch {
  return batches.next().value as Batch;
}

/** How items become batches, and one batch to try. */
interface Ways {
  batches(items: readonly string[]): { readonly batches: Iterable<Batch>; readonly cut: readonly number[] };
  trial(): Batch;
}

async function modelEncoder(
  model: OpenedModel,
  kind: Pick<Preparation, "text" | "image"> & { readonly takes: Encodes },
  options: ReadyOptions,
  { batches, trial }: Ways,
): Promise<Encoder> {
  const { files, output, session } = model;
  try {
    const { takes, text, image } = kind;
    const pooling = choosePooling(output, options, files);
    const normalize = normalizes(options, files);
    const preparation: Preparation = { output: output.name, pooling, normalize, text, image };
    const dims = await dimsOf(model, (rows) => trial().feeds(rows));
    return frozen(files, preparation, {
      ...{ dims, takes },
      version: await encoderVersion(files, { ...preparation, tokenizer: text && files.tokenizer }),
      warnings: takes === "text" ? promptWarnings(files, options) : [],
      async encode(items, watch = {}) {
        const given = stringsOf(items, takes, files);
        const { batches: own, cut } = batches(given);
        const data = await runBatches(
          model,
          own,
          { dims, pooling, normalize },
          { ...watch, count: given.length },
        );
        return deepFreeze({ vectors: { data, rows: given.length, cols: dims }, cut });
      },
      close: () => session.close(),
    });
  } catch (error) {
    await session.close();
    throw error;
  }
}

async function rowEncoder(files: EncoderFiles, map: RowMap, options: ReadyOptions): Promise<Encoder> {
  const normalize = normalizes(options, files);
  const preparation: Preparation = { output: map.output, pooling: null, normalize, text: null, image: null };
  return frozen(files, preparation, {
    dims: map.dims,
    takes: "rows",
    // That of the file alone where it alone makes the vectors.
    version: await encoderVersion(files, normalize || options.layer !== undefined ? preparation : null),
    warnings: [],
    async encode(items, watch: Watch = {}): Promise<Encoded> {
      const rows = rowsOf(items, map, files);
      const mapped = await map.run(rows, watch);
      const data = Float32Array.from(mapped.data);
      if (normalize) scaleToUnit(data, mapped.cols);
      return deepFreeze({ vectors: { data, rows: mapped.rows, cols: mapped.cols }, cut: [] });
    },
    close: async () => {},
  });
}

/** Its plain data frozen; its two functions stay. */
function frozen(
  { name, path, dtype }: EncoderFiles,
  preparation: Preparation,
  rest: Omit<Encoder, "name" | "path" | "dtype" | "preparation">,
): Encoder {
  return Object.freeze({ ...rest, name, path, dtype, preparation: deepFreeze(preparation) });
}

function stringsOf(
  items: readonly string[] | Matrix,
  takes: Encodes,
  files: EncoderFiles,
): readonly string[] {
  if (Array.isArray(items)) return items as readonly string[];
  throw otherItems(files, takes);
}

function rowsOf(items: readonly string[] | Matrix, { cols }: RowMap, files: EncoderFiles): Matrix {
  if (Array.isArray(items)) throw otherItems(files, "rows");
  const rows = items as Matrix;
  if (rows.cols === cols) return rows;
  throw new IsometerError(
    "bad-value",
    `${files.name} takes rows of ${cols} numbers, these have ${rows.cols}`,
    {
      needed: String(cols),
      got: String(rows.cols),
      hint: "Give it what it was fitted to.",
    },
  );
}

function otherItems({ name }: EncoderFiles, takes: Encodes): IsometerError {
  return new IsometerError("bad-value", `${name} encodes ${wordFor(takes)} and nothing else`, {
    needed: wordFor(takes),
    hint: "Give it those, or name another encoder.",
  });
}
