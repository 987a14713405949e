import { deepFreeze, type Interval, IsometerError, quantile, rng } from "../../base/index.ts";

/** A score of a ranking, with its 95 % interval. */
export interface RankingScore {
  readonly value: number;
  readonly interval: Interval;
}

/** How well scores tell anomalies from normal rows. */
export interface Evaluation {
  /** Share of pairs of an anomaly and a normal row in which the anomaly scores more, ties counted half: 0 to 1, .5 by chance. */
  readonly rocAuc: RankingScore;
  /** Sum over thresholds of precision times the recall gained: 0 to 1, the share of anomalies by chance. */
  readonly averagePrecision: RankingScore;
  readonly anomalies: number;
  readonly normal: number;
}

/** 97.5 % point of the standard normal. */
const Z975 = 1.959963984540054;

/**
 * Area under the ROC curve and average precision, both as scikit-learn has them.
 *
 * The interval of the area is Wilson's for as many draws as are as sure as DeLong's variance (DeLong, DeLong & Clarke-Pearson 1988, computed by Sun & Xu 2014); that of average precision a
 * bootstrap that resamples anomalies and normal rows apart. Cost n log n, and n for each of the replicates.
 *
 * @param scores n, larger for stranger rows
 * @param labels n, 0 or false for normal rows, else anomalies
 * @throws row-count-mismatch; non-finite; bad-value when one of the two classes is missing
 */
export function evaluateScores(
  scores: ArrayLike<number>,
  labels: ArrayLike<number | boolean>,
  { seed = 0, replicates = 500 }: { readonly seed?: number; readonly replicates?: number } = {},
): Evaluation {
  const order = descending(scores, labels);
  const truth = Uint8Array.from(order, (i) => (labels[i] ? 1 : 0));
  const anomalies = truth.reduce((sum, value) => sum + value, 0);
  const normal = truth.length - anomalies;
  if (anomalies === 0 || normal === 0) {
    throw new IsometerError(
      "bad-value",
      "a ranking is scored on anomalies and normal rows: one of them is missing",
      {
        got: `${anomalies} anomalies, ${normal} normal rows`,
      },
    );
  }
  const ends = tieEnds(order, scores);
  return deepFreeze({
    rocAuc: areaOf(truth, ends, anomalies, normal),
    averagePrecision: precisionOf(truth, ends, anomalies, { seed, replicates }),
    anomalies,
    normal,
  });
}

/** Row numbers by descending score. */
function descending(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): Uint32Array {
  if (scores.length !== labels.length) {
    throw new IsometerError("row-count-mismatch", `${scores.length} scores have ${labels.length} labels`, {
      needed: `${scores.length} labels`,
      got: `${labels.length} labels`,
    });
  }
  const bad = Array.from(scores).findIndex((score) => Number.isNaN(score));
  if (bad >= 0) throw new IsometerError("non-finite", `row ${bad} has no score`);
  // Infinite scores order too, though their difference is no number.
  return Uint32Array.from({ length: scores.length }, (_, i) => i).sort((a, b) =>
    scores[a] === scores[b] ? a - b : scores[b]! > scores[a]! ? 1 : -1,
  );
}

/** Where each run of equal scores ends, in the sorted order. */
function tieEnds(order: Uint32Array, scores: ArrayLike<number>): Uint32Array {
  const isEnd = (_: number, at: number) =>
    at + 1 === order.length || scores[order[at]!] !== scores[order[at + 1]!];
  return Uint32Array.from({ length: order.length }, (_, at) => at)
    .filter(isEnd)
    .map((at) => at + 1);
}

/** The mean of placements, and the variance that those of either class have. */
function areaOf(truth: Uint8Array, ends: Uint32Array, anomalies: number, normal: number): RankingScore {
  let [start, above, below] = [0, 0, normal];
  const sums = { area: 0, ofAnomalies: 0, ofNormal: 0 };
  for (const end of ends) {
    let tied = 0;
    for (let at = start; at < end; at++) tied += truth[at]!;
    const others = end - start - tied;
    // Share of normal rows below an anomaly here, and of anomalies above a normal row here.
    const ofAnomaly = (below - others / 2) / normal;
    const ofNormal = (above + tied / 2) / anomalies;
    sums.area += (tied * ofAnomaly) / anomalies;
    sums.ofAnomalies += tied * ofAnomaly ** 2;
    sums.ofNormal += others * ofNormal ** 2;
    [start, above, below] = [end, above + tied, below - others];
  }
  const value = sums.area;
  const spread = (sum: number, count: number) =>
    count > 1 ? Math.max(0, sum - count * value * value) / (count - 1) / count : 0.25;
  const variance = spread(sums.ofAnomalies, anomalies) + spread(sums.ofNormal, normal);
  return { value, interval: wilson(value, variance, Math.min(anomalies, normal)) };
}

/** Wilson's interval (1927) of a share whose estimate has that variance; at an end of the range, or where that is too small to be had, of so many draws. */
function wilson(p: number, variance: number, draws: number): Interval {
  const each = p > 0 && p < 1 && variance > 0 ? variance / (p * (1 - p)) : 1 / draws;
  const [z, scale] = [Z975 * Z975 * each, 1 + Z975 * Z975 * each];
  const half = Math.sqrt(p * (1 - p) * z + (z * z) / 4) / scale;
  const centre = (p + z / 2) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

function precisionOf(
  truth: Uint8Array,
  ends: Uint32Array,
  anomalies: number,
  { seed, replicates }: { readonly seed: number; readonly replicates: number },
): RankingScore {
  const value = averagePrecision(truth, ends, null);
  const random = rng(seed).split("bootstrap");
  const weights = new Uint32Array(truth.length);
  const places = [0, 1].map((label) =>
    Uint32Array.from({ length: truth.length }, (_, at) => at).filter((at) => truth[at] === label),
  );
  const values = new Float64Array(replicates);
  for (let b = 0; b < replicates; b++) {
    weights.fill(0);
    for (const own of places)
      for (let i = 0; i < own.length; i++) weights[own[random.integer(own.length)]!]!++;
    values[b] = averagePrecision(truth, ends, weights);
  }
  values.sort();
  // A ranking without a fault stays one however it is resampled.
  const low = value === 1 ? wilson(1, 0, anomalies)[0] : quantile(values, 0.025);
  return { value, interval: [Math.min(value, low), Math.max(value, quantile(values, 0.975))] };
}

/** Of rows in descending order, each counted `weights` times (null: once). */
function averagePrecision(truth: Uint8Array, ends: Uint32Array, weights: Uint32Array | null): number {
  let [start, found, seen, sum] = [0, 0, 0, 0];
  for (const end of ends) {
    let gained = 0;
    for (let at = start; at < end; at++) {
      const weight = weights ? weights[at]! : 1;
      seen += weight;
      gained += weight * truth[at]!;
    }
    found += gained;
    if (gained > 0) sum += (gained * found) / seen;
    start = end;
  }
  return sum / found;
}
