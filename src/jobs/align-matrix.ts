import { deepFreeze, IsometerError, type Warning, type Watch } from "../base/index.ts";
import type { Source } from "../data/source.ts";
import type { Provider } from "../engine/info.ts";
import type { Agreements, NamedSpace } from "../measure/index.ts";
import {
  AGREEMENT_MEASURES,
  type AgreementMeasure,
  type AgreementTable,
  type AlignMatrixResult,
  likeness,
  type NextCommand,
  scoreBetween,
} from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, integer, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { distinctNames, shortNames } from "./latent-names.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { wantsPage } from "./page.ts";
import { idsOfInputs, withSources } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { overall, type Stage } from "./stages.ts";

/** The options of a matrix that are its own: `align` has them in its table. */
export const MATRIX_OPTIONS = {
  metric: choice({
    group: common.GROUPS.measure,
    about: "distance that neighbours are nearest by, in all spaces",
    placeholder: "NAME",
    choices: ["cosine", "euclidean"],
    default: "cosine",
  }),
  nNeighbors: integer({
    group: common.GROUPS.measure,
    about: "neighbours of each row that are looked for in the other space",
    placeholder: "K",
    min: 1,
    default: 10,
    aliases: ["k", "nNeighbours"],
  }),
  clusterBy: choice({
    group: common.GROUPS.measure,
    about: "of three or more spaces: the measure of agreement that they are grouped by",
    placeholder: "NAME",
    choices: AGREEMENT_MEASURES,
    default: "linearCka",
  }),
  sample: common.sample,
  seed: common.seed,
  rows: common.rows,
  id: common.id,
  vector: common.vector,
  threads: common.threads,
};

/** How a matrix is made; what is left out is as `MATRIX_OPTIONS` says. */
export interface MatrixOptions {
  readonly metric?: "cosine" | "euclidean" | undefined;
  readonly nNeighbors?: number | undefined;
  readonly clusterBy?: AgreementMeasure | undefined;
  readonly sample?: number | undefined;
  readonly seed?: number | undefined;
  readonly rows?: string | undefined;
  readonly id?: string | undefined;
  /** Files of ids: one for all inputs, or one for each. */
  readonly ids?: readonly string[] | undefined;
  readonly vector?: string | undefined;
  readonly imageSize?: string | undefined;
  readonly imageMode?: "grey" | "colour" | undefined;
  readonly threads?: number | undefined;
  readonly provider?: Provider | undefined;
}

/** The parts of a matrix in order, with their usual share of the work. */
const MATRIX_STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.1 },
  { stage: "checking", says: "checking rows", share: 0.02 },
  { stage: "neighbours", says: "finding neighbours", share: 0.3 },
  { stage: "refining", says: "checking neighbours", share: 0.02 },
  { stage: "comparing spaces", says: "comparing spaces", share: 0.56 },
];

/**
 * How far three or more spaces of the same items agree, each with each, and which of them go together. Rows are joined by id where there are ids, else by
 * order. See `agreements` for what is measured, of what, and what it costs.
 *
 * @throws bad-option for fewer than three inputs or one that is given twice; what reading, joining and measuring throw
 */
export async function runMatrix(
  ctx: JobContext,
  paths: readonly string[],
  options: MatrixOptions,
): Promise<AlignMatrixResult> {
  const started = ctx.clock();
  if (paths.length < 3) {
    throw new IsometerError("bad-option", "a matrix of agreement needs three spaces or more", {
      got: `${paths.length} given`,
      hint: "Give another file with the same items; two are aligned instead.",
    });
  }
  const names = distinctNames(paths);
  const watch = overall(ctx.watch, MATRIX_STAGES);
  const { parseRange } = await import("../data/index.ts");
  const { imageSize, imageMode = "grey", rows, id, vector } = options;
  const how = openOptions({ imageSize, imageMode, rows, id, vector }, parseRange);
  const ids = idsOfInputs(options.ids ?? [], paths.length);
  const wanted = paths.map((path, i) => ({ path, options: how, ids: ids[i] }));
  const found = await withSources(wanted, (sources) => measured(watch, sources, options));
  const { measures, inputs, joined, warnings } = found;
  const models = inputs.map(({ cols }, i) => ({ name: names[i]!, cols, joined: joined[i]! }));
  const clustering = await clusteringOf({ models, ...measures }, options.clusterBy ?? "linearCka");
  if (wantsPage(ctx)) ctx.documents!.evidence.set("html", { date: ctx.documents!.date });
  return deepFreeze({
    schema: "isometer/align-matrix/1",
    job: "align",
    isometer: ctx.version,
    engine: measures.engine,
    inputs,
    rows: measures.rows,
    models,
    options: {
      ...measures.options,
      rows: rows ?? null,
      id: id ?? null,
      ...(options.ids && options.ids.length > 0 && { ids: options.ids }),
      vector: vector ?? null,
    },
    pairs: measures.pairs,
    clustering,
    warnings: [...warnings, ...engineWarnings(measures.engine)],
    next: nextCommands(paths, { models, pairs: measures.pairs, clustering }, options),
    seconds: secondsSince(ctx.clock, started),
  });
}

interface Measured extends Pick<AlignMatrixResult, "inputs" | "warnings"> {
  readonly measures: Agreements;
  readonly joined: readonly ("id" | "order")[];
}

/** Reads, joins, checks and measures the inputs. */
async function measured(watch: Watch, sources: readonly Source[], options: MatrixOptions): Promise<Measured> {
  const { readSpaces, inspectPoints } = await import("../data/index.ts");
  const { agreements } = await import("../measure/index.ts");
  const { metric = "cosine", nNeighbors, sample, seed, threads, provider } = options;
  const [first, ...others] = sources;
  const { id, vector, imageSize } = options;
  checkObeyed({ id, vector, imageSize }, first!, others);
  const names = shortNames(sources.map(({ path }) => path));
  const read = await readSpaces(first!, others, { ...watch, names });
  try {
    watch.onProgress?.({ stage: "checking", done: 0, total: 1 });
    const placed = [{ points: read.original, warnings: read.warnings }, ...read.latents];
    const warnings: Warning[] = [];
    const spaces: NamedSpace[] = [];
    for (const [i, { points, warnings: ofJoining }] of placed.entries()) {
      const { duplicates, warnings: ofRows } = await inspectPoints(points, names[i]!, metric);
      warnings.push(...sources[i]!.warnings, ...ofJoining, ...ofRows);
      spaces.push({ name: names[i]!, points, duplicates });
    }
    const how = defined({ metric, nNeighbors, sample, seed, threads, provider });
    const measures = await agreements(spaces, { ...how, ...watch }).catch((error: unknown) => {
      throw asFlag(error, MATRIX_OPTIONS);
    });
    const joined = read.latents.map((latent) => latent.joined);
    return {
      measures,
      inputs: sources.map((source, i) => inputRecord(`space ${i + 1}`, source)),
      joined: [joined.includes("id") ? "id" : "order", ...joined],
      warnings,
    };
  } finally {
    await read.close();
  }
}

type Compared = Omit<AgreementTable, "clustering">;

/** @throws bad-option where the measure is not defined for a pair */
async function clusteringOf(table: Compared, by: AgreementMeasure): Promise<AlignMatrixResult["clustering"]> {
  const { cluster } = await import("../align/agreement.ts");
  const n = table.models.length;
  const unlike = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const score = scoreBetween(table, i, j, by);
      if (!score || !Number.isFinite(score.value)) throw undefinedFor(table, by, i, j);
      // Rounding may leave two equal spaces a hair above 1.
      const height = Math.max(0, 1 - likeness(by, score.value));
      unlike[i * n + j] = height;
      unlike[j * n + i] = height;
    }
  }
  return { by, linkage: "average", ...cluster(unlike, n) };
}

function undefinedFor({ models }: Compared, by: AgreementMeasure, i: number, j: number): IsometerError {
  const pair = `${models[i]!.name} (${models[i]!.cols} dimensions) and ${models[j]!.name} (${models[j]!.cols})`;
  return new IsometerError("bad-option", `--cluster-by ${by} is not defined for ${pair}`, {
    got: by,
    hint: "Use --cluster-by neighborRecall, which always is.",
  });
}

/** The two that agree most are those that a map may serve. */
function nextCommands(
  paths: readonly string[],
  table: AgreementTable,
  { metric, seed, rows, id, vector }: MatrixOptions,
): NextCommand[] {
  const { by, merges } = table.clustering;
  const closest = merges.find(({ left, right }) => left < paths.length && right < paths.length);
  if (!closest) return [];
  const both = [closest.left, closest.right];
  const command = commandLine(
    { name: "align", options: MATRIX_OPTIONS },
    both.map((model) => paths[model]!),
    { metric, seed, rows, id, vector },
  );
  const why = `the two that are closest by ${by}: does a map between them serve?`;
  return [{ command, why }];
}

/** The page of a matrix. */
export async function writeMatrixPage(result: AlignMatrixResult, evidence: unknown): Promise<string> {
  const { alignMatrixPage } = await import("../report/html/index.ts");
  const { date } = (evidence as { readonly date: string } | undefined) ?? { date: null };
  return alignMatrixPage(result, { date });
}
