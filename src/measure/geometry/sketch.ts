import { ranges, sharedFloat64 } from "../../base/index.ts";
import { kernelUrl, runBlocks } from "../../engine/index.ts";
import type { Evidence } from "./evidence.ts";
import type { JacobiansAt } from "./jacobians.ts";
import type { SketchSetup } from "./sketch.kernel.ts";
import type { SketchPlan } from "./sketch-plan.ts";

/** Random directions that each point is looked at from. */
const PROBES = 4;

/**
 * Evidence of Jacobians that are too large to be written down, by products with them: Golub-Kahan-Lanczos from random starts. Traces are Hutchinson's, log-volumes Gauss quadratures (stochastic
 * Lanczos, Ubaru et al. 2017); the largest singular value is reached from below and the smallest from above. Cost: 2 x steps x probes runs of the network forward
 * and backward for each point, and O(n steps^2 (inputs + outputs)).
 */
export async function sketchEvidence(
  plan: SketchPlan,
  {
    points,
    at,
    towards,
    directions,
    engine,
    seed,
    ...watch
  }: Omit<JacobiansAt, "steps"> & { readonly seed: number },
): Promise<{ readonly evidence: Evidence; readonly lengths: Float64Array }> {
  const n = at.length;
  const rank = Math.min(plan.inputs, plan.outputs);
  const setup: SketchSetup = {
    plan,
    points,
    at,
    towards,
    directions,
    probes: PROBES,
    seed,
    largest: sharedFloat64(n),
    smallest: sharedFloat64(n),
    traces: sharedFloat64(n * PROBES),
    squares: sharedFloat64(n * PROBES),
    volumes: sharedFloat64(n * PROBES),
    lengths: sharedFloat64(n * directions).fill(Number.NaN),
  };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./sketch.kernel.js", import.meta.url),
    setup,
    tasks: ranges(n, plan.block),
    stage: "Jacobians",
  });
  const { largest, smallest, traces, squares, volumes, lengths } = setup;
  const evidence: Evidence = {
    points: n,
    rank,
    largest,
    smallest,
    traces: means(traces),
    squares: means(squares),
    volumes: means(volumes),
    noise: noises(volumes),
    variations: null,
    random: Float64Array.from(traces, (trace) => Math.sqrt(trace / rank)),
  };
  return { evidence, lengths };
}

function means(values: Float64Array): Float64Array {
  return Float64Array.from({ length: values.length / PROBES }, (_, i) => {
    const own = values.subarray(i * PROBES, (i + 1) * PROBES);
    return own.reduce((sum, value) => sum + value, 0) / PROBES;
  });
}

/** Variance of each mean over its probes. */
function noises(values: Float64Array): Float64Array {
  const centres = means(values);
  return centres.map((centre, i) => {
    const own = values.subarray(i * PROBES, (i + 1) * PROBES);
    return own.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (PROBES * (PROBES - 1));
  });
}
