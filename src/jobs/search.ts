import { deepFreeze, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import { type NextCommand, type SearchResult, searchReport } from "../report/index.ts";
import { isStoreAddress, showAddress } from "../stores/address.ts";
import { commandLine } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { encodeQueries } from "./encode-queries.ts";
import { engineWarnings } from "./engine-warning.ts";
import { defined, secondsSince } from "./result.ts";
import { answersOf, rerankRecord } from "./search-answers.ts";
import { openFileSpace, type SearchSpace } from "./search-inputs.ts";
import { checkSearchOptions, SEARCH_OPTIONS, type SearchValues } from "./search-options.ts";
import { leaveSearchPage, writeSearchPage } from "./search-page.ts";
import { queriesOf } from "./search-queries.ts";
import { learnTrust, trustWarnings } from "./search-trust.ts";
import { overall, type Stage } from "./stages.ts";

/** The nearest vectors, and how far each can be trusted. */
export const search = defineJob({
  name: "search",
  about: "the nearest vectors, and how far each hit can be trusted",
  details: [
    "A file is searched exactly, whatever its size; a store by its index where it has one, and the report says how much of what is near that finds. With --original, the data that its vectors were made from, every hit carries a chance: that it is among the nearest of the original too. It is " +
      "learnt from rows of SPACE that are sought as if they were queries, and the report says how such chances turned out.",
    "A query itself need not be known in the original. Where it is, --rerank takes more candidates from SPACE and puts them in order there.",
  ],
  inputs: {
    space: {
      about:
        "the vectors that are searched: any file that audit reads, or a store: a folder, lance:DIR, postgres://..., qdrant://...",
    },
  },
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
  documents: {
    html: {
      about: "the same with a reliability diagram as one HTML file that needs no network",
      write: writeSearchPage,
    },
  },
});

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.2 },
  { stage: "checking", says: "checking rows", share: 0.1 },
  { stage: "encoding", says: "encoding", share: 0.1 },
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
  const space = await openSpace(path, options, engine, watch);
  try {
    const encoded = await encodeQueries(space, options, options.mapVersion, { ...watch, engine });
    const trust = space.joined && (await learnTrust(space.joined, space.metric, options, watch));
    watch.onProgress?.({ stage: "searching", done: 0, total: 1 });
    const queries = await queriesOf(space, encoded, options);
    const { answers, unknown, withheld } = await answersOf(space, queries, trust, options, watch);
    leaveSearchPage(ctx, withheld);
    const recall = await space.recall(queries.vectors, queries.own, watch);
    return deepFreeze({
      schema: "isometer/search/1" as const,
      job: "search" as const,
      isometer: ctx.version,
      engine,
      inputs: space.records,
      rows: space.rows,
      search: { ...space.how, recall },
      encoders: encoded?.encoders ?? [],
      map: encoded?.map ?? null,
      options: resolved(space, options),
      answers,
      calibration: trust && { ...trust.calibration, queries: trust.queries },
      rerank: trust?.reranked ? rerankRecord(trust, answers, unknown) : null,
      warnings: [
        ...space.warnings,
        ...(encoded?.warnings ?? []),
        ...engineWarnings(engine),
        ...trustWarnings(trust),
      ],
      next: nextCommands(path, space, options),
      seconds: secondsSince(ctx.clock, started),
    });
  } finally {
    await space.close();
  }
}

/** A file, or a store: each is loaded where it is needed. */
async function openSpace(
  path: string,
  options: SearchValues,
  engine: EngineInfo,
  watch: Watch,
): Promise<SearchSpace> {
  if (!isStoreAddress(path)) return openFileSpace(path, options, engine, watch);
  const { openStoreSpace } = await import("./search-store.ts");
  return openStoreSpace(path, options, engine, watch);
}

function resolved({ metric }: SearchSpace, options: SearchValues): SearchResult["options"] {
  const { like, queries = null, nNeighbors, original = null, minTrust = null, seed, ids } = options;
  const { rows = null, id = null, vector = null, rerank = null, originalQueries = null } = options;
  const { where, mapVersion = null, text, image, encoder = null } = options;
  const originalMetric = original === null ? null : options.originalMetric;
  return {
    like,
    queries,
    text,
    image,
    encoder,
    nNeighbors,
    metric,
    original,
    originalMetric,
    minTrust,
    rerank,
    originalQueries,
    where,
    mapVersion,
    seed,
    rows,
    id,
    ids,
    vector,
  };
}

/** What to type next, at most two commands. */
function nextCommands(path: string, { how }: SearchSpace, options: SearchValues): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "search", options: SEARCH_OPTIONS }, [showAddress(path)], { ...options, ...more });
  const { original, minTrust, rerank, queries, encoder, nNeighbors } = options;
  const isByRow = queries === undefined && encoder === undefined;
  const next: NextCommand[] = [];
  if (!how.exact) {
    next.push({
      command: again({ exact: true, tune: [] }),
      why: "the same without the index: nothing is missed",
    });
  }
  if (original === undefined)
    next.push({ command: again({ original: "ORIGINAL.npy" }), why: "how far each hit can be trusted" });
  else if (minTrust === undefined)
    next.push({
      command: again({ minTrust: 0.5 }),
      why: "without hits that are more likely wrong than right",
    });
  if (original !== undefined && rerank === undefined && isByRow)
    next.push({
      command: again({ rerank: 10 * nNeighbors }),
      why: "ten times as many candidates, in the order of the original",
    });
  return next.slice(0, 2);
}
