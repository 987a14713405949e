import { estimate } from "./choose.ts";
import type { LostRow, RegionScore } from "./result.ts";

const NAMED = 10;

/** Recall by region of the second space, the worst first. */
export function regionScores(
  regions: Int32Array,
  rows: readonly number[],
  recall: Float64Array,
): RegionScore[] {
  const sizes = new Map<number, number>();
  for (const region of regions) sizes.set(region, (sizes.get(region) ?? 0) + 1);
  const own = new Map<number, number[]>();
  rows.forEach((row, at) => {
    const region = regions[row]!;
    if (!own.has(region)) own.set(region, []);
    own.get(region)!.push(at);
  });
  return [...own]
    .map(([region, places]) => ({
      region,
      rows: sizes.get(region)!,
      ...estimate(Float64Array.from(places, (at) => recall[at]!)),
      worst: worstOf(places, rows, recall)
        .slice(0, 3)
        .map(({ row }) => row),
    }))
    .sort((a, b) => a.value - b.value || a.region - b.region);
}

/** The rows that carried over least. */
export function lostRows(rows: readonly number[], recall: Float64Array): LostRow[] {
  return worstOf([...rows.keys()], rows, recall).slice(0, NAMED);
}

function worstOf(places: readonly number[], rows: readonly number[], recall: Float64Array): LostRow[] {
  return places
    .map((at) => ({ row: rows[at]!, recall: recall[at]! }))
    .sort((a, b) => a.recall - b.recall || a.row - b.row);
}
