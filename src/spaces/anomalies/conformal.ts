import { checkNumber, deepFreeze, type Interval, IsometerError } from "../../base/index.ts";
import { betaQuantile } from "./beta.ts";

/**
 * Scores of normal rows that a detector was not fitted to.
 *
 * `split`: rows set apart, scored by the detector itself. `cross`: every normal row, scored by a detector fitted to the other folds, while the detector that is kept is
 * fitted to all (Hennhöfer & Preisach 2024, "Leave-one-out-, bootstrap- and cross-conformal anomaly detectors", their CV).
 */
export interface Calibration {
  readonly kind: "split" | "cross";
  /** Ascending. */
  readonly scores: Float64Array;
}

/** The score above which a row is flagged. */
export interface Threshold {
  /** The share of normal rows that may be flagged, as asked for. */
  readonly alpha: number;
  /** A row is flagged when its score is larger: the same as p <= alpha. */
  readonly value: number;
  /** The expected share of normal rows that is flagged, floor(alpha (n + 1)) / (n + 1): at most alpha. */
  readonly falsePositiveRate: number;
  /** Where that share lies, in 95 % of calibrations, for rows yet to come (Beta(m, n + 1 - m)). Null for `cross`, which has no such law. */
  readonly interval: Interval | null;
}

/** Rows flagged among many, with the expected share of false ones among them bounded. */
export interface Discoveries {
  /** The false discovery rate that was asked for. */
  readonly rate: number;
  /** Row numbers, ascending. */
  readonly rows: Int32Array;
  /** The smallest rate at which each row is flagged (adjusted p-values). */
  readonly adjusted: Float64Array;
}

/**
 * Conformal p-values p = (1 + #{calibration scores >= s}) / (n + 1) (Bates, Candès, Lei, Romano & Sesia 2023, "Testing for outliers with conformal p-values").
 * In (0, 1]. With `split` and normal rows of one law P(p <= a) <= a for a new one, whatever the law and the detector; with `cross` about so, not proven. Cost log n each.
 */
export function conformalPValues({ scores: sorted }: Calibration, scores: ArrayLike<number>): Float64Array {
  return Float64Array.from(scores, (score) => tailShare(sorted, score));
}

/**
 * The threshold at level alpha: with m = floor(alpha (n + 1)) the m-th largest calibration score. Given the calibration, the share of normal rows beyond it has the law Beta(m, n + 1 - m) where
 * scores do not tie (Vovk 2012, "Conditional validity of inductive conformal predictors").
 *
 * @throws bad-option alpha outside (0, 1); too-few-rows fewer than 1 / alpha - 1 calibration scores
 */
export function thresholdAt({ kind, scores }: Calibration, alpha = 0.05): Threshold {
  checkNumber("alpha", alpha, Number.MIN_VALUE, 1 - Number.EPSILON);
  const n = scores.length;
  const m = ranksWithin(alpha, n);
  if (m < 1) {
    const needed = Math.ceil(1 / alpha) - 1;
    throw new IsometerError(
      "too-few-rows",
      `a false-positive rate of ${alpha} cannot be had from ${n} scores`,
      {
        needed: `${needed} calibration rows`,
        got: `${n} calibration rows`,
        hint: "Give more normal rows, or a larger alpha.",
      },
    );
  }
  const interval = [betaQuantile(0.025, m, n + 1 - m), betaQuantile(0.975, m, n + 1 - m)] as const;
  return deepFreeze({
    alpha,
    value: scores[n - m]!,
    falsePositiveRate: m / (n + 1),
    interval: kind === "split" ? interval : null,
  });
}

/** The largest m whose p-value m / (n + 1) is at most alpha, as that quotient is computed: a p-value that is alpha but for its last digits counts as alpha. */
function ranksWithin(alpha: number, n: number): number {
  const bound = alpha * (1 + 4 * Number.EPSILON);
  const m = Math.floor(bound * (n + 1));
  if ((m + 1) / (n + 1) <= bound) return m + 1;
  return m / (n + 1) <= bound ? m : m - 1;
}

/**
 * Benjamini & Hochberg (1995): the rows whose p-value is at most q k / m, k being the largest rank at which that holds. The expected share of normal rows among them is at most
 * q times the share of normal rows among all m: proven for `split` conformal p-values, which depend positively (Bates et al. 2023, theorem 2). Cost m log m.
 *
 * @throws bad-option q outside (0, 1)
 */
export function benjaminiHochberg(pValues: ArrayLike<number>, rate = 0.1): Discoveries {
  checkNumber("rate", rate, Number.MIN_VALUE, 1 - Number.EPSILON);
  const m = pValues.length;
  const order = Uint32Array.from({ length: m }, (_, i) => i).sort((a, b) => pValues[b]! - pValues[a]!);
  const adjusted = new Float64Array(m);
  let least = 1;
  order.forEach((i, at) => {
    least = Math.min(least, (pValues[i]! * m) / (m - at));
    adjusted[i] = least;
  });
  // As in the threshold: a product that is q but for its last digit counts as q.
  const bound = rate * (1 + 4 * Number.EPSILON);
  const rows = Int32Array.from(order.filter((i) => adjusted[i]! <= bound)).sort();
  return deepFreeze({ rate, rows, adjusted });
}

/** (1 + #{values >= score}) / (n + 1), of ascending values. */
export function tailShare(sorted: Float64Array, score: number): number {
  return (1 + sorted.length - countBelow(sorted, score)) / (sorted.length + 1);
}

/** How many of ascending values are smaller than `score`. */
function countBelow(sorted: Float64Array, score: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < score) low = middle + 1;
    else high = middle;
  }
  return low;
}
