/** What a span means; a door decides which colour that is, or none. */
export type Style = "plain" | "strong" | "muted" | "accent" | "good" | "fair" | "bad";

/** A run of text in one style. */
export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of a report. */
export type Line = readonly Span[];

/** Where a report is read. */
export interface View {
  /** Characters per line, at least 40. */
  readonly width: number;
}

/** A span; plain unless a style is given. Control characters, as file names may hold, become dots. */
export function span(text: string, style: Style = "plain"): Span {
  return { text: text.replace(/\p{Control}/gu, "·"), style };
}

/** A line of spans; strings are plain. */
export function line(...parts: readonly (Span | string)[]): Line {
  return parts.map((part) => (typeof part === "string" ? span(part) : part));
}

/** An empty line. */
export const BLANK: Line = [];

/** The characters of a line without styles, no spaces at its end. */
export function plain(text: Line): string {
  return text
    .map((part) => part.text)
    .join("")
    .trimEnd();
}

/** Columns that `text` takes in a terminal: wide (CJK, emoji) characters take two, combining ones none. */
export function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    columns += WIDE.test(character) ? 2 : 1;
  }
  return columns;
}

const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60]|\p{Emoji_Presentation}/u;

/** `text` in at most `columns` columns, cut with an ellipsis. */
export function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += width(character);
    if (used > columns - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** `text` in at most `columns` columns, start and end kept. */
export function cutMiddle(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  const head = Math.ceil((columns - 1) / 2);
  const characters = [...text];
  let tail = "";
  for (let i = characters.length - 1; i >= 0; i--) {
    if (width(characters[i]! + tail) > columns - 1 - head) break;
    tail = characters[i]! + tail;
  }
  return cut(text, head + 1) + tail;
}

/** `text` filled with spaces up to `columns`, on the right or (numbers) on the left. */
export function pad(text: string, columns: number, side: "left" | "right" = "right"): string {
  const gap = " ".repeat(Math.max(0, columns - width(text)));
  return side === "left" ? gap + text : text + gap;
}

/** Breaks a sentence at spaces into lines of at most `columns`, each after `indent`. "90 %" stays whole. */
export function wrap(text: string, columns: number, indent = "", style: Style = "plain"): Line[] {
  return wrapParts(text.split(/ +(?!%)/), " ", columns, indent, style);
}

/** Joins parts that must not be broken into lines of at most `columns`, each after `indent`. */
export function wrapParts(
  parts: readonly string[],
  separator: string,
  columns: number,
  indent = "",
  style: Style = "plain",
): Line[] {
  const lines: Line[] = [];
  let current = "";
  for (const part of parts) {
    const joined = current === "" ? part : current + separator + part;
    if (current !== "" && width(indent) + width(joined) > columns) {
      lines.push([span(indent), span(current, style)]);
      current = part;
    } else {
      current = joined;
    }
  }
  return [...lines, [span(indent), span(current, style)]];
}

/** One column of a table: its heading and on which side text starts. */
export interface Column {
  readonly head: string;
  readonly align: "left" | "right";
}

/** Columns that a table takes at most, its indent of two spaces included. */
export function tableWidth(columns: readonly Column[], body: readonly (readonly Span[])[]): number {
  return columnWidths(columns, body).reduce((sum, own) => sum + own + 2, 0);
}

function columnWidths(columns: readonly Column[], body: readonly (readonly Span[])[]): number[] {
  return columns.map((column, j) =>
    Math.max(width(column.head), ...body.map((cells) => width(cells[j]!.text))),
  );
}

/** A table with aligned columns, two spaces between them, under a muted heading. */
export function table(
  columns: readonly Column[],
  body: readonly (readonly Span[])[],
  options: { indent?: string; width?: number } = {},
): Line[] {
  const { indent = "  ", width: room = 80 } = options;
  const widths = columnWidths(columns, body);
  const last = widths.length - 1;
  const before = width(indent) + widths.slice(0, last).reduce((sum, w) => sum + w + 2, 0);
  if (columns[last]!.align === "left") widths[last] = Math.max(4, Math.min(widths[last]!, room - before));
  const render = (cells: readonly Span[]): Line => {
    const line: Span[] = [span(indent)];
    for (const [j, cell] of cells.entries()) {
      const side = columns[j]!.align === "right" ? "left" : "right";
      line.push({ ...cell, text: pad(cut(cell.text, widths[j]!), widths[j]!, side) });
      if (j < last) line.push(span("  "));
    }
    return line;
  };
  return [render(columns.map((column) => span(column.head, "muted"))), ...body.map(render)];
}
