import type { Rng } from "./rng.ts";

/** Low and high end of an interval. */
export type Interval = readonly [low: number, high: number];

/** 97.5 % point of the standard normal. */
const Z975 = 1.959963984540054;

/** Arithmetic mean. NaN for no values. */
export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}

/** Sample variance with divisor n - 1, two-pass. 0 for fewer than two values. */
export function variance(values: ArrayLike<number>): number {
  if (values.length < 2) return 0;
  const centre = mean(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! - centre) ** 2;
  return sum / (values.length - 1);
}

/**
 * The number of zero-based rank `rank` among `values`, which are rearranged: smaller ones before it, larger ones after it (Hoare 1961).
 * O(n) on average.
 */
export function select(values: Float64Array, rank: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const pivot = values[(low + high) >>> 1]!;
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      const held = values[i]!;
      values[i++] = values[j]!;
      values[j--] = held;
    }
    if (rank <= j) high = j;
    else if (rank >= i) low = i;
    else break;
  }
  return values[rank]!;
}

/** Quantile by linear interpolation between order statistics (NumPy's default, type 7). `sorted` ascends. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const low = sorted[below]!;
  return below + 1 < sorted.length ? low + (at - below) * (sorted[below + 1]! - low) : low;
}

/**
 * Standard error of a mean of `values`, a simple random sample without replacement
 * from a population of `population`: sqrt((1 - m/n) s^2 / m) (Cochran 1977, eq. 2.20).
 */
export function standardError(values: ArrayLike<number>, population = Number.POSITIVE_INFINITY): number {
  const m = values.length;
  return Math.sqrt(Math.max(0, 1 - m / population) * (variance(values) / m));
}

/** 95 % normal interval `centre +- 1.96 se`, cut to `range`. */
export function normalInterval(
  centre: number,
  se: number,
  range: Interval = [-Infinity, Infinity],
): Interval {
  return [Math.max(range[0], centre - Z975 * se), Math.min(range[1], centre + Z975 * se)];
}

/**
 * 95 % interval of the mean of m numbers that lie within `range`, drawn from a population without replacement: that of a share (Wilson 1927), of as many draws
 * as would be as sure as these, p (1 - p) / se^2 with p the mean's place in the range (Korn & Graubard 1998). It leans away from a near end
 * of the range, and numbers that are all at one end leave the width that m equal draws leave.
 */
export function meanInterval(values: ArrayLike<number>, population: number, [low, high]: Interval): Interval {
  const m = values.length;
  if (m >= population) return [mean(values), mean(values)];
  const p = Math.max(0, Math.min(1, (mean(values) - low) / (high - low)));
  const spread =
    p * (1 - p) > 0 ? (standardError(values, population) / (high - low)) ** 2 / (p * (1 - p)) : 0;
  // One over the number of draws.
  const each = spread > 0 || (p > 0 && p < 1) ? spread : (1 - m / population) / m;
  const centre = (p + (Z975 ** 2 * each) / 2) / (1 + Z975 ** 2 * each);
  const half = (Z975 * Math.sqrt(p * (1 - p) * each + (Z975 * each) ** 2 / 4)) / (1 + Z975 ** 2 * each);
  const at = (place: number) => low + (high - low) * Math.max(0, Math.min(1, place));
  return [at(centre - half), at(centre + half)];
}

/**
 * 95 % bootstrap interval of a statistic of sampled units.
 *
 * Units are resampled with replacement; deviations from `estimate` are shrunk by
 * sqrt(1 - m/n) for a sample of m from n without replacement (Rao & Wu 1988).
 *
 * @param statistic value of the statistic for units counted `weights[i]` times
 */
export function bootstrapInterval(
  units: number,
  statistic: (weights: Int32Array) => number,
  options: { rng: Rng; population: number; estimate: number; replicates?: number; range?: Interval },
): Interval {
  const { rng, population, estimate, replicates = 1000, range = [-Infinity, Infinity] } = options;
  const shrink = Math.sqrt(Math.max(0, 1 - units / population));
  const weights = new Int32Array(units);
  const values = new Float64Array(replicates);
  for (let b = 0; b < replicates; b++) {
    weights.fill(0);
    for (let i = 0; i < units; i++) weights[rng.integer(units)]!++;
    values[b] = estimate + shrink * (statistic(weights) - estimate);
  }
  values.sort();
  return [Math.max(range[0], quantile(values, 0.025)), Math.min(range[1], quantile(values, 0.975))];
}

/**
 * 95 % interval of a statistic of sampled units by the delete-a-group jackknife (Shao & Tu 1995): value +- 1.96 se with
 * se^2 = (g - 1)/g sum (theta_j - mean)^2 over the statistics without each of g random groups, and the factor 1 - m/n for m units from n.
 */
export function jackknifeInterval(
  value: number,
  without: ArrayLike<number>,
  options: { units: number; population: number; range?: Interval },
): Interval {
  const { units, population, range } = options;
  const g = without.length;
  const se = ((g - 1) / Math.sqrt(g)) * Math.sqrt(variance(without));
  return normalInterval(value, Math.sqrt(Math.max(0, 1 - units / population)) * se, range);
}
