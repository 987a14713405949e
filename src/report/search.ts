import { count, duration, percent, plural, score, significant } from "./numbers.ts";
import type { SearchAnswer, SearchResult } from "./search-result.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  type Line,
  type Span,
  type Style,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** Queries in the report: the JSON has all. */
const SHOWN = 5;

/** What was found, how far each hit can be trusted, and how such chances turned out. */
export function searchReport(result: SearchResult, view: View): Line[] {
  const { answers } = result;
  const more = answers.length - SHOWN;
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...answers.slice(0, SHOWN).flatMap((answer) => answerLines(answer, result, view)),
    ...(more > 0
      ? [...wrap(`${count(more)} more queries: --json has all`, view.width, "", "muted"), BLANK]
      : []),
    ...calibrationLines(result, view),
    ...warningLines(result.warnings, view),
    ...wrapParts(how(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function headline({ answers, calibration, options: { minTrust, nNeighbors } }: SearchResult): string {
  const hits = answers.reduce((sum, answer) => sum + answer.hits.length, 0);
  const found = `${plural(hits, "hit")} for ${plural(answers.length, "query", "queries")}.`;
  if (!calibration) return `${found} How far they can be trusted is not known: give --original.`;
  const withheld = answers.reduce((sum, answer) => sum + answer.withheld, 0);
  const left = withheld > 0 ? ` ${plural(withheld, "hit")} below a trust of ${minTrust} left out.` : "";
  return `${found}${left} Of all hits in this space ${percent(calibration.base)} are among the ${nNeighbors} nearest of the original.`;
}

const gradeOf = (value: number): Style => (value >= 0.8 ? "good" : value >= 0.5 ? "fair" : "bad");

function answerLines(
  { query, hits, withheld }: SearchAnswer,
  { calibration }: SearchResult,
  view: View,
): Line[] {
  const columns: Column[] = [
    { head: "", align: "right" },
    { head: "hit", align: "left" },
    { head: "distance", align: "right" },
    ...(calibration
      ? [{ head: "trust", align: "right" } as const, { head: "95 % interval", align: "right" } as const]
      : []),
  ];
  const body = hits.map(({ name, distance, trust }, p): Span[] => [
    span(String(p + 1), "muted"),
    span(name),
    span(significant(distance, 4)),
    ...(trust
      ? [
          span(trust.value.toFixed(2), gradeOf(trust.value)),
          span(trust.interval.map((end) => end.toFixed(2)).join(" to "), "muted"),
        ]
      : []),
  ]);
  const none = withheld > 0 ? `no answer: ${plural(withheld, "hit")} below --min-trust` : "nothing was found";
  return [
    ...wrap(`Like ${query}`, view.width, "", "strong"),
    ...(hits.length > 0
      ? table(columns, body, { width: view.width })
      : wrap(none, view.width, "  ", "muted")),
    BLANK,
  ];
}

/** The reliability diagram: what was stated, and what was so. */
function calibrationLines({ calibration }: SearchResult, view: View): Line[] {
  if (!calibration) return [];
  const { bins, brier, baseBrier, ece, queries } = calibration;
  const columns: Column[] = [
    { head: "stated", align: "right" },
    { head: "was so", align: "right" },
    { head: "hits", align: "right" },
    { head: "", align: "left" },
  ];
  const body = bins
    .filter(({ hits }) => hits > 0)
    .map(({ stated, observed, hits }): Span[] => [
      span(stated.toFixed(2)),
      span(observed.toFixed(2)),
      span(count(hits), "muted"),
      span("█".repeat(Math.round(observed * 20)), gradeOf(observed)),
    ]);
  const gain = baseBrier > 0 ? 1 - brier.value / baseBrier : 0;
  const words =
    `Trust is the chance of being among the nearest of the original. Tried on ${count(queries)} rows as queries, five-fold: expected calibration error ${score(ece)}, ` +
    `Brier score ${score(brier.value)}, ${percent(Math.abs(gain))} ${gain >= 0 ? "better" : "worse"} than stating the same for every hit.`;
  return [
    ...wrap("How such chances turned out", view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    ...wrap(words, view.width, "", "muted"),
    BLANK,
  ];
}

function how({ rows, options, engine, seconds }: SearchResult): string[] {
  return [
    `${count(rows)} rows`,
    `exact, ${options.metric}${options.metric === "cosine" ? " (1 - cos)" : ""}`,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
