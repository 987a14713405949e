import type { ViewColumn } from "../../views-contract.ts";
import { hueOf, middleOf, onScale, type Rgb } from "../map/colours.ts";

/** What the colours of a picture mean. */
export type Legend =
  | {
      readonly kind: "categories";
      readonly name: string;
      readonly entries: readonly { readonly text: string; readonly colour: Rgb }[];
      /** Categories that are not listed. */
      readonly more: number;
    }
  | {
      readonly kind: "scale";
      readonly name: string;
      readonly low: number;
      readonly high: number;
      /** From low to high. */
      readonly steps: readonly Rgb[];
      /** Which end is the better one. */
      readonly note: string;
    };

/** Most categories that are listed. */
export const MOST_CATEGORIES = 60;
const STEPS = 11;
/** Which end of a scale is the better one. */
export const BETTER = { higher: "more is better", lower: "less is better", middle: "the middle is best" };

/** Null: all points have one colour. */
export function legendOf(
  column: ViewColumn | null,
  values: Float32Array | Uint16Array | null,
  hidden: ReadonlySet<string>,
): Legend | null {
  if (column === null || values === null) return null;
  if (column.kind === "category") {
    const shown = column.categories
      .map((text, code) => ({ text, colour: hueOf(code) }))
      .filter(({ text }) => !hidden.has(text));
    const entries = shown.slice(0, MOST_CATEGORIES);
    return { kind: "categories", name: column.name, entries, more: shown.length - entries.length };
  }
  const { low, high } = middleOf(values as Float32Array);
  const steps = Array.from({ length: STEPS }, (_, i) => onScale(column, i / (STEPS - 1)));
  const note = column.better ? BETTER[column.better] : "";
  return { kind: "scale", name: column.name, low, high, steps, note };
}
