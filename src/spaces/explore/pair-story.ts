import { checkInteger, deepFreeze, type Watch } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { lengthOf, type Space } from "../../neighbors/index.ts";
import { checkRow, ordersFrom } from "./orders.ts";

/** A pair of rows as one space has it. */
export interface PairInSpace {
  /** In the units of the space. */
  readonly length: number;
  /** Place of b among the neighbours of a, 1 the nearest, and of a among those of b. */
  readonly rankFromA: number;
  readonly rankFromB: number;
  /** Share of the other rows that are nearer to a than b is, 0..1. */
  readonly share: number;
}

/** Why a pair is where it is drawn. */
export interface PairStory {
  readonly a: number;
  readonly b: number;
  readonly rows: number;
  readonly k: number;
  readonly original: PairInSpace;
  readonly latent: PairInSpace;
  /** Latent length in the best single unit, by that of the original; null where the original's is 0. */
  readonly stretch: number | null;
  /** Share of the k nearest that a has in both spaces, and that b has. */
  readonly keptAroundA: number;
  readonly keptAroundB: number;
  /** near and far: among the k nearest of either end, or not. */
  readonly verdict: "near in both" | "far in both" | "torn apart" | "put together";
}

/**
 * How a pair of rows lies in both spaces, and whether the picture is right about it: "torn apart" is near in the original alone, "put together" near in the latent alone. One pass over both
 * spaces for each end, 2 n (d_x + d_z).
 *
 * @param scale what brings latent lengths to those of the original
 * @param k default 15, at most n - 1
 * @throws bad-range for rows that there are none of; bad-option for k; aborted
 */
export async function pairStory(
  [x, z]: readonly [Space, Space],
  [a, b]: readonly [number, number],
  {
    scale,
    engine,
    k = 15,
    ...watch
  }: Watch & { readonly scale: number; readonly engine: EngineInfo; readonly k?: number },
): Promise<PairStory> {
  checkInteger("k", k, 1, x.rows - 1);
  for (const row of [a, b]) checkRow(row, x.rows);
  const seen = async (space: Space) => ({
    a: await ordersFrom(space, a, engine, watch),
    b: await ordersFrom(space, b, engine, watch),
    space,
  });
  const [inX, inZ] = [await seen(x), await seen(z)];
  const pairIn = ({ a: fromA, b: fromB, space }: typeof inX): PairInSpace => {
    const rankFromA = rankOf(fromA, a, b);
    const length = lengthOf(fromA[b]!, space);
    return {
      length,
      rankFromA,
      rankFromB: rankOf(fromB, b, a),
      share: (rankFromA - 1) / Math.max(1, x.rows - 2),
    };
  };
  const [original, latent] = [pairIn(inX), pairIn(inZ)];
  const isNear = ({ rankFromA, rankFromB }: PairInSpace) => Math.min(rankFromA, rankFromB) <= k;
  const [there, here] = [isNear(original), isNear(latent)];
  return deepFreeze({
    a,
    b,
    rows: x.rows,
    k,
    original,
    latent,
    stretch: original.length > 0 ? (scale * latent.length) / original.length : null,
    keptAroundA: kept(inX.a, inZ.a, a, k),
    keptAroundB: kept(inX.b, inZ.b, b, k),
    verdict:
      there === here ? (there ? "near in both" : "far in both") : there ? "torn apart" : "put together",
  });
}

/** Place of `to` among the neighbours of `from`, 1 the nearest; equal distances go by row number. */
function rankOf(orders: Float64Array, from: number, to: number): number {
  let before = 0;
  for (let i = 0; i < orders.length; i++) {
    if (i === from || i === to) continue;
    if (orders[i]! < orders[to]! || (orders[i] === orders[to] && i < to)) before++;
  }
  return before + 1;
}

function kept(x: Float64Array, z: Float64Array, row: number, k: number): number {
  const near = nearest(x, row, k);
  return [...nearest(z, row, k)].filter((id) => near.has(id)).length / k;
}

function nearest(orders: Float64Array, row: number, k: number): Set<number> {
  const limit = orders.toSorted()[Math.min(orders.length - 1, k)]!;
  const found = Array.from({ length: orders.length }, (_, i) => i)
    .filter((i) => i !== row && orders[i]! <= limit)
    .sort((i, j) => orders[i]! - orders[j]! || i - j);
  return new Set(found.slice(0, k));
}
