import { deepFreeze, IsometerError, type Matrix, row, type Watch } from "../base/index.ts";
import { type AnomaliesResult, anomaliesReport, type NextCommand, type Strange } from "../report/index.ts";
import type { Anomalies, Detector } from "../spaces/anomalies/index.ts";
import { DETECTORS, type DetectorMethodName } from "../spaces/anomalies/methods.ts";
import { asFlag } from "./arguments.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, defineJob, flag, type JobContext, number, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { type RowsRead, readRows } from "./read-rows.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

/** Those that need nothing beside the rows. */
const METHODS = ["knn", "lof", "mahalanobis", "reconstruction", "ensemble"] as const;

const OPTIONS = {
  method: choice({
    group: common.GROUPS.method,
    about: `what makes a row strange: ${METHODS.map((name) => `${name} (${DETECTORS[name].about})`).join("; ")}`,
    placeholder: "NAME",
    choices: METHODS,
    default: "knn",
  }),
  nNeighbors: {
    ...common.nNeighbors,
    about: "neighbours of knn and lof",
    default: undefined,
    otherwise: "knn 5, lof 20",
  },
  metric: { ...common.keptMetric, group: common.GROUPS.measure, about: "distance between rows" },
  standardize: flag({
    group: common.GROUPS.measure,
    about:
      "divide columns by their deviations among the normal rows: for tables of measurements; not for a space whose distances are trusted",
  }),
  alpha: number({
    group: common.GROUPS.measure,
    about: "share of normal rows that may be flagged, one row at a time",
    placeholder: "P",
    min: 0,
    max: 1,
    default: 0.05,
  }),
  rate: number({
    group: common.GROUPS.measure,
    about: "share of false ones among the rows that are named together (false discovery rate)",
    placeholder: "P",
    min: 0,
    max: 1,
    default: 0.1,
  }),
  seed: common.seed,
  labels: text({
    group: common.GROUPS.data,
    about:
      "what POINTS are, 0 for normal and 1 for anomalies: a file with one value per row, or a column; then the detector is scored",
    placeholder: "FILE|COLUMN",
  }),
  rows: {
    ...common.rows,
    about: "only these rows of POINTS, counted from 0, end excluded: 0:2000, 500:, :100",
  },
  vector: common.vector,
  threads: common.threads,
  provider: common.provider,
  out: {
    ...common.points,
    about:
      "write a table with a line per row: score, pValue, adjusted p-value, isFlagged, isDiscovery; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  },
  detector: text({
    group: common.GROUPS.output,
    about: "write the fitted and calibrated detector; give it as NORMAL the next time",
    placeholder: "FILE.json",
    writes: true,
  }),
  force: common.force,
};

type AnomaliesValues = Values<typeof OPTIONS>;

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
    points: { about: "the rows that are looked at, as wide" },
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
  ],
  run: (ctx, { normal, points }, options): Promise<AnomaliesResult> => run(ctx, [normal, points], options),
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
  [normalPath, pointsPath]: readonly [string, string],
  options: AnomaliesValues,
): Promise<AnomaliesResult> {
  const started = ctx.clock();
  await checkOutputs(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { findEngine } = await import("../engine/index.ts");
  const { threads, provider } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const saved = /\.json$/i.test(normalPath) ? await savedDetector(normalPath) : null;
  const normal = saved
    ? null
    : await readRows(normalPath, { ...options, rows: undefined, labels: undefined }, "normal", watch);
  const points = await readRows(pointsPath, options, "points", watch);
  const labels = points.labels?.map((value) => labelOf(value, options.labels!));
  try {
    watch.onProgress?.({ stage: "fitting", done: 0, total: 1 });
    const detector = saved ?? (await fitted(normal!.matrix, watch, options));
    watch.onProgress?.({ stage: "scoring", done: 0, total: 1 });
    const { findAnomalies } = await import("../spaces/anomalies/index.ts");
    const means = defined({ threads, provider, signal: watch.signal });
    const { alpha, rate } = options;
    const found = await findAnomalies(detector, points.matrix, {
      ...means,
      alpha,
      rate,
      ...defined({ labels }),
    });
    watch.onProgress?.({ stage: "explaining", done: 0, total: 1 });
    const strangest = await explained(detector, found, points, watch, options);
    return deepFreeze({
      schema: "isometer/anomalies/1" as const,
      job: "anomalies" as const,
      isometer: ctx.version,
      engine,
      inputs: [...(normal ? [normal.record] : []), points.record],
      rows: points.matrix.rows,
      options: resolved(detector, options),
      calibration: found.calibration,
      threshold: found.threshold,
      flagged: found.flagged.length,
      discoveries: found.discoveries.rows.length,
      evaluation: found.evaluation,
      strangest,
      scores: await writeScores(found, points, options, watch),
      detector: await writeDetector(detector, options),
      warnings: [...(normal?.warnings ?? []), ...points.warnings, ...engineWarnings(engine)],
      next: nextCommands([normalPath, pointsPath], options),
      seconds: secondsSince(ctx.clock, started),
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
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

async function savedDetector(path: string): Promise<Detector> {
  const { readJson } = await import("../data/index.ts");
  const { unpackDetector } = await import("../spaces/anomalies/index.ts");
  return unpackDetector(await readJson(path));
}

async function fitted(normal: Matrix, watch: Watch, options: AnomaliesValues): Promise<Detector> {
  const { fitDetector } = await import("../spaces/anomalies/index.ts");
  const { method, metric, nNeighbors, standardize, seed, threads, provider } = options;
  return fitDetector(normal, {
    ...defined({ nNeighbors, threads, provider, signal: watch.signal }),
    method: method as DetectorMethodName,
    metric,
    standardize,
    seed,
  });
}

/** Rows that are explained. */
const EXPLAINED = 10;

async function explained(
  detector: Detector,
  { scores, pValues, discoveries }: Anomalies,
  { matrix, numberOf }: RowsRead,
  watch: Watch,
  { threads, provider }: AnomaliesValues,
): Promise<Strange[]> {
  const { explainRow } = await import("../spaces/anomalies/index.ts");
  const named = new Set(discoveries.rows);
  const order = Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]! || a - b);
  const strangest: Strange[] = [];
  for (const at of order.slice(0, EXPLAINED)) {
    const point: Matrix = { data: row(matrix, at).slice(), rows: 1, cols: matrix.cols };
    const means = defined({ threads, provider, signal: watch.signal });
    const { neighbors, dimensions, members } = await explainRow(detector, point, means);
    const parts =
      dimensions.length > 0
        ? dimensions
        : (members.find((own) => own.dimensions.length > 0)?.dimensions ?? []);
    strangest.push({
      name: String(numberOf(at)),
      row: numberOf(at),
      score: scores[at]!,
      pValue: pValues[at]!,
      isDiscovery: named.has(at),
      neighbors: neighbors?.map((own) => own.row) ?? null,
      dimensions: parts.map(({ dimension, share }) => ({ dimension, share })),
    });
  }
  return strangest;
}

async function writeScores(
  { scores, pValues, discoveries, flagged }: Anomalies,
  { numberOf }: RowsRead,
  { out }: AnomaliesValues,
  { signal }: Watch,
): Promise<AnomaliesResult["scores"]> {
  if (out === undefined) return null;
  const { writeColumns } = await import("../data/index.ts");
  const [above, named] = [new Set(flagged), new Set(discoveries.rows)];
  const columns = {
    row: Int32Array.from(scores, (_, i) => numberOf(i)),
    score: scores,
    pValue: pValues,
    adjusted: discoveries.adjusted,
    isFlagged: Int32Array.from(scores, (_, i) => Number(above.has(i))),
    isDiscovery: Int32Array.from(scores, (_, i) => Number(named.has(i))),
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

function resolved(
  { method, metric, seed, scaling }: Detector,
  options: AnomaliesValues,
): AnomaliesResult["options"] {
  const { alpha, rate, labels = null, rows = null, vector = null } = options;
  const standardize = scaling.standardization !== null;
  return { method, metric, standardize, alpha, rate, seed, labels, rows, vector };
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
  if (options.detector === undefined && !/\.json$/i.test(paths[0]))
    next.push({
      command: again({ detector: "detector.json", out: undefined }),
      why: "fitted and calibrated once, for rows to come",
    });
  else if (options.detector !== undefined)
    next.push({
      command: `isometer anomalies ${shellQuote(options.detector)} MORE.npy`,
      why: "the same detector for other rows",
    });
  return next;
}
