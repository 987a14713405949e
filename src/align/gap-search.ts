import { ranges } from "../base/index.ts";
import type { Algebra, Dense } from "../linalg/index.ts";

/** What queries found, a number each. */
export interface PartnersFound {
  readonly top1: Float64Array;
  readonly recall: Float64Array;
  readonly reciprocalRank: Float64Array;
}

/** Searched rows at a time. */
const BLOCK = 2048;

/** Cosines that differ by less are equal: rounding of float64. */
const EQUAL = 1e-12;

/**
 * The place of each query's partner among all rows by cosine. Rows as near as the partner stand in random order, and what is counted is its mean: copies decide nothing. Cost q n d.
 *
 * @param queries q x d, rows of length 1
 * @param own cosine of each with its partner
 * @param searched rows `[start, end)` of what is searched, of length 1
 */
export async function findPartners(
  queries: Dense,
  own: Float64Array,
  searched: { readonly rows: number; block(start: number, end: number): Promise<Dense> },
  k: number,
  algebra: Algebra,
): Promise<PartnersFound> {
  const count = queries.rows;
  const [nearer, equal] = [new Int32Array(count), new Int32Array(count)];
  for (const [start, end] of ranges(searched.rows, BLOCK)) {
    const cosines = await algebra.multiply(queries, await searched.block(start, end), { transB: true });
    for (let q = 0, at = 0; q < count; q++) {
      const [above, below] = [own[q]! + EQUAL, own[q]! - EQUAL];
      for (const stop = at + cosines.cols; at < stop; at++) {
        if (cosines.data[at]! > above) nearer[q]!++;
        else if (cosines.data[at]! >= below) equal[q]!++;
      }
    }
  }
  const inverse = harmonicSums(searched.rows);
  const within = (places: number) =>
    Float64Array.from(nearer, (before, q) => Math.max(0, Math.min(1, (places - before) / equal[q]!)));
  return {
    top1: within(1),
    recall: within(k),
    reciprocalRank: Float64Array.from(
      nearer,
      (before, q) => (inverse[before + equal[q]!]! - inverse[before]!) / equal[q]!,
    ),
  };
}

/** 1 + 1/2 + ... + 1/i for i from 0 to n. */
export function harmonicSums(n: number): Float64Array {
  const sums = new Float64Array(n + 1);
  for (let i = 1; i <= n; i++) sums[i] = sums[i - 1]! + 1 / i;
  return sums;
}
