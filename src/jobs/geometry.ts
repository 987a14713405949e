import { collectRows, deepFreeze, type Matrix } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { ModelSource } from "../engine/index.ts";
import type { Geometry } from "../measure/index.ts";
import {
  GEOMETRY_SCORE_NAMES,
  type GeometryResult,
  type GeometryScoreName,
  geometryReport,
  geometryScoresOf,
  type NextCommand,
} from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, integer, type JobContext, list, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkLimits, type Limit, parseLimits } from "./gates.ts";
import { checkGeometryPage, leaveGeometryPage, writeGeometryPage } from "./geometry-page.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { wantsPage } from "./page.ts";
import { defined, secondsSince } from "./result.ts";
import { overall } from "./stages.ts";

const OPTIONS = {
  inverse: text({
    group: common.GROUPS.measure,
    about: "an ONNX model that maps back: what comes through both is measured as well",
    placeholder: "FILE",
  }),
  at: integer({
    group: common.GROUPS.measure,
    about: "points that are looked at, drawn at random where POINTS has more",
    min: 1,
    default: 1000,
    aliases: ["sample"],
  }),
  layer: text({
    group: common.GROUPS.measure,
    about: "value inside the model that counts as its output, by its name in the ONNX file",
    placeholder: "NAME",
    otherwise: "its first output",
  }),
  nNeighbors: {
    ...common.nNeighbors,
    about: "nearest points towards which the stretch along the data is taken; 0: none",
    min: 0,
    default: 5,
  },
  pathPairs: integer({
    group: common.GROUPS.measure,
    about: "pairs of points between which straight lines and shortest ways are compared; 0: none",
    min: 0,
    max: 100_000,
    default: 32,
  }),
  seed: common.seed,
  rows: common.rows,
  vector: common.vector,
  imageSize: common.imageSize,
  imageMode: common.imageMode,
  imageShape: {
    ...common.imageShape,
    about:
      "for --html: outputs of a decoder are pictures of this shape; outputs of 1 x H x W and 3 x H x W say so themselves",
    needs: "documents" as const,
  },
  failOver: list({
    group: common.GROUPS.gate,
    about: "fail when a score is over its limit: stretch=3, conditionNumber=10",
    placeholder: "NAME=VALUE",
  }),
  threads: common.threads,
  provider: common.provider,
};

type GeometryValues = Values<typeof OPTIONS>;

/** What a network does to lengths, angles and volumes. */
export const geometry = defineJob({
  name: "geometry",
  about: "what a network does to lengths, angles and volumes",
  details: [
    "Reads an ONNX model of any framework, differentiates its graph, and looks at its Jacobians J at POINTS: how much lengths are stretched, by direction and " +
      "from point to point; the condition number and volume of the pullback metric J'J; straight lines of the latent against shortest ways; and a bound of the stretch that holds for all inputs.",
    "MODEL may be a decoder (POINTS: latent codes) or an encoder (POINTS: data). Operations without derivatives here are measured by central differences, which is said.",
    "In Python: torch.onnx.export(model, (example,), 'decoder.onnx', dynamic_shapes=[{0: torch.export.Dim('batch')}]).",
  ],
  inputs: {
    model: { about: "an ONNX file of one input; operator sets 13 to 28" },
    points: { about: "rows that the model takes: .npy, .npz, .csv, .parquet and what else audit reads" },
  },
  options: OPTIONS,
  examples: [
    {
      command: "isometer geometry decoder.onnx latent.npy",
      about: "what does this decoder do to lengths in the latent?",
    },
    {
      command: "isometer geometry encoder.onnx images.npy --inverse decoder.onnx --html geometry.html",
      about: "an encoder at its data, what comes back, and a page with maps",
    },
    {
      command: "isometer geometry decoder.onnx latent.npy --fail-over stretch=2",
      about: "in continuous integration: exit status 3 when lengths are kept worse",
    },
  ],
  run: (ctx, { model, points }, options): Promise<GeometryResult> => run(ctx, model, points, options),
  report: geometryReport,
  documents: {
    html: {
      about: "the same with maps and ellipses as one HTML file that needs no network",
      write: writeGeometryPage,
    },
  },
});

const STAGES = [
  { stage: "reading", says: "reading", share: 0.1 },
  { stage: "neighbours", says: "finding near points", share: 0.1 },
  { stage: "Jacobians", says: "differentiating", share: 0.5 },
  { stage: "certifying", says: "bounding the stretch", share: 0.2 },
  { stage: "paths", says: "finding shortest ways", share: 0.2 },
  { stage: "values", says: "going through the inverse", share: 0.1 },
];

async function run(
  ctx: JobContext,
  model: string,
  points: string,
  options: GeometryValues,
): Promise<GeometryResult> {
  const started = ctx.clock();
  checkGeometryPage(ctx, options);
  const limits = parseLimits([], options.failOver, GEOMETRY_SCORE_NAMES, () => true);
  const watch = overall(ctx.watch, STAGES);
  const [own, inverse] = [
    await modelAt(model, options.layer),
    options.inverse === undefined ? undefined : await modelAt(options.inverse),
  ];
  const { collectPoints, source } = await openPoints(points, options);
  try {
    watch.onProgress?.({ stage: "reading", done: 0, total: 1 });
    const rows = await collectPoints();
    const measured = await measure(own, rows, { ...options, ...watch, inverse, picture: wantsPage(ctx) });
    const { picture: _, ...facts } = measured;
    const result = deepFreeze({
      schema: "isometer/geometry/1" as const,
      job: "geometry" as const,
      isometer: ctx.version,
      ...facts,
      models: [
        { role: "model" as const, path: model },
        ...(options.inverse === undefined ? [] : [{ role: "inverse" as const, path: options.inverse }]),
      ],
      inputs: [inputRecord("points", source)],
      options: resolved(options),
      warnings: [...source.warnings, ...engineWarnings(measured.engine), ...measured.warnings],
      gates: checkLimits(limits, geometryScoresOf(measured)),
      next: nextCommands(measured, [model, points], options, limits),
      seconds: secondsSince(ctx.clock, started),
    });
    if (wantsPage(ctx)) await leaveGeometryPage(ctx, result, measured, options);
    return result;
  } finally {
    await source.close();
  }
}

async function modelAt(path: string, layer?: string): Promise<ModelSource> {
  const { openModel } = await import("../data/index.ts");
  const { bytes, external } = await openModel(path);
  return { bytes, external, name: path, layer };
}

async function openPoints(path: string, options: GeometryValues) {
  const { openSource, parseRange } = await import("../data/index.ts");
  const source: Source = await openSource(path, openOptions(options, parseRange));
  try {
    checkObeyed(options, source);
  } catch (error) {
    await source.close();
    throw error;
  }
  return { source, collectPoints: () => readFinite(source, path) };
}

/** @throws non-finite: derivatives there would be none either */
async function readFinite(source: Source, path: string): Promise<Matrix> {
  const { checkFinite } = await import("../data/index.ts");
  const points = await collectRows(source);
  await checkFinite(points, path);
  return points;
}

type Measured = Omit<GeometryValues, "inverse"> & {
  readonly inverse: ModelSource | undefined;
  readonly picture: boolean;
} & JobContext["watch"];

async function measure(model: ModelSource, points: Matrix, options: Measured): Promise<Geometry> {
  const measureRoom = await import("../measure/index.ts");
  const { at, nNeighbors, pathPairs, seed, threads, provider, inverse, picture, onProgress, signal } =
    options;
  try {
    return await measureRoom.geometry(model, points, {
      ...defined({ threads, provider, inverse, onProgress, signal }),
      at,
      nNeighbors,
      paths: pathPairs,
      seed,
      picture,
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

function resolved(options: GeometryValues): GeometryResult["options"] {
  const { at, nNeighbors, pathPairs, layer = null, inverse = null, rows = null, vector = null } = options;
  const { imageShape = null, imageSize = null, imageMode } = options;
  return { at, nNeighbors, pathPairs, layer, inverse, rows, vector, imageShape, imageSize, imageMode };
}

/** What to type next, at most two commands: all points where some were drawn, and a gate that keeps what was reached. */
function nextCommands(
  { points, rows, scores }: Geometry,
  inputs: readonly string[],
  options: GeometryValues,
  limits: readonly Limit<GeometryScoreName>[],
): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "geometry", options: OPTIONS }, inputs, {
      ...options,
      imageShape: undefined,
      ...more,
    });
  const next: NextCommand[] = [];
  if (points < rows) next.push({ command: again({ at: rows }), why: "all points: no sampling error" });
  const high = scores.stretch.interval[1];
  if (limits.length === 0 && Number.isFinite(high)) {
    next.push({
      command: again({ failOver: [`stretch=${Math.ceil(high * 10) / 10}`] }),
      why: "a gate for continuous integration: exit status 3 above this",
    });
  }
  return next;
}
