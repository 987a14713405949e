import type { HeldOutScore } from "../align/result.ts";
import { gapLines } from "./align-gap.ts";
import type { AlignResult } from "./align-result.ts";
import { alignHeadline, alignWords, lostWords } from "./align-words.ts";
import { count, duration, plural, score } from "./numbers.ts";
import { headline } from "./rules.ts";
import { engineText, gateLines, inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Column, type Line, line, span, table, type View, wrap, wrapParts } from "./text.ts";

/** An alignment as a person reads it: the verdict first, then the evidence, then what to type next. */
export function alignReport(result: AlignResult, view: View): Line[] {
  const { options, distortion, gap, map } = result;
  const lost = lostWords(result);
  return [
    BLANK,
    ...wrap(alignHeadline(result), view.width, "", "strong"),
    ...alignWords(result).flatMap((words) => wrap(words, view.width)),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...methodLines(result, view),
    BLANK,
    ...curveLines(result, view),
    BLANK,
    ...regionLines(result, view),
    ...(lost === null ? [] : [...wrap(lost, view.width), BLANK]),
    ...(distortion
      ? [...wrap(`Distances of mapped rows: ${headline(distortion, options.nNeighbors)}`, view.width), BLANK]
      : []),
    ...(gap ? [...gapLines(gap, view), BLANK] : []),
    ...(gap?.maps
      ? [line(span("Written", "strong")), line(span("  repair ", "muted"), gap.maps.join(", ")), BLANK]
      : []),
    ...(map.path === null
      ? []
      : [line(span("Written", "strong")), line(span("  map    ", "muted"), map.path), BLANK]),
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(alignHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

const interval = ({ interval: [low, high] }: Pick<HeldOutScore, "interval">) =>
  `${score(low)} to ${score(high)}`;

function methodLines({ methods, method, skipped, options }: AlignResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: `recall@${options.nNeighbors}`, align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "shuffled", align: "right" },
    { head: "below best", align: "right" },
    { head: "top-1", align: "right" },
    { head: "MRR", align: "right" },
  ];
  const body = methods.map((own) => {
    const style = own.method === method ? "strong" : "plain";
    return [
      span(
        `${own.method === method ? "> " : "  "}${own.method}${own.converged ? "" : " (not converged)"}`,
        style,
      ),
      span(score(own.recall.value), style),
      span(interval(own.recall), "muted"),
      span(score(own.recall.null), "muted"),
      span(score(own.deficit.value), "muted"),
      span(score(own.top1.value)),
      span(score(own.mrr.value)),
    ];
  });
  return [
    line(
      span("Methods, from stiff to flexible", "strong"),
      span("  on rows that they were not fitted to", "muted"),
    ),
    ...table(columns, body, { width: view.width }),
    ...skippedWords(skipped).flatMap((words) => wrap(words, view.width, "  ", "muted")),
  ];
}

/** Methods that were not tried, by reason. */
function skippedWords(skipped: AlignResult["skipped"]): string[] {
  const reasons = [...new Set(skipped.map(({ why }) => why))];
  return reasons.map((why) => {
    const names = skipped.filter((own) => own.why === why).map(({ method }) => method);
    return `Not tried: ${names.join(", ")} (${why}).`;
  });
}

const BAR = 24;

function curveLines({ learningCurve, method, options }: AlignResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "anchors", align: "right" },
    { head: `recall@${options.nNeighbors}`, align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "", align: "left" },
  ];
  const body = learningCurve.map((point) => [
    span(count(point.anchors)),
    span(score(point.value)),
    span(interval(point), "muted"),
    span("█".repeat(Math.round(point.value * BAR)), "accent"),
  ]);
  return [
    line(span("How many anchors", "strong"), span(`  recall of ${method}`, "muted")),
    ...table(columns, body, { width: view.width }),
  ];
}

const SHOWN = 5;

function regionLines({ regions }: AlignResult, view: View): Line[] {
  if (regions.length < 2) return [];
  const columns: Column[] = [
    { head: "region", align: "right" },
    { head: "rows", align: "right" },
    { head: "scored", align: "right" },
    { head: "recall", align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "for instance", align: "left" },
  ];
  const body = regions
    .slice(0, SHOWN)
    .map((own) => [
      span(String(own.region)),
      span(count(own.rows), "muted"),
      span(count(own.n), "muted"),
      span(score(own.value)),
      span(interval(own), "muted"),
      span(own.worst.join(", "), "muted"),
    ]);
  return [
    line(span("Regions that carry over worst", "strong"), span("  clusters of TO", "muted")),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

/** How it was measured, in parts. */
export function alignHow({
  rows,
  tested,
  anchors,
  folds,
  joined,
  options,
  engine,
  seconds,
}: AlignResult): string[] {
  return [
    `${plural(rows, "pair")} joined by ${joined}`,
    `${count(tested)} scored${folds > 1 ? ` in ${folds} turns` : ""}`,
    `fitted to ${count(anchors)}`,
    options.metric,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
