import type { UnpairedRun } from "../align/unsupervised-verdict.ts";
import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import { count, duration, percent, plural } from "./numbers.ts";
import type { InputRecord, NextCommand } from "./result.ts";
import { engineText, inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Column, type Line, line, span, table, type View, wrap, wrapParts } from "./text.ts";

/** The result of job `align` of two spaces whose rows nobody paired. */
export interface AlignUnpairedResult {
  readonly schema: "isometer/align-unpaired/1";
  readonly job: "align";
  readonly isometer: string;
  readonly engine: EngineInfo;
  readonly inputs: readonly InputRecord[];
  /** Is the map to be believed? */
  readonly found: boolean;
  /** Of the best run: mean CSLS of mutual neighbours, and their share. */
  readonly criterion: number;
  readonly mutualShare: number;
  /** The criteria of runs on a control. */
  readonly controls: readonly number[];
  readonly runs: readonly UnpairedRun[];
  /** Rows that the map was sought with, and in how many axes. */
  readonly sample: { readonly from: number; readonly to: number };
  readonly axes: { readonly from: number; readonly to: number };
  readonly options: {
    readonly sample: number | null;
    readonly seed: number;
    readonly rows: string | null;
    readonly vector: string | null;
  };
  readonly pairs: {
    readonly count: number;
    /** Where they were written. */
    readonly path: string | null;
    readonly first: readonly { readonly from: string; readonly to: string; readonly confidence: number }[];
  };
  readonly map: { readonly inputs: number; readonly outputs: number; readonly path: string | null } | null;
  readonly warnings: readonly Warning[];
  readonly next: readonly NextCommand[];
  readonly seconds: number;
}

/** A search without pairs as a person reads it: whether there is a map, then how sure that is. */
export function alignUnpairedReport(result: AlignUnpairedResult, view: View): Line[] {
  const { pairs, map } = result;
  return [
    BLANK,
    ...wrap(unpairedHeadline(result), view.width, "", "strong"),
    ...wrap(unpairedWords(result), view.width),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...runLines(result, view),
    BLANK,
    ...pairLines(result, view),
    ...(map?.path ? [line(span("  map    ", "muted"), map.path)] : []),
    ...(pairs.path === null ? [] : [line(span("  pairs  ", "muted"), pairs.path)]),
    ...(map?.path || pairs.path !== null ? [BLANK] : []),
    ...warningLines(result.warnings, view),
    ...wrapParts(howParts(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function unpairedHeadline({ found, pairs, mutualShare }: AlignUnpairedResult): string {
  if (!found) return "Not found: no map between the spaces can be believed without known pairs.";
  return `Found, without a known pair: ${plural(pairs.count, "pair")} of rows, mutual neighbours once mapped (${percent(mutualShare)} of the rows that were drawn).`;
}

function unpairedWords({ found }: AlignUnpairedResult): string {
  return found
    ? "Runs from different starts came to the same map, and it beats controls. Check some pairs by hand all the same: spaces that are only distributed alike have such maps too."
    : "A few known pairs help more than anything else: put the same ids in both, and align without --unpaired.";
}

function runLines({ runs, controls }: AlignUnpairedResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "run", align: "left" },
    { head: "criterion", align: "right" },
    { head: "mutual", align: "right" },
    { head: "as the best", align: "right" },
  ];
  const body = [
    ...runs.map(({ criterion, mutualShare, agreement }, r) => [
      span(String(r + 1)),
      span(criterion.toFixed(3)),
      span(percent(mutualShare)),
      span(percent(agreement)),
    ]),
    ...controls.map((criterion) => [
      span("control", "muted"),
      span(criterion.toFixed(3), "muted"),
      span(""),
      span(""),
    ]),
  ];
  return [
    line(span("Runs", "strong"), span("  criterion: mean CSLS of mutual neighbours", "muted")),
    ...table(columns, body, { width: view.width }),
  ];
}

function pairLines({ pairs }: AlignUnpairedResult, view: View): Line[] {
  if (pairs.first.length === 0) return [];
  const columns: Column[] = [
    { head: "from", align: "left" },
    { head: "to", align: "left" },
    { head: "confidence", align: "right" },
  ];
  const body = pairs.first.map(({ from, to, confidence }) => [
    span(from),
    span(to),
    span(percent(confidence)),
  ]);
  return [line(span("Some pairs", "strong")), ...table(columns, body, { width: view.width }), BLANK];
}

function howParts({ sample, axes, options, engine, seconds }: AlignUnpairedResult): string[] {
  return [
    `${count(sample.from)} and ${count(sample.to)} rows`,
    `${axes.from} and ${axes.to} axes`,
    "cosine",
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}
