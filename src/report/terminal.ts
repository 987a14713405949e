import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import { holdoutLines } from "./holdout.ts";
import { count, duration, plural, significant } from "./numbers.ts";
import type { AuditResult, GateRecord, InputRecord, NextCommand, PointsRecord } from "./result.ts";
import { achievableWords, baselineWords, headline } from "./rules.ts";
import { scoreTable } from "./score-table.ts";
import { shapeTable } from "./shape-table.ts";
import { stretchPlot } from "./stretch-plot.ts";
import { BLANK, type Line, line, pad, span, type View, width, wrap, wrapParts } from "./text.ts";
import { adviceWords } from "./verdict.ts";
import { witnessTables } from "./witness-table.ts";

/** An audit as a person reads it: the verdict first, then the evidence, then what to type next. */
export function auditReport(result: AuditResult, view: View): Line[] {
  const { scores, options } = result;
  return [
    BLANK,
    ...wrap(headline(scores, options.nNeighbors), view.width, "", "strong"),
    ...wrap(adviceWords(scores) ?? "", view.width),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...scoreTable(scores, options.nNeighbors, view),
    ...referenceLines(result, view),
    BLANK,
    ...shapeTable(result, view),
    ...(scores.stretch ? [...stretchPlot(scores.stretch, view), BLANK] : []),
    ...(result.holdout ? holdoutLines(result.holdout, view) : []),
    ...witnessTables(result.witnesses, view),
    ...pointsLines(result.points, view),
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(howParts(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function referenceLines(result: AuditResult, view: View): Line[] {
  return comparedWords(result).flatMap((words) => [BLANK, ...wrap(words, view.width, "  ")]);
}

/** What may be read off the latent, and how it compares, a sentence each. */
export function referenceWords(result: AuditResult): string[] {
  const advice = adviceWords(result.scores);
  return advice === null ? comparedWords(result) : [advice, ...comparedWords(result)];
}

/** What the scores are compared with, a sentence each. */
function comparedWords({ scores, rows, inputs }: AuditResult): string[] {
  const words = [baselineWords(scores), achievableWords(scores, rows, inputs[1]?.cols)];
  return words.filter((text) => text !== null);
}

/** Where the table of single rows was written. */
function pointsLines(points: PointsRecord | null, view: View): Line[] {
  if (points === null) return [];
  const what = `  ${plural(points.rows, "row")}, ${plural(points.columns.length, "column")} in `;
  const head = line(span("Point by point", "strong"), span(what, "muted"));
  const fits = width(`Point by point${what}${points.path}`) <= view.width;
  return [...(fits ? [line(...head, points.path)] : [head, line("  ", points.path)]), BLANK];
}

/** Role, path, shape and type of each input; shapes below each other where the width allows. */
export function inputLines(inputs: readonly InputRecord[], view: View): Line[] {
  const shapes = inputs.map(({ rows, cols }) => `${count(rows)} x ${count(cols)}`);
  const paths = inputs.map(({ path }) => path);
  const longest = Math.max(...paths.map(width));
  const widest = Math.max(...shapes.map(width));
  const facts = inputs.map(({ dtype, format }, i) => `${pad(shapes[i]!, widest)}  ${dtype}, ${format}`);
  const fits = 2 + 10 + longest + 2 + Math.max(...facts.map(width)) <= view.width;
  return inputs.flatMap(({ role }, i) => {
    const name = span(`  ${pad(role, 10)}`, "muted");
    if (fits) return [line(name, pad(paths[i]!, longest + 2), facts[i]!)];
    return [line(name, paths[i]!), line(span(pad("", 12)), facts[i]!)];
  });
}

/** Each warning on its own, with a sign in front. */
export function warningLines(warnings: readonly Warning[], view: View): Line[] {
  if (warnings.length === 0) return [];
  const lines = warnings.flatMap(({ message }) =>
    wrap(message, view.width - 2, "    ").map((text, i) =>
      i === 0 ? line(span("  ! ", "fair"), ...text.slice(1)) : text,
    ),
  );
  return [line(span(plural(warnings.length, "warning"), "fair")), ...lines, BLANK];
}

/** One line per gate: passed or failed, the value and the limit. */
export function gateLines(gates: readonly GateRecord[], view: View): Line[] {
  if (gates.length === 0) return [];
  const lines = gates.flatMap((gate) => {
    const [mark, style] = gate.passed ? (["passed", "good"] as const) : (["FAILED", "bad"] as const);
    return wrap(gateText(gate), view.width - 9, "").map((text, i) =>
      line(i === 0 ? span(`  ${mark} `, style) : "         ", ...text),
    );
  });
  return [line(span("Gates", "strong")), ...lines, BLANK];
}

/** "trustworthiness 0.9312 is under 0.95"; with the latent in front where there are several. */
export function gateText({ latent, score, kind, limit, value, passed }: GateRecord): string {
  const relation = passed
    ? `is not ${kind}`
    : Number.isFinite(value)
      ? `is ${kind}`
      : "is not comparable with";
  const of = latent === undefined ? "" : `${latent}: `;
  return `${of}${score} ${significant(value)} ${relation} ${limit}`;
}

/** "onnxruntime-node 1.30.0 on cpu, 2 threads". */
export function engineText({ name, version, provider, threads }: EngineInfo): string {
  return `${name} ${version} on ${provider}, ${plural(threads, "thread")}`;
}

/** What `howText` tells. */
export type How = Pick<AuditResult, "rows" | "engine" | "seconds" | "labels"> & {
  readonly options: Omit<AuditResult["options"], "baseline">;
};

/** How the numbers came about, in one line. */
export function howText(result: How): string {
  return howParts(result).join(" · ");
}

/** The same in parts that stay whole. */
export function howParts({ rows, options, engine, seconds, labels }: How): string[] {
  const anchors =
    options.sample === "exact"
      ? `all ${count(rows)} rows exactly`
      : `${count(options.sample)} of ${count(rows)} rows as anchors, each against all rows`;
  return [
    anchors,
    `k = ${options.nNeighbors}`,
    options.metric === options.latentMetric ? options.metric : `${options.metric} to ${options.latentMetric}`,
    ...(options.graphNeighbors === null ? [] : [`graph of ${options.graphNeighbors} neighbours`]),
    `seed ${options.seed}`,
    ...(labels ? [`${plural(labels.classes, "class", "classes")} in ${labels.from}`] : []),
    engineText(engine),
    duration(seconds),
  ];
}

/** What to type next. Commands are never broken, so that they can be copied. */
export function nextLines(next: readonly NextCommand[], view: View): Line[] {
  if (next.length === 0) return [];
  const lines = next.flatMap(({ command, why }) => [
    ...wrap(`# ${why}`, view.width, "  ", "muted"),
    line(span("  "), span(command, "accent")),
  ]);
  return [BLANK, line(span("Next", "strong")), ...lines];
}
