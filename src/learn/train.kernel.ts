import type { Kernel, KernelTools } from "../engine/index.ts";
import { type Layout, tensorsOf } from "./layout.ts";
import { openLook } from "./look.ts";
import { nextName, type StepPlan } from "./step.ts";
import { type InputSetup, openInputs } from "./step-inputs.ts";

/** Set-up of some steps. */
export interface TrainSetup {
  readonly plan: StepPlan;
  readonly layout: Layout;
  readonly inputs: InputSetup;
  /** In and out: all numbers of the model. On shared memory, as all that follows. */
  readonly values: Float32Array;
  /** Out: the step that comes next. */
  readonly next: Int32Array;
  /** Out: what each step from `first` on told, steps x terms. */
  readonly first: number;
  readonly log: Float32Array;
  readonly threads: number;
}

/** Steps `[from, to)`. */
export type TrainTask = readonly [from: number, to: number];

/** The first step that told what is no number, with the rows of its batch: it counts as not taken. Null: all went well. */
export type TrainResult = { readonly step: number; readonly rows: readonly number[] } | null;

/** A task is some steps; a worker does them all. */
export async function open(
  setup: TrainSetup,
  tools: KernelTools,
): Promise<Kernel<TrainTask, TrainResult, null>> {
  const { plan, layout, values, threads } = setup;
  const inputs = openInputs(setup.inputs);
  const told = new Float32Array(plan.terms.length);
  const states = [new Float32Array(layout.size), new Float32Array(layout.size)] as const;
  const session = await tools.session(plan.step.model, threads);
  const steps = states.map((state, k) =>
    session.bind(
      {
        ...inputs.tensors(plan.step.inputs),
        ...tensorsOf(state, layout, plan.step.inputs, ({ name }) => name),
      },
      { told: { data: told, dims: [told.length] }, ...tensorsOf(states[1 - k]!, layout, null, nextName) },
    ),
  );
  const looks = await Promise.all(states.map((state) => openLook(setup, state, inputs, tools)));
  let now = 0;
  states[now]!.set(values);
  return {
    async run([from, to]) {
      const leave = (t: number) => {
        values.set(states[now]!);
        Atomics.store(setup.next, 0, t);
      };
      for (let t = from; t < to; t++) {
        inputs.fill(t);
        await looks[now]!();
        await steps[now]!();
        setup.log.set(told, (t - setup.first) * told.length);
        if (!told.every(Number.isFinite)) {
          leave(t);
          return { step: t, rows: [...inputs.rows] };
        }
        now = 1 - now;
      }
      leave(to);
      return null;
    },
    finish: () => null,
  };
}
