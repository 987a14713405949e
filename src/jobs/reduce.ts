import {
  deepFreeze,
  IsometerError,
  type Points,
  rowsFromMatrix,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { Placed } from "../data/pair.ts";
import type { Source } from "../data/source.ts";
import type { Audit } from "../measure/index.ts";
import type { Fit, FitOptions } from "../reduce/index.ts";
import { type NextCommand, type ReduceResult, reduceReport } from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { NO_BASELINE, pcaBaseline } from "./baseline.ts";
import { commandLine, shellQuote } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { checkMethodOptions, fitWith, METHODS } from "./reduce-methods.ts";
import { REDUCE_OPTIONS, type ReduceValues } from "./reduce-options.ts";
import {
  checkTo,
  heldOutRows,
  mapRows,
  readPoints,
  rowsAt,
  together,
  without,
  writeCodes,
} from "./reduce-rows.ts";
import { defined, secondsSince } from "./result.ts";
import { AUDIT_STAGES, FIT_STAGES, overall } from "./stages.ts";

/** Fits a map to fewer dimensions and audits it. */
export const reduce = defineJob({
  name: "reduce",
  about: "fit a map to fewer dimensions, and audit it at once",
  details: [
    ...Object.entries(METHODS).map(([name, { about }]) => `${name}: ${about}.`),
    "The map that --out keeps places rows that it never saw (isometer apply), and moves none of its own: of linear methods and scaling an ONNX model, for any ONNX runtime; of methods by " +
      "neighbours, from isomap to mde, their rows and codes. Method, options and scores travel in it. Every fit is audited against the data, beside PCA to as many dimensions.",
  ],
  inputs: { vectors: { about: "the data: any file or folder that audit reads" } },
  options: REDUCE_OPTIONS,
  examples: [
    {
      command: "isometer reduce vectors.parquet --to 64 --out map.onnx --codes codes.npy",
      about: "PCA to 64 dimensions, saved",
    },
    {
      command: "isometer reduce vectors.npy --with isometric-linear --to 64 --holdout 0.1",
      about: "the linear map that keeps distances best, and what it does to rows it never saw",
    },
    {
      command: "isometer reduce vectors.npy --with umap --stress-weight 0.3 --codes picture.npy",
      about: "a picture of neighbourhoods that keeps distances between groups",
    },
  ],
  run: (ctx, { vectors }, options): Promise<ReduceResult> => run(ctx, vectors, options),
  report: reduceReport,
});

const STAGES = [{ stage: "reading", says: "reading", share: 0.1 }, ...FIT_STAGES, ...AUDIT_STAGES.slice(2)];

async function run(ctx: JobContext, vectors: string, options: ReduceValues): Promise<ReduceResult> {
  const started = ctx.clock();
  const { with: name, to, metric, seed, labels } = options;
  checkMethodOptions(name, options);
  await refuseExisting(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const { openSource, parseRange, readLabels } = await import("../data/index.ts");
  const { findEngine } = await import("../engine/index.ts");
  const engine = await findEngine(defined({ threads: options.threads, provider: options.provider }));
  const source = await openSource(vectors, openOptions(options, parseRange));
  // What is in temporary files goes when all is done.
  const placed: Placed[] = [];
  const kept = <T extends Placed>(own: T): T => {
    placed.push(own);
    return own;
  };
  try {
    checkObeyed(options, source);
    const classes = labels === undefined ? null : await readLabels(labels, source);
    const { points, warnings } = kept(await readPoints(source, metric, watch));
    checkTo(to, points, vectors);
    const held = heldOutRows(points.rows, options.holdout, seed);
    const seen = held ? without(points.rows, held) : null;
    const fitted = seen ? kept(await rowsAt(source, points, seen, watch)).points : points;
    const own = {
      ...options,
      labels: classes && (seen ? Array.from(seen, (row) => classes[row]!) : classes),
    };
    const how = {
      engine,
      seed,
      unitRows: metric === "cosine",
      ...watch,
      ...stopping(ctx),
      ...telling(ctx, to),
    };
    const fit = await fitWith(name, fitted, to, how, own).catch((error: unknown) => {
      throw asFlag(error, REDUCE_OPTIONS);
    });
    if (fit.codes) ctx.onPositions?.(firstTwo(fit.codes.data, to), fit.iterations);
    const isWhole = !ctx.watch.signal?.aborted;
    try {
      throwIfAborted(ctx.watch.signal);
      const rows = { source, points, seen, held };
      const codes = kept(await codesOf(fit, rows, { engine, ...watch })).points;
      const audit = await audited(points, codes, { ...options, classes, held, engine, watch });
      const result = resultOf({ ctx, source, warnings, vectors, options, fit, audit, started });
      const { writeBytes } = await import("../data/index.ts");
      if (options.out !== undefined) await writeBytes(options.out, fit.save(metadataOf(result)));
      if (options.codes !== undefined) await writeCodes(options.codes, codes, watch);
      return deepFreeze({ ...result, seconds: secondsSince(ctx.clock, started) });
    } catch (error) {
      if (!(error instanceof IsometerError && error.code === "aborted")) throw error;
      throw await keptSoFar(fit, isWhole, options);
    }
  } finally {
    for (const { remove } of placed) await remove();
    await source.close();
  }
}

/** Ctrl-C ends the steps of a layout, and leaves what it has. */
function stopping({ watch }: JobContext) {
  return watch.signal ? { stop: watch.signal } : {};
}

/** Milliseconds between two pictures of a fit. */
const PACE = 100;

/** Pictures of a fit, for whoever looks. */
function telling({ onPositions, clock }: JobContext, d: number) {
  if (!onPositions) return {};
  let last = Number.NEGATIVE_INFINITY;
  const onPlaces: FitOptions["onPlaces"] = (places, step) => {
    if (clock() - last < PACE) return;
    last = clock();
    onPositions(firstTwo(places(), d), step);
  };
  return { onPlaces };
}

/** The first two coordinates of n x d places; on one line, where there is one. */
function firstTwo(places: Float32Array, d: number): Float32Array {
  if (d === 2) return places;
  const rows = places.length / d;
  return Float32Array.from({ length: 2 * rows }, (_, at) =>
    at % 2 < d ? places[(at >> 1) * d + (at % 2)]! : 0,
  );
}

/** Writes what there is of an interrupted fit, or of one whose audit was interrupted, and says so. */
async function keptSoFar(
  fit: Fit,
  isWhole: boolean,
  { with: name, out, codes }: ReduceValues,
): Promise<IsometerError> {
  const { writeBytes, writeRows } = await import("../data/index.ts");
  const kept = [];
  if (out !== undefined) {
    const stopped = isWhole ? {} : { "isometer.stopped": String(fit.iterations) };
    await writeBytes(out, fit.save({ "isometer.method": name, ...stopped }));
    kept.push(out);
  }
  if (codes !== undefined && fit.codes) {
    await writeRows(codes, rowsFromMatrix(fit.codes));
    kept.push(codes);
  }
  const map = isWhole ? "the map" : "the map so far";
  const what = isWhole ? "the audit was stopped" : `${name} was stopped after ${fit.iterations} steps`;
  return new IsometerError("aborted", what, {
    hint:
      kept.length > 0
        ? `${kept.join(" and ")} ${kept.length > 1 ? "have" : "has"} ${map}, of the rows that were fitted; it was not audited.`
        : `With --out or --codes ${map} would have been kept.`,
  });
}

interface FitRows {
  readonly source: Source;
  readonly points: Points;
  /** Rows that were fitted, and those that were not; null: all were. */
  readonly seen: Int32Array | null;
  readonly held: Int32Array | null;
}

/** All rows in the smaller space: those that were fitted where the fit has them, others where the map puts them. */
async function codesOf(
  fit: Fit,
  { source, points, seen, held }: FitRows,
  options: Watch & { readonly engine: Audit["engine"] },
): Promise<Placed> {
  if (!fit.codes) return mapRows(fit, points, options);
  const remove = async () => {};
  if (!seen || !held) return { points: fit.codes, remove };
  const { transform } = await import("../reduce/index.ts");
  const others = await rowsAt(source, points, held, options);
  try {
    return { points: together(seen, fit.codes, held, await transform(fit, others.points, options)), remove };
  } finally {
    await others.remove();
  }
}

async function refuseExisting(ctx: JobContext, { out, codes, force }: ReduceValues): Promise<void> {
  if (force) return;
  for (const [name, path] of Object.entries({ out, codes })) {
    if (path !== undefined && (await ctx.exists(path))) {
      throw new IsometerError("file-exists", `${path} exists already`, {
        got: path,
        hint: `Choose another --${name}, or overwrite it with --force.`,
      });
    }
  }
}

async function audited(
  points: Points,
  codes: Points,
  options: ReduceValues & {
    readonly classes: readonly string[] | null;
    readonly held: Int32Array | null;
    readonly engine: Audit["engine"];
    readonly watch: Watch;
  },
): Promise<Audit> {
  const { auditAll } = await import("../measure/index.ts");
  const { metric, nNeighbors, sample, seed, threads, provider, classes, held, engine, watch } = options;
  const how = { metric, engine, seed, watch: {} };
  // PCA needs no twin.
  const isPca = options.with === "pca" && !options.whiten;
  const { baseline } = isPca ? NO_BASELINE : await pcaBaseline(points, codes, how);
  const [audit] = await auditAll(
    points,
    [{ name: "codes", latent: codes, metric: "euclidean", ...(baseline && { baseline }) }],
    {
      ...defined({ sample, threads, provider }),
      ...watch,
      metric,
      nNeighbors: Math.min(
        nNeighbors ?? AUDIT_DEFAULTS.nNeighbors,
        Math.max(1, Math.floor((points.rows - 1) / 2) - 1),
      ),
      seed,
      labels: classes,
      holdout: held,
    },
  );
  return audit!;
}

interface Part {
  readonly ctx: JobContext;
  readonly source: Source;
  /** Of its rows. */
  readonly warnings: readonly Warning[];
  readonly vectors: string;
  readonly options: ReduceValues;
  readonly fit: Fit;
  readonly audit: Audit;
  readonly started: number;
}

function resultOf({ ctx, source, warnings, vectors, options, fit, audit, started }: Part): ReduceResult {
  const { with: method, to, metric, seed, out = null, codes = null } = options;
  return {
    schema: "isometer/reduce/1",
    job: "reduce",
    isometer: ctx.version,
    engine: audit.engine,
    inputs: [inputRecord("vectors", source)],
    rows: audit.rows,
    method,
    about: METHODS[method].about,
    options: {
      to,
      metric,
      seed,
      nNeighbors: audit.options.nNeighbors,
      sample: audit.options.sample,
      holdout: options.holdout ?? null,
      whiten: options.whiten,
      solver: solverOf(fit, options),
      kind: options.with === "random" ? (options.kind ?? "gaussian") : null,
      nonMetric: options.nonMetric,
      minDist: options.minDist ?? null,
      densityWeight: options.densityWeight ?? null,
      perplexity: options.perplexity ?? null,
      stressWeight: options.stressWeight ?? null,
      recipe: options.recipe ?? null,
      constraint: options.constraint ?? null,
      init: options.init ?? null,
      steps: options.steps ?? null,
      neighbors: options.neighbors ?? null,
      labels: options.labels ?? null,
      rows: options.rows ?? null,
      id: options.id ?? null,
      vector: options.vector ?? null,
    },
    map: { inputs: fit.map.inputs, outputs: fit.map.outputs, path: out },
    codes,
    converged: fit.converged,
    iterations: fit.iterations,
    objective: fit.objective,
    details: fit.details,
    scores: audit.scores,
    holdout: audit.holdout ? { from: `${options.holdout} of the rows`, ...audit.holdout } : null,
    warnings: [
      ...source.warnings,
      ...warnings,
      ...(fit.warnings ?? []),
      ...engineWarnings(audit.engine),
      ...(fit.converged
        ? []
        : [
            {
              code: "no-convergence" as const,
              message: `${method} stopped after ${fit.iterations} steps, before it had converged`,
            },
          ]),
      ...audit.warnings,
    ],
    next: nextCommands(vectors, options),
    seconds: secondsSince(ctx.clock, started),
  };
}

/** The solver that PCA took: one that counts passes, or not. */
function solverOf({ details }: Fit, options: ReduceValues): string | null {
  if (options.with !== "pca") return null;
  return "passes" in details ? "randomized" : "exact";
}

/** What travels with the map. */
function metadataOf({
  isometer,
  method,
  options,
  scores,
  converged,
  iterations,
  rows,
}: ReduceResult): Record<string, string> {
  const values = Object.fromEntries(Object.entries(scores).map(([name, score]) => [name, score.value]));
  return {
    "isometer.version": isometer,
    "isometer.method": method,
    "isometer.options": JSON.stringify(options),
    "isometer.fit": JSON.stringify({ rows, converged, iterations }),
    "isometer.scores": JSON.stringify(values),
  };
}

function nextCommands(vectors: string, options: ReduceValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "reduce", options: REDUCE_OPTIONS }, [vectors], { ...options, ...more });
  const next: NextCommand[] = [];
  if (options.out !== undefined)
    next.push({
      command: `isometer apply ${shellQuote(options.out)} MORE.npy --out codes.npy`,
      why: "the same map for other rows",
    });
  if (options.with === "pca")
    next.push({
      command: again({
        with: "isometric-linear",
        whiten: false,
        solver: undefined,
        force: false,
        out: undefined,
        codes: undefined,
      }),
      why: "a linear map that keeps distances better",
    });
  return next;
}
