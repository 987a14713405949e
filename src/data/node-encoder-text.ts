import { IsometerError } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import type { Settings } from "./node-encoder.ts";

/** The part of transformers.js that is used: its tokenizers, and where it keeps models. */
interface Transformers {
  readonly env: { readonly cacheDir: string | null };
  readonly [name: string]: unknown;
}

/** A tokenizer as transformers.js makes it of the two files. */
interface PlainTokenizer {
  (
    text: string,
    options: { readonly padding: false; readonly truncation: false; readonly return_tensor: false },
  ): { readonly input_ids: readonly number[]; readonly token_type_ids?: readonly number[] };
  readonly all_special_ids: readonly number[];
  readonly pad_token_id: number | undefined;
  readonly model_max_length: number;
}

type TokenizerClass = new (json: Settings, config: Settings) => PlainTokenizer;

/** The tokens of a text. */
export interface Tokens {
  readonly ids: readonly number[];
  /** Of which sentence each is; zeros where the tokenizer does not say. */
  readonly types: readonly number[];
  /** Whether the text was longer. */
  readonly cut: boolean;
}

/** Turns texts into tokens. */
export interface Tokenizer {
  readonly maxTokens: number;
  readonly pad: number;
  /** At most `most` tokens. What ends every text ([SEP], </s>) is kept where it is cut. */
  tokens(text: string, most: number): Tokens;
}

/** No text is longer: tokenizers take seconds for a million letters. */
const MOST_LETTERS = 2 ** 20;

/** @throws bad-option where transformers.js is not installed */
export async function loadTransformers(): Promise<Transformers> {
  // As the engine has it: nobody here agreed to that.
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  try {
    return (await import("@huggingface/transformers")) as unknown as Transformers;
  } catch (cause) {
    throw new IsometerError("bad-option", "texts need transformers.js, which is not installed", {
      needed: "@huggingface/transformers, version 4",
      hint: "npm install @huggingface/transformers",
      cause,
    });
  }
}

/** Makes a tokenizer of tokenizer.json and tokenizer_config.json. Nothing is fetched. @throws bad-option, bad-format */
export async function makeTokenizer(json: Settings, config: Settings): Promise<Tokenizer> {
  const library = await loadTransformers();
  const named = String(config.tokenizer_class ?? "").replace(/Fast$/, "");
  const known = named.endsWith("Tokenizer") && Object.hasOwn(library, named);
  const Class = library[known ? named : "PreTrainedTokenizer"] as TokenizerClass;
  let tokenizer: PlainTokenizer;
  try {
    tokenizer = new Class(json, config);
  } catch (cause) {
    throw new IsometerError("bad-format", `tokenizer.json is none that is known: ${firstLine(cause)}`, {
      hint: "Save the tokenizer anew with a newer version of tokenizers.",
      cause,
    });
  }
  const special = new Set(tokenizer.all_special_ids);
  return {
    maxTokens: tokenizer.model_max_length,
    pad: tokenizer.pad_token_id ?? 0,
    tokens: (text, most) => tokensOf(tokenizer, special, text, most),
  };
}

const firstLine = (error: unknown) =>
  error instanceof Error ? shown(error.message.split("\n")[0]!) : "it cannot be read";

function tokensOf(
  tokenizer: PlainTokenizer,
  special: ReadonlySet<number>,
  text: string,
  most: number,
): Tokens {
  if (text.length > MOST_LETTERS) {
    throw new IsometerError("too-large", `a text has ${text.length} letters`, {
      needed: `at most ${MOST_LETTERS}`,
      hint: "Cut it into passages.",
    });
  }
  let made: ReturnType<PlainTokenizer>;
  try {
    made = tokenizer(text, { padding: false, truncation: false, return_tensor: false });
  } catch (cause) {
    throw new IsometerError("bad-value", `a text cannot be tokenized: ${firstLine(cause)}`, { cause });
  }
  const all = made.input_ids;
  const types = made.token_type_ids ?? new Array<number>(all.length).fill(0);
  if (all.length <= most) return { ids: all, types, cut: false };
  let end = 0;
  while (end < most - 1 && special.has(all.at(-1 - end)!)) end++;
  const kept = <T>(values: readonly T[]) => [
    ...values.slice(0, most - end),
    ...values.slice(values.length - end),
  ];
  return { ids: kept(all), types: kept(types), cut: true };
}
