import {
  bootstrapInterval,
  type Matrix,
  matrix,
  pointRows,
  type Rng,
  ranges,
  row,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, kernelUrl, type Network, runBlocks } from "../../engine/index.ts";
import { jacobiEigen } from "../../linalg/index.ts";
import type { JacobianPlan } from "./jacobian-plan.ts";
import { jacobiansAt } from "./jacobians.ts";
import { planPaths } from "./path-plan.ts";
import type { PathFound, PathsSetup } from "./paths.kernel.ts";
import type { GeometryScore, PathGeometry } from "./result.ts";
import { meanProduct, quantilesOf } from "./spectra.ts";

export interface PathOptions extends Watch {
  readonly engine: EngineInfo;
  readonly rng: Rng;
  /** Pairs of points. */
  readonly pairs: number;
}

/** Steps of a path. */
const SEGMENTS = 16;

/** Points of a straight line at which its mean metric is taken. */
const LOOKS = 5;

/**
 * Straight lines between random pairs of points, and shortest ways, as a network maps them. Shortest ways minimise the energy of `SEGMENTS` steps, starting from the straight line (the energy is that of Shao et al. 2018), by L-BFGS. Null where the network takes no path at a time, or fewer than two points are there.
 *
 * Cost: some 10 to 100 forward and backward runs of `SEGMENTS` points for each pair, and a few Jacobians.
 */
export async function pathGeometry(
  network: Network,
  plan: JacobianPlan,
  points: Matrix,
  at: Int32Array,
  { engine, rng, pairs, ...watch }: PathOptions,
): Promise<PathGeometry | null> {
  const paths = planPaths(network, SEGMENTS);
  if (!paths || at.length < 2) return null;
  const chosen = Array.from({ length: pairs }, () => pairOf(at, rng));
  const ends = new Float32Array(pairs * 2 * points.cols);
  chosen.forEach(([a, b], p) => {
    ends.set(row(points, a), 2 * p * points.cols);
    ends.set(row(points, b), (2 * p + 1) * points.cols);
  });
  const setup: PathsSetup = {
    plan: paths,
    ends,
    inverses: await inversesAlong(plan, ends, pairs, { engine, ...watch }),
  };
  const { results } = await runBlocks<readonly [number, number], readonly PathFound[], null>({
    ...watch,
    engine,
    kernel: kernelUrl("./paths.kernel.js", import.meta.url),
    setup,
    tasks: ranges(pairs, paths.paths),
    stage: "paths",
  });
  return summary(results.flat(), chosen, rng);
}

function pairOf(at: Int32Array, rng: Rng): readonly [number, number] {
  const a = rng.integer(at.length);
  const b = rng.integer(at.length - 1);
  return [at[a]!, at[b < a ? b : b + 1]!];
}

/** The inverse of the mean metric of some points of each straight line; what is nothing beside its largest is kept away from 0. */
async function inversesAlong(
  plan: JacobianPlan,
  ends: Float32Array,
  pairs: number,
  options: Watch & { readonly engine: EngineInfo },
): Promise<Float64Array> {
  const { inputs } = plan;
  const looks = matrix(new Float32Array(pairs * LOOKS * inputs), pairs * LOOKS, inputs);
  for (let p = 0; p < pairs; p++) {
    for (let t = 0; t < LOOKS; t++) {
      for (let a = 0; a < inputs; a++) {
        const [from, to] = [ends[2 * p * inputs + a]!, ends[(2 * p + 1) * inputs + a]!];
        looks.data[(p * LOOKS + t) * inputs + a] = from + ((t + 0.5) / LOOKS) * (to - from);
      }
    }
  }
  const { products } = await jacobiansAt(plan, {
    ...options,
    points: pointRows(looks),
    at: Int32Array.from({ length: looks.rows }, (_, i) => i),
    towards: new Int32Array(0),
    directions: 0,
    steps: null,
  });
  const size = inputs * inputs;
  const inverses = new Float64Array(pairs * size);
  for (let p = 0; p < pairs; p++) {
    const own = products.subarray(p * LOOKS * size, (p + 1) * LOOKS * size);
    const { values, vectors } = jacobiEigen(meanProduct(own, LOOKS, inputs), inputs);
    for (let k = 0; k < inputs; k++) {
      const value = Math.max(values[k]!, 1e-6 * values[0]!, Number.MIN_VALUE);
      for (let a = 0; a < inputs; a++) {
        for (let b = 0; b < inputs; b++)
          inverses[p * size + a * inputs + b]! +=
            (vectors[k * inputs + a]! * vectors[k * inputs + b]!) / value;
      }
    }
  }
  return inverses;
}

function summary(
  found: readonly PathFound[],
  pairs: readonly (readonly [number, number])[],
  rng: Rng,
): PathGeometry {
  const detours = Float64Array.from(found, ({ straight, shortest }) => straight / shortest);
  const worst = detours.reduce((most, value, p) => (value > detours[most]! ? p : most), 0);
  const score = (name: string, values: Float64Array, ideal: number) => ({
    ...medianScore(values, ideal, rng.split(name)),
    quantiles: quantilesOf(values),
  });
  return {
    pairs: pairs.length,
    segments: SEGMENTS,
    detour: score("detour", detours, 1),
    bend: score(
      "bend",
      Float64Array.from(found, ({ shortest, chord }) => shortest / chord),
      1,
    ),
    pace: score(
      "pace",
      Float64Array.from(found, ({ pace }) => pace),
      1,
    ),
    turning: score(
      "turning",
      Float64Array.from(found, ({ turning }) => turning),
      0,
    ),
    converged: found.filter(({ converged }) => converged).length,
    iterations: found.reduce((most, { iterations }) => Math.max(most, iterations), 0),
    worst: { a: pairs[worst]![0], b: pairs[worst]![1], detour: detours[worst]! },
  };
}

/** The median over pairs, which are a draw from all there are. */
function medianScore(values: Float64Array, ideal: number, rng: Rng): GeometryScore {
  const middle = (sorted: readonly number[]) => {
    const half = Math.floor(sorted.length / 2);
    return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
  };
  const value = middle(Array.from(values).sort((a, b) => a - b));
  const order = Array.from(values.keys()).sort((a, b) => values[a]! - values[b]!);
  const statistic = (weights: Int32Array) =>
    middle(order.flatMap((p) => new Array<number>(weights[p]!).fill(values[p]!)));
  return {
    value,
    interval: bootstrapInterval(values.length, statistic, {
      rng,
      population: Number.POSITIVE_INFINITY,
      estimate: value,
    }),
    n: values.length,
    unit: "paths",
    exact: false,
    sampled: { kind: "paths", m: values.length },
    ideal,
    null: null,
    baseline: null,
  };
}
