import { deepFreeze, type Interval, IsometerError } from "../../base/index.ts";

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
 * The interval of the area is Wilson's for as many draws as are as sure as DeLong's variance (DeLong, DeLong & Clarke-Pearson 1988, computed by Sun & Xu 2014); that of average precision
 * Wilson's for as many draws as there are anomalies (Boyd, Eng & Page 2013, whose binomial interval it follows; a bootstrap holds the truth too seldom where anomalies are few). Cost n log n.
 *
 * @param scores n, larger for stranger rows
 * @param labels n, 0 or false for normal rows, else anomalies
 * @throws row-count-mismatch; non-finite; bad-value when one of the two classes is missing
 */
export function evaluateScores(scores: ArrayLike<number>, labels: ArrayLike<number | boolean>): Evaluation {
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
    averagePrecision: averagePrecision(truth, ends, anomalies),
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
  // At an end of the range the variance is 0 whatever the number of rows.
  const isInside = value > 0 && value < 1 && variance > 0;
  const each = isInside ? variance / (value * (1 - value)) : 1 / Math.min(anomalies, normal);
  return { value, interval: wilson(value, each) };
}

/** Wilson's interval (1927) of a share that is as sure as one of 1 / each draws. */
function wilson(p: number, each: number): Interval {
  const [z, scale] = [Z975 * Z975 * each, 1 + Z975 * Z975 * each];
  const half = Math.sqrt(p * (1 - p) * z + (z * z) / 4) / scale;
  const centre = (p + z / 2) / scale;
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}

/** Of rows in descending order. */
function averagePrecision(truth: Uint8Array, ends: Uint32Array, anomalies: number): RankingScore {
  let [start, found, value] = [0, 0, 0];
  for (const end of ends) {
    let gained = 0;
    for (let at = start; at < end; at++) gained += truth[at]!;
    found += gained;
    value += (gained / anomalies) * (found / end);
    start = end;
  }
  return { value, interval: wilson(value, 1 / anomalies) };
}
