import { driftHow } from "../drift.ts";
import {
  DRIFT_SCORE_NAMES,
  DRIFT_SCORES,
  type DriftResult,
  driftGrade,
  type Unmatched,
  witnessName,
} from "../drift-result.ts";
import { driftHeadline, driftWords } from "../drift-words.ts";
import { count, score, significant } from "../numbers.ts";
import { type DriftPicture, movementHistogram, movementMap } from "./drift-figures.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { gateList, nextList, warningList } from "./tables.ts";

/** What a page of a drift shows beside its result. */
export interface DriftLooks {
  readonly picture: DriftPicture | null;
  readonly date: string | null;
}

/** Drift as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function driftPage(result: DriftResult, { picture, date }: DriftLooks): Promise<string> {
  const figures = picture ? await figuresOf(result, picture) : NOTHING;
  const words = driftWords(result).map((text) => html`<p>${prose(text)}</p>`);
  const [old, now] = result.inputs.map(({ path }) => path);
  const { markup } = html`<article>
<p class="over">Isometer drift from ${old ?? ""} to ${now ?? ""}</p>
<h1>${prose(driftHeadline(result))}</h1>
${words}
${inputFacts(result)}
${part("Gates", gateList(result))}${part("Figures", figures)}${part("Scores", scoreTable(result))}${part(
  "Regions",
  regionTable(result),
)}${part("Rows that moved most", witnessTable(result))}${part("Unmatched ids", unmatchedList(result))}${part(
  "Warnings",
  warningList(result),
)}${part("How it was measured", html`<p>${driftHow(result).join(" · ")}</p>`)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: drift from ${old} to ${now}`, markup, result.isometer, date);
}

async function figuresOf(result: DriftResult, picture: DriftPicture): Promise<Markup> {
  const drawn = { result, picture, plots: await openPlots() };
  return html`<div class="figures">${[
    movementMap(drawn, "before"),
    movementMap(drawn, "after"),
    movementHistogram(drawn),
  ]}</div>`;
}

function inputFacts({ inputs }: DriftResult): Markup {
  return html`<dl>${inputs.map(
    ({ role, path, rows, cols, dtype, format }) =>
      html`<dt>${role}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
`;
}

function scoreTable({ scores }: DriftResult): Markup {
  const rows = DRIFT_SCORE_NAMES.filter((name) => scores[name]).map((name) => {
    const { value, interval, exact, null: chance, ideal, n, unit } = scores[name]!;
    return [
      html`${name}`,
      html`<b class="${driftGrade(name, value)}">${score(value)}</b>`,
      html`${exact ? "exact" : `${score(interval[0])} to ${score(interval[1])}`}`,
      html`${score(chance)}`,
      html`${String(ideal)}`,
      html`${DRIFT_SCORES[name].less ? "less" : "more"}`,
      html`${count(n)} ${unit}`,
      html`<span class="soft">${DRIFT_SCORES[name].about}</span>`,
    ];
  });
  return dataTable(["", "value", "95 % interval", "chance", "same", "better", "from", ""], rows);
}

function regionTable({ regions }: DriftResult): Markup {
  if (regions.length < 2) return NOTHING;
  const rows = regions.map((region) => [
    html`${String(region.region)}`,
    html`${region.kind}`,
    html`${count(region.rows)}`,
    html`${region.movement.toFixed(2)}`,
    html`${region.moved.toFixed(2)}`,
    html`${Number.isNaN(region.shift) ? "" : region.shift.toFixed(2)}`,
    html`${significant(region.stretch, 3)}x`,
    html`${region.overlap.toFixed(2)}`,
    html`<span class="soft">${region.examples.join(", ")}</span>`,
  ]);
  const head = ["", "", "rows", "movement", "left", "shift", "size", "neighbours kept", "such as"];
  return html`${dataTable(head, rows)}<p class="soft">Groups found in the old space. Together: its rows kept their neighbours and lie elsewhere among the others, which is no drift.</p>`;
}

function witnessTable({ witnesses }: DriftResult): Markup {
  if (witnesses.length === 0) return NOTHING;
  const rows = witnesses.map((own) => [
    html`${witnessName(own)}`,
    html`${own.movement.toFixed(2)}`,
    html`${significant(own.factor, 3)}x`,
    html`${own.overlap.toFixed(2)}`,
    html`${own.lost.slice(0, 5).join(", ")}`,
    html`${own.gained.slice(0, 5).join(", ")}`,
  ]);
  return dataTable(["", "movement", "distances changed", "neighbours kept", "lost", "gained"], rows);
}

function unmatchedList({ unmatched }: DriftResult): Markup {
  const sides = (["old", "new"] as const).filter((side) => unmatched[side].count > 0);
  if (sides.length === 0) return NOTHING;
  const words = ({ count: n, first }: Unmatched) =>
    `${first.join(", ")}${n > first.length ? ` and ${count(n - first.length)} more` : ""}`;
  return html`<ul>${sides.map((side) => html`<li>only in the ${side} space: ${words(unmatched[side])}</li>`)}</ul>`;
}
