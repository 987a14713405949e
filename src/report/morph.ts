import type { PathReport } from "../spaces/morph/index.ts";
import type { MorphResult } from "./morph-result.ts";
import { count, duration, plural, significant } from "./numbers.ts";
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

/** How smooth a way from one item to another is, beside the straight one, and what lies on it. */
export function morphReport(result: MorphResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(headline(result), view.width, "", "strong"),
    ...wrap(words(result), view.width),
    BLANK,
    ...inputLines(result.inputs, view),
    ...(result.decoder === null ? [] : [line("  decoder   ", result.decoder)]),
    BLANK,
    ...pathLines(result, view),
    ...frameLines(result, view),
    ...pictureLines(result),
    ...warningLines(result.warnings, view),
    ...wrapParts(how(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

const ratio = (value: number | null) =>
  value === null || !Number.isFinite(value) ? "infinite" : significant(value, 3);

function headline({ options: { path, from, to }, stepRatio, report }: MorphResult): string {
  const even = stepRatio !== null && stepRatio <= 1.2;
  const jumps = report.jumps.length;
  const how = even ? "changes evenly" : jumps > 0 ? `jumps (${plural(jumps, "place")})` : "changes unevenly";
  return `From row ${from} to row ${to}, the ${path} path ${how}.`;
}

function words({ report, straight, options: { path } }: MorphResult): string {
  const off = report.offData.meanByLength;
  const near =
    off <= 1
      ? "It stays as near to real items as these are to each other."
      : `It is ${significant(off, 3)} times as far from real items as these are from each other.`;
  if (path === "straight") return near;
  return `${near} The straight line: ${significant(straight.offData.meanByLength, 3)} times, steps that differ by ${ratio(straight.stepRatio)}.`;
}

function pathLines({ report, straight, options: { path } }: MorphResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "path", align: "left" },
    { head: "step ratio", align: "right" },
    { head: "length", align: "right" },
    { head: "/ chord", align: "right" },
    { head: "off data", align: "right" },
    { head: "jumps", align: "right" },
  ];
  const own = (name: string, { stepRatio, length, bend, offData, jumps }: PathReport): Span[] => [
    span(name),
    span(ratio(stepRatio)),
    span(significant(length, 4)),
    span(significant(bend, 3)),
    span(`${significant(offData.meanByLength, 3)}x`),
    span(String(jumps.length)),
  ];
  const body = [own(path, report), ...(path === "straight" ? [] : [own("straight", straight)])];
  return [...table(columns, body, { width: view.width }), BLANK];
}

function frameLines({ frames }: MorphResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "frame", align: "right" },
    { head: "at", align: "right" },
    { head: "most like row", align: "right" },
    { head: "distance", align: "right" },
  ];
  const body = frames.map(({ at, nearest, distance }, i): Span[] => [
    span(String(i + 1), "muted"),
    span(at.toFixed(3)),
    span(count(nearest)),
    span(significant(distance, 4), "muted"),
  ]);
  const says = "Frames, at equal steps in the space of data";
  return [...wrap(says, view.width, "", "strong"), ...table(columns, body, { width: view.width }), BLANK];
}

function pictureLines({ pictures }: MorphResult): Line[] {
  if (pictures.length === 0) return [];
  return [line(span("Written", "strong")), ...pictures.map((path) => line(`  ${path}`)), BLANK];
}

function how({ options, engine, seconds }: MorphResult): string[] {
  const { path, density, seed } = options;
  return [
    path === "geodesic" ? `geodesic, density ${density}` : path,
    `seed ${seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
