import {
  deepFreeze,
  IsometerError,
  type Matrix,
  matrix,
  type Points,
  type RowBlock,
  type RowRange,
  type Rows,
  rowsOf,
  type StoredValues,
  sharedFloat32,
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

/**
 * The rows of a source through a map, in chunks: all workers take part in each, while the chunk before is written and, where workers do not read it themselves, the one after is read. Chunks share memory: fresh pages for
 * gigabytes would take as long as the map.
 */
function mapped(source: Source, map: OpenMap, options: Watch & { readonly engine: EngineInfo }): Rows {
  const { inputs, outputs } = map;
  const { engine, signal, onProgress } = options;
  const atOnce = Math.min(source.rows, Math.max(256, Math.floor(CHUNK / Math.max(inputs, outputs))));
  return {
    rows: source.rows,
    cols: outputs,
    async *blocks(range = { start: 0, end: source.rows }): AsyncIterable<RowBlock> {
      const places = [0, 1].map(() => ({
        held: matrix(sharedFloat32(atOnce * inputs), atOnce, inputs),
        into: sharedFloat32(atOnce * outputs),
      }));
      let running: Promise<RowBlock> | null = null;
      const through = async (turn: number, { start, points }: Chunk): Promise<RowBlock> => {
        const { into } = places[turn % 2]!;
        const out = await map.run(points, { engine, into, ...(signal && { signal }) });
        onProgress?.({ stage: "mapping", done: start + points.rows, total: range.end });
        return { start, matrix: out };
      };
      try {
        let turn = 0;
        const chunks = source.stored
          ? storedChunks(source, source.stored, range, atOnce)
          : heldChunks(source, range, (at) => places[at % 2]!.held);
        for await (const chunk of chunks) {
          const done: RowBlock | null = await running;
          running = through(turn++, chunk);
          // Told when it is waited for; unhandled until then.
          running.catch(() => {});
          if (done) yield done;
        }
        if (running) yield await running;
      } finally {
        await running?.catch(() => {});
      }
    },
  };
}

/** Consecutive rows of a source. */
interface Chunk {
  readonly start: number;
  readonly points: Points;
}

/** Rows that lie in a file as they are: workers read them themselves. */
function* storedChunks(
  { cols }: Source,
  { path, offset, version }: StoredValues,
  { start: first, end }: RowRange,
  atOnce: number,
): Generator<Chunk> {
  for (let start = first; start < end; start += atOnce) {
    const stored = { path, offset: offset + 4 * start * cols, ...(version && { version }) };
    yield { start, points: { stored, rows: Math.min(atOnce, end - start), cols } };
  }
}

/** Rows as the source gives them, as many at a time as a place holds: the place of each chunk is asked for by its number. */
async function* heldChunks(
  source: Source,
  range: RowRange,
  placeOf: (chunk: number) => Matrix,
): AsyncGenerator<Chunk> {
  let [chunk, start, filled] = [0, range.start, 0];
  for await (const { matrix: block } of source.blocks(range)) {
    for (let from = 0; from < block.rows; ) {
      const { data, rows, cols } = placeOf(chunk);
      const count = Math.min(block.rows - from, rows - filled);
      data.set(rowsOf(block, { start: from, end: from + count }).data, filled * cols);
      filled += count;
      from += count;
      if (filled < rows) continue;
      yield { start, points: placeOf(chunk) };
      [chunk, start, filled] = [chunk + 1, start + filled, 0];
    }
  }
  if (filled > 0) yield { start, points: rowsOf(placeOf(chunk), { start: 0, end: filled }) };
}
