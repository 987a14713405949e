import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { IsometerError, throwIfAborted, type Watch } from "../base/index.ts";
import { shown } from "./array-checks.ts";
import { type EncoderDtype, modelNames } from "./encoder-layout.ts";
import { loadTransformers } from "./node-encoder-text.ts";
import { atomicWrite } from "./node-write.ts";

const HUB = "https://huggingface.co";
/** Owner and name, or a name alone, as the hub has them. */
const NAME = /^(?!.*(\.\.|--))[\w-][\w.-]{0,95}(\/[\w-][\w.-]{0,95})?$/;

/** What a model may have besides its ONNX file. Those that it lacks are skipped. */
const OPTIONAL = [
  "tokenizer.json",
  "tokenizer_config.json",
  "preprocessor_config.json",
  "modules.json",
  "1_Pooling/config.json",
  "sentence_bert_config.json",
  "config_sentence_transformers.json",
];

interface Wanted extends Watch {
  readonly takes?: "text" | "image" | "rows" | undefined;
  readonly dtype?: EncoderDtype | undefined;
  readonly download?: boolean | undefined;
  readonly cacheDir?: string | undefined;
  readonly hub?: string | undefined;
}

/**
 * The folder that a model of the hub lies in on this machine: where transformers.js keeps it, or downloaded there.
 *
 * @throws missing-file where it is not there and may not be downloaded, or the hub has none; bad-option
 */
export async function cachedFolder(name: string, options: Wanted): Promise<string> {
  const { takes, dtype = "fp32", download = false } = options;
  if (!NAME.test(name)) {
    throw new IsometerError("missing-file", `there is no encoder ${shown(name)}`, {
      got: shown(name),
      needed: "an .onnx file, a folder of a model, or a name such as Xenova/all-MiniLM-L6-v2",
      hint: "Check the path.",
    });
  }
  const cache = options.cacheDir ?? (await loadTransformers()).env.cacheDir;
  if (cache === null) throw new IsometerError("missing-file", "transformers.js has no cache on this machine");
  const folder = join(cache, name);
  const kinds = takes ? [takes] : (["text", "image"] as const);
  const wanted = [...new Set(kinds.flatMap((kind) => modelNames(kind, dtype)))];
  if (wanted.some((file) => existsSync(join(folder, file)))) return folder;
  if (!download) {
    throw new IsometerError("missing-file", `there is no encoder ${name} on this machine`, {
      got: name,
      hint: `Download it with --download (from ${options.hub ?? HUB}), or name a folder that holds it.`,
    });
  }
  await downloadModel({ name, folder, wanted }, options);
  return folder;
}

interface Job {
  readonly name: string;
  readonly folder: string;
  readonly wanted: readonly string[];
}

/** Settings first and the model last: a download that was cut off is none. */
async function downloadModel({ name, folder, wanted }: Job, options: Wanted): Promise<void> {
  const get = (file: string) => downloadFile(name, file, join(folder, file), options);
  if (!(await get("config.json"))) {
    throw new IsometerError("missing-file", `the hub has no model ${name}, or does not give it to all`, {
      got: name,
      hint: "Check its name; download a model that asks for a token by hand, and name its folder.",
    });
  }
  for (const file of OPTIONAL) await get(file);
  for (const file of wanted) {
    const path = join(folder, file);
    // Tensors of large models lie beside them, under one of two names.
    await get(`${file}_data`);
    if (await downloadFile(name, file, path, options)) return;
  }
  throw new IsometerError("missing-file", `the model ${name} has no ONNX file of this kind`, {
    needed: wanted.join(" or "),
    hint: "Choose another --dtype, or a model with the tag ONNX or transformers.js.",
  });
}

/** Whether the hub has the file. @throws missing-file where the hub cannot be reached or refuses */
async function downloadFile(
  name: string,
  file: string,
  path: string,
  { hub = HUB, signal, onProgress }: Wanted,
): Promise<boolean> {
  const url = `${hub}/${name}/resolve/main/${file}`;
  const failed = (why: string, cause?: unknown) =>
    new IsometerError("missing-file", `${shown(url)} cannot be downloaded: ${why}`, {
      hint: "Check the network, and try again.",
      ...(cause !== undefined && { cause }),
    });
  const response = await fetch(url, signal ? { signal } : {}).catch((cause: unknown) => {
    throwIfAborted(signal);
    throw failed("no answer", cause);
  });
  if (!response.ok || !response.body) {
    await response.body?.cancel();
    // The hub answers 401 for models that are not there.
    if ([401, 403, 404].includes(response.status)) return false;
    throw failed(`status ${response.status}`);
  }
  const total = Number(response.headers.get("content-length") ?? 0);
  const body = response.body;
  await mkdir(dirname(path), { recursive: true });
  const written = atomicWrite(path, async (output) => {
    for await (const piece of body) {
      throwIfAborted(signal);
      await output.append(piece as Uint8Array);
      const done = output.position;
      onProgress?.({ stage: "downloading", done, total: Math.max(total, done), detail: file });
    }
    // fetch does not always notice a body that ends early.
    if (output.position < total && !response.headers.has("content-encoding")) throw failed("it ended early");
  });
  await written.catch((cause: unknown) => {
    throwIfAborted(signal);
    throw cause instanceof IsometerError ? cause : failed("it broke off", cause);
  });
  return true;
}
