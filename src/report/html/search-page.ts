import { count, plural, significant } from "../numbers.ts";
import { calibrationWords, gradeOf, searchHeadline, searchHow, searchWords } from "../search.ts";
import type { SearchAnswer, SearchHit, SearchResult } from "../search-result.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { reliabilityDiagram, trustHistogram } from "./search-figures.ts";
import { nextList, warningList } from "./tables.ts";

/** What a page of a search shows beside its result. */
export interface SearchLooks {
  /** Of each query the hits that were left out. */
  readonly withheld: readonly (readonly SearchHit[])[];
  readonly date: string | null;
}

/** Queries whose hits are shown. */
const SHOWN = 30;

/** A search as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function searchPage(result: SearchResult, looks: SearchLooks): Promise<string> {
  const { answers, inputs, calibration } = result;
  const space = inputs.at(-1)?.path ?? "";
  const more = answers.length - SHOWN;
  const { markup } = html`<article>
<p class="over">Isometer search in ${space}</p>
<h1>${prose(searchHeadline(result))}</h1>
${searchWords(result).map((text) => html`<p>${prose(text)}</p>`)}
<dl>${inputs.map(
    ({ role, path, rows, cols, dtype, format }) =>
      html`<dt>${role}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
${part(
  "How far hits can be trusted",
  await figuresOf(result, looks),
  calibration ? html`<p class="soft">${prose(calibrationWords(calibration))}</p>` : NOTHING,
)}${part(
  "Hits",
  ...answers.slice(0, SHOWN).map((answer) => answerPart(answer, result)),
  more > 0
    ? html`<p class="soft">${plural(more, "more query", "more queries")}: --json has all.</p>`
    : NOTHING,
)}${part("Left out", withheldTable(result, looks))}${part("Warnings", warningList(result))}${part(
  "How it was searched",
  html`<p>${searchHow(result).join(" · ")}</p>`,
)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: search in ${space}`, markup, result.isometer, looks.date);
}

async function figuresOf(result: SearchResult, { withheld }: SearchLooks): Promise<Markup> {
  if (!result.calibration) return NOTHING;
  const plots = await openPlots();
  const left = withheld.flatMap((hits) => hits.flatMap(({ trust }) => (trust ? [trust.value] : [])));
  return html`<div class="figures">${[
    reliabilityDiagram(result, plots),
    trustHistogram(result, left, plots),
  ]}</div>`;
}

const trustCells = ({ trust }: SearchHit): Markup[] =>
  trust
    ? [
        html`<b class="${gradeOf(trust.value)}">${trust.value.toFixed(2)}</b>`,
        html`<span class="soft">${trust.interval.map((end) => end.toFixed(2)).join(" to ")}</span>`,
      ]
    : [html`<span class="soft">not known</span>`, NOTHING];

function answerPart({ query, hits, withheld }: SearchAnswer, { calibration, rerank }: SearchResult): Markup {
  const head = [
    "hit",
    "distance",
    ...(rerank ? ["in the original", "was"] : []),
    ...(calibration ? ["trust", "95 % interval"] : []),
  ];
  const rows = hits.map((hit) => [
    html`${hit.name}`,
    html`${significant(hit.distance, 4)}`,
    ...(rerank
      ? [
          html`${hit.originalDistance === null ? "" : significant(hit.originalDistance, 4)}`,
          html`${String(hit.place)}`,
        ]
      : []),
    ...(calibration ? trustCells(hit) : []),
  ]);
  const none = withheld > 0 ? "No answer: all hits are below --min-trust." : "Nothing was found.";
  return html`<h3>Like ${query}</h3>
${hits.length > 0 ? dataTable(head, rows) : html`<p class="soft">${none}</p>`}
`;
}

/** What was abstained from: query by query. */
function withheldTable({ answers, options: { minTrust } }: SearchResult, { withheld }: SearchLooks): Markup {
  const rows = answers.flatMap(({ query, hits }, q) => {
    const left = withheld[q] ?? [];
    if (left.length === 0) return [];
    const shown = left
      .slice(0, 5)
      .map(({ name, trust }) => `${name} (${trust ? trust.value.toFixed(2) : "not known"})`);
    return [
      [
        html`${query}`,
        html`${String(left.length)}`,
        html`${hits.length === 0 ? "no answer" : String(hits.length)}`,
        html`<span class="soft">${shown.join(", ")}${left.length > shown.length ? " ..." : ""}</span>`,
      ],
    ];
  });
  if (rows.length === 0) return NOTHING;
  const silent = answers.filter(({ hits, withheld: left }) => hits.length === 0 && left > 0).length;
  return html`<p>Below a trust of ${String(minTrust)}: ${plural(rows.length, "query", "queries")} with hits left out, ${plural(silent, "query", "queries")} without an answer.</p>
${dataTable(["like", "left out", "kept", "such as (trust)"], rows.slice(0, SHOWN))}`;
}
