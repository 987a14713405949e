import { exactOrder } from "../neighbors/exact-order.ts";
import { panelRow } from "../neighbors/panel.ts";
import type { Space } from "../neighbors/space.ts";
import { errorBound, type Tile, type TileMemory } from "../neighbors/tiles.ts";
import type { Bins } from "./bins.ts";
import { type Extremes, emptyExtremes, offerExtreme } from "./extremes.ts";

/** Numbers gathered per slot (or once, when every pair is looked at): their places in a row of `sums`. */
export const MOMENTS = { dx: 0, dz: 1, dxdx: 2, dzdz: 3, dxdz: 4, count: 5 } as const;
export const RANK_SUMS = {
  product: 0,
  influence: 1,
  below05: 2,
  below95: 3,
  /** Of pairs by distance, when sampled: how many, and how many of them have a ratio of at most the band's own quantiles. */
  far: { count: 4, below05: 5, below95: 6 },
  middle: { count: 7, below05: 8, below95: 9 },
} as const;
export const MOMENTS_WIDTH = 6;
export const RANK_SUMS_WIDTH = 10;

/** The bins of the orders of both spaces and of the ratio of lengths, dz/dx in scaled units. */
export interface PairBins {
  readonly x: Bins;
  readonly z: Bins;
  readonly ratio: Bins;
}

/** What one worker has seen of the pairs. Integers and extremes: merging has no rounding. */
export interface PairCounts {
  /** Float64 counts: pairs may outnumber 2^32. */
  readonly x: Float64Array;
  readonly z: Float64Array;
  readonly ratio: Float64Array;
  readonly extremes: Extremes;
  /** [torn: dx = 0 < dz, collapsed: dz = 0 < dx, both positive] */
  readonly special: Float64Array;
}

/** Functions of rank for the second pass, by bin. */
export interface RankTables {
  /** Mid-ranks in (0, 1). */
  readonly x: Float64Array;
  readonly z: Float64Array;
  /** Sampling only: what a pair in this bin adds to the influence on Spearman's rho through the other pairs' ranks. */
  readonly influence: { readonly x: Float64Array; readonly z: Float64Array } | null;
  /** Ratios at the 5 % and 95 % quantiles, in scaled units. */
  readonly ratios: readonly [number, number];
  /** Order in x from which on a pair is far: those of the upper third of the lengths. */
  readonly farFrom: number;
  /** Sampling only: about the same quantiles of the ratios of far and of other pairs. */
  readonly bands: {
    readonly far: readonly [number, number];
    readonly middle: readonly [number, number];
  } | null;
}

/** Near pairs are measured again when the error of a tile could exceed 1/128 of the order. */
const TRUSTED_DIGITS = 128;

/** A function that replaces the orders of a tile, made in `memory`, that its error bound does not support by exact ones. */
export function polisher(space: Space, { floors, below }: TileMemory): (tile: Tile) => void {
  const exact = exactOrder(space, space);
  const floor = errorBound(space).absolute * TRUSTED_DIGITS;
  return ({ orders, stride, rows, cols }) => {
    if (floor === 0) return;
    floors.fill(0, cols.count, stride);
    for (let c = 0; c < cols.count; c++) floors[c] = floor * space.squaredNorms[panelRow(cols, c)]!;
    for (let r = 0; r < rows.count; r++) {
      const i = panelRow(rows, r);
      for (const c of below(r, stride, floor * space.squaredNorms[i]!)) {
        orders[r * stride + c] = exact(panelRow(cols, c), i);
      }
    }
  };
}

/** Counts of nothing. */
export function emptyCounts(bins: PairBins): PairCounts {
  return {
    x: new Float64Array(bins.x.count),
    z: new Float64Array(bins.z.count),
    ratio: new Float64Array(bins.ratio.count),
    extremes: emptyExtremes(),
    special: new Float64Array(3),
  };
}

/** Adds up what several workers have counted. */
export function mergeCounts(parts: readonly PairCounts[]): PairCounts {
  const [first, ...rest] = parts;
  for (const part of rest) {
    for (const key of ["x", "z", "ratio", "special"] as const) {
      for (let i = 0; i < part[key].length; i++) first![key][i]! += part[key][i]!;
    }
    const { largest, smallest } = part.extremes;
    for (const { ratio, a, b } of [...largest.pairs, ...smallest.pairs])
      offerExtreme(first!.extremes, ratio, a, b);
  }
  return first!;
}
