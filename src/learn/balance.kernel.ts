import type { Kernel, KernelTools } from "../engine/index.ts";
import { type Layout, tensorsOf } from "./layout.ts";
import { openLook } from "./look.ts";
import type { StepPlan } from "./step.ts";
import { type InputSetup, openInputs } from "./step-inputs.ts";

export interface BalanceSetup {
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly inputs: InputSetup;
  readonly values: Float32Array;
  readonly threads: number;
}

/** A task is one step; its result are the norms of the gradients of single terms at its batch. */
export async function open(
  setup: BalanceSetup,
  tools: KernelTools,
): Promise<Kernel<number, readonly number[], null>> {
  const { plan, layout, values, threads } = setup;
  const { graph, terms } = plan.balance!;
  const inputs = openInputs(setup.inputs);
  const state = values.slice();
  const session = await tools.session(graph.model, threads);
  const norms = new Float32Array(terms.length);
  const run = session.bind(
    {
      ...inputs.tensors(graph.inputs),
      ...tensorsOf(state, layout, graph.inputs, ({ name }) => name),
    },
    { norms: { data: norms, dims: [norms.length] } },
  );
  const look = await openLook(setup, state, inputs, tools);
  return {
    async run(t) {
      inputs.fill(t);
      await look();
      await run();
      return [...norms];
    },
    finish: () => null,
  };
}
