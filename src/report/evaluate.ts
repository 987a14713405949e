import type { RetrievalMeasure } from "../spaces/evaluate/index.ts";
import type { EvaluatedSystem, EvaluateResult } from "./evaluate-result.ts";
import { count, duration, percent, plural } from "./numbers.ts";
import { engineText, gateLines, inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Column, type Line, type Span, span, table, type View, wrap, wrapParts } from "./text.ts";

const NAMES: Readonly<Record<RetrievalMeasure, (k: number) => string>> = {
  ndcg: (k) => `nDCG@${k}`,
  recall: (k) => `recall@${k}`,
  precision: (k) => `precision@${k}`,
  mrr: (k) => `MRR@${k}`,
  map: () => "MAP",
};
const MEASURES = Object.keys(NAMES) as RetrievalMeasure[];

/** How well SPACE answers, what chance would have, what others have, and where it fails. */
export function evaluateReport(result: EvaluateResult, view: View): Line[] {
  const { systems, inputs } = result;
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    BLANK,
    ...(inputs.length > 0 ? [...inputLines(inputs, view), BLANK] : []),
    ...systems.flatMap((system) => systemLines(system, result, view)),
    ...worstLines(result, view),
    ...tableLines(result, view),
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(how(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

const ends = ([low, high]: readonly [number, number]) => `${low.toFixed(3)} to ${high.toFixed(3)}`;

function headline({ systems, reference, options: { nNeighbors } }: EvaluateResult): string {
  const [{ name, scores, ahead }] = systems as [EvaluatedSystem];
  const { value, interval, null: chance, n } = scores.ndcg;
  const own = `nDCG@${nNeighbors} of ${name} is ${value.toFixed(3)} (95 % ${ends(interval)}) over ${plural(n, "query", "queries")}; shuffled documents have ${chance.toFixed(3)}.`;
  if (ahead === null) return own;
  const { value: difference, interval: sure } = ahead.ndcg;
  if (sure[0] <= 0 && sure[1] >= 0)
    return `${own} It cannot be told apart from ${reference}: the difference is ${difference.toFixed(3)} (${ends(sure)}, paired).`;
  const words = difference > 0 ? "more" : "less";
  return `${own} That is ${Math.abs(difference).toFixed(3)} ${words} than ${reference} (difference ${ends(sure)}, paired).`;
}

function systemLines(system: EvaluatedSystem, { options }: EvaluateResult, view: View): Line[] {
  const { name, scores, ahead, judged } = system;
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "value", align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "chance", align: "right" },
    ...(ahead
      ? [{ head: "difference", align: "right" } as const, { head: "95 % interval", align: "right" } as const]
      : []),
  ];
  const body = MEASURES.map((measure): Span[] => {
    const { value, interval, null: chance } = scores[measure];
    const difference = ahead?.[measure];
    return [
      span(NAMES[measure](options.nNeighbors)),
      span(value.toFixed(4)),
      span(ends(interval), "muted"),
      span(chance.toFixed(4), "muted"),
      ...(difference
        ? [
            span(
              `${difference.value > 0 ? "+" : ""}${difference.value.toFixed(4)}`,
              difference.interval[0] > 0 ? "good" : difference.interval[1] < 0 ? "bad" : "plain",
            ),
            span(ends(difference.interval), "muted"),
          ]
        : []),
    ];
  });
  const facts = `${factsOf(system)}; ${percent(judged.value)} of the first ${options.nNeighbors} were judged by somebody`;
  return [
    ...wrap(name, view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    ...wrap(facts, view.width, "  ", "muted"),
    BLANK,
  ];
}

function factsOf({ kind, exact, metric, documents, depth, queries }: EvaluatedSystem): string {
  return [
    kind === "file" ? null : kind === "run" ? "run" : `${kind} store`,
    exact === null ? null : exact ? "exact" : "by its index",
    metric,
    documents === null ? null : plural(documents, "document"),
    `${count(depth)} places`,
    plural(queries.scored, "query", "queries"),
  ]
    .filter((fact) => fact !== null)
    .join(", ");
}

/** Queries that the report shows: the JSON has more. */
const SHOWN = 5;

function worstLines({ worst, options: { nNeighbors } }: EvaluateResult, view: View): Line[] {
  if (worst.length === 0) return [];
  const columns: Column[] = [
    { head: "query", align: "left" },
    { head: "relevant", align: "right" },
    { head: `nDCG@${nNeighbors}`, align: "right" },
    { head: `recall@${nNeighbors}`, align: "right" },
    { head: "AP", align: "right" },
  ];
  const body = worst
    .slice(0, SHOWN)
    .map(({ query, relevant, scores }): Span[] => [
      span(query),
      span(count(relevant), "muted"),
      span(scores.ndcg.toFixed(3)),
      span(scores.recall.toFixed(3)),
      span(scores.map.toFixed(3)),
    ]);
  return [
    ...wrap("Queries that are answered worst", view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

function tableLines({ points }: EvaluateResult, view: View): Line[] {
  if (points === null) return [];
  return [...wrap(`Query by query: ${plural(points.rows, "row")} in ${points.path}`, view.width), BLANK];
}

function how({ qrels, options, engine, seconds }: EvaluateResult): string[] {
  return [
    `${plural(qrels.judgements, "judgement")} of ${plural(qrels.queries, "query", "queries")}`,
    `relevant from grade ${options.relevant} on`,
    options.gain === "linear" ? "gain of nDCG: the grade" : "gain of nDCG: 2^grade - 1",
    ...(options.complete ? ["queries that were not asked count as 0"] : []),
    ...(options.leaveOutOwn ? ["documents with the id of their query left out"] : []),
    engineText(engine),
    duration(seconds),
  ];
}
