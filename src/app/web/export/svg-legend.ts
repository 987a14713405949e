import { figure } from "../map/figure.ts";
import type { Legend } from "./legend.ts";
import { escaped, shortened } from "./markup.ts";
import { fill, hexOf, type Palette } from "./paint.ts";

interface LegendLook {
  readonly width: number;
  readonly palette: Palette;
}

const LINE = 20;
/** Width of a letter of 12 pixels, about. */
const LETTER = 6.6;
/** Most letters of a name. */
const MOST = 40;

const text = (x: number, y: number, said: string, look: string) =>
  `<text x="${Math.round(x)}" y="${y}" font-size="12" ${look}>${escaped(said)}</text>`;

/** A legend from the top left corner of its place, and its height. */
export function svgLegend(legend: Legend, look: LegendLook): { markup: string; height: number } {
  const { palette } = look;
  const name = text(0, 13, shortened(legend.name, MOST), `font-weight="600" ${fill(palette.ink)}`);
  const { markup, height } = legend.kind === "scale" ? scale(legend, look) : categories(legend, look);
  return { markup: `${name}<g transform="translate(0 ${LINE})">${markup}</g>`, height: LINE + height };
}

function scale(
  { low, high, steps, note }: Extract<Legend, { kind: "scale" }>,
  { palette }: LegendLook,
): { markup: string; height: number } {
  const [from, to] = [figure(low), figure(high)];
  const [start, width] = [from.length * LETTER + 8, 180];
  const stops = steps.map(
    (rgb, i) => `<stop offset="${i / (steps.length - 1)}" stop-color="${hexOf(rgb)}"/>`,
  );
  const markup = [
    `<linearGradient id="scale">${stops.join("")}</linearGradient>`,
    text(0, 12, from, fill(palette.ink)),
    `<rect x="${start}" y="2" width="${width}" height="12" rx="3" fill="url(#scale)"/>`,
    text(start + width + 8, 12, to, fill(palette.ink)),
    note && text(start + width + 24 + to.length * LETTER, 12, note, fill(palette.soft)),
  ];
  return { markup: markup.join(""), height: LINE };
}

function categories(
  { entries, more }: Extract<Legend, { kind: "categories" }>,
  { width, palette }: LegendLook,
): { markup: string; height: number } {
  let [x, y] = [0, 0];
  const parts: string[] = [];
  const place = (said: string, swatch: string) => {
    const own = [...said].length * LETTER + 32;
    if (x > 0 && x + own > width) [x, y] = [0, y + LINE];
    if (swatch) parts.push(`<circle cx="${Math.round(x) + 6}" cy="${y + 8}" r="5.5" fill="${swatch}"/>`);
    parts.push(text(x + (swatch ? 16 : 0), y + 12, said, fill(palette.ink)));
    x += own;
  };
  for (const entry of entries) place(shortened(entry.text, MOST), hexOf(entry.colour));
  if (more > 0) place(`and ${more} more`, "");
  return { markup: parts.join(""), height: y + LINE };
}
