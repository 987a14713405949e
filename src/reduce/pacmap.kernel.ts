import { type Kernel, type KernelTools, kernelUrl, type LoopMemory } from "../engine/index.ts";

/** How much each kind of pair counts. */
export interface PacmapWeights {
  readonly near: number;
  readonly middle: number;
  readonly further: number;
}

/** Set-up of a step: `at` says where arrays lie in shared memory, in bytes. */
export interface PacmapSetup {
  readonly memory: LoopMemory;
  readonly at: {
    /** Places before the step, and after: rows x d. */
    readonly before: number;
    readonly now: number;
    /** What Adam keeps of the gradient and of its square: rows x d. */
    readonly means: number;
    readonly squares: number;
    /** Pairs of three kinds (incidence.ts). */
    readonly starts: number;
    readonly ids: number;
    /** d numbers for each task. */
    readonly sums: number;
  };
  readonly d: number;
  readonly weights: PacmapWeights;
  readonly rate: number;
}

/** A task is a range of rows, which are moved, and its own number; it gives the loss that they see. */
export async function open(
  { memory, at, d, weights, rate }: PacmapSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number, number], number, null>> {
  const { step } = await tools.sharedLoops(kernelUrl("./pacmap.wasm", import.meta.url), memory);
  return {
    async run([start, end, task]) {
      const places = [at.before, at.now, at.means, at.squares, d, start, end] as const;
      const { near, middle, further } = weights;
      return step!(...places, at.starts, at.ids, at.sums + 4 * d * task, near, middle, further, rate);
    },
    finish: () => null,
  };
}
