import { mean, permutation, type Rng, select } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";
import { submatrix } from "../spanning-tree.ts";
import { landmarkScore } from "./landmark-distances.ts";

/**
 * Neighbour dissimilarity: how differently rows share neighbours. With S the number of rows that both of two rows are joined to, in the graph that joins each row with its k nearest, and
 * D = (S_X - S_Z) / k over all ordered pairs: the larger of the norms of D's positive and of its negative part (after Fujiwara et al. 2023, "Feature learning for nonlinear
 * dimensionality reduction toward maximal extraction of hidden patterns"; ZADU's `nd`). 0 = shared alike. At random: one shuffle.
 *
 * Among at most 1,000 landmarks, with k = sqrt(m): it grows with the number of rows, and values of different numbers do not compare. Exact up to 1,000 rows, else the interval
 * is for what 1,000 landmarks have on average: normal, from the landmarks' influences. Equal lengths are ordered by row numbers. Cost m^2, and some m k^2.
 */
export function neighborDissimilarity(comparison: Comparison, rng: Rng): Score {
  const { rows, x, z } = comparison.landmarks!;
  const m = rows.length;
  const inX = sharedCounts(x, m);
  const parts = partsOf(inX, sharedCounts(z, m), m);
  const part = mean(parts);
  const value = Math.sqrt(part * m);
  // A row is part of all its pairs: the sum moves twice as much with it as its part, and the root half as much.
  const influence = parts.map((own) => (part > 0 ? value * (own / part - 1) : 0));
  const shuffled = submatrix(z, m, permutation(rng.split("neighborDissimilarity"), m));
  const chance = Math.sqrt(mean(partsOf(inX, sharedCounts(shuffled, m), m)) * m);
  return landmarkScore(comparison, value, influence, {
    range: [0, Number.POSITIVE_INFINITY],
    ideal: 0,
    chance,
  });
}

/** The neighbours that count: sqrt(m). */
function sizeOf(m: number): number {
  return Math.floor(Math.sqrt(m));
}

/** Of each pair of rows, to how many rows both are joined: a row is joined with its k nearest, and with those that it is among the k nearest of. */
function sharedCounts(lengths: Float64Array, m: number): Uint16Array {
  const joined: Set<number>[] = Array.from({ length: m }, () => new Set());
  const k = Math.min(sizeOf(m), m - 1);
  for (let i = 0; i < m; i++) {
    for (const j of nearestOf(lengths.slice(i * m, (i + 1) * m), i, k)) {
      joined[i]!.add(j);
      joined[j]!.add(i);
    }
  }
  const counts = new Uint16Array(m * m);
  for (const own of joined) {
    const ids = Int32Array.from(own);
    for (const i of ids) for (const j of ids) counts[i * m + j]!++;
  }
  for (let i = 0; i < m; i++) counts[i * m + i] = 0;
  return counts;
}

/** The k rows at the least lengths from row i, in any order; of equal ones those of small numbers. */
function nearestOf(row: Float64Array, i: number, k: number): number[] {
  row[i] = Number.POSITIVE_INFINITY;
  const last = select(row.slice(), k - 1);
  const nearest: number[] = [];
  let ties = k;
  for (const length of row) if (length < last) ties--;
  for (let j = 0; j < row.length; j++) {
    if (row[j]! < last) nearest.push(j);
    else if (row[j] === last && ties-- > 0) nearest.push(j);
  }
  return nearest;
}

/** Of each row the sum over all pairs of squares of D: of its positive or its negative part, whichever is the larger in all. */
function partsOf(x: Uint16Array, z: Uint16Array, m: number): Float64Array {
  const [less, more] = [new Float64Array(m), new Float64Array(m)];
  for (let i = 0; i < m; i++) {
    for (let p = i * m; p < (i + 1) * m; p++) {
      const difference = x[p]! - z[p]!;
      const part = difference > 0 ? less : more;
      part[i]! += (difference / sizeOf(m)) ** 2;
    }
  }
  return mean(less) > mean(more) ? less : more;
}
