import { type Matrix, type Points, pointRows, rng, sharedFloat32, type Watch } from "../../base/index.ts";
import { type EngineInfo, scanRows } from "../../engine/index.ts";
import { principalComponents, project } from "../../linalg/index.ts";
import type { StraightMetric } from "../../neighbors/index.ts";

/** Where rows of a latent are drawn. */
export interface Positions {
  /** `n x 2`, on shared memory. */
  readonly positions: Matrix;
  readonly how: "as is" | "one line" | "PCA to 2";
  /** Share of the latent's variance that is seen: 1 but for PCA. */
  readonly variance: number;
}

/** Height of a line by its length. */
const BAND = 0.2;

/**
 * Where rows are drawn: two coordinates as they are; one along x, spread across at random (the height says nothing); more by their first two principal components,
 * under cosine those of directions.
 *
 * @param points n x d
 * @throws bad-value where the values lie too far apart for PCA; aborted
 */
export async function positionsOf(
  points: Points,
  metric: StraightMetric,
  { engine, seed = 0, ...watch }: Watch & { readonly engine: EngineInfo; readonly seed?: number },
): Promise<Positions> {
  const { rows, cols } = points;
  if (cols > 2) {
    const options = { ...watch, engine, seed, unitRows: metric === "cosine" };
    const map = await principalComponents(points, 2, options);
    const seen = map.variances[0]! + map.variances[1]!;
    const variance = map.totalVariance > 0 ? Math.min(1, seen / map.totalVariance) : 1;
    return { positions: await project(points, map, options), how: "PCA to 2", variance };
  }
  const data = sharedFloat32(2 * rows);
  scanRows(pointRows(points), rows, (block, start, count) => {
    if (cols === 2) data.set(block.subarray(0, 2 * count), 2 * start);
    else for (let r = 0; r < count; r++) data[2 * (start + r)] = block[r]!;
  });
  if (cols === 1) spread(data, seed);
  return { positions: { data, rows, cols: 2 }, how: cols === 2 ? "as is" : "one line", variance: 1 };
}

function spread(data: Float32Array, seed: number): void {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let at = 0; at < data.length; at += 2) {
    low = Math.min(low, data[at]!);
    high = Math.max(high, data[at]!);
  }
  const source = rng(seed).split("spread");
  const height = BAND * (high - low || 1);
  for (let at = 1; at < data.length; at += 2) data[at] = height * (source.uniform() - 0.5);
}
