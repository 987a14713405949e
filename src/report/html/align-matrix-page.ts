import { matrixHow } from "../align-matrix.ts";
import {
  AGREEMENT_MEASURES,
  AGREEMENT_WORDS,
  type AlignMatrixResult,
  likeness,
  scoreBetween,
} from "../align-matrix-result.ts";
import { agreementValue, clusterWords, matrixHeadline } from "../align-matrix-words.ts";
import { count } from "../numbers.ts";
import { agreementFigure } from "./agreement-figure.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { type PageOptions, pageOf } from "./page.ts";
import { nextList, warningList } from "./tables.ts";

/** The agreement of several models as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function alignMatrixPage(result: AlignMatrixResult, { date }: PageOptions): Promise<string> {
  const { inputs, clustering, models } = result;
  const groups = clusterWords(result).map((words) => html`<li>${prose(words)}</li>`);
  const figures = AGREEMENT_MEASURES.map((measure) => {
    const { title, about } = AGREEMENT_WORDS[measure];
    return html`<h3>${title}</h3><p class="soft">${prose(about)}</p>${agreementFigure(result, measure)}`;
  });
  const tree = `Models stand in the order of the tree, which joins those that agree most by ${AGREEMENT_WORDS[clustering.by].short} (average linkage): two groups meet at the mean of their pairs.`;
  const files = html`<dl>${inputs.map(
    ({ path, rows, cols, dtype, format }, i) =>
      html`<dt>${models[i]!.name}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
`;
  const { markup } = html`<article>
<p class="over">Isometer agreement of ${models.length} models</p>
<h1>${prose(matrixHeadline(result))}</h1>
${part("Groups", html`<ul>${groups}</ul>`)}${part("Agreement", html`<p>${tree}</p>`, ...figures)}${part("All pairs", pairTable(result))}${part("Inputs", files)}${part(
  "Warnings",
  warningList(result),
)}${part("How it was measured", html`<p>${matrixHow(result).join(" · ")}</p>`)}${part("Next", nextList(result))}</article>
`;
  return pageOf(`Isometer: agreement of ${models.length} models`, markup, result.isometer, date);
}

/** Every pair, those that agree most first. */
function pairTable(result: AlignMatrixResult): Markup {
  const { models, pairs, clustering } = result;
  if (pairs.length === 0) return NOTHING;
  const rank = ({ a, b }: { readonly a: number; readonly b: number }) =>
    likeness(clustering.by, scoreBetween(result, a, b, clustering.by)?.value ?? Number.NEGATIVE_INFINITY);
  const rows = pairs
    .toSorted((p, q) => rank(q) - rank(p))
    .map((pair) => [
      html`${models[pair.a]!.name} and ${models[pair.b]!.name}`,
      ...AGREEMENT_MEASURES.flatMap((measure) => {
        const score = pair[measure];
        return score
          ? [html`${agreementValue(score)}`, html`<span class="soft">${score.null.toFixed(3)}</span>`]
          : [html`n/a`, html``];
      }),
    ]);
  const head = ["", ...AGREEMENT_MEASURES.flatMap((measure) => [AGREEMENT_WORDS[measure].short, "chance"])];
  return dataTable(head, rows);
}
