import { JUDGED_INTERVALS, judgedWords, mainScore, markOf } from "./judgement.ts";
import { junitSuites } from "./junit.ts";
import { codeText, listItems, plainText, tableOf } from "./markdown.ts";
import { count, score as scoreText } from "./numbers.ts";
import type { JudgementResult } from "./result.ts";
import { gateText } from "./terminal.ts";

/** An audit by judgements as Markdown. */
export function judgementMarkdown(result: JudgementResult): string {
  const { inputs, judgements, latents, gates, warnings, options } = result;
  const files = judgements.map(({ path }) => codeText(path)).join(", ");
  const rows = latents[0]!.tasks.flatMap((first, t) => {
    const all = latents.map(({ tasks }) => mainScore(tasks[t]!).score);
    return latents.map(({ name }, i) => {
      const { value, interval } = all[i]!;
      const mark = markOf(all, i);
      const text =
        mark === "*" ? `**${scoreText(value)}**` : mark === "=" ? `*${scoreText(value)}*` : scoreText(value);
      return [
        plainText(first.task),
        count(first.n),
        text,
        `${scoreText(interval[0])} … ${scoreText(interval[1])}`,
        plainText(name),
      ];
    });
  });
  const parts = [
    `### Isometer: ${inputs.map(({ path }) => codeText(path)).join(", ")} by ${files}`,
    `**${plainText(judgedWords(result).join(" "))}**`,
    ...(gates.length > 0
      ? [listItems(gates.map((gate) => `${gate.passed ? "✅" : "❌"} ${plainText(gateText(gate))}`))]
      : []),
    tableOf(["task", "n", "agreement", "95 % interval", "latent"], rows),
    "Agreement: Spearman's rank correlation for pairs (chance 0), share in the judged order for triplets (chance 0.5).",
    ...(warnings.length > 0 ? [listItems(warnings.map(({ message }) => `⚠️ ${plainText(message)}`))] : []),
    `<sub>${plainText(JUDGED_INTERVALS)}</sub>`,
    `<sub>${options.latentMetric} · seed ${options.seed} · isometer ${result.isometer}</sub>`,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** An audit by judgements as JUnit XML: a suite for each latent, with its gates. */
export function judgementJunit({ inputs, latents, gates, seconds, ...result }: JudgementResult): string {
  const suites = latents.map(({ name }, i) => ({
    classname: latents.length === 1 ? "isometer.audit" : `isometer.audit.${name}`,
    name: inputs[i]!.path,
    gates: latents.length === 1 ? gates : gates.filter(({ latent }) => latent === name),
    says: judgedWords({ inputs, latents, gates, seconds, ...result }).join(" "),
    seconds,
  }));
  return junitSuites(suites, seconds);
}
