import type { PointRows } from "../base/index.ts";
import type { Kernel, KernelTools } from "./kernel.ts";
import { openRows } from "./rows.ts";

/** How a network is run over rows. Plain data: block workers get it. */
export interface ValuePlan {
  readonly model: Uint8Array;
  readonly block: number;
  readonly inputs: number;
  readonly outputs: number;
  readonly x: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
  readonly y: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
}

export interface ValuesSetup {
  readonly plan: ValuePlan;
  readonly points: PointRows;
  /** Rows to look at, n. */
  readonly at: Int32Array;
  /** Out: n x outputs. */
  readonly values: Float32Array;
}

/** A task is a range of the rows to look at. */
export async function open(
  { plan, points, at, values }: ValuesSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], null, null>> {
  const { block, inputs, outputs } = plan;
  const session = await tools.session(plan.model);
  const reader = openRows(points);
  const x = new Float32Array(block * inputs);
  const y = plan.y.isDouble ? new Float64Array(block * outputs) : new Float32Array(block * outputs);
  return {
    async run([start, end]) {
      for (let from = start; from < end; from += block) {
        const count = Math.min(block, end - from);
        for (let p = 0; p < count; ) {
          // Rows that follow each other are one read.
          let next = p + 1;
          while (next < count && at[from + next] === at[from + next - 1]! + 1) next++;
          reader.copy(at[from + p]!, next - p, x, p * inputs);
          p = next;
        }
        for (let p = count; p < block; p++) x.copyWithin(p * inputs, (count - 1) * inputs, count * inputs);
        const data = plan.x.isDouble ? Float64Array.from(x) : x;
        await session.run(
          { [plan.x.name]: { data, dims: plan.x.dims } },
          { [plan.y.name]: { data: y, dims: plan.y.dims } },
        );
        values.set(y.subarray(0, count * outputs), from * outputs);
      }
      return null;
    },
    finish: () => null,
  };
}
