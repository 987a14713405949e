import type { KernelTools } from "../engine/index.ts";
import { FINDERS, type FinderName, type Seen } from "./finders.ts";
import { type Layout, tensorsOf } from "./layout.ts";
import type { StepPlan } from "./step.ts";
import type { StepInputs } from "./step-inputs.ts";

export interface LookSetup {
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly threads: number;
}

/** A look at the batch before the step, and what it finds for it. */
export async function openLook(
  { plan, layout, threads }: LookSetup,
  state: Float32Array,
  inputs: StepInputs,
  tools: KernelTools,
): Promise<() => Promise<void>> {
  const { look } = plan;
  if (!look) return async () => {};
  const session = await tools.session(look.graph.model, threads);
  const outputs = Object.fromEntries(
    look.values.map(({ name, shape }) => [
      name,
      { data: new Float32Array(shape.reduce((all, dim) => all * dim, 1)), dims: shape },
    ]),
  );
  const run = session.bind(
    {
      ...inputs.tensors(look.graph.inputs),
      ...tensorsOf(state, layout, look.graph.inputs, ({ name }) => name),
    },
    outputs,
  );
  const finders = [...new Set(look.values.map(({ finder }) => finder))];
  const seenBy = (finder: FinderName): Seen =>
    Object.fromEntries(
      look.values
        .filter((value) => value.finder === finder)
        .map(({ key, name, shape }) => [key, { data: outputs[name]!.data, shape }]),
    );
  return async () => {
    await run();
    for (const finder of finders) inputs.found(finder, FINDERS[finder].find(seenBy(finder)));
  };
}
