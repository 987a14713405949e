import type { Layout } from "../neighbors/layout.ts";
import { slotRow } from "../neighbors/layout.ts";
import { exactOrder, type Space } from "../neighbors/space.ts";
import { errorBound, type Tile } from "../neighbors/tiles.ts";
import { type Bins, binOf } from "./bins.ts";
import { type Extremes, emptyExtremes, offerExtreme } from "./extremes.ts";

/** Numbers gathered per slot (or once, when every pair is looked at): their places in a row of `sums`. */
export const MOMENTS = { dx: 0, dz: 1, dxdx: 2, dzdz: 3, dxdz: 4, count: 5 } as const;
export const RANK_SUMS = { product: 0, influence: 1, below05: 2, below95: 3 } as const;
export const MOMENTS_WIDTH = 6;
export const RANK_SUMS_WIDTH = 4;

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
}

/** Near pairs are measured again when the error of a tile could exceed 1/128 of the order. */
const TRUSTED_DIGITS = 128;

/** A function that replaces the orders of a tile that its error bound does not support by exact ones. */
export function polisher(slots: Space, searched: Space, layout: Layout): (tile: Tile) => void {
  const exact = exactOrder(slots, searched);
  const floor = errorBound(searched).absolute * TRUSTED_DIGITS;
  return ({ orders, stride, rows, cols }) => {
    if (floor === 0) return;
    const n = cols.count;
    const colFloor = new Float64Array(n);
    for (let c = 0; c < n; c++) colFloor[c] = floor * slots.squaredNorms[slotRow(layout, cols.start + c)]!;
    for (let r = 0; r < rows.count; r++) {
      const i = rows.start + r;
      const rowFloor = floor * searched.squaredNorms[i]!;
      for (let c = 0, p = r * stride; c < n; c++, p++) {
        if (orders[p]! < rowFloor + colFloor[c]!) orders[p] = exact(slotRow(layout, cols.start + c), i);
      }
    }
  };
}

/** Which columns of row r of a tile are pairs to count: all but the point itself, and each pair once in `all`. */
export interface Counted {
  /** Row number of the tile's rows, and of its columns. */
  rowId(r: number): number;
  colId(c: number): number;
  /** First column to count of row r. */
  from(r: number): number;
  /** Column to leave out of row r, or -1. */
  skip(r: number): number;
}

export function countedPairs(layout: Layout, { rows, cols }: Tile): Counted {
  const diagonal = layout.kind === "all" && rows.start === cols.start;
  const colId = (c: number) => slotRow(layout, cols.start + c);
  const position = new Map<number, number>();
  if (layout.kind === "anchors") for (let c = 0; c < cols.count; c++) position.set(colId(c), c);
  return {
    rowId: (r) => rows.start + r,
    colId,
    from: (r) => (diagonal ? r + 1 : 0),
    skip: (r) => position.get(rows.start + r) ?? -1,
  };
}

export function emptyCounts(bins: PairBins): PairCounts {
  return {
    x: new Float64Array(bins.x.count),
    z: new Float64Array(bins.z.count),
    ratio: new Float64Array(bins.ratio.count),
    extremes: emptyExtremes(),
    special: new Float64Array(3),
  };
}

/** Lengths and ratios of one row of a tile: scratch that keeps the loops free of calls. */
interface RowScratch {
  readonly dx: Float64Array;
  readonly dz: Float64Array;
  readonly ratio: Float32Array;
  readonly ratioBits: Uint32Array;
}

function rowScratch(size: number): RowScratch {
  const ratio = new Float32Array(size);
  return {
    dx: new Float64Array(size),
    dz: new Float64Array(size),
    ratio,
    ratioBits: new Uint32Array(ratio.buffer),
  };
}

function lengths(orders: Float32Array, start: number, n: number, squared: boolean, out: Float64Array): void {
  if (squared) for (let c = 0; c < n; c++) out[c] = Math.sqrt(orders[start + c]!);
  else for (let c = 0; c < n; c++) out[c] = orders[start + c]!;
}

/** First pass over a pair of tiles: histograms and extremes into `counts`, moments into `sums`. */
export function pairCounter(
  spaces: { x: Space; z: Space },
  layout: Layout,
  bins: PairBins,
  counts: PairCounts,
  panel: number,
) {
  const { dx, dz, ratio, ratioBits } = rowScratch(panel);
  const perSlot = layout.kind === "anchors";
  return (xTile: Tile, zTile: Tile, sums: Float64Array) => {
    const n = xTile.cols.count;
    const pairs = countedPairs(layout, xTile);
    const xBits = new Uint32Array(xTile.orders.buffer, xTile.orders.byteOffset, xTile.orders.length);
    const zBits = new Uint32Array(zTile.orders.buffer, zTile.orders.byteOffset, zTile.orders.length);
    for (let r = 0; r < xTile.rows.count; r++) {
      const start = r * xTile.stride;
      const skip = pairs.skip(r);
      lengths(xTile.orders, start, n, spaces.x.metric !== "manhattan", dx);
      lengths(zTile.orders, start, n, spaces.z.metric !== "manhattan", dz);
      for (let c = pairs.from(r); c < n; c++) {
        if (c === skip) continue;
        counts.x[binOf(bins.x, xBits[start + c]!)]!++;
        counts.z[binOf(bins.z, zBits[start + c]!)]!++;
        ratio[c] = dz[c]! / dx[c]!;
      }
      addMoments(sums, perSlot ? xTile.cols.start : -1, pairs.from(r), n, skip, dx, dz);
      for (let c = pairs.from(r); c < n; c++) {
        if (c === skip) continue;
        const value = ratio[c]!;
        if (value > 0 && value < Number.POSITIVE_INFINITY) {
          counts.special[2]!++;
          counts.ratio[binOf(bins.ratio, ratioBits[c]!)]!++;
          const { largest, smallest } = counts.extremes;
          if (value >= largest.bound || value <= smallest.bound) {
            offerExtreme(counts.extremes, value, pairs.rowId(r), pairs.colId(c));
          }
        } else if (dz[c]! > 0) counts.special[0]!++;
        else if (dx[c]! > 0) counts.special[1]!++;
      }
    }
  };
}

/** Adds the moments of columns [from, n) but `skip` to the row of each slot, or all to row 0 when `firstSlot` is -1. */
function addMoments(
  sums: Float64Array,
  firstSlot: number,
  from: number,
  n: number,
  skip: number,
  dx: Float64Array,
  dz: Float64Array,
): void {
  if (firstSlot >= 0) {
    for (let c = from; c < n; c++) {
      if (c === skip) continue;
      const at = (firstSlot + c) * MOMENTS_WIDTH;
      const u = dx[c]!;
      const v = dz[c]!;
      sums[at]! += u;
      sums[at + 1]! += v;
      sums[at + 2]! += u * u;
      sums[at + 3]! += v * v;
      sums[at + 4]! += u * v;
      sums[at + 5]!++;
    }
    return;
  }
  let [su, sv, suu, svv, suv] = [0, 0, 0, 0, 0];
  for (let c = from; c < n; c++) {
    const u = dx[c]!;
    const v = dz[c]!;
    su += u;
    sv += v;
    suu += u * u;
    svv += v * v;
    suv += u * v;
  }
  sums[0]! += su;
  sums[1]! += sv;
  sums[2]! += suu;
  sums[3]! += svv;
  sums[4]! += suv;
  sums[5]! += n - from;
}

/** Second pass over a pair of tiles: sums over ranks (see RANK_SUMS) into `sums`. */
export function rankSummer(
  spaces: { x: Space; z: Space },
  layout: Layout,
  bins: PairBins,
  tables: RankTables,
  panel: number,
) {
  const { dx, dz } = rowScratch(panel);
  const perSlot = layout.kind === "anchors";
  const [q05, q95] = tables.ratios;
  return (xTile: Tile, zTile: Tile, sums: Float64Array) => {
    const n = xTile.cols.count;
    const pairs = countedPairs(layout, xTile);
    const xBits = new Uint32Array(xTile.orders.buffer, xTile.orders.byteOffset, xTile.orders.length);
    const zBits = new Uint32Array(zTile.orders.buffer, zTile.orders.byteOffset, zTile.orders.length);
    for (let r = 0; r < xTile.rows.count; r++) {
      const start = r * xTile.stride;
      const skip = pairs.skip(r);
      let total = 0;
      if (perSlot) {
        lengths(xTile.orders, start, n, spaces.x.metric !== "manhattan", dx);
        lengths(zTile.orders, start, n, spaces.z.metric !== "manhattan", dz);
      }
      for (let c = pairs.from(r); c < n; c++) {
        if (c === skip) continue;
        const xBin = binOf(bins.x, xBits[start + c]!);
        const zBin = binOf(bins.z, zBits[start + c]!);
        const product = tables.x[xBin]! * tables.z[zBin]!;
        total += product;
        if (!perSlot) continue;
        const at = (xTile.cols.start + c) * RANK_SUMS_WIDTH;
        sums[at]! += product;
        sums[at + 1]! += product + tables.influence!.x[xBin]! + tables.influence!.z[zBin]!;
        if (dx[c]! > 0 && dz[c]! > 0) {
          if (dz[c]! <= q05 * dx[c]!) sums[at + 2]!++;
          if (dz[c]! <= q95 * dx[c]!) sums[at + 3]!++;
        }
      }
      if (!perSlot) sums[0]! += total;
    }
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
