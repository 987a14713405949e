import { deepFreeze } from "../base/index.ts";
import {
  type EvaluatedSystem,
  type EvaluateResult,
  evaluateReport,
  type InputRecord,
  type NextCommand,
} from "../report/index.ts";
import { RETRIEVAL_MEASURES } from "../spaces/evaluate/measures.ts";
import { showAddress } from "../stores/address.ts";
import { commandLine } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { EVALUATE_OPTIONS, type EvaluateValues, neededQrels, oneForEach } from "./evaluate-options.ts";
import { checkQueryTable, writeQueryTable } from "./evaluate-points.ts";
import { type Scored, scoreSystems, systemOf, warningsOf, worstOf } from "./evaluate-score.ts";
import { judgedDocuments, kindOf, type Ranked, type SystemSpec } from "./evaluate-systems.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { defined, secondsSince } from "./result.ts";
import { checkTunings } from "./search-tuning.ts";

/** How well a space answers queries of which the right answers are known. */
export const evaluate = defineJob({
  name: "evaluate",
  about: "how well a space answers queries with known answers",
  details: [
    "Queries are sought in SPACE, and what is found is compared with judgements (qrels): nDCG, recall, precision and MRR at k, and MAP, as trec_eval has them, each with its interval over queries " +
      "and with what shuffled documents would have.",
    "--compare and --baseline score other spaces, stores, or runs of any search engine in TREC's format by the same judgements; differences are taken query by query.",
    "What has no judgement, or is not there, is stated and counted, never dropped silently.",
  ],
  inputs: {
    space: {
      about:
        "the vectors that are searched: any file that audit reads, or a store; or a run in TREC's format",
    },
  },
  options: EVALUATE_OPTIONS,
  examples: [
    {
      command:
        "isometer evaluate docs.parquet --id doc --queries questions.parquet --query-id question --qrels judged.tsv",
      about: "how well does this encoder find what people judged relevant?",
    },
    {
      command:
        "isometer evaluate small.npy --queries small-queries.npy --baseline full.npy --queries full-queries.npy --ids docs.txt --query-ids queries.txt --qrels qrels.trec",
      about: "what does shrinking cost, query by query?",
    },
    {
      command: "isometer evaluate new.run --baseline bm25.run --qrels qrels.trec --fail-under ndcg=0.4",
      about: "two runs of search engines, and a gate",
    },
  ],
  run: (ctx, { space }, options): Promise<EvaluateResult> => run(ctx, space, options),
  report: evaluateReport,
});

async function run(ctx: JobContext, path: string, options: EvaluateValues): Promise<EvaluateResult> {
  const started = ctx.clock();
  const limits = parseLimits(options.failUnder, [], RETRIEVAL_MEASURES, () => false);
  checkTunings(options.tune, options.exact);
  await checkQueryTable(ctx, options);
  ctx.watch.onProgress?.({ stage: "reading judgements", done: 0, total: 1 });
  const { readQrels } = await import("../data/index.ts");
  const qrels = await readQrels(neededQrels(options));
  const specs = await systemsOf(path, options);
  const { findEngine } = await import("../engine/index.ts");
  const { threads, provider } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const found = await scoreSystems(specs, { ...ctx.watch, options, qrels, engine });
  const [first] = found;
  const reference = options.baseline === undefined ? first! : found.at(-1)!;
  const systems = await Promise.all(found.map((own) => systemOf(own, reference, qrels)));
  return deepFreeze({
    schema: "isometer/evaluate/1" as const,
    job: "evaluate" as const,
    isometer: ctx.version,
    engine,
    inputs: inputsOf(found.map(({ ranked }) => ranked)),
    qrels: {
      path: qrels.path,
      format: qrels.format,
      queries: qrels.judgements.size,
      judgements: qrels.count,
      documents: judgedDocuments(qrels.judgements).size,
    },
    options: resolved(options, systems),
    systems,
    reference: reference.ranked.name,
    worst: worstOf(first!.evaluation),
    warnings: [...warningsOf(qrels, systems, options), ...engineWarnings(engine)],
    points: await queryTable(found, options),
    gates: checkLimits(limits, systems[0]!.scores),
    next: nextCommands(path, options, systems[0]!),
    seconds: secondsSince(ctx.clock, started),
  });
}

/** SPACE, those that are compared, and the baseline last, each with its queries and ids. */
async function systemsOf(path: string, options: EvaluateValues): Promise<SystemSpec[]> {
  const { compare, baseline, queries, queryIds, ids } = options;
  const paths = [path, ...compare, ...(baseline === undefined ? [] : [baseline])];
  const kinds = await Promise.all(paths.map(kindOf));
  const spaces = kinds.filter((kind) => kind !== "run").length;
  const each = {
    queries: oneForEach("queries", queries, spaces),
    queryIds: oneForEach("query-ids", queryIds, spaces),
    ids: oneForEach("ids", ids, spaces),
  };
  let at = 0;
  return paths.map((own, i) => {
    const kind = kinds[i]!;
    if (kind === "run") return { path: own, kind, queries: undefined, queryIds: undefined, ids: undefined };
    const space = at++;
    return {
      path: own,
      kind,
      queries: each.queries[space],
      queryIds: each.queryIds[space],
      ids: each.ids[space],
    };
  });
}

async function queryTable(
  found: readonly Scored[],
  { points }: EvaluateValues,
): Promise<EvaluateResult["points"]> {
  if (points === undefined) return null;
  return writeQueryTable(
    points,
    found.map(({ ranked, evaluation }) => ({ name: ranked.name, evaluation })),
  );
}

/** Each file once: all spaces may have the same queries. */
function inputsOf(ranked: readonly Ranked[]): InputRecord[] {
  const all = ranked.flatMap(({ records }) => records);
  return all.filter(
    ({ path, role }, i) => all.findIndex((own) => own.path === path && own.role === role) === i,
  );
}

/** Addresses of stores as they may be shown. */
const shownOf = ({ compare, baseline }: EvaluateValues) => ({
  compare: compare.map(showAddress),
  ...(baseline !== undefined && { baseline: showAddress(baseline) }),
});

function resolved(options: EvaluateValues, systems: readonly EvaluatedSystem[]): EvaluateResult["options"] {
  const { queries, nNeighbors, gain, relevant, complete, leaveOutOwn, exact, tune, ids, queryIds } = options;
  const { compare, baseline = null } = shownOf(options);
  const { depth = null, id = null, queryId = null, vector = null, points = null } = options;
  return {
    queries,
    qrels: options.qrels!,
    compare,
    baseline,
    nNeighbors,
    depth,
    metric: systems[0]!.metric,
    gain,
    relevant,
    complete,
    leaveOutOwn,
    exact,
    tune,
    points,
    id,
    ids,
    queryId,
    queryIds,
    vector,
  };
}

/** What to type next. */
function nextCommands(path: string, options: EvaluateValues, { scores }: EvaluatedSystem): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "evaluate", options: EVALUATE_OPTIONS }, [showAddress(path)], {
      ...options,
      ...shownOf(options),
      points: undefined,
      force: false,
      ...more,
    });
  if (options.baseline === undefined && options.compare.length === 0)
    return [
      { command: again({ baseline: "OTHER.npy" }), why: "the difference to another space, query by query" },
    ];
  if (options.failUnder.length > 0) return [];
  const limit = Math.floor(scores.ndcg.interval[0] * 100) / 100;
  return [
    {
      command: again({ failUnder: [`ndcg=${limit}`] }),
      why: "a gate for continuous integration: exit status 3 below this",
    },
  ];
}
