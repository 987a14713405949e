import { type Algebra, type Dense, eigenOf } from "../linalg/index.ts";
import type { Anchors, FrameOptions } from "./frame.ts";
import type { Ridge } from "./ridge.ts";

export interface LowRank {
  readonly core: Dense;
  readonly rank: number;
}

/**
 * Reduced-rank regression: the ridge map, followed by the projection on the axes along which its fitted rows vary most (Izenman 1975; Mukherjee & Zhu 2011, "Reduced rank ridge regression and its
 * kernel extensions"). The rank is the one of least generalised cross-validation error: an axis stays where its fit errs less than the mean of the target would.
 */
export async function lowRank(
  { rows, from, to, cross }: Anchors,
  { core, penalty, freedom }: Ridge,
  { algebra, engine }: FrameOptions,
): Promise<LowRank> {
  const fitted: Dense = { ...core, data: scaledRows(core, from.lengths) };
  const covariance = await algebra.multiply(fitted, fitted, { transA: true });
  const n = covariance.rows;
  const [eigen] = await eigenOf([{ matrix: covariance.data, n }], { engine, stage: "fitting" });
  const axes: Dense = { data: eigen!.vectors, rows: n, cols: n };
  const products = await algebra.multiply(cross, axes, { transB: true });
  const kept = from.lengths.map((length) => length ** 2 / (length ** 2 + penalty));
  const inflation = ((rows - 1) / Math.max(1e-9, rows - 1 - freedom)) ** 2;
  let [gain, best, rank] = [0, 0, 0];
  for (let k = 0; k < n; k++) {
    let variance = 0;
    for (let j = 0; j < n; j++) variance += (axes.data[k * n + j]! * to.lengths[j]!) ** 2;
    let error = variance;
    from.lengths.forEach((length, i) => {
      error -= (products.data[i * n + k]! / length) ** 2 * kept[i]! * (2 - kept[i]!);
    });
    gain += variance - Math.max(0, error) * inflation;
    if (gain > best) [best, rank] = [gain, k + 1];
  }
  return { core: await projected(core, axes, Math.max(1, rank), algebra), rank: Math.max(1, rank) };
}

function scaledRows({ data, cols }: Dense, factors: Float64Array): Float64Array {
  return data.map((value, at) => value * factors[Math.floor(at / cols)]!);
}

async function projected(core: Dense, axes: Dense, rank: number, algebra: Algebra): Promise<Dense> {
  const own: Dense = { data: axes.data.subarray(0, rank * axes.cols), rows: rank, cols: axes.cols };
  return algebra.multiply(await algebra.multiply(core, own, { transB: true }), own);
}
