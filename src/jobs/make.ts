import { deepFreeze, IsometerError, type Rows, type Watch } from "../base/index.ts";
import {
  DEFAULT_ROWS,
  makeSynthetic,
  type Shape,
  SYNTHETIC_KINDS,
  type SyntheticKind,
} from "../data/synthetic/index.ts";
import { type MakeResult, makeReport, type NextCommand } from "../report/index.ts";
import { shellQuote } from "./command-line.ts";
import { force, GROUPS, out, seed } from "./common.ts";
import { defineJob, integer, number } from "./define.ts";
import { defined, secondsSince } from "./result.ts";
import { overall } from "./stages.ts";

const GROUP = "Space";

/** Writes a synthetic space and, beside it, its truth. Streams: memory does not grow with the rows. */
export const make = defineJob({
  name: "make",
  about: "write a synthetic space whose true coordinates are known",
  details: [
    "The truth of each row is written beside the space: roll.npy gets roll.truth.npy. Where it is a flat chart, auditing " +
      "it against the space shows what a perfect method would score. Where it has the number of a piece (a cluster, a " +
      "sphere), that is a class for --labels: mixture.truth.npy, or of several columns one of a csv, h.truth.csv:x2 for " +
      "the third.",
    ...Object.entries(SYNTHETIC_KINDS).map(([name, kind]) => `${name}: ${kind.about}.`),
  ],
  inputs: { kind: { about: "which space", choices: Object.keys(SYNTHETIC_KINDS) } },
  options: {
    rows: integer({ group: GROUP, about: "points to draw", min: 1, default: DEFAULT_ROWS }),
    cols: integer({
      group: GROUP,
      about: "width of each row; wider than the space itself: embedded by a random isometry",
      placeholder: "D",
      min: 1,
      otherwise: "the natural dimension",
    }),
    dims: integer({
      group: GROUP,
      about: "natural dimension, where the kind leaves it open",
      placeholder: "D",
      min: 1,
      otherwise: "10, or --cols where that is less",
    }),
    noise: number({
      group: GROUP,
      about: "standard deviation of Gaussian noise on every coordinate, in units of the space; 0 or more",
      min: 0,
      default: 0,
    }),
    seed: { ...seed, group: GROUP },
    out: {
      ...out,
      about: "file to write; its ending chooses the format",
      otherwise: "KIND.npy",
      group: GROUPS.output,
    },
    force,
  },
  examples: [
    {
      command: "isometer make swiss-roll --rows 2000 --out roll.npy",
      about: "a Swiss roll with its flat truth",
    },
    {
      command: "isometer make mixture --rows 100000 --cols 256 --noise 0.1 --out mix.npy",
      about: "clusters in many columns",
    },
    {
      command: "isometer make hierarchy --out h.csv",
      about: "clusters of clusters; x0, x1, x2 of h.truth.csv are the levels",
    },
  ],
  async run(ctx, inputs, options): Promise<MakeResult> {
    const started = ctx.clock();
    const { rows, cols, dims, noise, seed, out = `${inputs.kind}.npy`, force } = options;
    const kind = inputs.kind as SyntheticKind;
    const space = makeSynthetic(kind, defined({ rows, cols, dims, noise, seed }));
    const truthPath = truthBeside(out);
    if (!force) await Promise.all([out, truthPath].map((path) => refuseExisting(path, ctx.exists)));
    const { writeRows } = await import("../data/index.ts");
    const { signal } = ctx.watch;
    const watch = overall(ctx.watch, STAGES);
    const stop = defined({ signal });
    await writeRows(out, watched(space.rows, "writing the space", watch), stop);
    await writeRows(truthPath, watched(space.truth, "writing its truth", watch), stop);
    return deepFreeze({
      schema: "isometer/make/1",
      job: "make",
      isometer: ctx.version,
      kind,
      options: { rows, cols: space.rows.cols, noise, seed },
      about: space.about,
      out: { path: out, rows, cols: space.rows.cols },
      truth: { path: truthPath, rows, cols: space.truth.cols, columns: space.truthColumns },
      warnings: [],
      next: [nextCommand(kind, out, truthPath)],
      seconds: secondsSince(ctx.clock, started),
    });
  },
  report: makeReport,
});

/** A truth with numbers of pieces in it is no place to compare distances with. */
function nextCommand(kind: SyntheticKind, out: string, truthPath: string): NextCommand {
  const { pieces, chart }: Shape = SYNTHETIC_KINDS[kind];
  if (pieces !== undefined) {
    return { command: `isometer reduce ${shellQuote(out)}`, why: "a map to two dimensions, with its scores" };
  }
  return {
    command: `isometer audit ${shellQuote(out)} ${shellQuote(truthPath)}`,
    why:
      chart === "none"
        ? "what these angles score: no flat chart of a curved space is perfect"
        : "what a perfect method would score",
  };
}

const STAGES = [
  { stage: "writing the space", says: "writing the space", share: 0.8 },
  { stage: "writing its truth", says: "writing its truth", share: 0.2 },
];

/** "a/roll.npy" -> "a/roll.truth.npy"; a name without ending gets ".truth". */
export function truthBeside(path: string): string {
  const match = /^(.*[^/\\])(\.[^./\\]+)$/s.exec(path);
  return match ? `${match[1]}.truth${match[2]}` : `${path}.truth`;
}

/** The same rows, told of as they pass. */
function watched(rows: Rows, stage: string, { onProgress }: Watch): Rows {
  return {
    ...rows,
    async *blocks(range) {
      for await (const block of rows.blocks(range)) {
        yield block;
        onProgress?.({ stage, done: block.start + block.matrix.rows, total: rows.rows });
      }
    },
  };
}

async function refuseExisting(path: string, exists: (path: string) => Promise<boolean>): Promise<void> {
  if (await exists(path)) {
    throw new IsometerError("file-exists", `${path} exists already`, {
      got: path,
      hint: "Choose another --out, or overwrite it with --force.",
    });
  }
}
