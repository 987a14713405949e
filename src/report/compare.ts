import type { ScoreName } from "../measure/result.ts";
import type { AuditResult } from "./result.ts";
import { JUDGED_NAMES, lessIsBetter } from "./rules.ts";
import { valueText } from "./score-table.ts";
import { BLANK, type Column, type Line, line, type Span, span, table, type View, wrap } from "./text.ts";

/** One audit of a comparison. */
export interface Compared {
  readonly name: string;
  readonly audit: AuditResult;
}

/** Scores of several latents side by side, the best of each row marked; then who won what. */
export function comparison(compared: readonly Compared[], view: View): Line[] {
  const names = JUDGED_NAMES.filter((name) => compared.some(({ audit }) => audit.scores[name]));
  const columns: Column[] = [
    { head: "", align: "left" },
    ...compared.map(({ name }) => ({ head: `${name}  `, align: "right" }) as const),
    { head: "better is", align: "left" },
  ];
  const body = names.map((name): Span[] => {
    const best = bestOf(name, compared);
    return [
      span(name),
      ...compared.map(({ name: latent, audit }) => {
        const value = audit.scores[name]?.value ?? Number.NaN;
        const won = best.includes(latent);
        return span(`${valueText(name, value)} ${won ? "*" : " "}`, won ? "good" : "plain");
      }),
      span(lessIsBetter(name) ? "less" : "more", "muted"),
    ];
  });
  const title = line(span("Comparison", "strong"), span("  * the best of each row", "muted"));
  return [title, ...table(columns, body, { width: view.width }), BLANK, ...verdicts(compared, names, view)];
}

/** The names with the best value of a score, as printed: equal digits share the mark. */
export function bestOf(name: ScoreName, compared: readonly Compared[]): string[] {
  const scored = compared
    .map((entry) => ({ latent: entry.name, value: entry.audit.scores[name]?.value ?? Number.NaN }))
    .filter(({ value }) => Number.isFinite(value));
  const values = scored.map(({ value }) => value);
  const best = lessIsBetter(name) ? Math.min(...values) : Math.max(...values);
  return scored
    .filter(({ value }) => valueText(name, value) === valueText(name, best))
    .map(({ latent }) => latent);
}

function verdicts(compared: readonly Compared[], names: readonly ScoreName[], view: View): Line[] {
  return compared.flatMap(({ name }) => {
    const won = names.filter((score) => bestOf(score, compared).includes(name));
    const text =
      won.length === 0 ? `${name} is best at nothing here.` : `${name} is best at ${won.join(", ")}.`;
    return wrap(text, view.width, "  ");
  });
}
