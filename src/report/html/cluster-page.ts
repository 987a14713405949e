import type { ClusterResult } from "../cluster-result.ts";
import {
  agreementWords,
  clusterHeadline,
  clusterHow,
  clusterLegend,
  stabilityGrade,
  verdictGrade,
} from "../cluster-words.ts";
import { count } from "../numbers.ts";
import { type ClusterPicture, clusterMap, keptMap } from "./cluster-figures.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { nextList, warningList } from "./tables.ts";

/** What a page of clusters shows beside its result. */
export interface ClusterLooks {
  readonly picture: ClusterPicture | null;
  readonly date: string | null;
}

/** Clusters as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function clusterPage(result: ClusterResult, { picture, date }: ClusterLooks): Promise<string> {
  const space = result.inputs.at(-1)?.path ?? "";
  const agreement = agreementWords(result);
  const figures = picture ? await figuresOf(result, picture) : NOTHING;
  const { markup } = html`<article>
<p class="over">Isometer clusters of ${space}</p>
<h1>${prose(clusterHeadline(result))}</h1>
${agreement ? html`<p>${prose(agreement)}</p>` : NOTHING}
<dl>${result.inputs.map(
    ({ role, path, rows, cols, dtype, format }) =>
      html`<dt>${role}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
${part("Figures", figures)}${part("Clusters", clusterTable(result))}${part(
  "Rows that belong least to their clusters in the original",
  looseTable(result),
)}${part("Warnings", warningList(result))}${part(
  "How they were found",
  html`<p>${clusterHow(result).join(" · ")}</p>`,
)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: clusters of ${space}`, markup, result.isometer, date);
}

async function figuresOf(result: ClusterResult, picture: ClusterPicture): Promise<Markup> {
  const drawn = { result, picture, plots: await openPlots() };
  return html`<div class="figures">${[clusterMap(drawn), keptMap(drawn)]}</div>`;
}

function clusterTable(result: ClusterResult): Markup {
  const { clusters, original, options } = result;
  if (clusters.length === 0) return NOTHING;
  const head = [
    "",
    "rows",
    ...(original ? [""] : []),
    ...(options.method === "hdbscan" ? ["persistence"] : []),
    ...(options.runs > 0 ? ["stable", "95 % interval", "chance"] : []),
    ...(original ? ["kept", "chance", "apart", "border", "margin", "Jaccard", "chance"] : []),
    "such as",
  ];
  const rows = clusters.map(({ id, size, persistence, stability, inOriginal, examples }) => [
    html`${String(id)}`,
    html`${count(size)}`,
    ...(inOriginal ? [html`<b class="${verdictGrade(inOriginal.verdict)}">${inOriginal.words}</b>`] : []),
    ...(options.method === "hdbscan" ? [html`${persistence!.toFixed(2)}`] : []),
    ...(stability
      ? [
          html`<b class="${stabilityGrade(stability.value)}">${stability.value.toFixed(2)}</b>`,
          html`${stability.interval.map((end) => end.toFixed(2)).join(" to ")}`,
          html`${stability.null.toFixed(2)}`,
        ]
      : []),
    ...(inOriginal
      ? [
          html`${inOriginal.share.value.toFixed(2)}`,
          html`${inOriginal.share.null.toFixed(2)}`,
          html`${inOriginal.apart.value.toFixed(2)}`,
          html`${Number.isFinite(inOriginal.cut.ratio) ? inOriginal.cut.ratio.toFixed(2) : "∞"}`,
          html`${inOriginal.margin ? inOriginal.margin.value.toFixed(2) : ""}`,
          html`${inOriginal.cohesion.value.toFixed(2)}`,
          html`${inOriginal.cohesion.null.toFixed(2)}`,
        ]
      : []),
    html`<span class="soft">${examples.join(", ")}</span>`,
  ]);
  const legend = clusterLegend(result).map((words) => html`<p class="soft">${prose(words)}</p>`);
  return html`${dataTable(head, rows)}${legend}`;
}

/** Rows of a cluster with the fewest neighbours there, of those that have less than half. */
function looseTable({ clusters }: ClusterResult): Markup {
  const rows = clusters.flatMap(({ id, inOriginal }) => {
    const loose = (inOriginal?.worst ?? []).filter(({ share }) => share < 0.5);
    return loose.map(({ name, share, margin }) => [
      html`${name}`,
      html`${String(id)}`,
      html`${share.toFixed(2)}`,
      html`${margin === null ? "" : margin.toFixed(2)}`,
    ]);
  });
  return rows.length > 0 ? dataTable(["", "in", "kept", "margin"], rows) : NOTHING;
}
