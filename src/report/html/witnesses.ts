import { score, significant } from "../numbers.ts";
import type { AuditResult, NamedPair, RowNames } from "../result.ts";
import { isKept, isRight } from "../witness-table.ts";
import { html, type Markup, NOTHING } from "./markup.ts";

/** Worst pairs and points of each kind on a page. */
export const SHOWN_ON_PAGE = 6;

/** Letters of a text on a page. */
const LETTERS = 280;

/** What a row looks like: a picture, as a data URI, or words. */
export interface RowLook {
  readonly image?: { readonly src: string; readonly width: number; readonly height: number };
  readonly text?: string;
}

/** What is known of the looks of rows. */
export type Looks = ReadonlyMap<number, RowLook>;

/** The pairs and points that a page shows. */
export function shownWitnesses({ stretched, shrunk, points }: AuditResult["witnesses"]) {
  const worst = <T>(all: readonly T[], fine: (one: T) => boolean) =>
    all.filter((one) => !fine(one)).slice(0, SHOWN_ON_PAGE);
  return {
    stretched: worst(stretched, isKept),
    shrunk: worst(shrunk, isKept),
    points: worst(points, isRight),
  };
}

/** The rows that a page shows something of: no other row of the data gets into it. */
export function shownRows(witnesses: AuditResult["witnesses"]): number[] {
  const { stretched, shrunk, points } = shownWitnesses(witnesses);
  const pairs = [...stretched, ...shrunk].flatMap(({ a, b }) => [a, b]);
  return [...new Set([...pairs, ...points.map(({ row }) => row)])].sort((a, b) => a - b);
}

/** The worst pairs and points, with pictures or words of their rows where there are some. */
export function witnessParts({ witnesses }: AuditResult, looks: Looks): Markup {
  const { stretched, shrunk, points } = shownWitnesses(witnesses);
  // Words need more room than pictures.
  const grid = [...looks.values()].some(({ text }) => text !== undefined) ? "pairs words" : "pairs";
  const pairs = (title: string, list: readonly NamedPair[]) =>
    list.length === 0
      ? NOTHING
      : html`<h3>${title}</h3>
<div class="${grid}">${list.map((pair) => pairCard(pair, looks))}</div>
`;
  const worst =
    points.length === 0
      ? NOTHING
      : html`<h3>Rows whose neighbourhoods are the most wrong</h3>
<div class="${grid}">${points.map((point) => {
          const right = `trustworthiness ${score(point.trustworthiness)}, continuity ${score(point.continuity)}, neighbours kept ${score(point.recall)}`;
          return html`<div class="pair">${lookOf([[point.row, point]], looks)}<p>row ${point.row}${named(point)}</p><p class="soft">${right}</p></div>
`;
        })}</div>
`;
  return html`${pairs("Pairs torn apart the most", stretched)}${pairs("Pairs pushed together the most", shrunk)}${worst}`;
}

function pairCard(pair: NamedPair, looks: Looks): Markup {
  const { a, b, original, latent, stretch, aNames, bNames } = pair;
  const sizes = `${significant(original)} apart in the original, ${significant(latent)} in the latent`;
  return html`<div class="pair">${lookOf(
    [
      [a, aNames],
      [b, bNames],
    ],
    looks,
  )}<p>rows ${a}${named(aNames)} and ${b}${named(bNames)}</p><p class="soft">stretch <b>${significant(stretch, 3)}</b>: ${sizes}</p></div>
`;
}

function lookOf(rows: readonly (readonly [number, RowNames | undefined])[], looks: Looks): Markup {
  const shown = rows.flatMap(([row, names]): Markup[] => {
    const { image, text } = looks.get(row) ?? {};
    if (!image && text === undefined) return [];
    const alt = `row ${row}${[names?.label, names?.id].map((name) => (name === undefined ? "" : `, ${name}`)).join("")}`;
    const picture = image
      ? html`<img src="${image.src}" width="${image.width}" height="${image.height}" alt="${alt}">`
      : NOTHING;
    return [
      html`<div>${picture}${text === undefined ? NOTHING : html`<blockquote>${cutText(text)}</blockquote>`}</div>`,
    ];
  });
  return shown.length === 0 ? NOTHING : html`<div class="rows">${shown}</div>`;
}

function cutText(text: string): string {
  const letters = [...text];
  return letters.length <= LETTERS ? text : `${letters.slice(0, LETTERS - 1).join("")}…`;
}

function named(names: RowNames | undefined): string {
  const known = [names?.label, names?.id]
    .filter((name) => name !== undefined)
    .map((name) => cutText(name).slice(0, 60));
  return known.length === 0 ? "" : ` (${known.join(", ")})`;
}
