import { tailShare } from "./conformal.ts";

/**
 * Mean over members of -log p, p = (1 + #{normal rows that score at least as much}) / (n + 1): Fisher's statistic (1932) of the members' p-values. Members are dependent, so it
 * has no known law: the detector that holds them is calibrated as a whole.
 */
export function combine(scores: readonly Float64Array[], references: readonly Float64Array[]): Float64Array {
  const combined = new Float64Array(scores[0]!.length);
  scores.forEach((own, m) => {
    const sorted = references[m]!;
    own.forEach((score, i) => {
      combined[i]! -= Math.log(tailShare(sorted, score)) / scores.length;
    });
  });
  return combined;
}
