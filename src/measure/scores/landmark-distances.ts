import { normalInterval, standardError } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import type { Score } from "../result.ts";

/*
 * Scores of distances that need all pairs of a set sorted, or weighed one by one: of all rows up to 1,000, else of landmarks. Intervals are normal, from the
 * landmarks' influences: the linear part of how the score moves with each.
 */

/**
 * Sammon's stress at the best scale: min over c of 1 / sum dx sum (dx - c dz)^2 / dx = 1 - (sum dz)^2 / (sum dx sum dz^2 / dx), 0..1.
 * 0 = all distances right up to one scale; weighs the relative error of each pair by its length, so short pairs count more than in `stress`
 * (Sammon 1969, eq. 1, with the scale taken out). Pairs with dx = 0 are left out. Chance: 1 - (mean dz)^2 / (mean dx mean dz^2 mean 1/dx).
 */
export function sammon(comparison: Comparison): Score {
  const { rows, x, z } = comparison.landmarks!;
  const m = rows.length;
  const [xs, zs, es] = [new Float64Array(m), new Float64Array(m), new Float64Array(m)];
  let [count, squares, inverse] = [0, 0, 0];
  for (let i = 0; i < m; i++) {
    for (let p = i * m; p < (i + 1) * m; p++) {
      const [dx, dz] = [x[p]!, z[p]!];
      if (dx === 0) continue;
      xs[i]! += dx;
      zs[i]! += dz;
      es[i]! += dz ** 2 / dx;
      count++;
      squares += dz ** 2;
      inverse += 1 / dx;
    }
  }
  // Each pair was met twice, from either row.
  const [sx, sz, se] = [sum(xs), sum(zs), sum(es)];
  const fit = sz ** 2 / (sx * se);
  const influence = xs.map((own, i) => -2 * fit * m * ((2 * zs[i]!) / sz - own / sx - es[i]! / se));
  const chance = 1 - sz ** 2 / (sx * squares * (inverse / count));
  return landmarkScore(comparison, Math.max(0, 1 - fit), influence, { range: [0, 1], ideal: 0, chance });
}

/**
 * Non-metric stress: sqrt(sum (dz - f(dx))^2 / sum dz^2) with f the ascending function that fits best, 0..1 (Kruskal 1964, eq. 3; ties of dx share their mean).
 * 0 = the order of distances is kept, whatever their lengths. Chance: sqrt(1 - (mean dz)^2 / mean dz^2), f being constant then.
 */
export function stressNonMetric(comparison: Comparison): Score {
  const { errors, squares } = comparison.orders!.isotonic;
  const { z, rows } = comparison.landmarks!;
  const m = rows.length;
  const [error, square] = [sum(errors), sum(squares)];
  const value = Math.sqrt(error / square);
  const influence = errors.map((own, i) =>
    error > 0 ? value * m * (own / error - squares[i]! / square) : 0,
  );
  const chance = Math.sqrt(Math.max(0, 1 - sum(z) ** 2 / (m * (m - 1) * square)));
  return landmarkScore(comparison, value, influence, { range: [0, 1], ideal: 0, chance });
}

/**
 * Kendall's tau-b of the distances of all pairs, -1..1: of two pairs, how much oftener do both spaces agree than disagree on which is longer? 1 = always
 * (Kendall 1945). Chance 0. Cost N log N for N = m (m - 1) / 2 pairs.
 */
export function distanceKendall(comparison: Comparison): Score {
  const { agreement, tau, untied } = comparison.orders!.concordance;
  const m = agreement.length;
  // Each of the four places that a row may stand in, in two pairs.
  const scale = untied / ((m * (m - 1)) / 2);
  const influence = agreement.map((own) => 4 * (own / (m - 1) / scale - tau));
  return landmarkScore(comparison, tau, influence, { range: [-1, 1], ideal: 1, chance: 0 });
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** A score of landmarks with its interval, from how it moves with each. */
export function landmarkScore(
  { landmarks, spaces }: Comparison,
  value: number,
  influence: Float64Array,
  known: { readonly range: readonly [number, number]; readonly ideal: number; readonly chance: number },
): Score {
  const m = landmarks!.rows.length;
  const { rows } = spaces.x;
  const exact = m === rows;
  return {
    value,
    interval: exact ? [value, value] : normalInterval(value, standardError(influence, rows), known.range),
    n: (m * (m - 1)) / 2,
    unit: "pairs",
    exact,
    ...(exact ? {} : { sampled: { kind: "landmarks", m } as const }),
    ideal: known.ideal,
    null: known.chance,
    baseline: null,
  };
}
