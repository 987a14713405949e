/** Markup that is fit for a page: made by `html`, which escapes every text that it is given. */
export interface Markup {
  readonly markup: string;
}

type Part = string | number | Markup | readonly Markup[] | null;

/** A template of HTML. Texts and numbers put into it are escaped; markup stays; null is nothing. */
export function html(parts: TemplateStringsArray, ...values: readonly Part[]): Markup {
  return { markup: parts.map((part, i) => part + (i < values.length ? markupOf(values[i]!) : "")).join("") };
}

function markupOf(value: Part): string {
  if (value === null) return "";
  if (typeof value === "string" || typeof value === "number") return escapeText(String(value));
  return "markup" in value ? value.markup : value.map(({ markup }) => markup).join("");
}

/** Text for HTML, in elements and in quoted attributes. Characters that control a terminal or turn the direction of writing become dots. */
export function escapeText(text: string): string {
  return text
    .replace(/[\n\r\t]+/g, " ")
    .replace(/\p{Control}|\p{Surrogate}|[\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "·")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

/** A sentence: "90 %" stays on one line. */
export function prose(text: string): Markup {
  return html`${text.replace(/(\d) %/g, "$1\u00a0%")}`;
}

/** Nothing. */
export const NOTHING: Markup = { markup: "" };

/** A part of a page under a heading; nothing where there is nothing in it. */
export function part(title: string, ...content: readonly Markup[]): Markup {
  if (content.every(({ markup }) => markup === "")) return NOTHING;
  return html`<section><h2>${title}</h2>
${content}
</section>
`;
}

/** A figure: the picture, what its marks mean, and a caption that says what to read off it. */
export function figure(picture: Markup, keys: readonly Markup[], caption: string): Markup {
  const legend = keys.length > 0 ? html`<p class="keys">${keys}</p>` : NOTHING;
  return html`<figure>${picture}${legend}<figcaption>${prose(caption)}</figcaption></figure>
`;
}

/** One entry of a legend. The mark's look is a class of the style sheet. */
export function key(mark: string, meaning: string): Markup {
  return html`<span class="key"><i class="${mark}"></i>${meaning}</span> `;
}

/** A table that scrolls sideways where it is too wide. The first cell of a row is its heading. */
export function dataTable(head: readonly string[], rows: readonly (readonly Markup[])[]): Markup {
  const cells = (row: readonly Markup[]) =>
    row.map((cell, i) => (i === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`));
  return html`<div class="scroll"><table>
<thead><tr>${head.map((name) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>
${rows.map(
  (row) => html`<tr>${cells(row)}</tr>
`,
)}</tbody></table></div>`;
}
