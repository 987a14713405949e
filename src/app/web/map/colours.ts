import type { ViewColumn } from "../../views-contract.ts";

export type Rgb = readonly [number, number, number];

/** Ten hues that differ by lightness too (Okabe and Ito's, and three between). */
export const HUES: readonly Rgb[] = [
  [0, 114, 178],
  [230, 120, 0],
  [0, 158, 115],
  [204, 85, 150],
  [86, 170, 230],
  [190, 60, 40],
  [150, 140, 20],
  [110, 80, 180],
  [120, 120, 120],
  [140, 98, 60],
];

/** From good to bad, told apart by people who do not see red and green apart, and in grey: blue, pale, brown. */
const GOOD_TO_BAD: readonly Rgb[] = [
  [33, 102, 172],
  [103, 169, 207],
  [205, 205, 200],
  [224, 150, 90],
  [150, 60, 10],
];

/** Values without a better end: dark to light. */
const LOW_TO_HIGH: readonly Rgb[] = [
  [59, 28, 100],
  [50, 100, 142],
  [32, 145, 140],
  [94, 190, 98],
  [225, 205, 50],
];

export const UNKNOWN: Rgb = [140, 140, 140];

/** The colour of a category by its number. */
export function hueOf(code: number): Rgb {
  return HUES[code % HUES.length]!;
}

/** A colour on the way of a scale, 0 to 1. */
export function onScale(column: Extract<ViewColumn, { kind: "number" }>, share: number): Rgb {
  const scale = column.better === undefined ? LOW_TO_HIGH : GOOD_TO_BAD;
  const badness = column.better === "higher" ? 1 - share : share;
  const at = Math.max(0, Math.min(1, badness)) * (scale.length - 1);
  const below = Math.min(scale.length - 2, Math.floor(at));
  const part = at - below;
  const [a, b] = [scale[below]!, scale[below + 1]!];
  return [0, 1, 2].map((i) => Math.round(a[i]! + (b[i]! - a[i]!) * part)) as unknown as Rgb;
}

export const css = ([r, g, b]: Rgb) => `rgb(${r} ${g} ${b})`;

/** Opacity of points, and of those that are not selected. */
const [SEEN, FAINT] = [215, 28];

/** How points look, in the order of drawing: by a column; those that are left out by the legend not at all. */
export function coloursOf(
  rows: Int32Array,
  column: ViewColumn | null,
  values: Float32Array | Uint16Array | null,
  hidden: ReadonlySet<string>,
): Uint8Array {
  const out = new Uint8Array(4 * rows.length);
  const colourAt = colourBy(column, values);
  const leftOut = new Set<number>();
  if (column?.kind === "category") {
    for (const [code, name] of column.categories.entries()) if (hidden.has(name)) leftOut.add(code);
  }
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (leftOut.size > 0 && leftOut.has(values![row]!)) continue;
    const colour = colourAt(row);
    out[4 * i] = colour[0];
    out[4 * i + 1] = colour[1];
    out[4 * i + 2] = colour[2];
    out[4 * i + 3] = SEEN;
  }
  return out;
}

/** Makes what is not selected faint, in place; without a selection nothing is. What is left out stays so. */
export function fade(colours: Uint8Array, rows: Int32Array, selection: Int32Array | null): void {
  const isSelected = new Uint8Array(rows.length);
  if (selection) for (const row of selection) isSelected[row] = 1;
  for (let i = 0; i < rows.length; i++) {
    const at = 4 * i + 3;
    if (colours[at] !== 0) colours[at] = selection === null || isSelected[rows[i]!] === 1 ? SEEN : FAINT;
  }
}

function colourBy(
  column: ViewColumn | null,
  values: Float32Array | Uint16Array | null,
): (row: number) => Rgb {
  if (column === null || values === null) return () => HUES[0]!;
  if (column.kind === "category") {
    const none = 65_535;
    return (row) => (values[row] === none ? UNKNOWN : hueOf(values[row]!));
  }
  // Ranks would hide how far; the ends are those of the middle 98 %, so that one outlier does not grey all.
  const { low, high } = middleOf(values as Float32Array);
  const steps = Array.from({ length: 256 }, (_, i) => onScale(column, i / 255));
  return (row) => {
    const value = values[row]!;
    if (Number.isNaN(value)) return UNKNOWN;
    return steps[Math.max(0, Math.min(255, Math.round((255 * (value - low)) / (high - low || 1))))]!;
  };
}

/** The 1 % and 99 % points of at most 20,000 values, evenly taken. */
export function middleOf(values: Float32Array): { low: number; high: number } {
  const step = Math.max(1, Math.floor(values.length / 20_000));
  const some: number[] = [];
  for (let i = 0; i < values.length; i += step) if (!Number.isNaN(values[i]!)) some.push(values[i]!);
  some.sort((a, b) => a - b);
  const at = (share: number) => some[Math.round(share * (some.length - 1))] ?? 0;
  return { low: at(0.01), high: at(0.99) };
}
