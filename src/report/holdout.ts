import type { Holdout, Score, ScoreName } from "../measure/result.ts";
import { count } from "./numbers.ts";
import type { HoldoutRecord } from "./result.ts";
import { JUDGED_NAMES, type JudgedName } from "./rules.ts";
import { intervalText, valueText } from "./score-table.ts";
import { BLANK, type Line, line, type Style, span, table, type View, wrap } from "./text.ts";

/** Columns of text that a table with intervals takes. */
const INTERVALS_FROM = 76;

/** How many names a sentence takes. */
const NAMED = 4;

/**
 * What became of rows that the map never saw, in a sentence or two: the lesser of their trustworthiness and continuity, and which scores are worse
 * beyond chance.
 */
export function holdoutWords({ rows, heldOut, seen, worse }: Holdout): string {
  const near: JudgedName[] = ["trustworthiness", "continuity"];
  const known = (names: readonly JudgedName[]) => names.filter((name) => heldOut[name] && seen[name]);
  const [lesser] = known(near).sort((a, b) => heldOut[a]!.value - heldOut[b]!.value);
  const name = lesser ?? known(JUDGED_NAMES)[0];
  if (name === undefined) return "Rows held out were not scored: no score that was asked for is one of rows.";
  const text = (value: number) => (name === "stretch" ? valueText(name, value) : value.toFixed(3));
  const values = `${name} ${text(heldOut[name]!.value)} against ${text(seen[name]!.value)} of rows that it saw`;
  return `Rows that the map never saw (${count(rows)}): ${values}. ${gapWords(worse)}`;
}

function gapWords(worse: readonly ScoreName[]): string {
  if (worse.length === 0) return "No score is worse beyond chance.";
  const judged = JUDGED_NAMES.filter((name) => worse.includes(name));
  const names = [...judged, ...worse.filter((name) => !judged.includes(name as JudgedName))];
  const rest = names.length - NAMED;
  const list = rest > 0 ? `${names.slice(0, NAMED).join(", ")} and ${rest} more` : names.join(", ");
  return `Worse beyond chance: ${list}. New rows fare worse than this report says of all rows.`;
}

/** The judged scores of both groups side by side, under the sentence. */
export function holdoutLines(holdout: HoldoutRecord, view: View): Line[] {
  const names = JUDGED_NAMES.filter((name) => holdout.heldOut[name] && holdout.seen[name]);
  const value = (head: string) => ({ head, align: "right" }) as const;
  const wide = view.width >= INTERVALS_FROM;
  const interval = wide ? [{ head: "95 % interval", align: "left" } as const] : [];
  const columns = [{ head: "", align: "left" } as const, value("never seen"), ...interval, value("seen")];
  const body = names.map((name) => {
    const cells = (score: Score, style: Style) => [
      span(valueText(name, score.value), style),
      ...(wide ? [span(intervalText(name, score), "muted")] : []),
    ];
    const style = holdout.worse.includes(name) ? "bad" : "plain";
    return [span(name), ...cells(holdout.heldOut[name]!, style), ...cells(holdout.seen[name]!, "plain")];
  });
  const how = `${count(holdout.anchors)} rows of each against all rows; held out: ${holdout.from}`;
  return [
    line(span("Rows held out", "strong")),
    ...wrap(holdoutWords(holdout), view.width, "  "),
    ...(names.length > 0 ? table([...columns, ...interval], body, { width: view.width }) : []),
    ...wrap(how, view.width, "  ", "muted"),
    BLANK,
  ];
}
