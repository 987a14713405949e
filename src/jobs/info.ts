import { deepFreeze, IsometerError, type Watch } from "../base/index.ts";
import { type InfoResult, infoReport, type NextCommand } from "../report/index.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob } from "./define.ts";
import { inspectRows } from "./inspect.ts";
import { checkObeyed, inputRecord, openOptions, type ReadOptions } from "./open.ts";
import { secondsSince } from "./result.ts";

/** Says what is in a file, and what in it would disturb a measurement. Problems are listed, not thrown. */
export const info = defineJob({
  name: "info",
  about: "look into a file: shape, type, columns, first rows, problems",
  details: [
    "Reads the file once and lists what would make distances fail, lie or tie: NaN, zero vectors, constant columns, " +
      "duplicates. Where several columns or arrays could be the vectors, it lists them. Problems do not change the exit status; a file that cannot be read does.",
  ],
  inputs: { file: { about: "any file or folder that audit reads" } },
  options: {
    rows: common.rows,
    id: common.id,
    vector: common.vector,
    imageSize: common.imageSize,
    imageMode: common.imageMode,
  },
  examples: [
    { command: "isometer info vectors.parquet", about: "look before you measure" },
    { command: "isometer info arrays.npz --vector X", about: "one array of several" },
  ],
  async run(ctx, inputs, options): Promise<InfoResult> {
    const started = ctx.clock();
    const found = await look(ctx.watch, inputs.file, options).catch((error: unknown) =>
      namesOnly(inputs.file, error),
    );
    return deepFreeze({
      schema: "isometer/info/1",
      job: "info",
      isometer: ctx.version,
      ...found,
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: infoReport,
});

type Found = Omit<InfoResult, "schema" | "job" | "isometer" | "seconds">;

/** What one pass over the rows finds. */
async function look(watch: Watch, file: string, options: ReadOptions): Promise<Found> {
  const { openSource, parseRange } = await import("../data/index.ts");
  const source = await openSource(file, openOptions(options, parseRange));
  try {
    checkObeyed(options, source);
    return {
      input: inputRecord("file", source),
      shape: [...source.shape],
      columns: source.columns.map((name) => ({ name })),
      vector: [...(source.vector ?? [])],
      ...(await inspectRows(source, watch)),
      warnings: [...source.warnings],
      next: [nextStep(file, { ...options })],
    };
  } finally {
    await source.close();
  }
}

/** Where nothing tells which columns are the vectors: their names and types, and how to choose. @throws any other error */
async function namesOnly(file: string, error: unknown): Promise<Found> {
  const { listContents } = await import("../data/index.ts");
  const isUndecided = error instanceof IsometerError && error.code === "ambiguous-column";
  const contents = isUndecided ? await listContents(file) : undefined;
  if (!isUndecided || contents === undefined) throw error;
  const { format, rows = null, columns } = contents;
  return {
    input: { role: "file", path: file, format, dtype: null, rows, cols: null },
    shape: [],
    columns,
    vector: [],
    values: null,
    firstRows: [],
    problems: [{ code: error.code, message: [`${error.message}.`, error.hint].join(" ") }],
    warnings: [],
    next: [],
  };
}

function nextStep(file: string, options: Readonly<Record<string, unknown>>): NextCommand {
  const shared = { name: "audit", options: { vector: common.vector, id: common.id, rows: common.rows } };
  const command = commandLine(shared, [file], options).replace(
    shellQuote(file),
    `${shellQuote(file)} LATENT.npy`,
  );
  return { command, why: "how isometric is a latent space of it?" };
}
