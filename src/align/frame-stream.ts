import type { Points, Watch } from "../base/index.ts";
import { covarianceOf, crossCovariancesOf, eigenOf, placeRows } from "../linalg/index.ts";
import { type Anchors, axesOf, betweenAxes, type Frame, type FrameOptions } from "./frame.ts";

/** Directions along which rows are less long than this share of the longest are rounding of float32 products. */
const LEAST_LENGTH = 3e-4;

/**
 * `frameAnchors` of rows that are read and not held: from sums of products of 512 rows in float32, added in float64. A direction of less than 3e-4 of the longest counts as none.
 *
 * Cost: three passes over the rows, n (D + d)^2 / 2 products, D^3 + d^3; memory D^2 + d^2.
 *
 * @param from n x D, `to` n x d: row i of both is one item
 */
export async function streamAnchors(
  from: Points,
  to: Points,
  { algebra, engine, unitRows, bounds = {}, ...watch }: FrameOptions & Watch,
): Promise<Anchors> {
  const how = { engine, stage: "fitting", ...watch };
  const [left, right] = [placeRows(from, unitRows), placeRows(to, unitRows)];
  const ofLeft = await covarianceOf(left.placed, how);
  const ofRight = await covarianceOf(right.placed, how);
  const between = await crossCovariancesOf(left.placed, right.placed, [null], how);
  const { fixedOrigin = false } = bounds;
  const about = (covariance: Float64Array, x: Float64Array, y: Float64Array) =>
    fixedOrigin ? aboutZero(covariance, x, y) : covariance;
  const found = await eigenOf(
    [ofLeft, ofRight].map(({ mean, covariance }) => ({
      matrix: about(covariance, mean, mean),
      n: mean.length,
    })),
    how,
  );
  const frame = (side: 0 | 1): Frame => {
    const [{ unit }, { mean }] = side === 0 ? [left, ofLeft] : [right, ofRight];
    const { basis, lengths } = axesOf(found[side]!, LEAST_LENGTH);
    return {
      mean: mean.map((value) => (fixedOrigin ? 0 : value / unit)),
      basis,
      lengths: lengths.map((length) => (length * Math.sqrt(from.rows)) / unit),
    };
  };
  const [x, y] = [frame(0), frame(1)];
  const factor = from.rows / (left.unit * right.unit);
  const products = about(between.matrices[0]!, ofLeft.mean, ofRight.mean).map((value) => value * factor);
  const columns = { data: products, rows: from.cols, cols: to.cols };
  const cross = await betweenAxes(columns, x, y, algebra);
  return { rows: from.rows, from: x, to: y, cross, unitRows, bounds };
}

/** E[x y'], from the covariance and the means of x and y. */
function aboutZero(covariance: Float64Array, x: Float64Array, y: Float64Array): Float64Array {
  return covariance.map((value, at) => value + x[Math.floor(at / y.length)]! * y[at % y.length]!);
}
