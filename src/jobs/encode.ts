import {
  deepFreeze,
  IsometerError,
  type Matrix,
  type Rows,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { Items } from "../data/node-encoder-items.ts";
import { type EncodeResult, encodeReport, type NextCommand } from "../report/index.ts";
import type { Encoder } from "../spaces/encode/index.ts";
import { asFlag } from "./arguments.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, type JobContext, text, type Values } from "./define.ts";
import { ENCODER_OPTIONS, encoderOptions } from "./encode-options.ts";
import { cutWarnings, encoderRecord } from "./encode-queries.ts";
import { engineWarnings } from "./engine-warning.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

const OPTIONS = {
  ...ENCODER_OPTIONS,
  textColumn: text({
    group: common.GROUPS.data,
    about: "column of a table that holds the texts",
    placeholder: "COLUMN",
  }),
  id: { ...common.id, about: "column of a table that holds ids: written beside the vectors" },
  rows: common.rows,
  out: {
    ...common.out,
    about: "file to write; its ending chooses the format, and tables keep ids and texts beside the vectors",
    otherwise: "vectors.npy",
  },
  force: common.force,
  threads: common.threads,
  provider: common.provider,
};

type EncodeValues = Values<typeof OPTIONS>;

/** Vectors of texts or images, by any ONNX model. Streams: memory grows with the texts, not with their vectors. */
export const encode = defineJob({
  name: "encode",
  about: "vectors of texts or images, by an ONNX model",
  details: [
    "FILES are a table with --text-column, .txt files with a text on every line, images, or folders of images. The model is any ONNX file, or a folder in the layout of transformers.js; how its tokens are pooled and " +
      "its images are prepared is read beside it, and said in the result.",
    "The result has a version: a fingerprint of the weights and of what is done around them. A store keeps it (ingest --map-version), and search compares it with that of its --encoder.",
  ],
  inputs: { files: { about: "a table, .txt, images or folders of images", several: true } },
  options: OPTIONS,
  examples: [
    {
      command:
        "isometer encode docs.csv --text-column body --id doc --encoder models/all-MiniLM-L6-v2 --out docs.parquet",
      about: "a vector for every text of a table, with its id",
    },
    {
      command: "isometer encode photos/ --encoder clip/onnx/vision_model.onnx",
      about: "a vector for every image of a folder",
    },
  ],
  run: (ctx, { files }, options): Promise<EncodeResult> => run(ctx, files, options),
  report: encodeReport,
});

const STAGES: readonly Stage[] = [{ stage: "encoding", says: "encoding", share: 1 }];

/** Items that are encoded before any is written. */
const CHUNK = 512;
/** Endings of files with room for names beside vectors. */
const TABLE = /\.(csv|tsv|parquet|pq|jsonl|ndjson|arrow|feather|ipc|npz)$/i;

async function run(ctx: JobContext, files: readonly string[], options: EncodeValues): Promise<EncodeResult> {
  const started = ctx.clock();
  const {
    encoder: name,
    out = "vectors.npy",
    force,
    threads,
    provider,
    signal,
  } = { ...options, ...ctx.watch };
  if (name === undefined) {
    throw new IsometerError("bad-option", "encode needs --encoder: the model that makes vectors", {
      hint: "Name an ONNX model, a folder of a model, or its name on the Hugging Face Hub.",
    });
  }
  if (!force && (await ctx.exists(out))) {
    throw new IsometerError("file-exists", `${out} exists already`, {
      got: out,
      hint: "Choose another --out, or overwrite it with --force.",
    });
  }
  const { writeRows } = await import("../data/index.ts");
  const { findEngine } = await import("../engine/index.ts");
  const items = await itemsOf(files, options);
  const engine = await findEngine(defined({ threads, provider }));
  const { openEncoder } = await import("../spaces/encode/index.ts");
  try {
    const encoder = await openEncoder(name, {
      ...encoderOptions(options, engine, items.takes),
      ...ctx.watch,
    });
    try {
      const cut: number[] = [];
      const rows = encodedRows(encoder, items.items, cut, overall(ctx.watch, STAGES));
      const columns = TABLE.test(out) ? columnsOf(items) : {};
      await writeRows(out, rows, { columns, ...(signal && { signal }) });
      const record = encoderRecord(encoder, encoder.version);
      const warnings: Warning[] = [
        ...engineWarnings(engine),
        ...encoder.warnings,
        ...cutWarnings(encoder, cut, items.items.length),
      ];
      return deepFreeze({
        schema: "isometer/encode/1" as const,
        job: "encode" as const,
        isometer: ctx.version,
        engine,
        encoder: record,
        inputs: {
          paths: files,
          items: items.items.length,
          textColumn: options.textColumn ?? null,
          id: options.id ?? null,
        },
        out: { path: out, rows: items.items.length, cols: encoder.dims, columns: Object.keys(columns) },
        warnings,
        next: nextCommands(out, record.version, items, options),
        seconds: secondsSince(ctx.clock, started),
      });
    } finally {
      await encoder.close();
    }
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

/** What is encoded, of the rows that were asked for. */
async function itemsOf(files: readonly string[], { textColumn, id, rows }: EncodeValues): Promise<Items> {
  const { parseRange } = await import("../data/index.ts");
  const { readItems } = await import("../data/node-encoder-items.ts");
  const all = await readItems(files, { textColumn, id });
  const range = rows === undefined ? { start: 0, end: all.items.length } : parseRange(rows);
  const items = all.items.slice(range.start, range.end);
  if (items.length === 0) {
    throw new IsometerError(
      all.items.length === 0 ? "empty-input" : "bad-range",
      "there is nothing to encode",
      {
        got: `${all.items.length} ${all.takes === "text" ? "texts" : "images"}`,
        hint: "Check the files, and --rows.",
      },
    );
  }
  return { ...all, items, ids: all.ids?.slice(range.start, range.end) ?? null };
}

function encodedRows(encoder: Encoder, items: readonly string[], cut: number[], watch: Watch): Rows {
  const { onProgress, signal } = watch;
  return {
    rows: items.length,
    cols: encoder.dims,
    async *blocks(range = { start: 0, end: items.length }) {
      for (let start = range.start; start < range.end; start += CHUNK) {
        const own = items.slice(start, Math.min(range.end, start + CHUNK));
        const made = await encoder.encode(own, {
          ...(signal && { signal }),
          onProgress: ({ stage, done }) => onProgress?.({ stage, done: start + done, total: items.length }),
        });
        for (const at of made.cut) cut.push(start + at);
        yield { start, matrix: made.vectors satisfies Matrix };
      }
    },
  };
}

function columnsOf({ takes, items, ids }: Items): Record<string, readonly string[]> {
  return { ...(ids && { id: ids }), ...(takes === "text" && { text: items }) };
}

function nextCommands(
  out: string,
  version: string,
  { takes, ids }: Items,
  options: EncodeValues,
): NextCommand[] {
  const path = shellQuote(out);
  const like = takes === "text" ? '--text "..."' : "--image FILE";
  const id = TABLE.test(out) && ids ? " --id id" : "";
  // With what makes the same vectors.
  const search = commandLine({ name: "search", options: ENCODER_OPTIONS }, [out], options);
  return [
    {
      command: `${search} ${like}`,
      why: takes === "text" ? "the texts nearest to a question" : "the images most like another",
    },
    {
      command: `isometer ingest ${path}${id} --store index --map-version ${version}`,
      why: "a store that knows what made its vectors",
    },
  ];
}
