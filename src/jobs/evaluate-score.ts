import type { Warning } from "../base/index.ts";
import type { QrelsFile } from "../data/index.ts";
import type { EvaluatedSystem, EvaluateResult, NamesOf } from "../report/index.ts";
import type { Evaluation } from "../spaces/evaluate/index.ts";
import { asFlag } from "./arguments.ts";
import { EVALUATE_OPTIONS, type EvaluateValues } from "./evaluate-options.ts";
import { judgedDocuments, type Ranked, type Ranking, rankBy, type SystemSpec } from "./evaluate-systems.ts";
import { defined } from "./result.ts";
import { overall, part, type Stage } from "./stages.ts";

/** What one system ranked, and how well. */
export interface Scored {
  readonly ranked: Ranked;
  readonly evaluation: Evaluation;
}

const STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.4 },
  { stage: "searching", says: "searching", share: 0.6 },
];

/** Names that a result lists. */
const LISTED = 5;
/** Queries that are shown as the worst. */
const WORST = 10;

/** Lets each system rank, and scores its rankings. */
export async function scoreSystems(specs: readonly SystemSpec[], means: Ranking): Promise<Scored[]> {
  const { evaluateRankings } = await import("../spaces/evaluate/index.ts");
  const { options, qrels, engine, ...watch } = means;
  const { nNeighbors, gain, relevant, complete } = options;
  const scored: Scored[] = [];
  try {
    for (const [i, spec] of specs.entries()) {
      const told = overall(part(watch, `${i + 1} of ${specs.length}`, i, specs.length), STAGES);
      const ranked = await rankBy(spec, { ...told, options, qrels, engine });
      const documents = ranked.documents ?? undefined;
      const how = { nNeighbors, gain, relevant, complete, ...defined({ documents }) };
      scored.push({ ranked, evaluation: evaluateRankings(ranked.rankings, qrels.judgements, how) });
    }
    return scored;
  } catch (error) {
    throw asFlag(error, EVALUATE_OPTIONS);
  }
}

/** What a result says of a system. */
export async function systemOf(
  { ranked, evaluation }: Scored,
  reference: Scored,
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

/** The queries that are answered worst, of those that could be answered. */
export function worstOf({ queries }: Evaluation): EvaluateResult["worst"] {
  return queries
    .filter(({ relevant }) => relevant > 0)
    .map(({ query, relevant, scores }) => ({ query, relevant, scores }))
    .sort((a, b) => a.scores.ndcg - b.scores.ndcg || a.scores.map - b.scores.map)
    .slice(0, WORST);
}

/** What did not fit, each counted. */
export function warningsOf(
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
