import { count, duration, plural, score } from "./numbers.ts";
import type { RecommendedList, RecommendResult } from "./recommend-result.ts";
import { engineText, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  cutMiddle,
  type Line,
  type Span,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** Letters of the name of an item in the report. */
const LETTERS = 40;

/** What to recommend to whom, and why; how well such lists foresee what users took later. */
export function recommendReport(result: RecommendResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    BLANK,
    ...result.lists.flatMap((list) => listLines(list, view)),
    ...evaluationLines(result, view),
    ...warningLines(result.warnings, view),
    ...wrapParts(how(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function headline({ inputs, lists, evaluation }: RecommendResult): string {
  const [{ users, items, interactions }] = inputs as [RecommendResult["inputs"][number]];
  const from = `${plural(interactions, "interaction")} of ${plural(users, "user")} with ${plural(items, "item")}.`;
  const best = evaluation?.recommenders[0];
  if (best && lists.length === 0)
    return `${from} Of what users took later, a list of ${evaluation.k} finds ${score(best.recallAtK.value)}.`;
  return from;
}

const named = ({ id, name }: { readonly id: string; readonly name: string | null }) =>
  cutMiddle(name ?? id, LETTERS);

function listLines({ user, liked, items }: RecommendedList, view: View): Line[] {
  const says =
    user === null
      ? `For whoever likes these ${plural(liked, "item")}`
      : `For user ${user}, who took ${plural(liked, "item")}`;
  const columns: Column[] = [
    { head: "", align: "right" },
    { head: "item", align: "left" },
    { head: "score", align: "right" },
    { head: "because of", align: "left" },
  ];
  const body = items.map((item, i): Span[] => [
    span(String(i + 1), "muted"),
    span(named(item)),
    span(score(item.score)),
    span(
      item.reasons
        .slice(0, view.width >= 120 ? 2 : 1)
        .map(named)
        .join("; "),
      "muted",
    ),
  ]);
  return [...wrap(says, view.width, "", "strong"), ...table(columns, body, { width: view.width }), BLANK];
}

function evaluationLines({ evaluation }: RecommendResult, view: View): Line[] {
  if (!evaluation) return [];
  const columns: Column[] = [
    { head: "", align: "left" },
    ...[`recall@${evaluation.k}`, "95 % interval", `nDCG@${evaluation.k}`, "coverage", "recall ahead"].map(
      (head) => ({
        head,
        align: "right" as const,
      }),
    ),
  ];
  const ends = (interval: readonly [number, number]) => interval.map((end) => score(end)).join(" to ");
  const body = evaluation.recommenders.map(({ name, recallAtK, ndcgAtK, coverage, ahead }): Span[] => [
    span(name),
    span(score(recallAtK.value)),
    span(ends(recallAtK.interval), "muted"),
    span(score(ndcgAtK.value)),
    span(coverage.value.toFixed(2)),
    span(ahead ? ends(ahead.recallAtK.interval) : "", "muted"),
  ]);
  const says = `How well lists foresee the last fifth of what each of ${plural(evaluation.users, "user")} took`;
  return [...wrap(says, view.width, "", "strong"), ...table(columns, body, { width: view.width }), BLANK];
}

function how({ options, model, engine, seconds }: RecommendResult): string[] {
  const { nFactors, alpha, regularization, itemDistances, seed } = options;
  return [
    `${count(nFactors)} factors, alpha ${alpha}, regularization ${regularization}${itemDistances > 0 ? `, item distances ${itemDistances}` : ""}`,
    model.converged
      ? `converged after ${model.iterations} sweeps`
      : `${model.iterations} sweeps, not converged`,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
