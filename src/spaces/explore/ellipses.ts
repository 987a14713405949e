import {
  checkInteger,
  type Matrix,
  quantile,
  ranges,
  rng,
  sampleWithoutReplacement,
  sharedFloat64,
  sharedInt32,
  toShared,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import type { Space } from "../../neighbors/index.ts";
import type { EllipsesSetup } from "./ellipses.kernel.ts";

export interface EllipsesOptions extends Watch {
  readonly engine: EngineInfo;
  /** Nearest rows in the picture that a fit takes, beside the row itself: 3 to n - 1. Default 15, or all there are. */
  readonly nNeighbors?: number;
  /** Rows that get one; of more as many are drawn. Default 20,000. */
  readonly most?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Tissot's indicatrix the other way round: what is equally far in the original, drawn in the picture. */
export interface PictureEllipses {
  /** `n x 3`: half axes, the longer first, in units of the picture, over one factor that makes the median of sqrt(a b) 1; the angle of the longer. NaN: none. */
  readonly ellipses: Float32Array;
  /** Rows that were looked at, ascending. */
  readonly rows: Int32Array;
  readonly nNeighbors: number;
}

/**
 * For each row the ellipse in the picture whose points are equally far in the original, by a local linear map from the picture to the original (`localMetric`).
 * Circles of one size: an isometry. Long: directions that the picture draws out. Large: places that it blows up.
 *
 * Under manhattan the original's values are taken as under euclidean: an ellipse is a shape of squares. Cost: a tree over the picture, n log n, then 3 m D a row.
 *
 * @param positions n x 2
 * @param x n x D
 * @throws bad-option, aborted
 */
export async function pictureEllipses(
  positions: Matrix,
  x: Space,
  { engine, most = 20_000, seed = 0, nNeighbors, ...watch }: EllipsesOptions,
): Promise<PictureEllipses> {
  const n = positions.rows;
  const m = nNeighbors ?? Math.max(3, Math.min(15, n - 1));
  checkInteger("nNeighbors", m, 3, n - 1);
  checkInteger("most", most, 1);
  const rows = sharedInt32(Math.min(n, most));
  rows.set(n > most ? sampleWithoutReplacement(rng(seed).split("ellipses"), n, most) : rows.map((_, i) => i));
  const tree = sharedInt32(n);
  tree.set(tree.map((_, i) => i));
  const { data } = toShared(positions);
  await runBlocks({
    ...watch,
    engine,
    kernel: kernelUrl("./plane-tree.kernel.js", import.meta.url),
    setup: { tree, positions: data },
    tasks: [null],
    stage: "neighbours",
  });
  const setup: EllipsesSetup = {
    x,
    positions: data,
    tree,
    rows,
    m,
    ellipses: sharedFloat64(3 * rows.length),
  };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./ellipses.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows.length, 256),
    stage: "ellipses",
  });
  return { ellipses: laidOut(setup, n), rows: rows.slice(), nNeighbors: m };
}

/** One size for all, and a place for every row. */
function laidOut({ rows, ellipses }: EllipsesSetup, n: number): Float32Array {
  const sizes = Float64Array.from(rows, (_, slot) =>
    Math.sqrt(ellipses[3 * slot]! * ellipses[3 * slot + 1]!),
  );
  const usual = quantile(sizes.filter(Number.isFinite).sort(), 0.5);
  const out = new Float32Array(3 * n).fill(Number.NaN);
  rows.forEach((row, slot) => {
    out[3 * row] = ellipses[3 * slot]! / usual;
    out[3 * row + 1] = ellipses[3 * slot + 1]! / usual;
    out[3 * row + 2] = ellipses[3 * slot + 2]!;
  });
  return out;
}
