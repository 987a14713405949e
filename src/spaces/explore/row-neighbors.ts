import { checkInteger, deepFreeze, type Watch } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { lengthOf, type Space } from "../../neighbors/index.ts";
import { breathe } from "./breathe.ts";
import { ordersFrom } from "./orders.ts";

/** A neighbour in one space, and where it is in the other. */
export interface RowNeighbor {
  readonly row: number;
  /** In the units of the data, in the space of the list and in the other one. */
  readonly distance: number;
  readonly otherDistance: number;
  /** Place among all neighbours in the other space, 1 the nearest; equal distances go by row number. */
  readonly otherRank: number;
  /** Among the k nearest of both. */
  readonly shared: boolean;
}

/** The neighbourhood of a row in both spaces, nearest first. */
export interface RowNeighbors {
  readonly row: number;
  readonly k: number;
  readonly original: readonly RowNeighbor[];
  readonly latent: readonly RowNeighbor[];
}

/** Rows looked at in one go. */
const STRIDE = 2 ** 18;

/**
 * The exact k nearest rows of one row in the original and in the latent, with their distances and ranks in the other space. Cost: one pass over both, n (d_x + d_z).
 *
 * @param x n x d_x
 * @param z n x d_z, the same rows
 * @param k default 15, at most n - 1
 * @throws bad-range for a row that there is none of; bad-option for k; aborted
 */
export async function rowNeighbors(
  x: Space,
  z: Space,
  row: number,
  { engine, k = 15, ...watch }: Watch & { readonly engine: EngineInfo; readonly k?: number },
): Promise<RowNeighbors> {
  checkInteger("k", k, 1, x.rows - 1);
  const of = {
    x: await ordersFrom(x, row, engine, watch),
    z: await ordersFrom(z, row, engine, watch),
  };
  const near = { x: nearestOf(of.x, row, k), z: nearestOf(of.z, row, k) };
  const ranks = {
    x: await ranksOf(of.x, row, near.z, watch.signal),
    z: await ranksOf(of.z, row, near.x, watch.signal),
  };
  const entries = (own: "x" | "z", other: "x" | "z"): RowNeighbor[] => {
    const spaces = { x, z };
    return Array.from(near[own], (id, q) => ({
      row: id,
      distance: lengthOf(of[own][id]!, spaces[own]),
      otherDistance: lengthOf(of[other][id]!, spaces[other]),
      otherRank: ranks[other][q]!,
      shared: near[other].includes(id),
    }));
  };
  return deepFreeze({ row, k, original: entries("x", "z"), latent: entries("z", "x") });
}

/** The k rows of smallest (order, row number), ascending, without `row` itself. */
function nearestOf(orders: Float64Array, row: number, k: number): Int32Array {
  const ids = new Int32Array(k).fill(-1);
  const held = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  let last = Number.POSITIVE_INFINITY;
  for (let i = 0; i < orders.length; i++) {
    const order = orders[i]!;
    // Rows come in ascending order: an equal one is behind those that are held.
    if (!(order < last) || i === row) continue;
    let at = k - 1;
    for (; at > 0 && held[at - 1]! > order; at--) {
      held[at] = held[at - 1]!;
      ids[at] = ids[at - 1]!;
    }
    held[at] = order;
    ids[at] = i;
    last = held[k - 1]!;
  }
  return ids;
}

/** The places of some rows among all, without `row` itself: 1 + how many are before them. */
async function ranksOf(
  orders: Float64Array,
  row: number,
  targets: Int32Array,
  signal: AbortSignal | undefined,
): Promise<Int32Array> {
  const sorted = targets.slice().sort((a, b) => orders[a]! - orders[b]! || a - b);
  const limits = Float64Array.from(sorted, (id) => orders[id]!);
  /** Of each target how many rows are before it and behind the target before. */
  const between = new Int32Array(sorted.length + 1);
  for (let start = 0; start < orders.length; start += STRIDE) {
    if (start > 0) await breathe(signal);
    countBetween(orders, start, Math.min(orders.length, start + STRIDE), row, { sorted, limits, between });
  }
  const ranks = new Int32Array(targets.length);
  let before = 0;
  sorted.forEach((id, t) => {
    before += between[t]!;
    ranks[targets.indexOf(id)] = before + 1;
  });
  return ranks;
}

function countBetween(
  orders: Float64Array,
  start: number,
  end: number,
  row: number,
  counted: { readonly sorted: Int32Array; readonly limits: Float64Array; readonly between: Int32Array },
): void {
  const { sorted, limits, between } = counted;
  const largest = limits[limits.length - 1]!;
  for (let i = start; i < end; i++) {
    const order = orders[i]!;
    if (order > largest || i === row) continue;
    let low = 0;
    let high = limits.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const limit = limits[middle]!;
      if (order < limit || (order === limit && i < sorted[middle]!)) high = middle;
      else low = middle + 1;
    }
    between[low]!++;
  }
}
