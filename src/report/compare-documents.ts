import type { ScoreName } from "../measure/result.ts";
import { markOf } from "./compare.ts";
import { junitSuites, suiteOf } from "./junit.ts";
import { codeText, listItems, plainText, tableOf } from "./markdown.ts";
import { comparedNames, type Entrant, entrantsOf, PLACES } from "./ranking.ts";
import { recommendation } from "./recommendation.ts";
import type { Compared, ComparisonResult } from "./result.ts";
import { headline, lessIsBetter } from "./rules.ts";
import { halfWidthText, isOpen, valueText } from "./score-table.ts";
import { gateText, howText } from "./terminal.ts";

/** A comparison as Markdown: what follows from it, gates, the scores side by side, a sentence on each latent, warnings and how it was measured. */
export function comparisonMarkdown(result: ComparisonResult): string {
  const { audits, gates, warnings, inputs } = result;
  const entrants = entrantsOf(audits);
  const sentences = recommendation(entrants);
  const parts = [
    `### Isometer: ${codeText(inputs[0]!.path)} → ${inputs
      .slice(1)
      .map(({ path }) => codeText(path))
      .join(", ")}`,
    `**${plainText(sentences.slice(0, -1).join(" "))}**`,
    plainText(sentences.at(-1)!),
    ...(gates.length > 0
      ? [listItems(gates.map((gate) => `${gate.passed ? "✅" : "❌"} ${plainText(gateText(gate))}`))]
      : []),
    scoreTable(entrants, audits),
    "**Bold**: the best of a row; *italic*: level with it, as 95 % intervals overlap.",
    listItems(
      audits.map(
        ({ name, audit }) =>
          `**${plainText(name)}**: ${plainText(headline(audit.scores, audit.options.nNeighbors))}`,
      ),
    ),
    ...(warnings.length > 0 ? [listItems(warnings.map(({ message }) => `⚠️ ${plainText(message)}`))] : []),
    `<sub>${plainText(PLACES)}</sub>`,
    `<sub>${plainText(howText(result))} · isometer ${result.isometer}</sub>`,
  ];
  return `${parts.join("\n\n")}\n`;
}

function scoreTable(entrants: readonly Entrant[], audits: readonly Compared[]): string {
  const names = comparedNames(entrants);
  const rows = names.map((name) => [
    name,
    ...entrants.map((entrant, i) => cell(name, entrant, entrants, audits[i])),
    lessIsBetter(name) ? "less" : "more",
  ]);
  return tableOf(["score", ...entrants.map(({ name }) => plainText(name)), "better"], rows);
}

/** `audit`: of a latent; a baseline has no interval of its own. */
function cell(
  name: ScoreName,
  entrant: Entrant,
  entrants: readonly Entrant[],
  audit: Compared | undefined,
): string {
  const own = entrant.scores[name]!;
  const mark = markOf(
    name,
    own,
    entrants.map(({ scores }) => scores[name]!),
  );
  const text = plainText(valueText(name, own.value));
  const marked = mark === "*" ? `**${text}**` : mark === "=" ? `*${text}*` : text;
  const score = audit?.audit.scores[name];
  if (!score || score.exact || !Number.isFinite(own.value)) return marked;
  if (isOpen(score.interval)) return `at least ${marked}`;
  return `${marked} ± ${plainText(halfWidthText(name, score.interval))}`;
}

/** A comparison as JUnit XML: a suite for each latent, with its gates. */
export function comparisonJunit({ audits, seconds }: ComparisonResult): string {
  return junitSuites(
    audits.map(({ name, audit }) => suiteOf(audit, `isometer.audit.${name}`)),
    seconds,
  );
}
