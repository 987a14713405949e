import { type InfoResult, infoReport, type NextCommand } from "../report/index.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob } from "./define.ts";
import { inspectRows } from "./inspect.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { deepFreeze, secondsSince } from "./result.ts";

/** Says what is in a file, and what in it would disturb a measurement. Problems are listed, not thrown. */
export const info = defineJob({
  name: "info",
  about: "look into a file: shape, type, columns, first rows, problems",
  details: [
    "Reads the file once and lists what would make distances fail, lie or tie: NaN, zero vectors, constant columns, " +
      "duplicates. Problems do not change the exit status; a file that cannot be read does.",
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
    const { openSource, parseRange } = await import("../data/index.ts");
    const source = await openSource(inputs.file, openOptions(options, parseRange));
    try {
      checkObeyed(options, [source]);
      const found = await inspectRows(source, ctx.watch);
      return deepFreeze({
        schema: "isometer/info/1",
        job: "info",
        isometer: ctx.version,
        input: inputRecord("file", source),
        shape: [...source.shape],
        columns: [...source.columns],
        ...found,
        warnings: [...source.warnings],
        next: [nextStep(inputs.file, options)],
        seconds: secondsSince(ctx.clock, started),
      });
    } finally {
      await source.close();
    }
  },
  report: infoReport,
});

function nextStep(file: string, options: Readonly<Record<string, unknown>>): NextCommand {
  const shared = { name: "audit", options: { vector: common.vector, id: common.id, rows: common.rows } };
  const command = commandLine(shared, [file], options).replace(
    shellQuote(file),
    `${shellQuote(file)} LATENT.npy`,
  );
  return { command, why: "how isometric is a latent space of it?" };
}
