import type { ScoreName } from "../measure/result.ts";
import { clearlyBetter, comparedNames, type Entrant, entrantsOf, type Measured, PLACES } from "./ranking.ts";
import { recommendation } from "./recommendation.ts";
import type { Compared, ComparisonResult } from "./result.ts";
import { headline, JUDGED_NAMES, type JudgedName, lessIsBetter, SCORE_GROUPS } from "./rules.ts";
import { halfWidthText, valueText } from "./score-table.ts";
import { gateLines, howParts, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  cutMiddle,
  type Line,
  line,
  type Span,
  span,
  table,
  tableWidth,
  type View,
  width,
  wrap,
  wrapParts,
} from "./text.ts";

/** The audit of several latents as a person reads it: what was compared, all side by side, and what follows from it. */
export function comparisonReport(result: ComparisonResult, view: View): Line[] {
  return [
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...comparison(result.audits, view),
    BLANK,
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(howParts(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

/** Columns for the name of a latent; longer ones are cut. */
const LONGEST_NAME = 32;

/** Scores of several latents side by side, the best marked; what each is good for, in a sentence; and which to take for what. */
export function comparison(compared: readonly Compared[], view: View): Line[] {
  const entrants = entrantsOf(compared);
  const names = shortened(
    entrants.map(({ name }) => name),
    LONGEST_NAME,
  );
  const told = entrants.map((entrant, i) => ({ ...entrant, name: names[i]! }));
  const sampled = isSampled(compared);
  return [
    line(
      span("Comparison", "strong"),
      span(sampled ? "  * best, = level with it: 95 % intervals overlap" : "  * best", "muted"),
    ),
    ...scores(told, sampled, view),
    BLANK,
    ...compared.flatMap(({ audit }, i) =>
      verdict(names[i]!, headline(audit.scores, audit.options.nNeighbors), view),
    ),
    BLANK,
    ...recommendation(told).flatMap((text) => wrap(text, view.width, "  ", "strong")),
    ...wrap(PLACES, view.width, "  ", "muted"),
  ];
}

function verdict(name: string, text: string, view: View): Line[] {
  return wrap(`${name}: ${text}`, view.width, "  ").map((part, i) => {
    const [indent, words] = part;
    if (i > 0 || !words!.text.startsWith(`${name}:`)) return part;
    return line(indent!, span(name, "strong"), span(words!.text.slice(name.length)));
  });
}

function isSampled(compared: readonly Compared[]): boolean {
  return compared.some(({ audit }) => JUDGED_NAMES.some((name) => audit.scores[name]?.exact === false));
}

function isExact({ value, interval: [low, high] }: Measured): boolean {
  return Object.is(low, value) && Object.is(high, value);
}

/** Whether a value is the best of all (`*`), level with the best (`=`), or neither. Values that print alike share the mark. */
export function markOf(name: ScoreName, own: Measured, all: readonly Measured[]): "*" | "=" | "" {
  if (!Number.isFinite(own.value)) return "";
  const sign = lessIsBetter(name) ? -1 : 1;
  const best = all
    .filter(({ value }) => Number.isFinite(value))
    .reduce((a, b) => (sign * b.value > sign * a.value ? b : a));
  if (valueText(name, own.value) === valueText(name, best.value)) return "*";
  return clearlyBetter(name, best, own) ? "" : "=";
}

/** Latents as columns where there is room, else as rows of one table for each group of scores. */
function scores(entrants: readonly Entrant[], sampled: boolean, view: View): Line[] {
  const names = comparedNames(entrants);
  const columns: Column[] = [
    { head: "", align: "left" },
    ...entrants.map(({ name }): Column => ({ head: `${name}  `, align: "right" })),
    { head: "better is", align: "left" },
  ];
  const body = names.flatMap((name): Span[][] => [
    [
      span(name),
      ...entrants.map((entrant) => cell(name, entrant, entrants)),
      span(lessIsBetter(name) ? "less" : "more", "muted"),
    ],
    ...(sampled ? [[span(""), ...entrants.map((entrant) => spread(name, entrant)), span("")]] : []),
  ]);
  if (tableWidth(columns, body) <= view.width) return table(columns, body, { width: view.width });
  const groups = SCORE_GROUPS.map(({ title, names: own }) => ({
    title,
    names: names.filter((name) => own.includes(name)),
  })).filter((group) => group.names.length > 0);
  return groups.flatMap((group) => turned(group, entrants, sampled, view));
}

function turned(
  { title, names }: { readonly title: string; readonly names: readonly JudgedName[] },
  entrants: readonly Entrant[],
  sampled: boolean,
  view: View,
): Line[] {
  const heads = names.map((name): Column => ({ head: `${name.replace(/^distance/, "")}  `, align: "right" }));
  const rows = entrants.map((entrant) => [
    names.map((name) => cell(name, entrant, entrants)),
    ...(sampled && entrant.kind === "latent" ? [names.map((name) => spread(name, entrant))] : []),
  ]);
  const room = Math.max(7, view.width - tableWidth(heads, rows.flat()) - 2);
  const shown = shortened(
    entrants.map(({ name }) => name),
    Math.min(room, LONGEST_NAME),
  );
  const body = rows.flatMap((own, i) => own.map((cells, j) => [span(j === 0 ? shown[i]! : ""), ...cells]));
  const columns: Column[] = [{ head: "", align: "left" }, ...heads];
  return [line(span(`  ${title}`, "strong")), ...table(columns, body, { width: view.width })];
}

function cell(name: ScoreName, entrant: Entrant, entrants: readonly Entrant[]): Span {
  const own = entrant.scores[name]!;
  const mark = markOf(
    name,
    own,
    entrants.map(({ scores: { [name]: score } }) => score!),
  );
  const text = `${valueText(name, own.value)} ${mark || " "}`;
  return span(text, mark === "*" ? "good" : mark === "=" ? "fair" : "plain");
}

/** Half the width of an interval, under its value. A baseline has none of its own. */
function spread(name: ScoreName, { kind, scores }: Entrant): Span {
  const own = scores[name]!;
  const text = kind === "baseline" || isExact(own) ? "" : `±${halfWidthText(name, own.interval)}  `;
  return span(text, "muted");
}

/** Names in at most `columns` columns, cut in the middle; numbered where that leaves two alike. */
function shortened(names: readonly string[], columns: number): string[] {
  if (names.every((name) => width(name) <= columns)) return [...names];
  const short = names.map((name) => cutMiddle(name, columns));
  if (new Set(short).size === names.length) return short;
  return names.map((name, i) => `${i + 1} ${cutMiddle(name, columns - String(names.length).length - 1)}`);
}
