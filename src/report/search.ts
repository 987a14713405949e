import { encoderParts } from "./encode.ts";
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
    ...wrap(searchHeadline(result), view.width, "", "strong"),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...answers.slice(0, SHOWN).flatMap((answer) => answerLines(answer, result, view)),
    ...(more > 0
      ? [...wrap(`${count(more)} more queries: --json has all`, view.width, "", "muted"), BLANK]
      : []),
    ...calibrationLines(result, view),
    ...searchWords(result).flatMap((words) => [...wrap(words, view.width), BLANK]),
    ...warningLines(result.warnings, view),
    ...wrapParts(searchHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

/** The first thing to know. */
export function searchHeadline({
  answers,
  calibration,
  options: { minTrust, nNeighbors },
}: SearchResult): string {
  const hits = answers.reduce((sum, answer) => sum + answer.hits.length, 0);
  const found = `${plural(hits, "hit")} for ${plural(answers.length, "query", "queries")}.`;
  if (!calibration) return `${found} How far they can be trusted is not known: give --original.`;
  const withheld = answers.reduce((sum, answer) => sum + answer.withheld, 0);
  const left = withheld > 0 ? ` ${plural(withheld, "hit")} below a trust of ${minTrust} left out.` : "";
  return `${found}${left} Of all hits in this space ${percent(calibration.base)} are among the ${nNeighbors} nearest of the original.`;
}

/** What ordering by the original did, and what the index of a store finds: a paragraph each. */
export function searchWords({ rerank, search, options: { nNeighbors } }: SearchResult): string[] {
  const words: string[] = [];
  if (rerank) {
    const { before, after, gain, queries } = rerank.recall;
    const [low, high] = gain.interval;
    const sure = low > 0 ? "more" : high < 0 ? "less" : "no certain difference";
    words.push(
      `Of ${count(rerank.candidates)} candidates put in order by the original, ${significant(rerank.changed, 3)} of ${nNeighbors} hits are not among the first ${nNeighbors} of SPACE. ` +
        `Recall of the nearest in the original, tried on ${count(queries)} rows as queries: ${withInterval(before)} before, ${withInterval(after)} after (${sure}: ${score(gain.value)}, 95 % ${ends(gain)}).` +
        (rerank.unknown > 0
          ? ` ${plural(rerank.unknown, "candidate")} that the original does not have were left out.`
          : ""),
    );
  }
  if (search.recall) {
    const { k, queries, drawn } = search.recall;
    const tried = [
      ...(queries > 0 ? [plural(queries, "query", "queries")] : []),
      ...(drawn > 0 ? [`${plural(drawn, "item")} of the store as queries`] : []),
    ].join(" and ");
    words.push(
      `The search is approximate: its index finds ${withInterval(search.recall)} of the ${k} nearest that an exact search finds, tried on ${tried}.`,
    );
  }
  return words;
}

const ends = ({ interval }: { readonly interval: readonly [number, number] }) =>
  `${interval[0].toFixed(3)} to ${interval[1].toFixed(3)}`;

const withInterval = (share: { readonly value: number; readonly interval: readonly [number, number] }) =>
  `${share.value.toFixed(3)} (${ends(share)})`;

/** How sure a chance is, for colours. */
export const gradeOf = (value: number): Style => (value >= 0.8 ? "good" : value >= 0.5 ? "fair" : "bad");

function answerLines(
  { query, hits, withheld }: SearchAnswer,
  { calibration, rerank }: SearchResult,
  view: View,
): Line[] {
  const columns: Column[] = [
    { head: "", align: "right" },
    { head: "hit", align: "left" },
    { head: "distance", align: "right" },
    ...(rerank
      ? [{ head: "in the original", align: "right" } as const, { head: "was", align: "right" } as const]
      : []),
    ...(calibration
      ? [{ head: "trust", align: "right" } as const, { head: "95 % interval", align: "right" } as const]
      : []),
  ];
  const body = hits.map(({ name, distance, place, originalDistance, trust }, p): Span[] => [
    span(String(p + 1), "muted"),
    span(name),
    span(significant(distance, 4)),
    ...(originalDistance === null
      ? []
      : [span(significant(originalDistance, 4)), span(String(place), "muted")]),
    ...(trust
      ? [
          span(trust.value.toFixed(2), gradeOf(trust.value)),
          span(trust.interval.map((end) => end.toFixed(2)).join(" to "), "muted"),
        ]
      : calibration
        ? [span("not known", "muted"), span("")]
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

/** How chances turned out, in words. */
export function calibrationWords({
  brier,
  baseBrier,
  ece,
  queries,
}: NonNullable<SearchResult["calibration"]>): string {
  const gain = baseBrier > 0 ? 1 - brier.value / baseBrier : 0;
  return (
    `Trust is the chance of being among the nearest of the original. Tried on ${count(queries)} rows as queries, five-fold: expected calibration error ${score(ece)}, ` +
    `Brier score ${score(brier.value)}, ${percent(Math.abs(gain))} ${gain >= 0 ? "better" : "worse"} than stating the same for every hit.`
  );
}

/** The reliability diagram: what was stated, and what was so. */
function calibrationLines({ calibration }: SearchResult, view: View): Line[] {
  if (!calibration) return [];
  const { bins } = calibration;
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
  return [
    ...wrap("How such chances turned out", view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    ...wrap(calibrationWords(calibration), view.width, "", "muted"),
    BLANK,
  ];
}

/** How it was searched, in parts that stay whole. */
export function searchHow({ rows, search, encoders, map, options, engine, seconds }: SearchResult): string[] {
  const { kind, exact, index, tuning } = search;
  const told = Object.entries(tuning).map(([name, value]) => `${name} ${value}`);
  return [
    `${count(rows)} rows`,
    ...(kind === "file" ? [] : [`${kind} store`]),
    exact ? "exact" : [`index ${index?.kind ?? ""}`, ...told].join(", "),
    `${options.metric}${options.metric === "cosine" ? " (1 - cos)" : ""}`,
    ...(options.where.length > 0 ? [`where ${options.where.join(" and ")}`] : []),
    ...encoders.flatMap(encoderParts),
    ...(map ? [`then ${map.path}`] : []),
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
