import { type Interval, jackknifeInterval, mean, meanInterval } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import { crossNorm } from "../gram.ts";
import type { MomentEvidence } from "../moments.ts";
import type { Score } from "../result.ts";
import { GRAM_GROUPS, outside, type SpaceMoments } from "../space-moments.ts";
import { populationOf } from "./sampling.ts";

/**
 * Linear centred kernel alignment: ||X'Z||^2 / (||X'X|| ||Z'Z||), Frobenius norms, columns centred (Kornblith et al. 2019, eq. 6). 0..1, 1 for an isometry
 * up to one scale; weighs directions by their variance. Under cosine of the rows scaled to length 1. Chance: its mean over all ways to shuffle
 * the rows, tr(X'X) tr(Z'Z) / ((n - 1) ||X'X|| ||Z'Z||).
 *
 * Over all rows, whatever the anchors: n (D^2 + d^2 + D d) multiplications. Where a space has more than 2,048 dimensions, from Gram matrices of at most 1,000
 * landmark rows by U-statistics (Song et al. 2012), with an interval by delete-a-group jackknife.
 */
export function linearCka({ moments, layout, spaces }: Comparison): Score | null {
  if (hasPaths(spaces)) return null;
  const { grams, x, z, alignment } = moments!;
  const n = layout.rows;
  if (grams) return gramCka(grams, n);
  const norms = Math.sqrt(squares(x) * squares(z));
  if (!(norms > 0)) return null;
  const value = alignment!.squares / norms;
  const chance = (alignment!.variances.x * alignment!.variances.z) / ((n - 1) * norms);
  return exactScore(value, n, 1, chance);
}

/**
 * Orthogonal Procrustes disparity: what is left of the squared distances between the points of both spaces once shift, scale and
 * rotation are taken out, 1 - (||X'Z||_* / (||X|| ||Z||))^2 with the nuclear norm above and Frobenius norms below, columns centred (Gower & Dijksterhuis 2004;
 * SciPy's `procrustes`, the narrower space filled up with zeros). 0..1, 0 for an isometry. Under cosine of the rows scaled to length 1.
 *
 * Over all rows, whatever the anchors: n D d + D d min(D, d) multiplications. Chance: the same with the rows of z really shuffled, mean over up to 8 times; it has no closed
 * form. Null where both spaces have more than 2,048 dimensions, or D d is above 2^23: few rows in that many dimensions can always be laid upon each other.
 */
export function procrustes({ moments, layout, spaces }: Comparison): Score | null {
  if (hasPaths(spaces)) return null;
  const { alignment } = moments!;
  if (!alignment) return null;
  const { nuclear, shuffled, variances } = alignment;
  const norms = variances.x * variances.z;
  if (!(norms > 0)) return null;
  const disparity = (sum: number) => Math.min(1, Math.max(0, 1 - (sum * sum) / norms));
  return exactScore(disparity(nuclear), layout.rows, 0, disparity(shuffled));
}

/**
 * Local Procrustes disparity: mean over rows of what is left once a row with its k nearest in the original is laid upon its image, by shift, rotation and a scale of its
 * own, 1 - (||X'Z||_* / (||X|| ||Z||))^2 (Goldberg & Ritov 2009, the R_C of their section 3). 0..1, 0 = every neighbourhood keeps its shape, whatever its size: the isometry in
 * the small of a conformal map.
 *
 * At most the 30 nearest, of at most 1,000 rows: exact up to there. A neighbourhood that collapses to a point has lost all, 1; rows with k copies have no shape and are left
 * out, `n` is how many remain. Chance: one shuffle; few neighbours in few dimensions always share some shape.
 */
export function localProcrustes(comparison: Comparison): Score | null {
  const { shapes, spaces, layout } = comparison;
  if (!shapes) return null;
  const known = shapes.disparities.filter((value) => !Number.isNaN(value));
  if (known.length === 0) return null;
  const m = shapes.disparities.length;
  const isExact = layout.kind === "all" && m === spaces.x.rows;
  const value = mean(known);
  return {
    value,
    interval: isExact ? [value, value] : meanInterval(known, populationOf(comparison), [0, 1]),
    n: known.length,
    unit: "points",
    ...(isExact ? { exact: true } : { exact: false, sampled: { kind: "anchors", m } }),
    ideal: 0,
    null: mean(shapes.shuffled.filter((value) => !Number.isNaN(value))),
    baseline: null,
  };
}

/** Geodesics know nothing of directions: scores of them are left out. */
function hasPaths({ x, z }: Comparison["spaces"]): boolean {
  return x.table !== null || z.table !== null;
}

function exactScore(value: number, n: number, ideal: 0 | 1, chance: number): Score {
  return {
    value,
    interval: [value, value],
    n,
    unit: "points",
    exact: true,
    ideal,
    null: chance,
    baseline: null,
  };
}

/** Sum of squares of a covariance matrix. */
function squares({ matrix }: SpaceMoments): number {
  return matrix.reduce((sum, value) => sum + value * value, 0);
}

function gramCka({ x, z, landmarks }: NonNullable<MomentEvidence["grams"]>, n: number): Score | null {
  const all = Array.from({ length: landmarks }, (_, r) => r);
  const norm = (a: Float64Array, b: Float64Array, kept: readonly number[]) =>
    crossNorm(a, b, landmarks, kept, n);
  const norms = (kept: readonly number[]) => Math.sqrt(norm(x, x, kept) * norm(z, z, kept));
  const ckaOf = (kept: readonly number[]) => Math.max(0, Math.min(1, norm(x, z, kept) / norms(kept)));
  const value = ckaOf(all);
  if (!Number.isFinite(value)) return null;
  const trace = (gram: Float64Array) => all.reduce((sum, r) => sum + gram[r * landmarks + r]! / landmarks, 0);
  const chance = Math.min(1, (trace(x) * trace(z)) / ((n - 1) * norms(all)));
  if (landmarks === n) return exactScore(value, n, 1, chance);
  const without = Array.from({ length: GRAM_GROUPS }, (_, group) => ckaOf(outside(group, landmarks)));
  const range: Interval = [0, 1];
  return {
    ...exactScore(value, landmarks, 1, chance),
    interval: jackknifeInterval(value, without, { units: landmarks, population: n, range }),
    exact: false,
    sampled: { kind: "landmarks", m: landmarks },
  };
}
