import {
  AGREEMENT_WORDS,
  type AgreementMeasure,
  type AgreementTable,
  agreementText,
  likeness,
  scoreBetween,
} from "../align-matrix-result.ts";
import { branches } from "../align-matrix-tree.ts";
import { agreementValue, chanceWords } from "../align-matrix-words.ts";
import { cutMiddle, width } from "../text.ts";
import { figure, html, type Markup } from "./markup.ts";

/** Sizes in units of the drawing, which are pixels: a matrix that is wider than the page scrolls. */
const ROW = 32;
const CELL = 46;
const HEAD = 26;
const TREE = 150;
const GAP = 14;
const LETTER = 7.4;
const LONGEST_NAME = 30;

/** The fullest that a cell is: text in the colour of the page's text can be read on it, on light and on dark ground. */
const FULL = 0.55;

interface Drawn {
  readonly table: AgreementTable;
  readonly measure: AgreementMeasure;
  /** Where the cells begin. */
  readonly left: number;
}

/** A heatmap of one measure with the tree of the models beside it: each pair in both halves, models in the order of the tree. */
export function agreementFigure(table: AgreementTable, measure: AgreementMeasure): Markup {
  const { models, clustering } = table;
  const { order } = clustering;
  const names = order.map((model, at) => `${at + 1} ${cutMiddle(models[model]!.name, LONGEST_NAME)}`);
  const left = Math.ceil(Math.max(...names.map(width)) * LETTER) + 10;
  const drawn: Drawn = { table, measure, left };
  const across = left + CELL * order.length + GAP + TREE;
  const down = HEAD + ROW * order.length + 24;
  const { title, short } = AGREEMENT_WORDS[measure];
  const alt = `${title} of every two of ${models.length} models as a heatmap, and their tree.`;
  const labels = names.map(
    (name, r) =>
      html`<text x="${left - 10}" y="${middle(r)}" text-anchor="end" dominant-baseline="central">${name}</text>`,
  );
  const heads = order.map(
    (_, c) =>
      html`<text x="${left + CELL * (c + 0.5)}" y="${HEAD - 10}" text-anchor="middle" fill="var(--soft)">${c + 1}</text>`,
  );
  const svg = html`<div class="scroll"><svg viewBox="0 0 ${across} ${down}" style="width:${across}px;max-width:none" font-size="14" fill="var(--ink)" role="img" aria-label="${alt}"><title>${alt}</title>
${labels}${heads}${cells(drawn)}${frames(drawn)}${tree(drawn)}</svg></div>`;
  const ideal = measure === "procrustes" ? "0" : "1";
  const caption = `The stronger the blue, the more two models agree: none at the level of chance, full where ${short} is ${ideal}. Frames: the groups. ${chanceWords(table, measure)}`;
  return figure(svg, [], caption);
}

function middle(line: number): number {
  return HEAD + ROW * (line + 0.5);
}

function cells({ table, measure, left }: Drawn): Markup[] {
  const { models, clustering } = table;
  const { order } = clustering;
  return order.flatMap((model, r) =>
    order.map((other, c) => {
      const [x, y] = [left + CELL * c, HEAD + ROW * r];
      const score = r === c ? null : scoreBetween(table, model, other, measure);
      if (r === c)
        return html`<rect x="${x + 1}" y="${y + 1}" width="${CELL - 2}" height="${ROW - 2}" fill="var(--line)" fill-opacity="0.5"/>`;
      const words = score
        ? `${models[model]!.name} and ${models[other]!.name}: ${agreementValue(score)}, chance ${score.null.toFixed(3)}`
        : `${models[model]!.name} and ${models[other]!.name}: not defined`;
      return html`<g><title>${words}</title><rect x="${x + 1}" y="${y + 1}" width="${CELL - 2}" height="${ROW - 2}" fill="var(--blue)" fill-opacity="${score ? fullness(measure, score.value, score.null) : 0}"/><text x="${x + CELL / 2}" y="${middle(r)}" text-anchor="middle" dominant-baseline="central" font-size="13">${agreementText(score)}</text></g>
`;
    }),
  );
}

/** How far a value is from chance towards the same. */
function fullness(measure: AgreementMeasure, value: number, chance: number): string {
  const [like, least] = [likeness(measure, value), likeness(measure, chance)];
  const share = (like - least) / (1 - least);
  return (FULL * Math.min(1, Math.max(0, Number.isFinite(share) ? share : 0))).toFixed(3);
}

/** A frame around each group of two or more. They lie side by side in the order of the tree. */
function frames({ table: { clustering }, left }: Drawn): Markup[] {
  if (clustering.clusters.length < 2) return [];
  let at = 0;
  return clustering.clusters.flatMap(({ length }) => {
    const from = at;
    at += length;
    if (length < 2) return [];
    return [
      html`<rect x="${left + CELL * from}" y="${HEAD + ROW * from}" width="${CELL * length}" height="${ROW * length}" fill="none" stroke="var(--ink)" stroke-width="1.5"/>`,
    ];
  });
}

/** The dendrogram on its side, its models beside their rows: the further right two meet, the less they agree. */
function tree({ table: { clustering }, left }: Drawn): Markup {
  const { by, merges, order } = clustering;
  const nodes = branches(clustering);
  const start = left + CELL * order.length + GAP;
  const top = Math.max(...merges.map(({ height }) => height)) || 1;
  const x = (height: number) => (start + (height / top) * (TREE - 24)).toFixed(1);
  const lines = merges.map(({ left: a, right: b, height }) => {
    const [first, second] = [nodes[a]!, nodes[b]!];
    return `M${x(first.height)},${middle(first.line)}H${x(height)}V${middle(second.line)}H${x(second.height)}`;
  });
  const below = HEAD + ROW * order.length + 16;
  const ends = by === "procrustes" ? [0, top] : [1, 1 - top];
  return html`<path d="${lines.join("")}" fill="none" stroke="var(--soft)" stroke-width="1.5"/><g font-size="12" fill="var(--soft)"><text x="${start}" y="${below}">${AGREEMENT_WORDS[by].short} ${ends[0]!.toFixed(2)}</text><text x="${start + TREE - 10}" y="${below}" text-anchor="end">${ends[1]!.toFixed(2)}</text></g>`;
}
