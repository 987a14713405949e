import { mean, permutation, type Rng, variance } from "../../base/index.ts";
import type { LandmarkEvidence } from "../landmarks.ts";
import type { Score } from "../result.ts";
import { submatrix } from "../spanning-tree.ts";

/*
 * Scores that look at all pairs of landmarks at once, and are other ones for other numbers of rows: their intervals are for what as many landmarks have on
 * average.
 */

/** Lengths of all pairs of m rows in both spaces. */
export interface Lengths {
  readonly m: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
}

/** 97.5 % point of Student's t with 7 degrees of freedom, one less than there are groups. */
export const T975 = 2.364624251592785;

export function lengthsOf({ rows, x, z }: LandmarkEvidence): Lengths {
  return { m: rows.length, x, z };
}

/** What a score of landmarks has looked at. */
export function seen({ m }: Lengths, rows: number): Pick<Score, "n" | "unit" | "exact" | "sampled"> {
  const base = { n: (m * (m - 1)) / 2, unit: "pairs" } as const;
  return m === rows ? { ...base, exact: true } : { ...base, exact: false, sampled: { kind: "landmarks", m } };
}

const GROUPS = 8;
const PARTITIONS = 8;

/**
 * Standard error of a statistic of m landmarks out of n rows: random groups (Wolter 2007, chapter 2). Disjoint eighths of the landmarks are draws
 * of m / 8; the variance between them, over 8, is that of the statistic at m where variance falls as 1 / m, as that of spanning trees
 * does (Kesten & Lee 1996). Mean over 8 random partitions, with the factor sqrt(1 - m / n). `ratio`: relative to the eighths' own mean, for
 * statistics whose size changes with m. 0 when all rows are landmarks.
 */
export function spreadOf(
  { m, x, z }: Lengths,
  rows: number,
  rng: Rng,
  statistic: (of: Lengths) => number,
  kind: "difference" | "ratio" = "difference",
): number {
  if (m === rows) return 0;
  let sum = 0;
  for (let p = 0; p < PARTITIONS; p++) {
    const order = permutation(rng, m);
    const values = Array.from({ length: GROUPS }, (_, g) => {
      const of = order.slice(Math.floor((g * m) / GROUPS), Math.floor(((g + 1) * m) / GROUPS)).sort();
      return statistic({ m: of.length, x: submatrix(x, m, of), z: submatrix(z, m, of) });
    });
    const unit = kind === "ratio" ? mean(values) || 1 : 1;
    sum += variance(values) / unit ** 2;
  }
  return Math.sqrt((Math.max(0, 1 - m / rows) * sum) / PARTITIONS / GROUPS);
}
