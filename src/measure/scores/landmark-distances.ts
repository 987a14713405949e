import { mean, normalInterval, standardError } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import { concordances } from "../concordance.ts";
import { isotonicFit } from "../isotonic.ts";
import type { Score } from "../result.ts";

/*
 * Scores of distances that need all pairs of a set sorted, or weighed one by one: of all rows up to 1,000, else of landmarks. Intervals are normal, from the
 * landmarks' influences: the linear part of how the score moves with each.
 */

/** Lengths of pairs a < b of m rows, in both spaces; pair p belongs to rows `first[p]` and `second[p]`. */
interface Pairs {
  readonly m: number;
  readonly rows: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
  readonly first: Int32Array;
  readonly second: Int32Array;
}

/**
 * Sammon's stress at the best scale: min over c of 1 / sum dx sum (dx - c dz)^2 / dx = 1 - (sum dz)^2 / (sum dx sum dz^2 / dx), 0..1.
 * 0 = all distances right up to one scale; weighs the relative error of each pair by its length, so short pairs count more than in `stress`
 * (Sammon 1969, eq. 1, with the scale taken out). Pairs with dx = 0 are left out. Chance: 1 - (mean dz)^2 / (mean dx mean dz^2 mean 1/dx).
 */
export function sammon(comparison: Comparison): Score {
  const pairs = pairsOf(comparison);
  const positive = pairs.x.map((dx) => (dx > 0 ? 1 : 0));
  const dz = pairs.z.map((z, p) => z * positive[p]!);
  const errors = pairs.z.map((z, p) => (pairs.x[p]! > 0 ? z ** 2 / pairs.x[p]! : 0));
  const [x, z, e] = [sum(pairs.x), sum(dz), sum(errors)];
  const fit = z ** 2 / (x * e);
  const [xs, zs, es] = [perRow(pairs, pairs.x), perRow(pairs, dz), perRow(pairs, errors)];
  const influence = xs.map((own, i) => -fit * pairs.m * ((2 * zs[i]!) / z - own / x - es[i]! / e));
  const count = sum(positive);
  const squares = sum(dz.map((length) => length ** 2)) / count;
  const inverse = sum(pairs.x.map((dx) => (dx > 0 ? 1 / dx : 0))) / count;
  const chance = 1 - (z / count) ** 2 / ((x / count) * squares * inverse);
  return scoreOf(pairs, Math.max(0, 1 - fit), influence, { range: [0, 1], ideal: 0, chance });
}

/**
 * Non-metric stress: sqrt(sum (dz - f(dx))^2 / sum dz^2) with f the ascending function that fits best, 0..1 (Kruskal 1964, eq. 3; ties of dx share their mean).
 * 0 = the order of distances is kept, whatever their lengths. Chance: sqrt(1 - (mean dz)^2 / mean dz^2), f being constant then.
 */
export function stressNonMetric(comparison: Comparison): Score {
  const pairs = pairsOf(comparison);
  const fit = isotonicFit(pairs.x, pairs.z);
  const errors = pairs.z.map((z, p) => (z - fit[p]!) ** 2);
  const squares = pairs.z.map((z) => z ** 2);
  const [error, square] = [sum(errors), sum(squares)];
  const value = Math.sqrt(error / square);
  const [es, ss] = [perRow(pairs, errors), perRow(pairs, squares)];
  const influence = es.map((own, i) =>
    error > 0 ? (value / 2) * pairs.m * (own / error - ss[i]! / square) : 0,
  );
  const chance = Math.sqrt(Math.max(0, 1 - mean(pairs.z) ** 2 / mean(squares)));
  return scoreOf(pairs, value, influence, { range: [0, 1], ideal: 0, chance });
}

/**
 * Kendall's tau-b of the distances of all pairs, -1..1: of two pairs, how much oftener do both spaces agree than disagree on which is longer? 1 = always
 * (Kendall 1945). Chance 0. Cost N log N for N = m (m - 1) / 2 pairs.
 */
export function distanceKendall(comparison: Comparison): Score {
  const pairs = pairsOf(comparison);
  const { agreement, tau, untied } = concordances(pairs.x, pairs.z);
  const count = pairs.x.length;
  // Each of the four places that a row may stand in, in two pairs.
  const influence = perRow(pairs, agreement).map((own) => 4 * (own / (pairs.m - 1) / (untied / count) - tau));
  return scoreOf(pairs, tau, influence, { range: [-1, 1], ideal: 1, chance: 0 });
}

function pairsOf({ landmarks, spaces }: Comparison): Pairs {
  const { rows, x, z } = landmarks!;
  const m = rows.length;
  const count = (m * (m - 1)) / 2;
  const pairs = {
    m,
    rows: spaces.x.rows,
    x: new Float64Array(count),
    z: new Float64Array(count),
    first: new Int32Array(count),
    second: new Int32Array(count),
  };
  let p = 0;
  for (let i = 0; i < m; i++) {
    for (let j = i + 1; j < m; j++, p++) {
      pairs.x[p] = x[i * m + j]!;
      pairs.z[p] = z[i * m + j]!;
      pairs.first[p] = i;
      pairs.second[p] = j;
    }
  }
  return pairs;
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Sum over the pairs of each row. */
function perRow({ m, first, second }: Pairs, values: Float64Array): Float64Array {
  const sums = new Float64Array(m);
  for (let p = 0; p < values.length; p++) {
    sums[first[p]!]! += values[p]!;
    sums[second[p]!]! += values[p]!;
  }
  return sums;
}

function scoreOf(
  { m, rows, x }: Pairs,
  value: number,
  influence: Float64Array,
  known: { readonly range: readonly [number, number]; readonly ideal: number; readonly chance: number },
): Score {
  const exact = m === rows;
  return {
    value,
    interval: exact ? [value, value] : normalInterval(value, standardError(influence, rows), known.range),
    n: x.length,
    unit: "pairs",
    exact,
    ...(exact ? {} : { sampled: { kind: "landmarks", m } as const }),
    ideal: known.ideal,
    null: known.chance,
    baseline: null,
  };
}
