import type { Score, ScoreName, Scores } from "../measure/result.ts";
import { score as scoreText, significant } from "./numbers.ts";
import { fullness, grade, JUDGED_NAMES, type JudgedName, meaning, SCORE_GROUPS } from "./rules.ts";
import { type Line, line, pad, type Span, span, type View, wrap } from "./text.ts";

const NAME_WIDTH = 17;
const VALUE_WIDTH = 7;

/** The scores by group: name, value, 95 % interval (when sampled), bar with a mark at chance, and what it means. */
export function scoreTable(scores: Scores, k: number, view: View): Line[] {
  const sampled = JUDGED_NAMES.some((name) => scores[name]?.exact === false);
  const intervalWidth = sampled ? 18 : 0;
  const meaningWidth = 26;
  const room = view.width - 2 - NAME_WIDTH - VALUE_WIDTH - 2 - intervalWidth - 2 - meaningWidth;
  const barWidth = Math.max(4, Math.min(24, room));
  const lines: Line[] = [heading(sampled)];
  for (const { title, names, others } of SCORE_GROUPS) {
    const known = names.filter((name) => scores[name] !== undefined);
    const beside = others.filter((name) => scores[name] !== undefined);
    if (known.length + beside.length === 0) continue;
    lines.push(line(span(`  ${title}`, "strong")));
    for (const name of known) lines.push(scoreLine(name, scores[name]!, k, sampled, barWidth));
    if (beside.length > 0) {
      const texts = beside.map((name) => `${name} ${besideText(name, scores[name]!)}`);
      lines.push(...wrap(`also ${texts.join(", ")}`, view.width, "  ", "muted"));
    }
  }
  return lines;
}

function heading(sampled: boolean): Line {
  const interval = sampled ? `  ${pad("95 % interval", 16)}` : "";
  const columns = `  ${pad("", NAME_WIDTH)}${pad("value", VALUE_WIDTH, "left")}${interval}`;
  return line(span(`${columns}  full bar = isometry, ${CHANCE} chance`, "muted"));
}

function scoreLine(name: JudgedName, score: Score, k: number, sampled: boolean, barWidth: number): Line {
  const style = grade(name, score.value);
  const parts: Span[] = [
    span(pad(`  ${name}`, NAME_WIDTH + 2)),
    span(pad(valueText(name, score.value), VALUE_WIDTH, "left"), style),
  ];
  if (sampled) parts.push(span(`  ${pad(intervalText(name, score), 16)}`, "muted"));
  const filled = bar(fullness(name, score.value), barWidth);
  const cells = filled + "░".repeat(barWidth - filled.length);
  const notch = Math.min(barWidth - 1, Math.floor(fullness(name, score.null) * barWidth));
  const part = (from: number, to: number): Span[] => [
    span(cells.slice(from, Math.max(from, Math.min(to, filled.length))), style),
    span(cells.slice(Math.max(from, Math.min(to, filled.length)), to), "muted"),
  ];
  parts.push(span("  "), ...part(0, notch), span(CHANCE), ...part(notch + 1, barWidth));
  return line(...parts, span(`  ${meaning(name, score.value, k)}`));
}

/** A headline number as reports print it: four decimals, or (stretch) a factor with four digits. */
export function valueText(name: ScoreName, value: number): string {
  return name === "stretch" ? significant(value) : scoreText(value);
}

/** A value and, where it is sampled, half the width of its interval; of a worst case, that it may be worse. */
function besideText(name: ScoreName, { value, exact, interval }: Score): string {
  const text = valueText(name, value);
  if (exact || !Number.isFinite(value)) return text;
  return isOpen(interval) ? `at least ${text}` : `${text} ± ${halfWidthText(name, interval)}`;
}

/** Whether nothing bounds a value from above. */
export function isOpen([, high]: Score["interval"]): boolean {
  return high === Number.POSITIVE_INFINITY;
}

/** Half the width of an interval, as many digits as its score is printed with. */
export function halfWidthText(name: ScoreName, [low, high]: Score["interval"]): string {
  const half = (high - low) / 2;
  return name === "stretch" ? significant(half, 2) : valueText(name, half);
}

/** "[0.9112, 0.9305]", or what `endsText` says in one word. */
export function intervalText(name: ScoreName, score: Score): string {
  const text = endsText(name, score, ", ");
  return score.exact || isOpen(score.interval) ? text : `[${text}]`;
}

/** The ends of an interval; "exact" where there is none, "at least" where it has no end. */
export function endsText(name: ScoreName, { exact, interval }: Score, between: string): string {
  if (exact) return "exact";
  if (isOpen(interval)) return "at least";
  return interval.map((end) => valueText(name, end)).join(between);
}

/** Marks on a bar where chance would end. */
const CHANCE = "┊";

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A bar of block characters, `share` (0..1) of `columns` long, to an eighth of a column. */
export function bar(share: number, columns: number): string {
  const eighths = Math.round(share * columns * 8);
  return "█".repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8]!;
}
