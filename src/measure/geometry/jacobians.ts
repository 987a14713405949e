import { type PointRows, ranges, sharedFloat64, type Watch } from "../../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../../engine/index.ts";
import type { JacobianPlan } from "./jacobian-plan.ts";
import type { JacobiansSetup } from "./jacobians.kernel.ts";

/** What is kept of the Jacobians J at n points. */
export interface Jacobians {
  /** n. */
  readonly points: number;
  /** The smaller of the numbers of inputs and outputs: as many singular values there are. */
  readonly rank: number;
  /** n x rank x rank: J'J where there are no more inputs than outputs (the pullback metric), else JJ'. */
  readonly products: Float64Array;
  /** n x rank: squared singular values, descending. */
  readonly squares: Float64Array;
  /** n x directions: |J v| for v of length 1, along the ways that were asked for. NaN where there was none. */
  readonly lengths: Float64Array;
}

export interface JacobiansAt extends Watch {
  readonly points: PointRows;
  /** Rows, n. */
  readonly at: Int32Array;
  /** Rows to which derivatives are taken as well, n x `directions`; -1: none. */
  readonly towards: Int32Array;
  readonly directions: number;
  /** Of differences: the step along each input. */
  readonly steps: Float64Array | null;
  readonly engine: EngineInfo;
}

/**
 * Full Jacobians at some points, as their inner products in float64: singular values are right to 1e-7 of the largest.
 * Cost: n rank times that of the network, and n rank^2 (inputs + outputs) / 2 multiplications.
 */
export async function jacobiansAt(plan: JacobianPlan, options: JacobiansAt): Promise<Jacobians> {
  const { points, at, towards, directions, steps, engine, ...watch } = options;
  const rank = Math.min(plan.inputs, plan.outputs);
  const setup: JacobiansSetup = {
    plan,
    points,
    at,
    towards,
    directions,
    steps,
    products: sharedFloat64(at.length * rank * rank),
    squares: sharedFloat64(at.length * rank),
    lengths: sharedFloat64(at.length * directions).fill(Number.NaN),
  };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./jacobians.kernel.js", import.meta.url),
    setup,
    tasks: ranges(at.length, plan.block),
    stage: "Jacobians",
  });
  const { products, squares, lengths } = setup;
  return { points: at.length, rank, products, squares, lengths };
}
