import {
  deepFreeze,
  IsometerError,
  LISTED_ROWS,
  listRows,
  type Matrix,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type AnomaliesResult, anomaliesReport, type NextCommand } from "../report/index.ts";
import type { Detector } from "../spaces/anomalies/index.ts";
import { DISTORTED, isDistorted } from "../spaces/anomalies/methods.ts";
import { isSaved, type Made, makeDetector, memberNames } from "./anomalies-detector.ts";
import { type Looked, strangestRows } from "./anomalies-explain.ts";
import { type AnomaliesValues, OPTIONS } from "./anomalies-options.ts";
import { asFlag } from "./arguments.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { readRows } from "./read-rows.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

/** What is strange, by what is normal. */
export const anomalies = defineJob({
  name: "anomalies",
  about: "which rows are strange, by p-values, not a guessed share",
  details: [
    "NORMAL are rows that are as they should be, or a detector that was saved; POINTS are looked at. A part of the normal rows is kept back to calibrate: a p-value is the share of normal rows that would score as much, whatever the data and the method.",
    "Nobody has to guess how many anomalies there are: --alpha bounds how many normal rows are flagged, --rate how many of those that are named together are false.",
  ],
  inputs: {
    normal: { about: "normal rows: any file that audit reads; or a detector that --detector wrote" },
    points: { about: "the rows that are looked at, as wide", unless: ["stream"] },
  },
  options: OPTIONS,
  examples: [
    {
      command: "isometer anomalies normal.npy new.npy --out scores.csv",
      about: "which new rows are strange, and why?",
    },
    {
      command: "isometer anomalies normal.parquet test.parquet --labels broken --method ensemble",
      about: "how well are known faults found?",
    },
    {
      command: "isometer anomalies normal.npy today.npy --detector detector.json",
      about: "fit and calibrate once; isometer anomalies detector.json tomorrow.npy",
    },
    {
      command: "isometer anomalies images.npy new.npy --encoder encoder.onnx --decoder decoder.onnx",
      about: "what does an autoencoder not know?",
    },
    {
      command: "isometer anomalies detector.json --stream < rows.jsonl > scores.jsonl",
      about: "row by row, as they come",
    },
  ],
  run: (ctx, { normal, points }, options): Promise<AnomaliesResult> =>
    points === undefined ? runStream(ctx, normal, options) : run(ctx, [normal, points], options),
  report: anomaliesReport,
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.2 },
  { stage: "fitting", says: "fitting and calibrating", share: 0.5 },
  { stage: "scoring", says: "scoring", share: 0.2 },
  { stage: "explaining", says: "explaining", share: 0.1 },
];

async function run(
  ctx: JobContext,
  paths: readonly [string, string],
  options: AnomaliesValues,
): Promise<AnomaliesResult> {
  const started = ctx.clock();
  await checkOutputs(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { alpha, rate, strict } = options;
  if (strict) throw new IsometerError("bad-option", "--strict is about lines, and goes with --stream");
  try {
    const made = await makeDetector(paths[0], options, watch);
    const points = await readRows(paths[1], options, "points", watch);
    const labels = points.labels?.map((value) => labelOf(value, options.labels!));
    watch.onProgress?.({ stage: "scoring", done: 0, total: 1 });
    const { findAnomalies } = await import("../spaces/anomalies/index.ts");
    const means = meansOf(options, watch);
    const seen =
      made.autoencoder && (await made.autoencoder.look(points.matrix, defined({ signal: watch.signal })));
    const latentScale = await latentScales(made, points.matrix, options, watch);
    const known = { ...means, ...defined({ labels }), ...(seen && { given: seen.given }) };
    const found = await findAnomalies(made.detector, points.matrix, { ...known, alpha, rate });
    watch.onProgress?.({ stage: "explaining", done: 0, total: 1 });
    const looked = { points, found, seen, latentScale };
    return deepFreeze({
      ...(await factsOf(ctx, made, options)),
      inputs: [...(made.normal ? [made.normal.record] : []), points.record],
      rows: points.matrix.rows,
      calibration: found.calibration,
      threshold: found.threshold,
      flagged: found.flagged.length,
      discoveries: found.discoveries.rows.length,
      evaluation: found.evaluation,
      strangest: await strangestRows(made.detector, looked, means),
      stream: null,
      scores: await writeScores(looked, options, watch),
      warnings: [...made.warnings, ...points.warnings, ...distorted(looked), ...(await engineWords(options))],
      next: nextCommands(paths, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

/** The same for rows that come one by one: what is said of each is on standard output already. */
async function runStream(ctx: JobContext, path: string, options: AnomaliesValues): Promise<AnomaliesResult> {
  const started = ctx.clock();
  await checkOutputs(ctx, options);
  const { scoreLines, streamOf } = await import("./anomalies-stream.ts");
  const lines = streamOf(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  try {
    const made = await makeDetector(path, options, watch);
    const { calibration } = made.detector;
    if (!calibration)
      throw new IsometerError("bad-option", `${path} was not calibrated: there is no threshold`);
    const { thresholdAt } = await import("../spaces/anomalies/index.ts");
    const threshold = thresholdAt(calibration, options.alpha);
    const facts = await factsOf(ctx, made, options);
    const stream = await scoreLines(lines, made, threshold, options, watch.signal);
    return deepFreeze({
      ...facts,
      inputs: made.normal ? [made.normal.record] : [],
      rows: stream.scored,
      calibration: { kind: calibration.kind, rows: calibration.scores.length },
      threshold,
      flagged: stream.flagged,
      discoveries: null,
      evaluation: null,
      strangest: [],
      stream,
      scores: null,
      warnings: [...made.warnings, ...(await engineWords(options))],
      next: [],
      seconds: secondsSince(ctx.clock, started),
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

const meansOf = ({ threads, provider }: AnomaliesValues, { signal }: Watch) =>
  defined({ threads, provider, signal });

async function engineOf({ threads, provider }: AnomaliesValues) {
  const { findEngine } = await import("../engine/index.ts");
  return findEngine(defined({ threads, provider }));
}

const engineWords = async (options: AnomaliesValues) => engineWarnings(await engineOf(options));

/** What a result says of how it was made; the detector is written on the way. */
async function factsOf(ctx: JobContext, { detector }: Made, options: AnomaliesValues) {
  return {
    schema: "isometer/anomalies/1" as const,
    job: "anomalies" as const,
    isometer: ctx.version,
    engine: await engineOf(options),
    options: await resolved(detector, options),
    detector: await writeDetector(detector, options),
  };
}

/** How lengths are scaled near each row, where the originals of the normal rows are known. */
async function latentScales(
  { normal }: Made,
  points: Matrix,
  options: AnomaliesValues,
  watch: Watch,
): Promise<Float64Array | null> {
  const { original } = options;
  if (original === undefined || !normal) return null;
  const { matrix } = await readRows(original, { rows: undefined, vector: undefined }, "original", watch);
  const { openLatentScale } = await import("../spaces/anomalies/index.ts");
  const { near } = await openLatentScale(normal.matrix, matrix, meansOf(options, watch));
  return near(points, defined({ signal: watch.signal }));
}

/** Rows that were flagged where distances of the latent space mean something else than elsewhere. */
function distorted({ latentScale, found: { flagged }, points: { numberOf } }: Looked): Warning[] {
  if (!latentScale) return [];
  const rows = Array.from(flagged)
    .filter((i) => isDistorted(latentScale[i]!))
    .map(numberOf);
  if (rows.length === 0) return [];
  const message = `${rows.length} of ${flagged.length} flagged rows lie where the latent space is distorted: lengths around them are scaled by more than ${DISTORTED}, or less than 1/${DISTORTED}, of what is usual in it, and so are their distances (${listRows(rows)})`;
  return [{ code: "latent-distorted", message, rows: rows.slice(0, LISTED_ROWS), count: rows.length }];
}

async function checkOutputs(ctx: JobContext, { out, detector, force }: AnomaliesValues): Promise<void> {
  if (out !== undefined) (await import("../data/index.ts")).columnsWriter(out);
  for (const path of [out, detector]) {
    if (path === undefined || force || !(await ctx.exists(path))) continue;
    throw new IsometerError("file-exists", `${path} exists already`, {
      got: path,
      hint: "Choose another name, or overwrite it with --force.",
    });
  }
}

/** @throws bad-value for what is neither 0 nor 1 */
function labelOf(value: string, spec: string): number {
  const known = new Map([
    ["0", 0],
    ["1", 1],
    ["false", 0],
    ["true", 1],
  ]);
  const own = known.get(value.trim().toLowerCase());
  if (own !== undefined) return own;
  throw new IsometerError("bad-value", `--labels ${spec} holds ${JSON.stringify(value)}`, {
    got: value,
    needed: "0 or false for normal rows, 1 or true for anomalies",
  });
}

async function writeScores(
  { points: { numberOf }, found, latentScale }: Looked,
  { out }: AnomaliesValues,
  { signal }: Watch,
): Promise<AnomaliesResult["scores"]> {
  if (out === undefined) return null;
  const { scores, pValues, discoveries, flagged } = found;
  const { writeColumns } = await import("../data/index.ts");
  const [above, named] = [new Set(flagged), new Set(discoveries.rows)];
  const columns = {
    row: Int32Array.from(scores, (_, i) => numberOf(i)),
    score: scores,
    pValue: pValues,
    adjusted: discoveries.adjusted,
    isFlagged: Int32Array.from(scores, (_, i) => Number(above.has(i))),
    isDiscovery: Int32Array.from(scores, (_, i) => Number(named.has(i))),
    ...(latentScale && { latentScale }),
  };
  await writeColumns(out, columns, defined({ signal }));
  return { path: out, rows: scores.length, columns: Object.keys(columns) };
}

async function writeDetector(
  detector: Detector,
  { detector: path }: AnomaliesValues,
): Promise<string | null> {
  if (path === undefined) return null;
  const { writeBytes } = await import("../data/index.ts");
  const { packDetector } = await import("../spaces/anomalies/index.ts");
  await writeBytes(path, new TextEncoder().encode(`${JSON.stringify(packDetector(detector))}\n`));
  return path;
}

async function resolved(detector: Detector, options: AnomaliesValues): Promise<AnomaliesResult["options"]> {
  const { metric, seed, scaling } = detector;
  const { alpha, rate, labels = null, rows = null, vector = null } = options;
  const { decoder = null, encoder = null, original = null } = options;
  const standardize = scaling.standardization !== null;
  const own = { method: detector.method, members: await memberNames(detector), decoder, encoder, original };
  return { ...own, metric, standardize, alpha, rate, seed, labels, rows, vector };
}

/** What to type next. */
function nextCommands(paths: readonly [string, string], options: AnomaliesValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "anomalies", options: OPTIONS }, paths, { ...options, force: false, ...more });
  const next: NextCommand[] = [];
  if (options.out === undefined)
    next.push({
      command: again({ out: "scores.csv", detector: undefined }),
      why: "score and p-value of every row",
    });
  if (options.detector === undefined && !isSaved(paths[0]))
    next.push({
      command: again({ detector: "detector.json", out: undefined }),
      why: "fitted and calibrated once, for rows to come",
    });
  else if (options.detector !== undefined)
    next.push({
      command: `isometer anomalies ${shellQuote(options.detector)} MORE.npy${modelFlags(options)}`,
      why: "the same detector for other rows",
    });
  return next;
}

/** A detector does not hold the models that it was fitted with. */
function modelFlags({ encoder, decoder }: AnomaliesValues): string {
  const flags = Object.entries({ encoder, decoder }).filter(([, path]) => path !== undefined);
  return flags.map(([name, path]) => ` --${name} ${shellQuote(path!)}`).join("");
}
