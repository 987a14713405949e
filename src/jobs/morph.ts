import { deepFreeze, IsometerError, type Matrix, row, type Watch } from "../base/index.ts";
import type { ImageShape } from "../data/node-thumbnails.ts";
import type { ModelSource } from "../engine/index.ts";
import { type MorphResult, morphReport, type NextCommand } from "../report/index.ts";
import type { Morph } from "../spaces/morph/index.ts";
import { PATH_KINDS, type PathKind } from "../spaces/morph/path.ts";
import { asFlag } from "./arguments.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, defineJob, integer, type JobContext, number, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { readRows } from "./read-rows.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

const end = (about: string) => integer({ group: common.GROUPS.method, about, placeholder: "ROW", min: 0 });

const OPTIONS = {
  from: end("row of CODES where the way begins, counted from 0"),
  to: end("row of CODES where it ends"),
  decoder: text({
    group: common.GROUPS.method,
    about: "model (ONNX) from codes to data; without one, vectors are the data themselves",
    placeholder: "FILE.onnx",
  }),
  path: choice({
    group: common.GROUPS.method,
    about:
      "straight, spherical (norms and angles change evenly), data (through neighbours), or geodesic (the shortest under the decoder, with a toll on what is off the data)",
    placeholder: "NAME",
    choices: PATH_KINDS as readonly [PathKind, ...PathKind[]],
    otherwise: "geodesic with a decoder, else data",
  }),
  frames: integer({
    group: common.GROUPS.method,
    about: "frames with both ends, at equal steps in the space of data",
    min: 2,
    max: 1000,
    default: 9,
  }),
  nNeighbors: {
    ...common.nNeighbors,
    about: "neighbours that rows are joined to, for data and geodesic",
    default: undefined,
    otherwise: "10, or all other rows",
  },
  density: number({
    group: common.GROUPS.method,
    about: "toll of a geodesic on what is off the data; 0: the decoder's shortest way alone",
    min: 0,
    default: 1,
  }),
  seed: common.seed,
  vector: common.vector,
  imageShape: {
    ...common.imageShape,
    about: "what the decoder gives are pictures of this shape, for --out",
    otherwise: "a square, where the number of values is one",
  },
  scale: integer({
    group: common.GROUPS.output,
    about: "every pixel as a square of so many",
    min: 1,
    max: 64,
    otherwise: "so that frames are about 96 pixels high",
  }),
  threads: common.threads,
  provider: common.provider,
  out: {
    ...common.out,
    about: "write the frames as pictures: .png is a film strip, the straight line below; .gif and .webp move",
    writes: true,
  },
  force: common.force,
};

type MorphValues = Values<typeof OPTIONS>;

/** A smooth way from one item to another. */
export const morph = defineJob({
  name: "morph",
  about: "a smooth way from one item to another, as pictures and figures",
  details: [
    "CODES are rows of a latent space. The way from one row to another is seen through the decoder: how evenly it changes (the longest over the shortest of 64 steps), how long it is, and how far from real items it leads; " +
      "beside the straight line. Frames are at equal steps of what is seen, each with the real row that it is most like.",
  ],
  inputs: { codes: { about: "rows of a latent space, or plain vectors: any file that audit reads" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer morph codes.npy --from 3 --to 40 --decoder decoder.onnx --out strip.png",
      about: "a film strip along the decoder's geodesic",
    },
    {
      command: "isometer morph vectors.npy --from 3 --to 40",
      about: "which real items lie between two others?",
    },
  ],
  run: (ctx, { codes }, options): Promise<MorphResult> => run(ctx, codes, options),
  report: morphReport,
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.1 },
  { stage: "morphing", says: "finding the way", share: 0.9 },
];

async function run(ctx: JobContext, path: string, options: MorphValues): Promise<MorphResult> {
  const started = ctx.clock();
  const [from, to] = [endOf(options.from, "from"), endOf(options.to, "to")];
  await checkOutput(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { vector } = options;
  const {
    matrix: codes,
    record,
    warnings,
  } = await readRows(path, { rows: undefined, vector }, "codes", watch);
  watch.onProgress?.({ stage: "morphing", done: 0, total: 1 });
  const found = await wayBetween(codes, from, to, watch, options);
  const { report, straight, frames } = found;
  const pictures = await writePictures(codes, found, from, to, options);
  const finite = (value: number) => (Number.isFinite(value) ? value : null);
  return deepFreeze({
    schema: "isometer/morph/1" as const,
    job: "morph" as const,
    isometer: ctx.version,
    engine: found.engine,
    inputs: [record],
    decoder: options.decoder ?? null,
    options: resolved(found, from, to, options),
    stepRatio: finite(report.stepRatio),
    length: report.length,
    chord: report.chord,
    offData: report.offData.mean,
    report,
    straight,
    frames: Array.from(frames.parameters, (at, i) => ({
      at,
      code: Array.from(row(frames.codes, i)),
      nearest: frames.nearest[i]!,
      distance: frames.distances[i]!,
    })),
    pictures,
    warnings: [...warnings, ...found.warnings, ...engineWarnings(found.engine)],
    next: nextCommands(path, found, options),
    seconds: secondsSince(ctx.clock, started),
  });
}

function endOf(value: number | undefined, name: "from" | "to"): number {
  if (value !== undefined) return value;
  throw new IsometerError("bad-option", `--${name} is missing: which row is an end of the way?`, {
    hint: "For instance --from 3 --to 40.",
  });
}

async function checkOutput(ctx: JobContext, { out, force, decoder, imageShape }: MorphValues): Promise<void> {
  if (out === undefined) return;
  const { pictureEnding } = await import("../data/index.ts");
  pictureEnding(out);
  if (decoder === undefined && imageShape === undefined) {
    throw new IsometerError("bad-option", "--out draws pictures, and vectors without a decoder are none", {
      got: out,
      hint: "Give --decoder, or --image-shape where the vectors are pictures themselves.",
    });
  }
  if (force || !(await ctx.exists(out))) return;
  throw new IsometerError("file-exists", `${out} exists already`, {
    got: out,
    hint: "Choose another name, or overwrite it with --force.",
  });
}

async function decoderOf({ decoder }: MorphValues): Promise<ModelSource | undefined> {
  if (decoder === undefined) return undefined;
  const { openModel } = await import("../data/index.ts");
  return { ...(await openModel(decoder)), name: decoder };
}

async function wayBetween(
  codes: Matrix,
  from: number,
  to: number,
  { signal }: Watch,
  options: MorphValues,
): Promise<Morph> {
  const spaces = await import("../spaces/morph/index.ts");
  const { path, frames, nNeighbors, density, seed, threads, provider } = options;
  const decoder = await decoderOf(options);
  try {
    return await spaces.morph(codes, from, to, {
      ...defined({ decoder, path, nNeighbors, threads, provider, signal }),
      frames,
      density,
      seed,
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

/** About so many pixels high is a frame. */
const HEIGHT = 96;

async function writePictures(
  codes: Matrix,
  { frames, options: { path } }: Morph,
  from: number,
  to: number,
  options: MorphValues,
): Promise<string[]> {
  const { out } = options;
  if (out === undefined) return [];
  const { MOVING_ENDINGS, pictureEnding, writePicture } = await import("../data/index.ts");
  const { animationPages, filmStrip } = await import("../spaces/morph/index.ts");
  const [height, width, channels] = await shapeOf(frames.images, options);
  const shape = { height, width, channels };
  const scale = options.scale ?? Math.max(1, Math.min(64, Math.round(HEIGHT / height)));
  if (MOVING_ENDINGS.includes(pictureEnding(out))) {
    await writePicture(out, animationPages(frames.images, shape, { scale }));
    return [out];
  }
  const below = path === "straight" ? [] : [await straightImages(codes, from, to, options)];
  await writePicture(out, filmStrip([frames.images, ...below], shape, { scale }));
  return [out];
}

async function straightImages(
  codes: Matrix,
  from: number,
  to: number,
  options: MorphValues,
): Promise<Matrix> {
  const { framesAlong, openDecoder, straightPath } = await import("../spaces/morph/index.ts");
  const { threads, provider, frames } = options;
  const model = await decoderOf(options);
  const decoder = model ? await openDecoder(model, codes.cols, defined({ threads, provider })) : null;
  return (await framesAlong(straightPath(row(codes, from), row(codes, to)), decoder, frames)).images;
}

async function shapeOf({ cols }: Matrix, { imageShape }: MorphValues): Promise<ImageShape> {
  const { parseImageShape } = await import("../data/index.ts");
  if (imageShape !== undefined) return parseImageShape(imageShape, cols);
  const side = Math.round(Math.sqrt(cols));
  if (side * side === cols) return [side, side, 1];
  throw new IsometerError(
    "bad-option",
    `--out: ${cols} values are no square: what is the shape of a picture?`,
    {
      hint: "For instance --image-shape 28x28, or 32x32x3.",
    },
  );
}

function resolved({ options }: Morph, from: number, to: number, values: MorphValues): MorphResult["options"] {
  const { path, frames, nNeighbors, density, seed } = options;
  const { vector = null } = values;
  return { from, to, path, frames, nNeighbors, density, seed, vector };
}

/** What to type next. */
function nextCommands(path: string, { options: { path: kind } }: Morph, options: MorphValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "morph", options: OPTIONS }, [path], { ...options, force: false, ...more });
  const next: NextCommand[] = [];
  if (options.out === undefined && options.decoder !== undefined)
    next.push({
      command: again({ out: "strip.png" }),
      why: "the frames as a film strip, the straight line below",
    });
  if (kind === "straight" && options.decoder !== undefined)
    next.push({ command: again({ path: "geodesic", out: undefined }), why: "a way that changes evenly" });
  return next;
}
