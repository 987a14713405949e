import {
  DRIFT_SCORE_NAMES,
  DRIFT_SCORES,
  type DriftResult,
  driftGrade,
  type Unmatched,
  witnessName,
} from "./drift-result.ts";
import { driftHeadline, driftWords } from "./drift-words.ts";
import { count, duration, plural, score, significant } from "./numbers.ts";
import { engineText, gateLines, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  cutMiddle,
  type Line,
  line,
  type Span,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** Drift as a person reads it: the verdict first, then the evidence, then what to type next. */
export function driftReport(result: DriftResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(driftHeadline(result), view.width, "", "strong"),
    ...driftWords(result).flatMap((words) => wrap(words, view.width)),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...scoreLines(result, view),
    BLANK,
    ...regionLines(result, view),
    ...witnessLines(result, view),
    ...unmatchedLines("old", result.unmatched.old, view),
    ...unmatchedLines("new", result.unmatched.new, view),
    ...pointsLines(result, view),
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(driftHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function scoreLines({ scores }: DriftResult, view: View): Line[] {
  const known = DRIFT_SCORE_NAMES.filter((name) => scores[name]);
  const sampled = known.some((name) => !scores[name]!.exact);
  const wide = !sampled || view.width >= 100;
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "value", align: "right" },
    ...(sampled ? [{ head: "95 % interval", align: "right" } as const] : []),
    { head: "chance", align: "right" },
    ...(wide ? [{ head: "same", align: "right" } as const] : []),
    { head: "", align: "left" },
  ];
  const body = known.map((name): Span[] => {
    const { value, interval, exact, null: chance, ideal } = scores[name]!;
    const ends = exact ? "exact" : interval.map((end) => score(end)).join(" to ");
    return [
      span(name),
      span(score(value), driftGrade(name, value)),
      ...(sampled ? [span(ends, "muted")] : []),
      span(score(chance), "muted"),
      ...(wide ? [span(String(ideal), "muted")] : []),
      span(DRIFT_SCORES[name].about, "muted"),
    ];
  });
  return table(columns, body, { width: view.width });
}

const KIND_STYLES = { drifted: "bad", loosened: "fair", together: "accent", steady: "plain" } as const;

function regionLines({ regions }: DriftResult, view: View): Line[] {
  if (regions.length < 2) return [];
  const columns: Column[] = [
    { head: "", align: "right" },
    { head: "", align: "left" },
    ...["rows", "movement", "left", "shift", "size", "kept"].map((head) => ({
      head,
      align: "right" as const,
    })),
    { head: "such as", align: "left" },
  ];
  const body = regions.map((region): Span[] => [
    span(String(region.region), "muted"),
    span(region.kind, KIND_STYLES[region.kind]),
    span(count(region.rows)),
    span(region.movement.toFixed(2)),
    span(region.moved.toFixed(2)),
    span(Number.isNaN(region.shift) ? "" : region.shift.toFixed(2)),
    span(`${significant(region.stretch, 3)}x`),
    span(region.overlap.toFixed(2)),
    span(region.examples.join(", "), "muted"),
  ]);
  const says = "groups found in the old space; together: moved as a whole, no drift";
  return [
    ...wrap(`Regions: ${says}`, view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

/** Rows in the report: the JSON has more. Letters of the name of a neighbour there. */
const SHOWN = 6;
const LETTERS = 9;

function witnessLines({ witnesses }: DriftResult, view: View): Line[] {
  if (witnesses.length === 0) return [];
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "movement", align: "right" },
    { head: "distances", align: "right" },
    { head: "kept", align: "right" },
    { head: "lost", align: "left" },
    { head: "gained", align: "left" },
  ];
  const few = (names: readonly string[]) => {
    const text = names
      .slice(0, 2)
      .map((name) => cutMiddle(name, LETTERS))
      .join(", ");
    return names.length > 2 ? `${text}, +${names.length - 2}` : text;
  };
  const body = witnesses
    .slice(0, SHOWN)
    .map((own): Span[] => [
      span(cutMiddle(witnessName(own), 2 * LETTERS)),
      span(own.movement.toFixed(2), own.movement >= 0.5 ? "bad" : "plain"),
      span(`${significant(own.factor, 3)}x`),
      span(own.overlap.toFixed(2)),
      span(few(own.lost)),
      span(few(own.gained)),
    ]);
  return [
    line(
      span("Rows that moved most", "strong"),
      span("  against neighbours: 1 is chance, from 0.5 on they left", "muted"),
    ),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

function unmatchedLines(side: "old" | "new", { count: n, first }: Unmatched, view: View): Line[] {
  if (n === 0) return [];
  const more = n > first.length ? ` and ${count(n - first.length)} more` : "";
  return [...wrap(`Only in the ${side} space: ${first.join(", ")}${more}`, view.width), BLANK];
}

function pointsLines({ points }: DriftResult, view: View): Line[] {
  if (points === null) return [];
  const what = `${plural(points.rows, "row")}, ${plural(points.columns.length, "column")} in ${points.path}`;
  return [...wrap(`Row by row: ${what}`, view.width), BLANK];
}

/** How the numbers came about, in parts that stay whole. */
export function driftHow({ rows, options, joined, scale, engine, seconds }: DriftResult): string[] {
  const { sample, nNeighbors, metric, seed } = options;
  return [
    sample === "exact"
      ? `all ${count(rows)} rows exactly`
      : `${count(sample)} of ${count(rows)} rows as anchors, each against all rows`,
    `joined by ${joined}`,
    `k = ${nNeighbors}`,
    metric,
    `scale ${significant(scale)} taken out`,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
