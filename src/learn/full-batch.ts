import { sharedFloat32, throwIfAborted, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { minimise } from "../optim/index.ts";
import type { GradientSetup } from "./gradient.kernel.ts";
import type { Layout } from "./layout.ts";
import type { StepPlan } from "./step.ts";
import type { InputSetup } from "./step-inputs.ts";

export interface FullBatchOptions extends Watch {
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly inputs: InputSetup;
  /** In and out: the numbers of the model, on shared memory. */
  readonly values: Float32Array;
  readonly steps: number;
  readonly engine: EngineInfo;
}

/** A loss that falls by less than this share over 10 steps is at its least. */
const TOLERANCE = 1e-7;

/**
 * Steps of L-BFGS over all rows at once, in float64 between evaluations in float32. What it has learned of second derivatives does not outlive the call, so that who goes on from there goes on the same.
 *
 * @returns what each step told, steps x terms; once it has converged, the same
 * @throws aborted, and then nothing has changed
 */
export async function minimiseSteps(options: FullBatchOptions): Promise<Float32Array> {
  const { plan, layout, inputs, values, steps, engine, signal } = options;
  const size = layout.parameters.reduce((sum, place) => sum + place.size, 0);
  const width = plan.terms.length;
  const setup: GradientSetup = {
    ...{ plan, layout, inputs },
    values: sharedFloat32(values.length),
    gradient: sharedFloat32(size),
    told: sharedFloat32(width),
    threads: engine.threads,
  };
  setup.values.set(values);
  const log = new Float32Array(steps * width);
  // What the place told that was reached last: to begin with, the first.
  let reached: Float32Array | null = null;
  const reach = (step: number) => {
    reached = setup.told.slice();
    log.set(reached, (step - 1) * width);
  };
  const found = await minimise(
    async (at) => {
      throwIfAborted(signal);
      setup.values.set(at);
      await runBlocks<null, null, null>({
        engine: { ...engine, threads: 1 },
        kernel: kernelUrl("./gradient.kernel.js", import.meta.url),
        setup,
        tasks: [null],
        stage: "gradient",
      });
      reached ??= setup.told.slice();
      // A place without a loss is no place to go.
      const loss = Number.isFinite(setup.told[0]!) ? setup.told[0]! : Number.POSITIVE_INFINITY;
      return { loss, gradient: Float64Array.from(setup.gradient) };
    },
    Float64Array.from(values.subarray(0, size)),
    { maxSteps: steps, tolerance: TOLERANCE, onStep: reach },
  );
  const taken = found.converged ? found.steps - 1 : found.steps;
  for (let step = taken; step < steps; step++) log.set(reached!, step * width);
  values.set(found.at);
  return log;
}
