import {
  deepFreeze,
  IsometerError,
  type Matrix,
  nearestName,
  type Points,
  rowsFromMatrix,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import {
  type Compared,
  type CompareResult,
  compareReport,
  entrantsOf,
  type FitRecord,
  type NextCommand,
  ranking,
} from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { auditEach } from "./audit-run.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, type JobContext, list, text, type Values } from "./define.ts";
import { checkObeyed, openOptions } from "./open.ts";
import { reduce } from "./reduce.ts";
import {
  checkMethodOptions,
  fitWith,
  METHOD_NAMES,
  METHODS,
  type MethodName,
  mapFile,
} from "./reduce-methods.ts";
import { checkTo, type RowsRead, readPoints } from "./reduce-rows.ts";
import { defined, secondsSince } from "./result.ts";
import { FIT_STAGES, overall, part, split } from "./stages.ts";

const OPTIONS = {
  with: list({
    group: common.GROUPS.method,
    about: `methods, also several with commas between (${METHOD_NAMES.join(", ")})`,
    placeholder: "METHOD,...",
    otherwise: "pca, isometric-linear and mds",
  }),
  to: common.to,
  labels: {
    ...common.labels,
    about: "class of each row: lda needs it, and the scores of classes are then about these",
  },
  metric: common.keptMetric,
  nNeighbors: common.methodNeighbors,
  sample: common.sample,
  seed: common.seed,
  rows: common.rows,
  vector: common.vector,
  imageSize: common.imageSize,
  imageMode: common.imageMode,
  codes: text({
    group: common.GROUPS.output,
    about: "folder that keeps the rows in the smaller spaces, a .npy for each method",
    placeholder: "FOLDER",
  }),
  force: common.force,
  threads: common.threads,
  provider: common.provider,
};

type CompareValues = Values<typeof OPTIONS>;

/** Share of the work that reading is, before the first fit. */
const READING = 0.02;

const DEFAULT_METHODS: readonly MethodName[] = ["pca", "isometric-linear", "mds"];

/** Fits several maps to fewer dimensions, and ranks them by one audit. */
export const compare = defineJob({
  name: "compare",
  about: "fit several maps to fewer dimensions, and rank them",
  details: [
    "Every method is fitted to all rows and measured by the same anchors; where intervals overlap there is no winner.",
    ...Object.entries(METHODS).map(([name, { about }]) => `${name}: ${about}.`),
  ],
  inputs: { vectors: { about: "the data: any file or folder that audit reads" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer compare vectors.npy --with pca,isometric-linear,mds --to 2",
      about: "which map to two dimensions keeps what?",
    },
  ],
  run: (ctx, { vectors }, options): Promise<CompareResult> => run(ctx, vectors, options),
  report: compareReport,
});

async function run(ctx: JobContext, vectors: string, options: CompareValues): Promise<CompareResult> {
  const started = ctx.clock();
  const methods = methodsOf(options);
  const { openFolder, writeRows } = await import("../data/index.ts");
  const folder = await openFolder(options.codes);
  const paths = methods.map((method) => folder.file(`${method}.npy`));
  try {
    await refuseExisting(ctx, paths, options);
    const fits = await fitted(ctx, vectors, methods, options, async (codes, i) => {
      await writeRows(paths[i]!, rowsFromMatrix(codes), defined({ signal: ctx.watch.signal }));
    });
    const audits = await audited(ctx, vectors, paths, methods, options);
    return deepFreeze({
      schema: "isometer/compare/1" as const,
      job: "compare" as const,
      isometer: ctx.version,
      engine: audits[0]!.audit.engine,
      options: { to: options.to, metric: options.metric, seed: options.seed, codes: options.codes ?? null },
      fits,
      audits: audits.map((each) => asKept(each, options)),
      ranking: ranking(entrantsOf(audits)),
      warnings: audits[0]!.audit.warnings.filter(({ code }) => code === "engine-fallback"),
      next: nextCommands(vectors, audits, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } finally {
    await folder.close();
  }
}

/** @throws bad-option for an unknown method, with the nearest name, and for one that is named twice or lacks what it needs */
function methodsOf({ with: given, labels }: CompareValues): readonly MethodName[] {
  const names = given.flatMap((text) => text.split(",")).map((name) => name.trim());
  const methods = names.length === 0 ? DEFAULT_METHODS : names.map(methodNamed);
  const twice = methods.find((name, i) => methods.indexOf(name) < i);
  if (twice) throw new IsometerError("bad-option", `--with names ${twice} twice`, { hint: "Name it once." });
  if (methods.includes("lda")) checkMethodOptions("lda", { labels });
  return methods;
}

function methodNamed(name: string): MethodName {
  const found = METHOD_NAMES.find((known) => known === name);
  if (found) return found;
  const nearest = nearestName(name, METHOD_NAMES);
  throw new IsometerError("bad-option", `there is no method ${JSON.stringify(name)}`, {
    got: name,
    hint: nearest ? `Did you mean ${nearest}?` : `There are ${METHOD_NAMES.join(", ")}.`,
  });
}

async function refuseExisting(
  ctx: JobContext,
  paths: readonly string[],
  { codes, force }: CompareValues,
): Promise<void> {
  if (codes === undefined || force) return;
  for (const path of paths) {
    if (await ctx.exists(path)) {
      throw new IsometerError("file-exists", `${path} exists already`, {
        got: path,
        hint: "Choose another --codes, or overwrite it with --force.",
      });
    }
  }
}

/** Fits each method in turn; its codes are handed on. */
async function fitted(
  ctx: JobContext,
  vectors: string,
  methods: readonly MethodName[],
  options: CompareValues,
  keep: (codes: Matrix, i: number) => Promise<void>,
): Promise<FitRecord[]> {
  const { openSource, parseRange, readLabels } = await import("../data/index.ts");
  const { findEngine } = await import("../engine/index.ts");
  const engine = await findEngine(defined({ threads: options.threads, provider: options.provider }));
  const source = await openSource(vectors, openOptions({ ...options, id: undefined }, parseRange));
  let read: RowsRead | null = null;
  try {
    checkObeyed(options, source);
    const labels = options.labels === undefined ? null : await readLabels(options.labels, source);
    const [reading, fitting] = split(ctx.watch, READING);
    read = await readPoints(source, options.metric, reading);
    const { points } = read;
    checkTo(options.to, points, vectors);
    const fits: FitRecord[] = [];
    for (const [i, method] of methods.entries()) {
      const watch = overall(part(fitting, method, i, methods.length + 1), FIT_STAGES);
      const began = ctx.clock();
      const { codes, ...record } = await fitOne(method, points, labels, options, { ...watch, engine });
      fits.push({ method, ...record, seconds: secondsSince(ctx.clock, began) });
      await keep(codes, i);
    }
    return fits;
  } finally {
    await read?.remove();
    await source.close();
  }
}

async function fitOne(
  name: MethodName,
  points: Points,
  labels: readonly string[] | null,
  { to, seed, metric, nNeighbors }: CompareValues,
  watch: Watch & { readonly engine: EngineInfo },
) {
  // Classes are for lda alone: with them others would not be compared by what the data say.
  const own = { nNeighbors, labels: name === "lda" ? labels : null };
  const { transform } = await import("../reduce/index.ts");
  const how = { ...watch, seed, unitRows: metric === "cosine" };
  const fit = await fitWith(name, points, to, how, own).catch((error: unknown) => {
    throw asFlag(error, reduce.options);
  });
  const codes = fit.codes ?? (await transform(fit, points, watch));
  const { converged, iterations, objective, details, warnings = [] } = fit;
  return { codes, converged, iterations, objective, details, warnings };
}

function audited(
  ctx: JobContext,
  original: string,
  latent: readonly string[],
  methods: readonly MethodName[],
  options: CompareValues,
): Promise<Compared[]> {
  const { nNeighbors, metric, sample, seed, labels, rows, vector, imageSize, imageMode, threads, provider } =
    options;
  const values = {
    ...AUDIT_DEFAULTS,
    ...defined({ nNeighbors }),
    ...{ metric, sample, seed, labels, rows, vector, imageSize, imageMode, threads, provider },
    // Where PCA takes part it needs no twin.
    baseline: methods.includes("pca") ? ("none" as const) : ("pca" as const),
  };
  const [, rest] = split(ctx.watch, READING);
  const watch = part(rest, "audit", methods.length, methods.length + 1);
  return auditEach({ ...ctx, watch }, { original, latent, latentAsIs: true }, values, methods);
}

/** Without the path of what is gone again, and without commands on codes that are gone, or hold fewer rows than the data do. */
function asKept({ name, audit }: Compared, { codes, rows }: CompareValues): Compared {
  const inputs = audit.inputs.map((input) =>
    input.role === "latent" && codes === undefined ? { ...input, path: `${name} (not kept)` } : input,
  );
  return {
    name,
    audit: { ...audit, inputs, next: codes === undefined || rows !== undefined ? [] : audit.next },
  };
}

function nextCommands(vectors: string, audits: readonly Compared[], options: CompareValues): NextCommand[] {
  const first = ranking(entrantsOf(audits)).find(({ kind }) => kind === "latent");
  if (!first) return [];
  const { to, metric, seed, labels, rows, vector, imageSize, imageMode } = options;
  const command = commandLine(reduce, [vectors], {
    with: first.name,
    ...{ to, metric, seed, rows, vector, imageSize, imageMode },
    ...(first.name === "lda" && { labels }),
    out: mapFile(first.name as MethodName),
  });
  return [{ command, why: `${first.name}, the first by mean place, as a map for other rows` }];
}
