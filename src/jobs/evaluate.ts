import { deepFreeze, type Warning } from "../base/index.ts";
import type { QrelsFile } from "../data/index.ts";
import {
  type EvaluatedSystem,
  type EvaluateResult,
  evaluateReport,
  type InputRecord,
  type NamesOf,
  type NextCommand,
} from "../report/index.ts";
import type { Evaluation } from "../spaces/evaluate/index.ts";
import { RETRIEVAL_MEASURES } from "../spaces/evaluate/measures.ts";
import { showAddress } from "../stores/address.ts";
import { asFlag } from "./arguments.ts";
import { commandLine } from "./command-line.ts";
import { defineJob, type JobContext } from "./define.ts";
import { engineWarnings } from "./engine-warning.ts";
import { EVALUATE_OPTIONS, type EvaluateValues, neededQrels, oneForEach } from "./evaluate-options.ts";
import { checkQueryTable, writeQueryTable } from "./evaluate-points.ts";
import { judgedDocuments, kindOf, type Ranked, rankBy, type SystemSpec } from "./evaluate-systems.ts";
import { checkLimits, parseLimits } from "./gates.ts";
import { defined, secondsSince } from "./result.ts";
import { checkTunings } from "./search-tuning.ts";
import { overall, part, type Stage } from "./stages.ts";

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

const STAGES: readonly Stage[] = [
  { stage: "judgements", says: "reading judgements", share: 0.1 },
  { stage: "systems", says: "searching", share: 0.9 },
];

/** Names that a result lists. */
const LISTED = 5;
/** Queries that are shown as the worst. */
const WORST = 10;

async function run(ctx: JobContext, path: string, options: EvaluateValues): Promise<EvaluateResult> {
  const started = ctx.clock();
  const limits = parseLimits(options.failUnder, [], RETRIEVAL_MEASURES, () => false);
  checkTunings(options.tune, options.exact);
  await checkQueryTable(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  watch.onProgress?.({ stage: "judgements", done: 0, total: 1 });
  const { readQrels } = await import("../data/index.ts");
  const qrels = await readQrels(neededQrels(options));
  const specs = await systemsOf(path, options);
  const { findEngine } = await import("../engine/index.ts");
  const { threads, provider } = options;
  const engine = await findEngine(defined({ threads, provider }));
  const { evaluateRankings } = await import("../spaces/evaluate/index.ts");
  const found: { ranked: Ranked; evaluation: Evaluation }[] = [];
  try {
    for (const [i, spec] of specs.entries()) {
      const told = part(watch, "systems", i, specs.length);
      const ranked = await rankBy(spec, { ...told, options, qrels, engine });
      const { nNeighbors, gain, relevant, complete } = options;
      const how = {
        nNeighbors,
        gain,
        relevant,
        complete,
        ...defined({ documents: ranked.documents ?? undefined }),
      };
      found.push({ ranked, evaluation: evaluateRankings(ranked.rankings, qrels.judgements, how) });
    }
  } catch (error) {
    throw asFlag(error, EVALUATE_OPTIONS);
  }
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
  found: readonly { readonly ranked: Ranked; readonly evaluation: Evaluation }[],
  { points }: EvaluateValues,
): Promise<EvaluateResult["points"]> {
  if (points === undefined) return null;
  return writeQueryTable(
    points,
    found.map(({ ranked, evaluation }) => ({ name: ranked.name, evaluation })),
  );
}

async function systemOf(
  { ranked, evaluation }: { readonly ranked: Ranked; readonly evaluation: Evaluation },
  reference: { readonly ranked: Ranked; readonly evaluation: Evaluation },
  { judgements }: QrelsFile,
): Promise<EvaluatedSystem> {
  const { compareRetrieval } = await import("../spaces/evaluate/index.ts");
  const { documents, rankings: _, records: __, ...own } = ranked;
  const { scores, judged, queries, unjudged, unasked, hopeless } = evaluation;
  return {
    ...own,
    documents: documents?.size ?? null,
    missing: documents && namesOf([...judgedDocuments(judgements)].filter((name) => !documents.has(name))),
    queries: {
      scored: queries.length,
      unjudged: namesOf(unjudged),
      unasked: namesOf(unasked),
      hopeless: namesOf(hopeless),
    },
    scores,
    judged,
    ahead: ranked === reference.ranked ? null : compareRetrieval(evaluation, reference.evaluation),
  };
}

const namesOf = (names: readonly string[]): NamesOf => ({
  count: names.length,
  first: names.slice(0, LISTED),
});

/** Each file once: all spaces may have the same queries. */
function inputsOf(ranked: readonly Ranked[]): InputRecord[] {
  const all = ranked.flatMap(({ records }) => records);
  return all.filter(
    ({ path, role }, i) => all.findIndex((own) => own.path === path && own.role === role) === i,
  );
}

function worstOf({ queries }: Evaluation): EvaluateResult["worst"] {
  return queries
    .filter(({ relevant }) => relevant > 0)
    .map(({ query, relevant, scores }) => ({ query, relevant, scores }))
    .sort((a, b) => a.scores.ndcg - b.scores.ndcg || a.scores.map - b.scores.map)
    .slice(0, WORST);
}

function warningsOf(
  qrels: QrelsFile,
  systems: readonly EvaluatedSystem[],
  { complete }: EvaluateValues,
): Warning[] {
  const warnings: Warning[] = [];
  if (qrels.repeated > 0)
    warnings.push({
      code: "pairs-unused",
      message: `${qrels.path}: ${qrels.repeated} judgements stand twice, with the same grade`,
      count: qrels.repeated,
    });
  for (const { name, missing, queries } of systems) {
    const told = ({ count, first }: NamesOf) => `${first.join(", ")}${count > first.length ? " ..." : ""}`;
    if (missing && missing.count > 0)
      warnings.push({
        code: "rows-unmatched",
        message: `${name} does not have ${missing.count} of the judged documents (${told(missing)}): they count as not found`,
        count: missing.count,
      });
    const { unjudged, unasked, hopeless } = queries;
    if (unjudged.count > 0)
      warnings.push({
        code: "rows-unmatched",
        message: `${name}: ${unjudged.count} queries have no judgements and are left out (${told(unjudged)})`,
        count: unjudged.count,
      });
    if (unasked.count > 0)
      warnings.push({
        code: "rows-unmatched",
        message: `${name}: ${unasked.count} judged queries were not asked (${told(unasked)}): they ${complete ? "count as 0" : "are left out; --complete counts them as 0"}`,
        count: unasked.count,
      });
    if (hopeless.count > 0)
      warnings.push({
        code: "pairs-unused",
        message: `${name}: of ${hopeless.count} queries nothing that was judged is relevant (${told(hopeless)}): they count as 0, as in trec_eval`,
        count: hopeless.count,
      });
  }
  return warnings;
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
