import type { AnomaliesResult, Strange } from "./anomalies-result.ts";
import { count, duration, percent, plural, score, significant } from "./numbers.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import {
  BLANK,
  type Column,
  type Line,
  line,
  type Span,
  span,
  table,
  type View,
  wrap,
  wrapParts,
} from "./text.ts";

/** What is strange, how sure that is, and why. */
export function anomaliesReport(result: AnomaliesResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    ...words(result).flatMap((text) => wrap(text, view.width)),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...evaluationLines(result, view),
    ...strangeLines(result, view),
    ...writtenLines(result),
    ...warningLines(result.warnings, view),
    ...wrapParts(how(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function headline({ discoveries, rows, stream, options: { rate } }: AnomaliesResult): string {
  if (stream) return `${plural(stream.flagged, "row")} flagged of ${plural(rows, "row")} that came.`;
  if (!discoveries) return `No anomaly among ${plural(rows, "row")} that is sure enough to name.`;
  return `${plural(discoveries, "anomaly", "anomalies")} among ${plural(rows, "row")}; about ${percent(rate)} of them false at most.`;
}

function words({ flagged, threshold, calibration, stream }: AnomaliesResult): string[] {
  const { alpha, value, falsePositiveRate, interval } = threshold;
  const within = interval
    ? ` (between ${interval.map((end) => score(end)).join(" and ")} for rows yet to come)`
    : "";
  const kind = calibration.kind === "cross" ? ", cross-fitted: too few for a guarantee" : "";
  const bad = stream?.bad ?? 0;
  return [
    ...(bad > 0
      ? [`${plural(bad, "line")} of ${count(stream!.lines)} held no row, and were answered so.`]
      : []),
    `One row at a time: ${count(flagged)} score above ${significant(value, 4)}, as ${percent(falsePositiveRate)} of normal rows would${within}; asked for was ${percent(alpha)}. ` +
      `Calibrated by ${plural(calibration.rows, "normal row")} that the detector was not fitted to${kind}.`,
  ];
}

function evaluationLines({ evaluation }: AnomaliesResult, view: View): Line[] {
  if (!evaluation) return [];
  const { rocAuc, averagePrecision, anomalies, normal } = evaluation;
  const columns: Column[] = [
    { head: "", align: "left" },
    { head: "value", align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "chance", align: "right" },
  ];
  const chance = anomalies / (anomalies + normal);
  const body = (
    [
      ["rocAuc", rocAuc, 0.5],
      ["averagePrecision", averagePrecision, chance],
    ] as const
  ).map(([name, { value, interval }, byChance]): Span[] => [
    span(name),
    span(score(value)),
    span(interval.map((end) => score(end)).join(" to "), "muted"),
    span(score(byChance), "muted"),
  ]);
  const says = `Against --labels: ${plural(anomalies, "anomaly", "anomalies")} and ${plural(normal, "normal row")}`;
  return [...wrap(says, view.width, "", "strong"), ...table(columns, body, { width: view.width }), BLANK];
}

function strangeLines({ strangest, inputs }: AnomaliesResult, view: View): Line[] {
  if (strangest.length === 0) return [];
  const hasNeighbors = strangest.some(({ neighbors }) => neighbors !== null);
  const hasDimensions = strangest.some(({ dimensions }) => dimensions.length > 0);
  const hasMembers = strangest.some(({ members }) => members.length > 0);
  const hasScale = strangest.some(({ latentScale }) => latentScale !== null);
  const columns: Column[] = [
    { head: "row", align: "left" },
    { head: "score", align: "right" },
    { head: "p", align: "right" },
    ...(hasMembers ? [{ head: "first by", align: "left" } as const] : []),
    ...(hasScale ? [{ head: "scale", align: "right" } as const] : []),
    ...(hasDimensions ? [{ head: "for columns", align: "left" } as const] : []),
    ...(hasNeighbors ? [{ head: "nearest normal rows", align: "left" } as const] : []),
  ];
  const body = strangest.map((own): Span[] => [
    span(own.name),
    span(significant(own.score, 4), own.isDiscovery ? "bad" : "plain"),
    span(significant(own.pValue, 2), "muted"),
    ...(hasMembers ? [span(surest(own))] : []),
    ...(hasScale ? [span(significant(own.latentScale!, 2))] : []),
    ...(hasDimensions ? [span(dimensionText(own))] : []),
    ...(hasNeighbors ? [span((own.neighbors ?? []).slice(0, 3).join(", "), "muted")] : []),
  ]);
  const of = inputs.at(-1)?.path ?? "";
  return [
    ...wrap(`Strangest rows of ${of}`, view.width, "", "strong"),
    ...table(columns, body, { width: view.width }),
    BLANK,
  ];
}

/** The member that finds a row the least usual. */
const surest = ({ members }: Strange): string =>
  members.reduce((most, own) => (own.surprise > most.surprise ? own : most)).name;

const dimensionText = ({ dimensions }: Strange) =>
  dimensions
    .slice(0, 3)
    .map(({ dimension, share }) => `${dimension} (${percent(share)})`)
    .join(", ");

function writtenLines({ scores, detector }: AnomaliesResult): Line[] {
  const written = [
    ...(scores ? [["scores", scores.path]] : []),
    ...(detector === null ? [] : [["detector", detector]]),
  ];
  if (written.length === 0) return [];
  return [
    line(span("Written", "strong")),
    ...written.map(([what, path]) => line(`  ${what!.padEnd(9)}`, path!)),
    BLANK,
  ];
}

function how({ rows, options, engine, seconds }: AnomaliesResult): string[] {
  return [
    `${count(rows)} rows`,
    options.members.length > 0 ? `ensemble of ${options.members.join(", ")}` : options.method,
    options.metric,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
