import { type Matrix, pointRows } from "../../base/index.ts";
import { cholesky, solveLower, solveUpper } from "../../linalg/index.ts";
import { planJacobians } from "../../measure/geometry/jacobian-plan.ts";
import { jacobiansAt } from "../../measure/geometry/jacobians.ts";
import type { Decoder } from "./decoder.ts";
import { codesAt, type Path } from "./path.ts";

/** Places of a path at which its mean metric is taken. */
const LOOKS = 16;

/** Beyond so many dimensions the metric is not written down: codes are taken as they are. */
const MOST_COLS = 64;

/** What a metric has at least, of its mean: directions that the decoder does not see cost next to nothing, and not nothing. */
const LEAST = 1e-4;

/**
 * L of the mean metric of a decoder along a path, mean(J'J) = L L', d x d; the identity where there are too many dimensions, or fewer numbers come out than go in.
 */
export async function meanMetric({ network, engine }: Decoder, path: Path): Promise<Float64Array> {
  const { inputs, outputs } = network;
  const identity = Float64Array.from({ length: inputs * inputs }, (_, i) => Number(i % (inputs + 1) === 0));
  if (inputs > Math.min(MOST_COLS, outputs)) return identity;
  const looks: Matrix = codesAt(
    path,
    Float64Array.from({ length: LOOKS }, (_, t) => (t + 0.5) / LOOKS),
  );
  const { products } = await jacobiansAt(planJacobians(network), {
    engine,
    points: pointRows(looks),
    at: Int32Array.from({ length: LOOKS }, (_, i) => i),
    towards: new Int32Array(0),
    directions: 0,
    steps: null,
  });
  const size = inputs * inputs;
  const sum = new Float64Array(size);
  for (let k = 0; k < products.length; k++) sum[k % size]! += products[k]!;
  let trace = 0;
  for (let a = 0; a < inputs; a++) trace += sum[a * (inputs + 1)]!;
  for (let a = 0; a < inputs; a++) sum[a * (inputs + 1)]! += (LEAST * trace) / inputs;
  return cholesky(sum, inputs) ?? identity;
}

/** Coordinates of the inner points of a path, in which the second derivatives of its energy are about 1. */
export interface Coordinates {
  /** The whole path at some coordinates; at 0 it is where it started. */
  place(w: Float64Array): Float64Array;
  /** The derivative by coordinates, of that by all points. */
  gradient(byPoints: Float64Array): Float64Array;
}

/**
 * With the metric constant over directions (L L') but for a scale s_i of each step, the energy n sum s_i |L' (z_{i+1} - z_i)|^2 has the second derivatives A x L L', A tridiagonal: 2 n (s_{i-1} + s_i) on
 * the diagonal, -2 n s_i beside it. With A = C C' coordinates are w = C' u L of the inner points' moves u, n - 1 x d. All costs are O(n d^2).
 *
 * @param squares |y_{i+1} - y_i|^2 of the path as it starts, n: they give s
 * @param energy what the energy is divided by
 */
export function coordinatesOf(
  path: Float64Array,
  squares: Float64Array,
  metric: Float64Array,
  energy: number,
): Coordinates {
  const n = squares.length;
  const cols = Math.sqrt(metric.length);
  const scales = scalesOf(path, squares, metric, cols);
  const [diagonal, below] = [new Float64Array(n - 1), new Float64Array(n - 1)];
  for (let i = 0; i < n - 1; i++) {
    const own = ((scales[i]! + scales[i + 1]!) * 2 * n) / energy;
    below[i] = i > 0 ? (-scales[i]! * 2 * n) / (energy * diagonal[i - 1]!) : 0;
    diagonal[i] = Math.sqrt(own - below[i]! ** 2);
  }
  return {
    place(w) {
      const moved = path.slice();
      const after = new Float64Array(cols);
      for (let i = n - 2; i >= 0; i--) {
        const own = w.subarray(i * cols, (i + 1) * cols);
        for (let k = 0; k < cols; k++)
          after[k] = (own[k]! - (i < n - 2 ? below[i + 1]! * after[k]! : 0)) / diagonal[i]!;
        const step = after.slice();
        solveUpper(metric, cols, step);
        for (let k = 0; k < cols; k++) moved[(i + 1) * cols + k]! += step[k]!;
      }
      return moved;
    },
    gradient(byPoints) {
      const found = new Float64Array((n - 1) * cols);
      for (let i = 0; i < n - 1; i++) {
        const own = byPoints.slice((i + 1) * cols, (i + 2) * cols);
        solveLower(metric, cols, own);
        for (let k = 0; k < cols; k++) {
          const before = i > 0 ? below[i]! * found[(i - 1) * cols + k]! : 0;
          found[i * cols + k] = (own[k]! / energy - before) / diagonal[i]!;
        }
      }
      return found;
    },
  };
}

/** s_i = |y_{i+1} - y_i|^2 / |L' (z_{i+1} - z_i)|^2, none far below their mean. */
function scalesOf(path: Float64Array, squares: Float64Array, metric: Float64Array, cols: number) {
  const scales = squares.map((square, i) => {
    let sum = 0;
    for (let a = 0; a < cols; a++) {
      let part = 0;
      for (let b = a; b < cols; b++)
        part += metric[b * cols + a]! * (path[(i + 1) * cols + b]! - path[i * cols + b]!);
      sum += part * part;
    }
    return sum > 0 ? square / sum : 0;
  });
  const mean = scales.reduce((sum, scale) => sum + scale, 0) / scales.length;
  return scales.map((scale) => Math.max(scale, 0.01 * mean, Number.MIN_VALUE));
}
