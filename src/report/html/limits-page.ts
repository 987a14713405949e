import type { LimitCell, LimitMethod } from "../../spaces/limits/index.ts";
import { limitsHow } from "../limits-how.ts";
import type { LimitsResult } from "../limits-result.ts";
import { limitsHeadline, limitsLegend, limitsNotes, methodWords } from "../limits-words.ts";
import { count, plural, times } from "../numbers.ts";
import { frontierFigure } from "./limits-figure.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { gateList, nextList, warningList } from "./tables.ts";

const ERROR = "Error: what is lost of a row, 1 as much as its distance from the mean.";

/** How few dimensions and bits are enough, as one page of HTML that needs nothing beside it. Same result, same bytes. */
export async function limitsPage(result: LimitsResult): Promise<string> {
  const path = result.inputs[0]?.path ?? "";
  const plots = await openPlots();
  const figures = html`<div class="figures">${[frontierFigure(result, "recall", plots), frontierFigure(result, "rescored", plots)]}</div>`;
  const { markup } = html`<article>
<p class="over">Isometer limits of ${path}</p>
<h1>${prose(limitsHeadline(result))}</h1>
${limitsNotes(result).map((words) => html`<p>${prose(words)}</p>`)}
<dl>${result.inputs.map(
    ({ role, path: own, rows, cols, dtype, format }) =>
      html`<dt>${role}</dt><dd>${own} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
${part("Figures", figures)}${part("Frontier", frontierTable(result), html`<p class="soft">${prose(`${limitsLegend(result)} ${ERROR}`)}</p>`)}${gridOf(
  result,
  "pca",
)}${gridOf(result, "truncate")}${part("Gates", gateList(result))}${part("Warnings", warningList(result))}${part(
  "How it was measured",
  html`<p>${limitsHow(result).join(" · ")}</p>`,
)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: limits of ${path}`, markup, result.isometer, null);
}

const shade = (cell: LimitCell, kind: "recall" | "rescored", target: number) => {
  const value = cell[kind].value.toFixed(3);
  return cell[kind].interval[0] >= target ? html`<b class="good">${value}</b>` : html`${value}`;
};

function frontierTable({ cells, frontier, chosen, options, cols }: LimitsResult): Markup {
  const head = [
    "bytes",
    "fewer",
    "dimensions",
    "bits",
    "by",
    "recall",
    "95 % interval",
    "rescored",
    "error",
    "",
  ];
  const rows = frontier.map((at) => {
    const cell = cells[at]!;
    return [
      html`${count(cell.bytes)}`,
      html`${times(cell.compression)}`,
      html`${count(cell.dims)}`,
      html`${String(cell.bits)}`,
      html`${methodWords(cell, cols)}`,
      shade(cell, "recall", options.target),
      html`${cell.recall.interval.map((end) => end.toFixed(3)).join(" to ")}`,
      shade(cell, "rescored", options.target),
      html`${cell.error.toFixed(3)}`,
      html`${at === chosen?.cell ? "chosen" : ""}`,
    ];
  });
  return dataTable(head, rows);
}

/** Recall of one method by dimensions and bits. */
function gridOf({ cells, options }: LimitsResult, method: LimitMethod): Markup {
  const own = cells.filter((cell) => cell.method === method);
  if (own.length === 0) return NOTHING;
  const dims = [...new Set(own.map((cell) => cell.dims))];
  const rows = dims.map((d) => [
    html`${count(d)}`,
    ...options.bits.map((bits) => {
      const cell = own.find((other) => other.dims === d && other.bits === bits);
      return cell ? shade(cell, "recall", options.target) : NOTHING;
    }),
  ]);
  const title = method === "pca" ? "Recall with PCA" : "Recall without PCA";
  return part(title, dataTable(["dimensions", ...options.bits.map((bits) => plural(bits, "bit"))], rows));
}
