import { deepFreeze, type Watch } from "../base/index.ts";
import { type NextCommand, type SearchAnswer, type SearchResult, searchReport } from "../report/index.ts";
import type { TrustModel } from "../spaces/search/index.ts";
import { commandLine } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { defined, secondsSince } from "./result.ts";
import { openFileSpace, type SearchSpace } from "./search-inputs.ts";
import { checkSearchOptions, SEARCH_OPTIONS, type SearchValues } from "./search-options.ts";
import { queriesOf } from "./search-queries.ts";
import { learnTrust, trustOfFound, trustWarnings } from "./search-trust.ts";
import { overall, type Stage } from "./stages.ts";

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
  options: SEARCH_OPTIONS,
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
  checkSearchOptions(options);
  const watch = overall(ctx.watch, STAGES);
  const { findEngine } = await import("../engine/index.ts");
  const { threads, provider } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const space = await openFileSpace(path, options, engine, watch);
  try {
    const trust = space.joined && (await learnTrust(space.joined, space.metric, options, watch));
    const answers = await answersOf(space, trust, options, watch);
    return deepFreeze({
      schema: "isometer/search/1" as const,
      job: "search" as const,
      isometer: ctx.version,
      engine,
      inputs: space.records,
      rows: space.rows,
      options: resolved(space, options),
      answers,
      calibration: trust && { ...trust.calibration, queries: trust.queries },
      warnings: [...space.warnings, ...engineWarnings(engine), ...trustWarnings(trust)],
      next: nextCommands(path, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } finally {
    await space.close();
  }
}

async function answersOf(
  space: SearchSpace,
  trust: TrustModel | null,
  options: SearchValues,
  watch: Watch,
): Promise<SearchAnswer[]> {
  watch.onProgress?.({ stage: "searching", done: 0, total: 1 });
  const { nNeighbors, minTrust = 0 } = options;
  const { names, vectors, own } = await queriesOf(space, options);
  const wanted = Math.max(nNeighbors, trust?.candidates ?? 0);
  // One more where the first that is found is the query itself.
  const found = await space.nearest(vectors, wanted + (own.some((name) => name !== null) ? 1 : 0), watch);
  const answers: SearchAnswer[] = [];
  for (const [q, query] of names.entries()) {
    const candidates = found[q]!.filter(({ name }) => name !== own[q]).slice(0, wanted);
    const sure = trust && (await trustOfFound(trust, space.joined!, candidates));
    const hits = candidates
      .slice(0, nNeighbors)
      .map(({ name, row, distance }, p) => ({ name, row, distance, trust: sure?.[p] ?? null }));
    const kept = hits.filter((hit) => !hit.trust || hit.trust.value >= minTrust);
    answers.push({ query, hits: kept, withheld: hits.length - kept.length });
  }
  return answers;
}

function resolved({ metric }: SearchSpace, options: SearchValues): SearchResult["options"] {
  const { like, queries = null, nNeighbors, original = null, minTrust = null, seed, ids } = options;
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
    commandLine({ name: "search", options: SEARCH_OPTIONS }, [path], { ...options, ...more });
  if (options.original === undefined)
    return [{ command: again({ original: "ORIGINAL.npy" }), why: "how far each hit can be trusted" }];
  if (options.minTrust === undefined)
    return [{ command: again({ minTrust: 0.5 }), why: "without hits that are more likely wrong than right" }];
  return [];
}
