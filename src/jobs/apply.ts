import {
  deepFreeze,
  IsometerError,
  type Matrix,
  matrix,
  type RowBlock,
  type Rows,
  rowsOf,
  type Watch,
} from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { EngineInfo } from "../engine/index.ts";
import { type ApplyResult, applyReport } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, text } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { type OpenMap, openMap } from "./open-map.ts";
import { defined, secondsSince } from "./result.ts";
import { overall } from "./stages.ts";

/** Runs a saved map, or any ONNX encoder, over rows. Streams: memory does not grow with the rows. */
export const apply = defineJob({
  name: "apply",
  about: "run a saved map over any amount of data",
  details: [
    "MAP is what reduce wrote, or any encoder or decoder as an ONNX model of one input. Each row is mapped by itself, so a row's codes do not depend on the others. " +
      "Rows are read, mapped and written block by block.",
  ],
  inputs: {
    map: { about: "a map that reduce wrote, or any ONNX file" },
    vectors: { about: "rows that the map takes: any file or folder that audit reads" },
  },
  options: {
    out: { ...common.out, about: "file to write; its ending chooses the format", otherwise: "codes.npy" },
    layer: text({
      group: common.GROUPS.measure,
      about: "value inside the model that counts as its output",
      placeholder: "NAME",
      otherwise: "its first output",
    }),
    rows: common.rows,
    vector: common.vector,
    imageSize: common.imageSize,
    imageMode: common.imageMode,
    force: common.force,
    threads: common.threads,
    provider: common.provider,
  },
  examples: [
    {
      command: "isometer apply map.onnx more.parquet --out codes.npy",
      about: "new rows in the smaller space",
    },
  ],
  async run(ctx, { map, vectors }, options): Promise<ApplyResult> {
    const started = ctx.clock();
    const { out = "codes.npy", force, layer, threads, provider } = options;
    if (!force && (await ctx.exists(out))) {
      throw new IsometerError("file-exists", `${out} exists already`, {
        got: out,
        hint: "Choose another --out, or overwrite it with --force.",
      });
    }
    const { openSource, parseRange, writeRows } = await import("../data/index.ts");
    const { findEngine } = await import("../engine/index.ts");
    const source = await openSource(vectors, openOptions(options, parseRange));
    try {
      checkObeyed(options, source);
      const opened = await openMap(map, layer, source.cols);
      const { method, output, inputs, outputs } = opened;
      const engine = await findEngine(defined({ threads, provider }));
      const watch = overall(ctx.watch, [{ stage: "mapping", says: "mapping", share: 1 }]);
      const rows = mapped(source, opened, { ...watch, engine });
      await writeRows(out, rows, defined({ signal: ctx.watch.signal }));
      return deepFreeze({
        schema: "isometer/apply/1" as const,
        job: "apply" as const,
        isometer: ctx.version,
        engine,
        map: { path: map, method, output, inputs, outputs },
        inputs: [inputRecord("vectors", source)],
        out: { path: out, rows: source.rows, cols: outputs },
        warnings: [...source.warnings, ...engineWarnings(engine), ...opened.warnings],
        next: [
          {
            command: `isometer audit ${shellQuote(vectors)} ${shellQuote(out)}`,
            why: "what can be trusted in the smaller space",
          },
        ],
        seconds: secondsSince(ctx.clock, started),
      });
    } finally {
      await source.close();
    }
  },
  report: applyReport,
});

/** Numbers that are mapped at a time. */
const CHUNK = 2 ** 23;

/** The rows of a source through a map, in chunks: all workers take part in each. */
function mapped(source: Source, map: OpenMap, options: Watch & { readonly engine: EngineInfo }): Rows {
  const rowsAtOnce = Math.max(256, Math.floor(CHUNK / Math.max(map.inputs, map.outputs)));
  return {
    rows: source.rows,
    cols: map.outputs,
    async *blocks(range = { start: 0, end: source.rows }): AsyncIterable<RowBlock> {
      const held = matrix(new Float32Array(rowsAtOnce * source.cols), rowsAtOnce, source.cols);
      let [first, filled] = [range.start, 0];
      for await (const { matrix: block } of source.blocks(range)) {
        for (let from = 0; from < block.rows; ) {
          const count = Math.min(block.rows - from, rowsAtOnce - filled);
          held.data.set(rowsOf(block, { start: from, end: from + count }).data, filled * source.cols);
          filled += count;
          from += count;
          if (filled < rowsAtOnce) continue;
          yield { start: first, matrix: await through(map, held, filled, options) };
          first += filled;
          filled = 0;
          options.onProgress?.({ stage: "mapping", done: first, total: range.end });
        }
      }
      if (filled > 0) yield { start: first, matrix: await through(map, held, filled, options) };
    },
  };
}

function through(
  map: OpenMap,
  held: Matrix,
  count: number,
  { engine, signal }: Watch & { readonly engine: EngineInfo },
): Promise<Matrix> {
  return map.run(rowsOf(held, { start: 0, end: count }), { engine, ...(signal && { signal }) });
}
