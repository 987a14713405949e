import { limitsHow } from "./limits-how.ts";
import type { LimitsResult } from "./limits-result.ts";
import { limitsHeadline, limitsLegend, limitsNotes, methodWords } from "./limits-words.ts";
import { count, times } from "./numbers.ts";
import { gateLines, inputLines, nextLines, warningLines } from "./terminal.ts";
import { BLANK, type Column, type Line, type Span, span, table, type View, wrap, wrapParts } from "./text.ts";

/** Steps of the frontier in the report, those with most recall: the JSON has all. */
const SHOWN = 16;

/** How few dimensions and bits are enough. */
export function limitsReport(result: LimitsResult, view: View): Line[] {
  const notes = limitsNotes(result);
  const more = result.frontier.length - SHOWN;
  return [
    BLANK,
    ...wrap(limitsHeadline(result), view.width, "", "strong"),
    ...notes.flatMap((words) => wrap(words, view.width)),
    BLANK,
    ...inputLines(result.inputs, view),
    BLANK,
    ...frontierTable(result, view),
    ...(more > 0
      ? wrap(`${count(more)} more of fewer bytes: --json has all`, view.width, "  ", "muted")
      : []),
    ...wrap(limitsLegend(result), view.width, "  ", "muted"),
    BLANK,
    ...gateLines(result.gates, view),
    ...warningLines(result.warnings, view),
    ...wrapParts(limitsHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

function frontierTable({ cells, frontier, chosen, options, cols }: LimitsResult, view: View): Line[] {
  const right = (head: string): Column => ({ head, align: "right" });
  const columns = [
    right("bytes"),
    right("fewer"),
    right("dims"),
    right("bits"),
    { head: "by", align: "left" } as const,
    right("recall"),
    right("interval"),
    right("rescored"),
    { head: "", align: "left" } as const,
  ];
  const body = frontier.slice(-SHOWN).map((at): Span[] => {
    const cell = cells[at]!;
    const { bytes, compression, dims, bits, recall, rescored } = cell;
    const enough = recall.interval[0] >= options.target;
    return [
      span(count(bytes), "strong"),
      span(times(compression)),
      span(count(dims)),
      span(String(bits)),
      span(methodWords(cell, cols), "muted"),
      span(recall.value.toFixed(3), enough ? "good" : "plain"),
      span(recall.interval.map((end) => end.toFixed(3)).join(" "), "muted"),
      span(rescored.value.toFixed(3), rescored.interval[0] >= options.target ? "good" : "plain"),
      span(at === chosen?.cell ? "chosen" : "", "strong"),
    ];
  });
  return table(columns, body, { width: view.width });
}
