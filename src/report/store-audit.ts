import { storeLines } from "./ingest.ts";
import { junitSuites } from "./junit.ts";
import { codeText, listItems, plainText, tableOf } from "./markdown.ts";
import { duration, percent, plural, score, significant } from "./numbers.ts";
import type { StoreAuditResult } from "./store-audit-result.ts";
import { millisecondsText, settingName, storeAuditHeadline, storeAuditWords } from "./store-audit-words.ts";
import { engineText, gateLines, gateText, nextLines, warningLines } from "./terminal.ts";
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

/** How the search of a store compares with an exact one, what its settings change, and what to do. */
export function storeAuditReport(result: StoreAuditResult, view: View): Line[] {
  return [
    BLANK,
    ...wrap(storeAuditHeadline(result), view.width, "", "strong"),
    ...storeAuditWords(result).flatMap((words) => wrap(words, view.width)),
    BLANK,
    ...storeLines(result.store, view),
    BLANK,
    ...settingTable(result, view),
    BLANK,
    ...warningLines(result.warnings, view),
    ...gateLines(result.gates, view),
    ...wrapParts(storeAuditHow(result), " · ", view.width, "", "muted"),
    ...nextLines(result.next, view),
  ];
}

const gradeOf = (recall: number): Style => (recall >= 0.95 ? "good" : recall >= 0.8 ? "fair" : "bad");

function settingTable({ settings, exact, options }: StoreAuditResult, view: View): Line[] {
  const columns: Column[] = [
    { head: "search", align: "left" },
    { head: `recall@${options.nNeighbors}`, align: "right" },
    { head: "95 % interval", align: "right" },
    { head: "median", align: "right" },
    { head: "95 %", align: "right" },
    { head: "queries/s", align: "right" },
  ];
  const timed = ({ p50, p95, perSecond }: StoreAuditResult["exact"]) => [
    span(millisecondsText(p50.value)),
    span(millisecondsText(p95.value)),
    span(significant(perSecond, 3), "muted"),
  ];
  const body = settings.map(({ tuning, recall, latency }): Span[] => [
    span(settingName(tuning)),
    span(score(recall.value), gradeOf(recall.value)),
    span(recall.interval.map(score).join(" to "), "muted"),
    ...timed(latency),
  ]);
  const first = [span("exact"), span("1"), span("", "muted"), ...timed(exact)];
  return table(columns, [first, ...body], { width: view.width });
}

/** How the numbers came about, in parts that stay whole. */
export function storeAuditHow({ queries, options, engine, seconds, chance }: StoreAuditResult): string[] {
  const from =
    queries.from === null
      ? `${plural(queries.count, "item")} of the store as queries, each left out of its own hits`
      : `${plural(queries.count, "query", "queries")} of ${queries.from}`;
  return [
    from,
    "one after the other, latency of this run on this machine",
    `k = ${options.nNeighbors}`,
    ...(options.where.length > 0 ? [`where ${options.where.join(" and ")}`] : []),
    `chance ${significant(chance, 2)}`,
    `seed ${options.seed}`,
    engineText(engine),
    duration(seconds),
  ];
}

/** The same as Markdown. */
export function storeAuditMarkdown(result: StoreAuditResult): string {
  const { store, settings, exact, options, gates, warnings } = result;
  const head = [
    "search",
    `recall@${options.nNeighbors}`,
    "95 % interval",
    "queries below 0.9",
    "farther",
    "median",
    "95 % of queries",
    "queries/s",
  ];
  const timed = ({ p50, p95, perSecond }: StoreAuditResult["exact"]) => [
    `${millisecondsText(p50.value)} (${p50.interval.map(millisecondsText).join(" … ")})`,
    `${millisecondsText(p95.value)} (${p95.interval.map(millisecondsText).join(" … ")})`,
    significant(perSecond, 3),
  ];
  const rows = settings.map(({ tuning, recall, poor, excess, latency }) => [
    plainText(settingName(tuning)),
    `**${score(recall.value)}**`,
    recall.interval.map(score).join(" … "),
    percent(poor.value),
    percent(excess.value),
    ...timed(latency),
  ]);
  const parts = [
    `### Isometer: ${codeText(store.address)}`,
    `**${plainText(storeAuditHeadline(result))}**`,
    ...storeAuditWords(result).map(plainText),
    ...(gates.length > 0
      ? [listItems(gates.map((gate) => `${gate.passed ? "✅" : "❌"} ${plainText(gateText(gate))}`))]
      : []),
    tableOf(head, [["exact", "1", "", "", "", ...timed(exact)], ...rows]),
    ...(warnings.length > 0 ? [listItems(warnings.map(({ message }) => `⚠️ ${plainText(message)}`))] : []),
    `<sub>${plainText(storeAuditHow(result).join(" · "))} · isometer ${result.isometer}</sub>`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The same as JUnit XML: its gates. */
export function storeAuditJunit(result: StoreAuditResult): string {
  const { store, gates, seconds } = result;
  const says = storeAuditHeadline(result);
  return junitSuites([{ classname: "isometer.audit", name: store.address, gates, says, seconds }], seconds);
}
