import {
  deepFreeze,
  IsometerError,
  type Matrix,
  type Points,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import { type NextCommand, type SearchAnswer, type SearchResult, searchReport } from "../report/index.ts";
import type { TrustModel } from "../spaces/search/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS, AUDIT_OPTIONS } from "./audit-options.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, type JobContext, list, number, text, type Values } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { type InputRead, type InputsRead, readInputs } from "./read-inputs.ts";
import { defined, secondsSince } from "./result.ts";
import { rowNumber } from "./row-numbers.ts";
import { overall, type Stage } from "./stages.ts";

const OPTIONS = {
  like: list({
    group: common.GROUPS.method,
    about: "rows to seek the like of: ids where SPACE has ids, else row numbers counted from 0",
    placeholder: "ROW",
  }),
  queries: text({
    group: common.GROUPS.method,
    about: "vectors to seek the like of, as wide as those of SPACE: any file that audit reads",
    placeholder: "FILE",
  }),
  nNeighbors: { ...common.nNeighbors, about: "hits for each query", default: 10 },
  minTrust: number({
    group: common.GROUPS.method,
    about: "leave out hits that are less sure to be true than this, 0 to 1; needs --original",
    placeholder: "P",
    min: 0,
    max: 1,
  }),
  metric: {
    ...common.keptMetric,
    group: common.GROUPS.measure,
    about: "distance between vectors; cosine is 1 - cos",
    default: "cosine" as const,
  },
  original: text({
    group: common.GROUPS.measure,
    about: "what the vectors of SPACE were made from, the same rows: says how far each hit can be trusted",
    placeholder: "FILE",
  }),
  originalMetric: {
    ...common.keptMetric,
    group: common.GROUPS.measure,
    about: "distance between originals",
    default: "euclidean" as const,
  },
  seed: common.seed,
  rows: common.rows,
  id: common.id,
  ids: AUDIT_OPTIONS.ids,
  vector: common.vector,
  threads: common.threads,
  provider: common.provider,
};

type SearchValues = Values<typeof OPTIONS>;

/** The nearest vectors, and how far each can be trusted. */
export const search = defineJob({
  name: "search",
  about: "the nearest vectors, and how far each hit can be trusted",
  details: [
    "SPACE is searched exactly, whatever its size. With --original, the data that its vectors were made from, every hit carries a chance: that it is among the nearest of the original too. It is " +
      "learnt from rows of SPACE that are sought as if they were queries, and the report says how such chances turned out.",
    "A query itself need not be known in the original.",
  ],
  inputs: { space: { about: "the vectors that are searched: any file that audit reads" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer search codes.npy --original vectors.npy --like 12",
      about: "which rows are like row 12, and which of them only seem so?",
    },
    {
      command:
        "isometer search index.parquet --id doc --queries questions.npy --original full.parquet --min-trust 0.5 --json hits.json",
      about: "answers to many queries, without those that are more likely wrong than right",
    },
  ],
  run: (ctx, { space }, options): Promise<SearchResult> => run(ctx, space, options),
  report: searchReport,
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.2 },
  { stage: "checking", says: "checking rows", share: 0.1 },
  { stage: "trust", says: "learning what can be trusted", share: 0.6 },
  { stage: "searching", says: "searching", share: 0.1 },
];

async function run(ctx: JobContext, path: string, options: SearchValues): Promise<SearchResult> {
  const started = ctx.clock();
  checkOptions(options);
  const watch = overall(ctx.watch, STAGES);
  const { metric, originalMetric, original, rows, id, ids, vector } = options;
  const values = { ...AUDIT_DEFAULTS, metric: originalMetric, latentMetric: metric, rows, id, ids, vector };
  const read = await readInputs(
    watch,
    original === undefined ? { original: path, latent: [] } : { original, latent: [path] },
    original === undefined ? { ...values, metric } : values,
  );
  try {
    const space = read.latents[0] ?? read.original;
    const { findEngine } = await import("../engine/index.ts");
    const { threads, provider } = options;
    const engine = await findEngine(defined({ threads, provider }));
    const trust = original === undefined ? null : await learnt(read, watch, options);
    const answers = await answered(read, space, trust, options, engine, watch);
    return deepFreeze({
      schema: "isometer/search/1" as const,
      job: "search" as const,
      isometer: ctx.version,
      engine,
      inputs: [...(trust ? [read.original.record] : []), { ...space.record, role: "space" }],
      rows: space.points.rows,
      options: resolved(options),
      answers,
      calibration: trust && { ...trust.calibration, queries: trust.queries },
      warnings: [
        ...[...new Set([read.original, space])].flatMap((side) => side.warnings.flat()),
        ...engineWarnings(engine),
        ...(trust && !trust.regression.converged ? [UNSETTLED] : []),
      ],
      next: nextCommands(path, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } finally {
    await read.close();
  }
}

const UNSETTLED: Warning = {
  code: "no-convergence",
  message:
    "chances were still changing when learning stopped, as where nearly all hits are true: see how they turned out",
};

function checkOptions({ like, queries, minTrust, original }: SearchValues): void {
  if (like.length === 0 && queries === undefined) {
    throw new IsometerError("bad-option", "nothing is sought", {
      hint: "Give --like ROW, or --queries FILE.",
    });
  }
  if (minTrust !== undefined && original === undefined) {
    throw new IsometerError("bad-option", "--min-trust needs --original: without it no trust is known", {
      got: String(minTrust),
      hint: "Give the data that the vectors were made from, or leave --min-trust out.",
    });
  }
}

async function learnt(read: InputsRead, watch: Watch, options: SearchValues): Promise<TrustModel> {
  watch.onProgress?.({ stage: "trust", done: 0, total: 1 });
  const { fitTrust } = await import("../spaces/search/index.ts");
  const { nNeighbors, metric, originalMetric, seed, threads, provider } = options;
  try {
    return await fitTrust(read.original.points, read.latents[0]!.points, {
      ...defined({ threads, provider, signal: watch.signal }),
      nNeighbors,
      metric: originalMetric,
      latentMetric: metric,
      seed,
    });
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

/** Vectors that are sought, and the rows of the space that they are, -1 where they are none. */
interface Queries {
  readonly names: readonly string[];
  readonly vectors: Matrix;
  readonly own: readonly number[];
}

async function answered(
  read: InputsRead,
  space: InputRead,
  trust: TrustModel | null,
  options: SearchValues,
  engine: EngineInfo,
  watch: Watch,
): Promise<SearchAnswer[]> {
  watch.onProgress?.({ stage: "searching", done: 0, total: 1 });
  const { openSearched } = await import("../neighbors/index.ts");
  const { metric, nNeighbors, minTrust } = options;
  const { names, vectors, own } = await queriesOf(read, space, options);
  const searched = await openSearched(space.points, { metric, engine, name: space.name });
  const wanted = Math.max(nNeighbors, trust?.candidates ?? 0);
  const width = Math.min(space.points.rows, wanted + (own.some((row) => row >= 0) ? 1 : 0));
  const found = await searched.nearest(vectors, width, watch.signal ? { signal: watch.signal } : {});
  const nameOf = (row: number) => (read.ids ? read.ids[row]! : String(rowNumber(read.numbers, row)));
  const answers: SearchAnswer[] = [];
  for (const [q, query] of names.entries()) {
    const all = Array.from({ length: width }, (_, p) => q * width + p);
    const places = all.filter((at) => found.ids[at] !== own[q]).slice(0, wanted);
    const rows = places.map((at) => found.ids[at]!);
    const lengths = places.map((at) => found.distances[at]!);
    const sure = trust && (await trustOfRows(trust, read.original.points, space.points, rows, lengths));
    const hits = rows.slice(0, nNeighbors).map((row, p) => ({
      name: nameOf(row),
      row: rowNumber(read.numbers, row),
      distance: metric === "cosine" ? lengths[p]! ** 2 / 2 : lengths[p]!,
      trust: sure?.[p] ?? null,
    }));
    const kept = hits.filter((hit) => !hit.trust || hit.trust.value >= (minTrust ?? 0));
    answers.push({ query, hits: kept, withheld: hits.length - kept.length });
  }
  return answers;
}

async function trustOfRows(
  trust: TrustModel,
  original: Points,
  latent: Points,
  rows: readonly number[],
  distances: readonly number[],
) {
  const { trustOf } = await import("../spaces/search/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  return trustOf(trust, {
    distances,
    original: gatherPoints(original, rows),
    latent: gatherPoints(latent, rows),
  });
}

async function queriesOf(
  read: InputsRead,
  space: InputRead,
  { like, queries }: SearchValues,
): Promise<Queries> {
  const { gatherPoints } = await import("../engine/index.ts");
  const { stackRows } = await import("../base/index.ts");
  const own = like.map((name) => rowNamed(read, space, name));
  const parts: Matrix[] = own.length > 0 ? [gatherPoints(space.points, own)] : [];
  const names = like.map((name) => `row ${name}`);
  if (queries !== undefined) {
    const { readMatrix } = await import("../data/node-read.ts");
    const more = await readMatrix(queries);
    if (more.cols !== space.points.cols) {
      throw new IsometerError(
        "bad-value",
        `${queries} has ${more.cols} numbers a row, ${space.name} ${space.points.cols}`,
        {
          got: String(more.cols),
          needed: String(space.points.cols),
          hint: "Send queries through the same encoder and map as the space: isometer apply MAP.",
        },
      );
    }
    parts.push(more);
    for (let i = 0; i < more.rows; i++) names.push(`query ${i}`);
  }
  const vectors = stackRows(parts);
  return { names, vectors, own: [...own, ...new Array(vectors.rows - own.length).fill(-1)] };
}

/** The row of an id, or of a number in the file. @throws bad-value */
function rowNamed({ ids, numbers }: InputsRead, { points, name }: InputRead, wanted: string): number {
  if (ids) {
    const row = ids.indexOf(wanted);
    if (row >= 0) return row;
  } else {
    for (let row = 0; row < points.rows; row++) if (String(rowNumber(numbers, row)) === wanted) return row;
  }
  throw new IsometerError("bad-value", `${name} has no row ${wanted}`, {
    got: wanted,
    hint: ids
      ? `Ids are such as ${JSON.stringify(ids[0])}.`
      : `Rows are counted from 0 to ${points.rows - 1}.`,
  });
}

function resolved(options: SearchValues): SearchResult["options"] {
  const { like, queries = null, nNeighbors, metric, original = null, minTrust = null, seed, ids } = options;
  const { rows = null, id = null, vector = null } = options;
  const originalMetric = original === null ? null : options.originalMetric;
  return {
    like,
    queries,
    nNeighbors,
    metric,
    original,
    originalMetric,
    minTrust,
    seed,
    rows,
    id,
    ids,
    vector,
  };
}

/** What to type next. */
function nextCommands(path: string, options: SearchValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "search", options: OPTIONS }, [path], { ...options, ...more });
  if (options.original === undefined)
    return [{ command: again({ original: "ORIGINAL.npy" }), why: "how far each hit can be trusted" }];
  if (options.minTrust === undefined)
    return [{ command: again({ minTrust: 0.5 }), why: "without hits that are more likely wrong than right" }];
  return [];
}
