import { IsometerError, throwIfAborted, type Watch } from "../../base/index.ts";
import type { EncoderFiles } from "../../data/node-encoder.ts";
import type { ModelSession } from "../../engine/index.ts";
import type { ModelEnd, ModelEnds, Tensor } from "../../graph/index.ts";
import type { EncoderOptions, Encodes, Pooling } from "./encoder.ts";
import { type Output, poolInto, poolingOf, scaleToUnit } from "./pooling.ts";

/** A model that is ready to run, and which of its outputs counts. */
export interface OpenedModel {
  readonly files: EncoderFiles;
  readonly session: ModelSession;
  readonly ends: ModelEnds;
  readonly output: ModelEnd;
  /** Items that it takes at once; null: any number. */
  readonly batch: number | null;
}

/** Names of outputs that are made to be searched, the best first. */
const OUTPUTS: Readonly<Record<Encodes, readonly string[]>> = {
  text: ["sentence_embedding", "text_embeds", "last_hidden_state", "token_embeddings"],
  image: ["image_embeds", "last_hidden_state", "pooler_output"],
  rows: [],
};

/** What a model is for, by its inputs: tokens, channels of pixels, or rows of numbers. */
export function takesOf({ inputs }: ModelEnds): Encodes {
  if (inputs.some(({ name }) => name === "input_ids")) return "text";
  const [first] = inputs;
  return first && (first.name === "pixel_values" || first.shape?.length === 4) ? "image" : "rows";
}

/** The output that counts. @throws bad-option where there is none of this name */
export function chooseOutput(
  { outputs }: ModelEnds,
  takes: Encodes,
  { layer }: EncoderOptions,
  { name, config }: EncoderFiles,
): ModelEnd {
  if (layer !== undefined) {
    const named = outputs.find((end) => end.name === layer);
    if (named) return named;
    throw new IsometerError("bad-option", `${name} has no output ${layer}`, {
      needed: outputs.map((end) => end.name).join(", "),
      got: layer,
      hint: "Choose one of these with --layer.",
    });
  }
  // SigLIP is trained with its pooled output alone.
  const own = String(config?.model_type ?? "").startsWith("siglip") ? ["pooler_output"] : [];
  const usual = [...own, ...OUTPUTS[takes]]
    .map((each) => outputs.find((end) => end.name === each))
    .find((end) => end !== undefined);
  return usual ?? outputs.find((end) => end.type === "float") ?? outputs[0]!;
}

/** How vectors of tokens become one; null where the model gives one. @throws bad-option, unsupported-model */
export function choosePooling(
  output: ModelEnd,
  options: EncoderOptions,
  files: EncoderFiles,
): Pooling | null {
  if (output.shape?.length === 3) {
    const isWhole = !files.modules.includes("Dense");
    if (isWhole) return options.pooling ?? poolingOf(files);
    throw new IsometerError(
      "unsupported-model",
      `${files.name} has a layer behind its pooling, outside of its ONNX file`,
      {
        needed: "an output sentence_embedding",
        got: output.name,
        hint: 'Export it with sentence-transformers, backend="onnx", or with Optimum\'s task sentence-similarity.',
      },
    );
  }
  if (output.shape?.length === 2) {
    if (options.pooling === undefined) return null;
    throw new IsometerError(
      "bad-option",
      `${output.name} of ${files.name} is one vector already: nothing is pooled`,
      {
        got: options.pooling,
        hint: "Leave --pooling out, or choose an output of vectors for tokens with --layer.",
      },
    );
  }
  throw new IsometerError(
    "unsupported-model",
    `${output.name} of ${files.name} is not a vector for each item`,
    {
      needed: "n x d, or n x tokens x d",
      got: output.shape?.join(" x ") ?? "an open shape",
      hint: "Choose another with --layer, or export the model with its pooling.",
    },
  );
}

export function normalizes(options: EncoderOptions, files: EncoderFiles): boolean {
  return options.normalize ?? files.modules.includes("Normalize");
}

/** Some items through a model in one run: the feeds for `rows` of them, and how many tokens of each count. */
export interface Batch {
  /** Places of the items among all. */
  readonly at: readonly number[];
  readonly lengths: readonly number[];
  feeds(rows: number): Promise<Readonly<Record<string, Tensor>>>;
}

interface Finish {
  readonly dims: number;
  readonly pooling: Pooling | null;
  readonly normalize: boolean;
}

/** The vectors of all batches, each at the places of its items. @throws non-finite, unsupported-model, aborted */
export async function runBatches(
  model: OpenedModel,
  batches: Iterable<Batch>,
  { dims, pooling, normalize }: Finish,
  { count, signal, onProgress }: Watch & { readonly count: number },
): Promise<Float32Array> {
  const data = new Float32Array(count * dims);
  let done = 0;
  for (const { at, lengths, feeds } of batches) {
    throwIfAborted(signal);
    const rows = model.batch ?? at.length;
    const out = await model.session.run(await feeds(rows), model.output.name);
    checkOutput(out, { rows, dims, pooling, name: model.files.name });
    const vectors = new Float32Array(at.length * dims);
    poolInto(out, pooling, lengths, vectors);
    if (normalize) scaleToUnit(vectors, dims);
    for (const [i, place] of at.entries()) {
      const vector = vectors.subarray(i * dims, (i + 1) * dims);
      if (!vector.every(Number.isFinite)) {
        throw new IsometerError(
          "non-finite",
          `${model.files.name} gives NaN or infinite numbers for item ${place}`,
          {
            hint: "Use the model in fp32.",
          },
        );
      }
      data.set(vector, place * dims);
    }
    done += at.length;
    onProgress?.({ stage: "encoding", done, total: count });
  }
  return data;
}

function checkOutput(
  { dims }: Output,
  wanted: {
    readonly rows: number;
    readonly dims: number;
    readonly pooling: Pooling | null;
    readonly name: string;
  },
): void {
  const rank = wanted.pooling === null ? 2 : 3;
  if (dims.length === rank && dims[0] === wanted.rows && dims.at(-1) === wanted.dims) return;
  throw new IsometerError(
    "unsupported-model",
    `${wanted.name} gave ${dims.join(" x ")} numbers for ${wanted.rows} items`,
    {
      needed: rank === 2 ? `${wanted.rows} x ${wanted.dims}` : `${wanted.rows} x tokens x ${wanted.dims}`,
      got: dims.join(" x "),
      hint: "Its output does not have the shape that it states: export it anew.",
    },
  );
}

/** Numbers of a vector: what the model states, else what one run of it gives. */
export async function dimsOf(
  { output, session, batch, files }: OpenedModel,
  trial: (rows: number) => Promise<Readonly<Record<string, Tensor>>>,
): Promise<number> {
  const stated = output.shape?.at(-1);
  if (typeof stated === "number") return stated;
  const { dims } = await session.run(await trial(batch ?? 1), output.name);
  if (dims.length === output.shape?.length) return dims.at(-1)!;
  throw new IsometerError("unsupported-model", `${files.name} does not give what it states`, {
    needed: String(output.shape?.length),
    got: dims.join(" x "),
  });
}
