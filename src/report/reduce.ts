import type { Warning } from "../base/index.ts";
import { comparison } from "./compare.ts";
import { holdoutLines } from "./holdout.ts";
import { count, duration, plural, significant } from "./numbers.ts";
import type { ApplyResult, CompareResult, FitRecord, ReduceResult } from "./reduce-result.ts";
import { baselineWords, headline } from "./rules.ts";
import { scoreTable } from "./score-table.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Column, type Line, line, span, table, type View, wrap, wrapParts } from "./text.ts";
import { adviceWords } from "./verdict.ts";

/** A fitted map as a person reads it: what can be trusted in the smaller space, then how it was fitted. */
export function reduceReport(result: ReduceResult, view: View): Line[] {
  const { scores, options, method, about, map, objective } = result;
  const baseline = baselineWords(scores);
  const fitted = [
    `${method}: ${about}, ${count(map.inputs)} to ${plural(map.outputs, "dimension")}`,
    ...(objective ? [`${objective.name} ${significant(objective.value)}`] : []),
  ].join("; ");
  return [
    BLANK,
    ...wrap(headline(scores, options.nNeighbors), view.width, "", "strong"),
    ...wrap(adviceWords(scores) ?? "", view.width),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...wrap(`${fitted}.`, view.width, "  "),
    ...detailLines(result, view),
    BLANK,
    ...scoreTable(scores, options.nNeighbors, view),
    ...(baseline === null ? [] : [BLANK, ...wrap(baseline, view.width, "  ")]),
    BLANK,
    ...(result.holdout ? holdoutLines(result.holdout, view) : []),
    ...writtenLines(result),
    ...warningLines(result.warnings, view),
    ...wrapParts(howParts(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function detailLines({ details, options, rows }: ReduceResult, view: View): Line[] {
  const words: string[] = [];
  const { johnsonLindenstrauss: bound, startStress, passes, residual } = details;
  if (typeof passes === "number" && typeof residual === "number")
    words.push(
      `Directions from ${plural(passes, "pass", "passes")} over the rows, to ${significant(residual, 2)} of the largest variance.`,
    );
  if (typeof bound === "number") {
    words.push(
      bound >= 1
        ? `The lemma of Johnson and Lindenstrauss promises nothing for ${count(rows)} rows in ${plural(options.to, "dimension")}.`
        : `The lemma of Johnson and Lindenstrauss promises a projection with all squared distances within ${significant(bound, 2)} of 1; what this one does is below.`,
    );
  }
  if (typeof startStress === "number")
    words.push(`PCA, where it started, has ${significant(startStress)} on the same pairs.`);
  return [...words, ...layoutWords(details)].flatMap((text) => wrap(text, view.width, "  "));
}

/** The warnings of a fit, by the name of its method. */
function namedWarnings({ method, warnings }: FitRecord): Warning[] {
  return warnings.map((warning) => ({ ...warning, message: `${method}: ${warning.message}` }));
}

/** How neighbours were found, and what became of their density. */
function layoutWords({ neighborRecall, neighborRecallInterval, radiusCorrelation }: ReduceResult["details"]) {
  const words: string[] = [];
  if (typeof neighborRecall === "number" && Array.isArray(neighborRecallInterval)) {
    const [low, high] = neighborRecallInterval.map((bound: number) => significant(bound, 3));
    words.push(
      `Neighbours are approximate: ${significant(neighborRecall, 3)} of them were found, ${low} to ${high} with 95 % confidence; --neighbors exact finds all.`,
    );
  }
  if (typeof radiusCorrelation === "number")
    words.push(`Local radii go with those of the data: correlation ${significant(radiusCorrelation, 2)}.`);
  return words;
}

function writtenLines({ map, codes }: ReduceResult): Line[] {
  const lines = [
    ...(map.path === null ? [] : [line(span("  map    ", "muted"), map.path)]),
    ...(codes === null ? [] : [line(span("  codes  ", "muted"), codes)]),
  ];
  return lines.length === 0 ? [] : [line(span("Written", "strong")), ...lines, BLANK];
}

function howParts({ rows, options, engine, seconds, iterations, converged }: ReduceResult): string[] {
  return [
    options.sample === "exact"
      ? `all ${count(rows)} rows exactly`
      : `${count(options.sample)} of ${count(rows)} rows as anchors`,
    `k = ${options.nNeighbors}`,
    options.metric,
    ...(iterations > 0 ? [`${plural(iterations, "step")}${converged ? "" : ", not converged"}`] : []),
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}

/** Rows that were mapped. */
export function applyReport(
  { map, inputs, out, warnings, next, engine, seconds }: ApplyResult,
  view: View,
): Line[] {
  const method = map.method === null ? "" : ` (${map.method})`;
  return [
    BLANK,
    ...wrap(
      `${plural(out.rows, "row")} of ${plural(map.inputs, "number")} became rows of ${count(out.cols)} in ${out.path}.`,
      view.width,
      "",
      "strong",
    ),
    BLANK,
    line(span("  map       ", "muted"), `${map.path}${method}`),
    ...inputLines(inputs, view),
    BLANK,
    ...warningLines(warnings, view),
    ...wrapParts(
      [`output ${map.output}`, engineText(engine), duration(seconds)],
      " · ",
      view.width,
      "",
      "muted",
    ),
    ...nextLines(next, view),
  ];
}

/** Several methods side by side: how each was fitted, what it keeps, and which to take for what. */
export function compareReport(result: CompareResult, view: View): Line[] {
  const { fits, audits, options, engine, seconds } = result;
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "seconds", align: "right" },
    { head: "steps", align: "right" },
    { head: "", align: "left" },
  ];
  const rows = fits.map(({ method, seconds: own, iterations, converged, objective }) => [
    span(method),
    span(own.toFixed(2)),
    span(iterations === 0 ? "" : count(iterations)),
    span(
      [objective && `${objective.name} ${significant(objective.value)}`, converged ? null : "not converged"]
        .filter(Boolean)
        .join(", "),
      "muted",
    ),
  ]);
  const [first] = audits;
  return [
    BLANK,
    ...inputLines(first!.audit.inputs.slice(0, 1), view),
    BLANK,
    line(span("Fits", "strong"), span(`  to ${plural(options.to, "dimension")}`, "muted")),
    ...table(columns, rows, { width: view.width }),
    ...fits.flatMap(({ method, details }) =>
      layoutWords(details).flatMap((words) => wrap(`${method}: ${words}`, view.width, "  ")),
    ),
    BLANK,
    ...comparison(audits, view),
    BLANK,
    ...warningLines([...result.warnings, ...fits.flatMap(namedWarnings)], view),
    ...wrapParts(
      [options.metric, `seed ${options.seed}`, engineText(engine), duration(seconds)],
      " · ",
      view.width,
      "",
      "muted",
    ),
    ...nextLines(result.next, view),
  ];
}
