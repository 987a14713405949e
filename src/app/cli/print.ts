import { styleText } from "node:util";
import { type Line, plain, type Span, type Style } from "../../report/text.ts";

type Format = Parameters<typeof styleText>[0];

const FORMATS: Readonly<Record<Exclude<Style, "plain">, Format>> = {
  strong: "bold",
  muted: "dim",
  accent: "cyan",
  good: "green",
  fair: "yellow",
  bad: "red",
};

/** Lines as the text that a terminal shows, with or without colours. Ends with a line feed. */
export function render(lines: readonly Line[], colour: boolean): string {
  return lines.map((line) => `${colour ? line.map(coloured).join("") : plain(line)}\n`).join("");
}

function coloured({ text, style }: Span): string {
  return style === "plain" || text === "" ? text : styleText(FORMATS[style], text, { validateStream: false });
}
