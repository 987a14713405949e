import { type Interval, jackknifeInterval } from "../base/index.ts";
import type { Dense } from "../linalg/index.ts";
import type { Estimate } from "./result.ts";

/** A statistic of paired rows, and what it is without each of them: for intervals. */
export interface Piece {
  readonly value: number;
  readonly without: Float64Array;
}

/** Statistics of the two rows of each item. */
export interface PairPieces {
  /** |E x - E y|^2, without bias. */
  readonly square: Piece;
  /** |mean x - mean y|^2. */
  readonly plain: number;
  /** E x y' over rows of different items, without bias. */
  readonly unmatched: Piece;
  /** x y' of each item. */
  readonly matched: Float64Array;
}

/**
 * U-statistics of paired rows over all pairs of different items (Hoeffding 1948), so that few rows have no larger gap than many: with d = x - y, S the sum of d and Q that
 * of |d|^2, (|S|^2 - Q) / (m (m - 1)) for the gap's square; and the same with inner products between the sides for the cosine. What
 * each is without one item follows from the sums. Cost m d.
 *
 * @param x m x d, m >= 3
 */
export function pairPieces(x: Dense, y: Dense): PairPieces {
  const { rows: m, cols } = x;
  const [sumX, sumY] = [columnSums(x), columnSums(y)];
  const sum = sumX.map((value, k) => value - sumY[k]!);
  const [length, product] = [dot(sum, 0, sum, 0, cols), dot(sumX, 0, sumY, 0, cols)];
  const matched = new Float64Array(m);
  const own = Array.from({ length: 4 }, () => new Float64Array(m));
  const [along, square, ofX, ofY] = own as [Float64Array, Float64Array, Float64Array, Float64Array];
  for (let i = 0, at = 0; i < m; i++, at += cols) {
    const [xx, yy] = [dot(x.data, at, x.data, at, cols), dot(y.data, at, y.data, at, cols)];
    matched[i] = dot(x.data, at, y.data, at, cols);
    along[i] = dot(x.data, at, sum, 0, cols) - dot(y.data, at, sum, 0, cols);
    square[i] = xx + yy - 2 * matched[i]!;
    ofX[i] = dot(x.data, at, sumY, 0, cols);
    ofY[i] = dot(y.data, at, sumX, 0, cols);
  }
  const [squares, matches] = [total(square), total(matched)];
  const [pairs, fewer] = [m * (m - 1), (m - 1) * (m - 2)];
  return {
    plain: length / m ** 2,
    matched,
    square: {
      value: (length - squares) / pairs,
      without: along.map((value, i) => (length - 2 * value + 2 * square[i]! - squares) / fewer),
    },
    unmatched: {
      value: (product - matches) / pairs,
      without: ofX.map(
        (value, i) => (product - value - ofY[i]! + matched[i]! - (matches - matched[i]!)) / fewer,
      ),
    },
  };
}

/** Pieces of several folds as one: means by their rows. Without one item only its own fold changes. */
export function pooledPiece(pieces: readonly Piece[]): Piece {
  const rows = pieces.reduce((sum, { without }) => sum + without.length, 0);
  const share = ({ without }: Piece) => without.length / rows;
  const value = pieces.reduce((sum, piece) => sum + share(piece) * piece.value, 0);
  const without = pieces.flatMap((piece) =>
    Array.from(piece.without, (own) => value + share(piece) * (own - piece.value)),
  );
  return { value, without: Float64Array.from(without) };
}

/** With its 95 % interval by the jackknife over items. */
export function pieceEstimate({ value, without }: Piece, range: Interval): Estimate {
  const n = without.length;
  const interval = jackknifeInterval(value, without, {
    units: n,
    population: Number.POSITIVE_INFINITY,
    range,
  });
  return { value, interval, n };
}

/** The root of an estimate, 0 where it is negative. */
export function rootOf({ value, interval: [low, high], n }: Estimate): Estimate {
  const root = (square: number) => Math.sqrt(Math.max(0, square));
  return { value: root(value), interval: [root(low), root(high)], n };
}

/**
 * a - b with a 95 % interval from both of theirs (MOVER, Zou & Donner 2008): their ends are as far off as they are, also where an estimate stands at the end of its range, as
 * a closed gap does. Taken as independent, which errs on the wide side for figures of the same items.
 */
export function differenceOf(a: Estimate, b: Estimate): Estimate {
  const value = a.value - b.value;
  const low = Math.hypot(a.value - a.interval[0], b.interval[1] - b.value);
  const high = Math.hypot(a.interval[1] - a.value, b.value - b.interval[0]);
  return { value, interval: [value - low, value + high], n: a.n };
}

function columnSums({ data, cols }: Dense): Float64Array {
  const sums = new Float64Array(cols);
  for (let at = 0, k = 0; at < data.length; at++, k = k + 1 === cols ? 0 : k + 1) sums[k]! += data[at]!;
  return sums;
}

function total(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** The inner product of `cols` numbers of a from `at`, and of b from `bt`. */
export function dot(a: Float64Array, at: number, b: Float64Array, bt: number, cols: number): number {
  let sum = 0;
  for (let k = 0; k < cols; k++) sum += a[at + k]! * b[bt + k]!;
  return sum;
}
