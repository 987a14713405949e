import type { Estimate } from "../../align/result.ts";
import { alignHow } from "../align.ts";
import { gapFiguresOf, gapWords, shownRepair } from "../align-gap.ts";
import type { AlignResult } from "../align-result.ts";
import { alignHeadline, alignWords, lostWords } from "../align-words.ts";
import { count, score } from "../numbers.ts";
import { headline } from "../rules.ts";
import { learningFigure, methodFigure, regionFigure } from "./align-figures.ts";
import { dataTable, html, type Markup, NOTHING, part, prose } from "./markup.ts";
import { type PageOptions, pageOf } from "./page.ts";
import { openPlots } from "./plots.ts";
import { gateList, nextList, warningList } from "./tables.ts";

/** An alignment as one page of HTML that needs nothing beside it. Same result and date, same bytes. */
export async function alignPage(
  result: AlignResult,
  { date }: PageOptions = { date: null },
): Promise<string> {
  const plots = await openPlots();
  const { inputs, distortion, options } = result;
  const words = alignWords(result).map((text) => html`<p>${prose(text)}</p>`);
  const files = html`<dl>${inputs.map(
    ({ role, path, rows, cols, dtype, format }) =>
      html`<dt>${role}</dt><dd>${path} <span class="soft">${count(rows)} x ${count(cols)}, ${dtype}, ${format}</span></dd>
`,
  )}</dl>
`;
  const { markup } = html`<article>
<p class="over">Isometer alignment</p>
<h1>${prose(alignHeadline(result))}</h1>
${words}
${part("Methods", methodFigure(result, plots), methodTable(result))}${part("Anchors", learningFigure(result, plots))}${part("Regions", regionFigure(result, plots), regionTable(result), lostPart(result))}${part(
  "Distances of mapped rows",
  distortion ? html`<p>${prose(headline(distortion, options.nNeighbors))}</p>` : NOTHING,
)}${part("Modality gap", gapPart(result))}${part("Inputs", files)}${part("Warnings", warningList(result))}${part("Gates", gateList(result))}${part(
  "How it was measured",
  html`<p>${alignHow(result).join(" · ")}</p>`,
)}${part("Next", nextList(result))}</article>
`;
  const [from, to] = inputs;
  return pageOf(`Isometer: ${from?.path ?? "from"} to ${to?.path ?? "to"}`, markup, result.isometer, date);
}

const ends = ([low, high]: readonly [number, number]) =>
  html`<span class="soft">${score(low)} to ${score(high)}</span>`;

function methodTable({ methods, method, options }: AlignResult): Markup {
  const rows = methods.map((own) => [
    own.method === method ? html`<b>${own.method}</b>` : html`${own.method}`,
    html`${score(own.recall.value)}`,
    ends(own.recall.interval),
    html`<span class="soft">${score(own.recall.null)}</span>`,
    html`${score(own.deficit.value)}`,
    html`${score(own.top1.value)}`,
    html`${score(own.mrr.value)}`,
  ]);
  return dataTable(
    ["", `recall@${options.nNeighbors}`, "95 %", "shuffled", "below best", "top-1", "MRR"],
    rows,
  );
}

function lostPart(result: AlignResult): Markup {
  const words = lostWords(result);
  return words === null ? NOTHING : html`<p>${prose(words)}</p>`;
}

/** The gap between two modalities before and after repair. */
function gapPart({ gap }: AlignResult): Markup {
  if (!gap) return NOTHING;
  const shown = shownRepair(gap);
  const fixed = (value: number) => value.toFixed(3);
  const cells = ({ value, interval }: Pick<Estimate, "value" | "interval">) => [
    html`${fixed(value)}`,
    html`<span class="soft">${interval.map(fixed).join(" to ")}</span>`,
  ];
  const rows = gapFiguresOf(gap.nNeighbors).map(({ name, of, change }) => [
    html`${name}`,
    ...cells(of(gap.before)),
    ...(shown ? [...cells(of(shown.after)), ...cells(change(shown.change))] : []),
  ]);
  const head = ["", "before", "95 %", ...(shown ? [`after ${shown.words}`, "95 %", "change", "95 %"] : [])];
  return html`${gapWords(gap).map((words) => html`<p>${prose(words)}</p>`)}${dataTable(head, rows)}`;
}

function regionTable({ regions }: AlignResult): Markup {
  if (regions.length < 2) return NOTHING;
  const rows = regions.map((own) => [
    html`${own.region}`,
    html`${count(own.rows)}`,
    html`${count(own.n)}`,
    html`${score(own.value)}`,
    ends(own.interval),
    html`<span class="soft">${own.worst.join(", ")}</span>`,
  ]);
  return dataTable(["region", "rows", "scored", "recall", "95 %", "for instance"], rows);
}
