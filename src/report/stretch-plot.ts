import type { StretchScore } from "../measure/result.ts";
import { count, percent, significant, times } from "./numbers.ts";
import { nearWords } from "./rules.ts";
import { BLANK, type Column, type Line, line, pad, span, table, type View, wrap } from "./text.ts";

const LABEL_WIDTH = 12;

/** The distribution of the stretch: quantiles, a box plot on a log axis, and the same in words. */
export function stretchPlot(stretch: StretchScore, view: View): Line[] {
  const bands = [
    { name: "all pairs", value: stretch.value, quantiles: stretch.quantiles, n: stretch.n },
    { name: "near pairs", ...stretch.near },
    { name: "middle", ...stretch.middle },
    { name: "far pairs", ...stretch.far },
  ];
  const columns: Column[] = [
    { head: "", align: "left" },
    ...stretch.levels.map((level) => ({ head: `${Math.round(level * 100)} %`, align: "right" }) as const),
    { head: "95 %/5 %", align: "right" },
  ];
  const body = bands.map((band) => [
    span(pad(band.name, 10)),
    ...band.quantiles.map((q) => span(significant(q, q < 0.01 ? 2 : 3))),
    span(times(band.value), "strong"),
  ]);
  return [
    line(span("Stretch", "strong"), span("  latent / original distance, scale taken out; 1 = kept", "muted")),
    ...table(columns, body, { width: view.width }),
    ...boxes(bands, stretch.levels, view),
    ...words(stretch, view),
  ];
}

interface Band {
  readonly name: string;
  readonly quantiles: readonly number[];
}

/** One box per band over a common log axis: whiskers 5..95 %, box 25..75 %, bar at the median. */
function boxes(bands: readonly Band[], levels: readonly number[], view: View): Line[] {
  const seen = bands.flatMap((band) => band.quantiles).filter((q) => q > 0 && Number.isFinite(q));
  if (seen.length === 0) return [];
  const low = Math.log(Math.min(0.5, ...seen));
  const high = Math.log(Math.max(2, ...seen));
  const columns = Math.min(72, view.width - LABEL_WIDTH - 4);
  const at = (value: number) => {
    const share = (Math.log(value) - low) / (high - low);
    return Math.round(Math.min(1, Math.max(0, share)) * (columns - 1));
  };
  const lines: Line[] = [BLANK];
  for (const band of bands) {
    const cells = Array.from({ length: columns }, () => " ");
    const q = (level: number) => at(band.quantiles[levels.indexOf(level)] ?? Number.NaN);
    if (band.quantiles.some((value) => !(value > 0))) continue;
    cells[q(0.01)] = cells[q(0.99)] = "·";
    cells.fill("─", q(0.05), q(0.95) + 1);
    cells.fill("█", q(0.25), q(0.75) + 1);
    cells[q(0.5)] = "┃";
    lines.push(line(span(`  ${pad(band.name, LABEL_WIDTH)}`), span(cells.join(""), "accent")));
  }
  return [...lines, axis(at, columns, [Math.exp(low), Math.exp(high)])];
}

/** Ticks at 1, 2, 5 times powers of ten, as many as fit, always with 1. */
function axis(at: (value: number) => number, columns: number, [low, high]: readonly [number, number]): Line {
  const text = Array.from({ length: columns + 6 }, () => " ");
  const put = (value: number) => {
    const label = value >= 1 && value < 1e6 ? count(value) : String(value);
    const start = Math.max(0, at(value) - Math.floor(label.length / 2));
    if (text.slice(Math.max(0, start - 2), start + label.length + 2).some((c) => c !== " ")) return;
    for (const [i, c] of [...label].entries()) text[start + i] = c;
  };
  put(1);
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power++) {
    for (const digit of [1, 2, 5]) {
      const value = Number((digit * 10 ** power).toPrecision(1));
      if (value >= low && value <= high) put(value);
    }
  }
  return line(span(`  ${pad("", LABEL_WIDTH)}${text.join("").trimEnd()}`, "muted"));
}

function words(stretch: StretchScore, view: View): Line[] {
  const { within, torn, collapsed, scale, certificate } = stretch;
  const shares = `Within 10 % of isometry: ${percent(within["0.1"])} of pairs; within 25 %: ${percent(within["0.25"])}; within 50 %: ${percent(within["0.5"])}.`;
  const scales = `Scale taken out: ${significant(scale.median)} (median), ${significant(scale.leastSquares)} (least squares).`;
  const lines = [nearWords(stretch), shares, scales];
  if (certificate) {
    const { atMost, pairs } = certificate;
    const bounds = `${percent(atMost["0.1"])} of all pairs are off by more than 10 %, ${percent(atMost["0.25"])} by more than 25 %, ${percent(atMost["0.5"])} by more than 50 %`;
    lines.splice(
      2,
      0,
      `Certificate: with 95 % confidence at most ${bounds} (${count(pairs)} pairs drawn for it).`,
    );
  }
  if (torn > 0) lines.push(`${count(torn)} pairs are torn: equal in the original, apart in the latent.`);
  if (collapsed > 0)
    lines.push(`${count(collapsed)} pairs are collapsed: apart in the original, equal in the latent.`);
  lines.splice(1, 0, bandWords(stretch));
  return [BLANK, ...lines.flatMap((sentence) => wrap(sentence, view.width, "  "))];
}

/** "95 % / 5 % by distance: near 2.1x (1.9 to 2.4; 8.3x at random), ...". */
function bandWords(stretch: StretchScore): string {
  const bands = (["near", "middle", "far"] as const).map((name) => {
    const { value, interval, null: chance } = stretch[name];
    const [low, high] = interval;
    const sampled = low < high ? `${significant(low)} to ${significant(high)}; ` : "";
    return `${name} ${times(value)} (${sampled}${times(chance)} at random)`;
  });
  return `95 % / 5 % by distance: ${bands.join(", ")}.`;
}
