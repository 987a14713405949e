import type { Score } from "../../measure/result.ts";
import type { AuditResult } from "../result.ts";
import { fullness, grade, JUDGED_NAMES, type JudgedName, meaning } from "../rules.ts";
import { valueText } from "../score-table.ts";
import { html, key, type Markup } from "./markup.ts";

/** What any map of as many dimensions could reach on some rows, and what this latent has there. */
export interface Achievable {
  readonly name: string;
  readonly value: number;
  readonly here: number;
}

/** What is known to be reachable for a score, where somebody measured it. */
export function achievableOf(score: Score): Achievable | null {
  const { achievable } = score as Score & { readonly achievable?: Achievable | null };
  return achievable ?? null;
}

/** A card for each score that reports judge. */
export function scoreCards({ scores, options }: AuditResult): Markup {
  const names = JUDGED_NAMES.filter((name) => scores[name]);
  if (names.length === 0) return { markup: "" };
  const known = names.map((name) => scores[name]!);
  const keys = [
    key("full", "value: a full bar is an isometry"),
    ...(known.some(({ exact }) => !exact) ? [key("line", "95 % interval")] : []),
    key("chance", "chance"),
    ...(options.baseline ? [key("base", options.baseline)] : []),
    ...(known.some(achievableOf) ? [key("best", "achievable")] : []),
  ];
  return html`<div class="cards">
${names.map((name) => card(name, scores[name]!, options.nNeighbors))}</div>
<p class="keys">${keys}</p>
`;
}

function card(name: JudgedName, score: Score, k: number): Markup {
  const { value, interval, exact, baseline } = score;
  const text = (v: number) => valueText(name, v);
  const achievable = achievableOf(score);
  const others = [
    `chance ${text(score.null)}`,
    ...(baseline ? [`${baseline.name} ${text(baseline.value)}`] : []),
    ...(achievable
      ? [
          `achievable ${text(achievable.value)} (${achievable.name}; this latent there ${text(achievable.here)})`,
        ]
      : []),
  ];
  const sure = exact ? "exact" : `95 %: ${text(interval[0])} to ${text(interval[1])}`;
  return html`<div class="card"><h3>${name}</h3>
<p><b class="${grade(name, value)}">${text(value)}</b> <span class="soft">${sure}</span></p>
${bar(name, score)}
<small>${meaning(name, value, k)}</small><small>${others.join(" · ")}</small></div>
`;
}

const AMONG_FEW: readonly JudgedName[] = ["trustworthiness", "continuity", "neighborRecall"];

/** A bar that is full for an isometry, with marks where chance, baseline and the achievable would end. */
function bar(name: JudgedName, score: Score): Markup {
  const { value, interval, exact, baseline } = score;
  const at = (v: number) => (200 * fullness(name, v)).toFixed(1);
  const style = grade(name, value);
  const [low, high] = [at(interval[0]), at(interval[1])];
  const achievable = achievableOf(score);
  const whisker = exact
    ? null
    : html`<path d="M${low},11H${high}M${low},8v6M${high},8v6" stroke="var(--ink)" stroke-width="1.5"/>`;
  const base =
    baseline && html`<path d="M${at(baseline.value)},2v18" stroke="var(--blue)" stroke-width="3"/>`;
  // Neighbourhoods among a few rows are other ones: there the latent itself scores differently.
  const best =
    !achievable || AMONG_FEW.includes(name)
      ? null
      : html`<path d="M${at(achievable.value)},6l5,5l-5,5l-5,-5z" fill="none" stroke="var(--ink)" stroke-width="1.5"/>`;
  return html`<svg viewBox="0 0 200 22" preserveAspectRatio="none" role="img" aria-label="${name} ${valueText(name, value)} on a bar from none to isometry"><rect width="200" height="10" y="6" fill="var(--line)"/><rect width="${at(value)}" height="10" y="6" fill="var(--${style})"/>${whisker}<path d="M${at(score.null)},2v18" stroke="var(--ink)" stroke-width="2" stroke-dasharray="2,2"/>${base}${best}</svg>`;
}
