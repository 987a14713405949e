import type { PointRows } from "../base/index.ts";
import { type Kernel, type KernelTools, openRows } from "../engine/index.ts";
import type { ForwardPlan } from "./forward.ts";

export interface ForwardSetup {
  readonly plan: ForwardPlan;
  readonly points: PointRows;
  /** Rows to look at, n. */
  readonly at: Int32Array;
  /** The numbers of the model. */
  readonly values: Float32Array;
  /** Out: n x outputs. */
  readonly out: Float32Array;
}

/** A task is a range of the rows to look at, `block` of them at most. */
export async function open(
  { plan, points, at, values, out }: ForwardSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { block, inputs, outputs, places } = plan;
  const session = await tools.session(plan.model);
  const reader = openRows(points);
  const own = values.slice();
  const x = new Float32Array(block * inputs);
  const y = new Float32Array(block * outputs);
  const weights = places.map(({ name, shape, offset, size }) => [
    name,
    { data: own.subarray(offset, offset + size), dims: shape },
  ]);
  const run = session.bind(
    { ...Object.fromEntries(weights), rows: { data: x, dims: [block, inputs] } },
    { y: { data: y, dims: [block, outputs] } },
  );
  return {
    async run([start, end]) {
      for (let p = 0; p < block; p++) reader.copy(at[Math.min(start + p, end - 1)]!, 1, x, p * inputs);
      await run();
      out.set(y.subarray(0, (end - start) * outputs), start * outputs);
      return null;
    },
    finish: () => null,
  };
}
