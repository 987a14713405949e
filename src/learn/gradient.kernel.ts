import type { Kernel, KernelTools } from "../engine/index.ts";
import { type Layout, tensorsOf } from "./layout.ts";
import { openLook } from "./look.ts";
import { gradientName, type StepPlan } from "./step.ts";
import { type InputSetup, openInputs } from "./step-inputs.ts";

export interface GradientSetup {
  /** Of a step without an optimiser. */
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly inputs: InputSetup;
  /** In: the numbers of the model. On shared memory, as all that follows. */
  readonly values: Float32Array;
  /** Out: the gradient, in the order of the parameters; what the step told. */
  readonly gradient: Float32Array;
  readonly told: Float32Array;
  readonly threads: number;
}

/** A task is one evaluation, always with the random numbers of step 0: what is minimised stays one function. */
export async function open(setup: GradientSetup, tools: KernelTools): Promise<Kernel<null, null, null>> {
  const { plan, layout, values, gradient, told, threads } = setup;
  const inputs = openInputs(setup.inputs);
  const state = values.slice();
  const own = { gradient: new Float32Array(gradient.length), told: new Float32Array(told.length) };
  const session = await tools.session(plan.step.model, threads);
  const look = await openLook(setup, state, inputs, tools);
  const gradients = layout.parameters.map((place) => [
    gradientName(place),
    { data: own.gradient.subarray(place.offset, place.offset + place.size), dims: place.shape },
  ]);
  const run = session.bind(
    {
      ...inputs.tensors(plan.step.inputs),
      ...tensorsOf(state, layout, plan.step.inputs, ({ name }) => name),
    },
    { told: { data: own.told, dims: [told.length] }, ...Object.fromEntries(gradients) },
  );
  return {
    async run() {
      inputs.fill(0);
      await look();
      await run();
      gradient.set(own.gradient);
      told.set(own.told);
      return null;
    },
    finish: () => null,
  };
}
