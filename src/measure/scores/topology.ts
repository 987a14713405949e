import { mean, permutation, type Rng, select, variance } from "../../base/index.ts";
import type { Comparison } from "../compare.ts";
import type { LandmarkEvidence } from "../landmarks.ts";
import type { RtdScore, Score } from "../result.ts";
import { type SpanningTree, sharedEdges, smaller, spanningTree, submatrix } from "../spanning-tree.ts";

/** Lengths of all pairs of m rows in both spaces. */
interface Lengths {
  readonly m: number;
  readonly x: Float64Array;
  readonly z: Float64Array;
}

/**
 * Overlap of minimum spanning trees: the share of the original's tree edges that are edges of the latent's tree, 0..1. 1 = both spaces grow together from
 * points to one piece by the same steps (these edges are what 0-dimensional persistent homology pairs). 2 / m at random.
 *
 * Equal lengths are ordered by row numbers, so lengths that tie in one space and not (or only up to rounding) in the other cost edges.
 * Exact up to 1,000 rows. Beyond, it is the score of 1,000 landmarks, and its interval is for what 1,000 landmarks have on average: the tree of
 * all rows is another one. Interval: random groups (see `spreadOf`), on the angular scale asin sqrt(p). Cost m^2 (d_x + d_z) / 2.
 */
export function mstOverlap({ landmarks, spaces }: Comparison, rng: Rng): Score {
  const lengths = lengthsOf(landmarks!);
  const overlap = (of: Lengths) =>
    sharedEdges(spanningTree(of.x, of.m), spanningTree(of.z, of.m)) / (of.m - 1);
  const value = overlap(lengths);
  const angle = (p: number) => Math.asin(Math.sqrt(p));
  const half = T975 * spreadOf(lengths, spaces.x.rows, rng.split("mstOverlap"), (of) => angle(overlap(of)));
  const at = (a: number) => Math.sin(Math.max(0, Math.min(Math.PI / 2, a))) ** 2;
  return {
    value,
    interval: half === 0 ? [value, value] : [at(angle(value) - half), at(angle(value) + half)],
    ...seen(lengths, spaces.x.rows),
    ideal: 1,
    null: 2 / lengths.m,
    baseline: null,
  };
}

/**
 * RTD-Lite: how differently the two spaces fall into pieces, at all scales at once, 0..1. 0 = the same pieces at every scale.
 *
 * With A and B the lengths of all pairs, each in units of the mean edge of its minimum spanning tree, C = min(A, B) and |T(G)| the total length of the tree of G:
 * (|T(A)| - |T(C)| + |T(B)| - |T(C)|) / (2 (m - 1)). |T(A)| - |T(C)| is the sum of a barcode: an edge of T(C), taken in ascending order, is
 * a bar from its length in C, where it joins two pieces, to the length at which A's edges join them (Tulchinskii et al. 2025; the sum is so because
 * putting an edge into A takes the longest edge of its cycle out of T(A), which is the end of its bar, and after the last one nothing is left).
 *
 * The paper takes lengths in units of their .9-quantile. Beside many dimensions a map to two has then only short edges that are shorter still: C is B, and such a
 * map scores what it does with its rows shuffled (docs/decisions/0014-landmarks.md). In units of their own trees, edges meet at the same scale. The paper's number is `published`.
 *
 * Chance: mean of 3 shuffles. Exact up to 1,000 rows, else of 1,000 landmarks; interval for what 1,000 have on average, by random groups (see `spreadOf`).
 */
export function rtdLite({ landmarks, spaces }: Comparison, rng: Rng): RtdScore {
  const random = rng.split("rtdLite");
  const lengths = lengthsOf(landmarks!);
  const trees = treesOf(lengths);
  const value = meanBar(lengths, trees, meanEdge);
  const spread = spreadOf(lengths, spaces.x.rows, random.split("groups"), barOf, "ratio");
  const half = T975 * spread * value;
  return {
    value,
    interval: [Math.max(0, value - half), Math.min(1, value + half)],
    ...seen(lengths, spaces.x.rows),
    ideal: 0,
    null: shuffledBar(lengths, trees, random.split("null")),
    baseline: null,
    published: meanBar(lengths, trees, largeLength) * (lengths.m - 1),
  };
}

/** 97.5 % point of Student's t with 7 degrees of freedom, one less than there are groups. */
const T975 = 2.364624251592785;

function lengthsOf({ rows, x, z }: LandmarkEvidence): Lengths {
  return { m: rows.length, x, z };
}

function seen({ m }: Lengths, rows: number): Pick<Score, "n" | "unit" | "exact" | "sampled"> {
  const base = { n: (m * (m - 1)) / 2, unit: "pairs" } as const;
  return m === rows ? { ...base, exact: true } : { ...base, exact: false, sampled: { kind: "landmarks", m } };
}

interface Trees {
  readonly x: SpanningTree;
  readonly z: SpanningTree;
}

function treesOf({ m, x, z }: Lengths): Trees {
  return { x: spanningTree(x, m), z: spanningTree(z, m) };
}

/** What lengths are measured in. */
type Scale = (lengths: Float64Array, tree: SpanningTree) => number;

/** The mean edge of the tree; 1 where all lengths are 0. */
function meanEdge(_lengths: Float64Array, { total, edges }: SpanningTree): number {
  return total / edges.length || 1;
}

/** The .9-quantile of the whole matrix, its diagonal included as in the authors' code; the largest length where that is 0; 1 where all are. */
function largeLength(lengths: Float64Array): number {
  const rank = 0.9 * (lengths.length - 1);
  const below = Math.floor(rank);
  const values = lengths.slice();
  const low = select(values, below);
  const high = values.subarray(below + 1).reduce((least, v) => Math.min(least, v), Number.POSITIVE_INFINITY);
  const quantile = high < Number.POSITIVE_INFINITY ? low + (rank - below) * (high - low) : low;
  return quantile || lengths.reduce((most, v) => Math.max(most, v), 0) || 1;
}

function barOf(lengths: Lengths): number {
  return meanBar(lengths, treesOf(lengths), meanEdge);
}

function meanBar({ m, x, z }: Lengths, trees: Trees, scale: Scale): number {
  const a = 1 / scale(x, trees.x);
  const b = 1 / scale(z, trees.z);
  const { total } = spanningTree(smaller(x, a, z, b), m);
  return Math.max(0, (a * trees.x.total - total + (b * trees.z.total - total)) / (2 * (m - 1)));
}

const SHUFFLES = 3;

/** The trees of shuffled rows are the same, other edges. */
function shuffledBar({ m, x, z }: Lengths, trees: Trees, rng: Rng): number {
  const bars = Array.from({ length: SHUFFLES }, () =>
    meanBar({ m, x, z: submatrix(z, m, permutation(rng, m)) }, trees, meanEdge),
  );
  return mean(bars);
}

const GROUPS = 8;
const PARTITIONS = 8;

/**
 * Standard error of a statistic of m landmarks out of n rows: random groups (Wolter 2007, chapter 2). Disjoint eighths of the landmarks are draws
 * of m / 8; the variance between them, over 8, is that of the statistic at m where variance falls as 1 / m, as that of spanning trees
 * does (Kesten & Lee 1996). Mean over 8 random partitions, with the factor sqrt(1 - m / n). `ratio`: relative to the eighths' own mean, for
 * statistics whose size changes with m. 0 when all rows are landmarks.
 */
function spreadOf(
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
