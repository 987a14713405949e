import { IsometerError, type Warning } from "../../base/index.ts";
import type { EncoderFiles } from "../../data/node-encoder.ts";
import type { Tokenizer, Tokens } from "../../data/node-encoder-text.ts";
import type { ModelEnd, ModelEnds, Tensor } from "../../graph/index.ts";
import type { EncoderOptions } from "./encoder.ts";
import type { Batch } from "./opened.ts";

/** Texts in one run at most, and tokens. */
const MOST_TEXTS = 32;
const MOST_TOKENS = 2 ** 12;

/** How texts become the inputs of a model. */
export interface TextPlan {
  readonly tokenizer: Tokenizer;
  readonly inputs: readonly ModelEnd[];
  readonly prompt: string;
  /** Longer texts are cut. Infinity: none is. */
  readonly maxTokens: number;
  /** All texts are filled up to so many tokens; null: texts of one length go together, and none is filled up. */
  readonly padTo: number | null;
  /** Texts in one run. */
  readonly together: number;
}

/** @throws bad-option (no transformers.js), missing-file (no tokenizer), bad-format, unsupported-model (other inputs) */
export async function planTexts(
  files: EncoderFiles,
  ends: ModelEnds,
  { prompt = "" }: EncoderOptions,
): Promise<TextPlan> {
  if (!files.tokenizer) {
    throw new IsometerError("missing-file", `${files.name} has no tokenizer.json: texts cannot be read`, {
      needed: "tokenizer.json and tokenizer_config.json beside the model",
      hint: "Copy them from where the model comes from, or give vectors with --queries.",
    });
  }
  const { makeTokenizer } = await import("../../data/node-encoder-text.ts");
  const tokenizer = await makeTokenizer(files.tokenizer.json, files.tokenizer.config);
  const ids = inputNamed(ends, "input_ids", files);
  for (const { name } of ends.inputs) {
    if (!Object.hasOwn(FEEDS, name)) throw otherInputs(files, ends);
  }
  const fixed = ids.shape?.[1];
  const maxTokens = Math.min(
    typeof fixed === "number" ? fixed : Number.POSITIVE_INFINITY,
    positive(files.sentence?.max_seq_length),
    positive(tokenizer.maxTokens),
    placesOf(files),
  );
  // SigLIP reads texts that are filled up, and has no mask.
  const fills = String(files.config?.model_type ?? "").startsWith("siglip") && Number.isFinite(maxTokens);
  const padTo = typeof fixed === "number" ? fixed : fills ? maxTokens : null;
  const together = files.mixesBatch ? 1 : MOST_TEXTS;
  return { tokenizer, inputs: ends.inputs, prompt, maxTokens, padTo, together };
}

function inputNamed({ inputs }: ModelEnds, wanted: string, files: EncoderFiles): ModelEnd {
  const found = inputs.find(({ name }) => name === wanted);
  if (found) return found;
  throw new IsometerError("bad-value", `${files.name} is no encoder of texts`, {
    needed: wanted,
    got: inputs.map(({ name }) => name).join(", "),
    hint: "Give pictures with --image or rows with --queries, as it takes; or another --encoder.",
  });
}

function otherInputs(files: EncoderFiles, { inputs }: ModelEnds): IsometerError {
  return new IsometerError("unsupported-model", `${files.name} needs more than the tokens of a text`, {
    needed: Object.keys(FEEDS).join(", "),
    got: inputs.map(({ name }) => name).join(", "),
    hint: "Models of texts and images come in two files: name onnx/text_model.onnx.",
  });
}

const positive = (value: unknown) =>
  typeof value === "number" && Number.isInteger(value) && value > 0 && value < 2 ** 20
    ? value
    : Number.POSITIVE_INFINITY;

/** Places that a model has embeddings for. Models after RoBERTa leave two of them free. */
function placesOf({ config }: EncoderFiles): number {
  const free = /roberta|camembert|mpnet/.test(String(config?.model_type ?? "")) ? 2 : 0;
  return positive(config?.max_position_embeddings) - free;
}

/** What each input of a model is fed, at one place of one text. */
const FEEDS: Readonly<Record<string, (tokens: Tokens, place: number, pad: number) => number>> = {
  input_ids: ({ ids }, place, pad) => ids[place] ?? pad,
  attention_mask: ({ ids }, place) => Number(place < ids.length),
  token_type_ids: ({ types }, place) => types[place] ?? 0,
  position_ids: (_, place) => place,
};

/** The tokens of texts. @throws bad-value where a text has none: some tokenizers put nothing around it */
export function tokensOf(plan: TextPlan, texts: readonly string[], { name }: EncoderFiles): Tokens[] {
  return texts.map((text, i) => {
    const tokens = plan.tokenizer.tokens(plan.prompt + text, plan.maxTokens);
    if (tokens.ids.length > 0) return tokens;
    throw new IsometerError("bad-value", `text ${i} has no tokens: ${name} cannot encode it`, {
      got: JSON.stringify(text.slice(0, 40)),
      hint: "Leave empty texts out.",
    });
  });
}

/** Texts of the same length together, the shortest first, so that nothing is filled up. */
export function* textBatches(plan: TextPlan, tokens: readonly Tokens[], together: number): Generator<Batch> {
  const length = (i: number) => plan.padTo ?? tokens[i]!.ids.length;
  const order = tokens.map((_, i) => i).sort((a, b) => length(a) - length(b) || a - b);
  for (let start = 0; start < order.length; ) {
    const t = length(order[start]!);
    const most = Math.min(together, plan.together, Math.max(1, Math.floor(MOST_TOKENS / t)));
    let end = start + 1;
    while (end < order.length && end - start < most && length(order[end]!) === t) end++;
    const at = order.slice(start, end);
    const own = at.map((i) => tokens[i]!);
    // What a text is filled up with counts where the model has no mask to tell it apart.
    const counts = plan.inputs.some(({ name }) => name === "attention_mask");
    yield {
      at,
      lengths: own.map(({ ids }) => (counts ? ids.length : t)),
      feeds: async (rows) => feedsOf(plan, own, rows, t),
    };
    start = end;
  }
}

/** The last text is repeated where a model takes more at once than there are. */
function feedsOf(plan: TextPlan, tokens: readonly Tokens[], rows: number, t: number): Record<string, Tensor> {
  const { inputs, tokenizer } = plan;
  return Object.fromEntries(
    inputs.map(({ name, type }) => {
      const value = (p: number) =>
        FEEDS[name]!(tokens[Math.min(tokens.length - 1, Math.floor(p / t))]!, p % t, tokenizer.pad);
      const data =
        type === "int32"
          ? Int32Array.from({ length: rows * t }, (_, p) => value(p))
          : BigInt64Array.from({ length: rows * t }, (_, p) => BigInt(value(p)));
      return [name, { data, dims: [rows, t] }];
    }),
  );
}

/** A model that was trained with words before its texts, and none are given. */
export function promptWarnings({ name, prompts }: EncoderFiles, { prompt }: EncoderOptions): Warning[] {
  const known = prompts?.prompts;
  if (prompt !== undefined || !known || typeof known !== "object") return [];
  const told = Object.entries(known).filter(([, text]) => typeof text === "string" && text !== "");
  if (told.length === 0) return [];
  const list = told.slice(0, 4).map(([use, text]) => `${use} ${JSON.stringify(String(text).slice(0, 80))}`);
  return [
    {
      code: "no-prompt",
      message: `${name} was trained with words before its texts (${list.join(", ")}); none were put there: --prompt does`,
    },
  ];
}
