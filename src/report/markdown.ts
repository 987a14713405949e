import type { Score, ScoreName } from "../measure/result.ts";
import { holdoutWords } from "./holdout.ts";
import { percent, significant } from "./numbers.ts";
import type { AuditResult } from "./result.ts";
import { headline, lessIsBetter, SCORE_NAMES } from "./rules.ts";
import { endsText, valueText } from "./score-table.ts";
import { shapeAlarms, shapeCells } from "./shape-table.ts";
import { gateText, howText, referenceWords } from "./terminal.ts";

/** An audit as Markdown, for a pull request or a page: the verdict, gates, all scores, warnings and how it was measured. */
export function auditMarkdown(result: AuditResult): string {
  const { scores, options, gates, warnings } = result;
  const parts = [
    `### Isometer: ${result.inputs.map(({ path }) => codeText(path)).join(" → ")}`,
    `**${plainText(headline(scores, options.nNeighbors))}**`,
    ...referenceWords(result).map(plainText),
    ...(gates.length > 0
      ? [listItems(gates.map((gate) => `${gate.passed ? "✅" : "❌"} ${plainText(gateText(gate))}`))]
      : []),
    scoreTable(result),
    ...certificate(result),
    ...shape(result),
    ...(result.holdout ? [plainText(holdoutWords(result.holdout))] : []),
    ...(warnings.length > 0 ? [listItems(warnings.map(({ message }) => `⚠️ ${plainText(message)}`))] : []),
    `<sub>${plainText(howText(result))} · isometer ${result.isometer}</sub>`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function scoreTable({ scores, options }: AuditResult): string {
  const baseline = options.baseline;
  const sampled = Object.values(scores).some((score: Score) => !score.exact);
  const head = [
    "score",
    "value",
    ...(sampled ? ["95 % interval"] : []),
    "chance",
    ...(baseline ? [baseline] : []),
    "better",
  ];
  const rows = SCORE_NAMES.filter((name) => scores[name]).map((name) => {
    const score = scores[name]!;
    const text = (value: number) => plainText(valueText(name, value));
    return [
      name,
      `**${text(score.value)}**`,
      ...(sampled ? [plainText(endsText(name, score, " … "))] : []),
      text(score.null),
      ...(baseline ? [score.baseline ? text(score.baseline.value) : ""] : []),
      direction(name),
    ];
  });
  return tableOf(head, rows);
}

/** A table whose first and last columns are text, the others numbers. */
export function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, i) => (i === 0 || i === head.length - 1 ? "---" : "---:")), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function direction(name: ScoreName): string {
  return lessIsBetter(name) ? "less" : "more";
}

function certificate({ scores }: AuditResult): string[] {
  const { stretch } = scores;
  if (!stretch) return [];
  const scale = `Scale taken out: ${significant(stretch.scale.median)}.`;
  if (!stretch.certificate)
    return [`${percent(stretch.within["0.25"])} of all pairs are within 25 % of isometry. ${scale}`];
  const most = percent(stretch.certificate.atMost["0.25"]);
  return [`With 95 % confidence at most ${most} of all pairs are off by more than 25 %. ${scale}`];
}

/** The shape of each space, and what is alarming about it. */
function shape(result: AuditResult): string[] {
  const { heads, rows } = shapeCells(result);
  if (rows.length === 0) return [];
  const lines = [
    ["shape", ...heads.map(plainText)],
    ["---", ...heads.map(() => "---:")],
    ...rows.map(({ name, cells }) => [name, ...cells.map(plainText)]),
  ];
  const table = lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
  const alarms = shapeAlarms(result).map((alarm) => `⚠️ ${plainText(alarm)}`);
  return [table, ...(alarms.length > 0 ? [listItems(alarms)] : [])];
}

/** A bulleted list. */
export function listItems(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

/** Text that Markdown and HTML take as it is: paths and labels come from users. */
export function plainText(text: string): string {
  return text
    .replace(/[\\`*_{}[\]#|~]/g, "\\$&")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/\s+/g, " ");
}

/** A path as code, whatever backticks are in it. */
export function codeText(path: string): string {
  const longest = Math.max(0, ...[...path.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  return `${fence}${pad}${path.replace(/\s+/g, " ")}${pad}${fence}`;
}
