import { tailShare } from "./conformal.ts";

/** Share of the normal rows that make up a tail, and how many at least: the mean of fewer excesses says little. */
const TAIL = 0.05;
const LEAST_TAIL = 10;

/**
 * Mean over members of -log p, p = (1 + #{normal rows that score at least as much}) / (n + 1): Fisher's statistic (1932) of the members' p-values. Beyond the twentieth of the normal rows that score the
 * most p goes on by an exponential tail, p(u) exp(-(s - u) / h) with h the mean excess over u (peaks over threshold, Pickands 1975, at shape 0). Without it p ends at 1 / (n + 1): the strangest rows
 * would tie, and of a member that fits its own rows closely (a covariance of as many columns as rows) nearly all others. Members are dependent, so it has no known law: the detector that holds them is
 * calibrated as a whole.
 */
export function combine(scores: readonly Float64Array[], references: readonly Float64Array[]): Float64Array {
  const combined = new Float64Array(scores[0]!.length);
  scores.forEach((own, m) => {
    const surprise = surpriseOf(references[m]!);
    own.forEach((score, i) => {
      combined[i]! += surprise(score) / scores.length;
    });
  });
  return combined;
}

/** -log p of a score among ascending ones; never falling, without end. */
export function surpriseOf(sorted: Float64Array): (score: number) => number {
  const n = sorted.length;
  const counted = (score: number) => -Math.log(tailShare(sorted, score));
  const tail = Math.max(LEAST_TAIL, Math.floor(TAIL * n));
  if (tail >= n) return counted;
  const from = sorted[n - tail - 1]!;
  const excess = sorted.subarray(n - tail).reduce((sum, score) => sum + score - from, 0) / tail;
  // Scores that tie in the tail, or have no end, show no slope.
  if (!(excess > 0 && Number.isFinite(excess))) return counted;
  const start = counted(from);
  return (score) => (score > from ? start + (score - from) / excess : counted(score));
}
