import { type Network, readBatch } from "../../engine/index.ts";
import {
  cast,
  constant,
  type Expression,
  matMul,
  mul,
  reduceSum,
  reshape,
  simplify,
  slice,
  toOnnx,
  vjp,
} from "../../graph/index.ts";

/** How paths are looked at. Plain data: block workers get it. */
export interface PathPlan {
  readonly model: Uint8Array;
  readonly inputs: number;
  /** Equal steps of a path: it has `segments + 1` points. */
  readonly segments: number;
  /** Paths in one run. */
  readonly paths: number;
  readonly x: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
}

/** Points in one run at most. */
const MOST_POINTS = 256;
const RUN_NUMBERS = 2 ** 21;

/**
 * One graph that gives, for paths of points in the space of inputs, the squared lengths of the steps of their images (and of the way from end to end, last), the inner products of consecutive
 * steps, and the gradient of the energy, the sum of squared lengths of the steps. Null where the model takes a fixed number of rows that holds no path.
 */
export function planPaths(network: Network, segments: number): PathPlan | null {
  const { source, output, inputShape, inputs, outputs, batch, widest } = network;
  const points = segments + 1;
  const fitting = Math.floor(Math.min(MOST_POINTS, RUN_NUMBERS / Math.max(widest, outputs)) / points);
  const paths = batch === null ? Math.max(1, fitting) : Math.floor(batch / points);
  if (paths === 0 || (batch !== null && batch !== paths * points)) return null;
  const { graph, x } = readBatch(source, output, [paths * points, ...inputShape]);
  const y = graph.outputs[output]!;
  const image = reshape(y, [paths, points, outputs]);
  const typed = (values: readonly number[], rows: number) =>
    cast(constant(Float32Array.from(values), [rows, points]), y.type);
  const steps = matMul(typed(differences(points), points), image);
  const pulls = matMul(typed(pullsOf(points), points), image);
  const gradient = vjp(graph, [x], { [output]: reshape(pulls, y.shape) })[0]!;
  const first = slice(steps, 1, 0, segments - 1);
  const second = slice(steps, 1, 1, segments);
  const sums = (e: Expression) => cast(reduceSum(e, [2], false), "float");
  const outputsOf = {
    squares: sums(mul(steps, steps)),
    products: sums(mul(first, second)),
    gradient: cast(reshape(gradient, [paths, points, inputs]), "float"),
  };
  return {
    model: toOnnx(simplify({ outputs: outputsOf })),
    inputs,
    segments,
    paths,
    x: { name: x.name, dims: x.shape as number[], isDouble: x.type === "double" },
  };
}

/** Rows that take each point from the next, and last the first point from the last. */
function differences(points: number): number[] {
  const rows = new Array<number>(points * points).fill(0);
  for (let t = 0; t + 1 < points; t++) {
    rows[t * points + t] = -1;
    rows[t * points + t + 1] = 1;
  }
  rows[(points - 1) * points] = -1;
  rows[points * points - 1] = 1;
  return rows;
}

/** Half the derivative of the energy by each point but the ends: twice the point less its neighbours. */
function pullsOf(points: number): number[] {
  const rows = new Array<number>(points * points).fill(0);
  for (let t = 1; t + 1 < points; t++) {
    rows[t * points + t] = 2;
    rows[t * points + t - 1] = -1;
    rows[t * points + t + 1] = -1;
  }
  return rows;
}
