import { type Kernel, type KernelTools, kernelUrl, type LoopMemory } from "../engine/index.ts";

/** Set-up of a step: `at` says where arrays lie in shared memory, in bytes. */
export interface UmapSetup {
  readonly memory: LoopMemory;
  readonly at: {
    /** Places before the step, and after: rows x d. */
    readonly before: number;
    readonly now: number;
    readonly velocities: number;
    readonly starts: number;
    readonly ids: number;
    readonly weights: number;
    /** Tables of forces (force-table.ts). */
    readonly pulls: number;
    readonly pushes: number;
    /** d numbers for each task. */
    readonly sums: number;
    /** Springs, rows x partners. */
    readonly partnerIds: number;
    readonly lengths: number;
  };
  readonly rows: number;
  readonly d: number;
  readonly draws: number;
  readonly number: number;
  readonly rate: number;
  readonly kept: number;
  readonly seed: number;
  readonly stress: number;
  readonly partners: number;
  readonly scale: number;
}

/** A task is a range of rows, which are moved, and its own number. */
export async function open(
  { memory, at, rows, d, draws, number, rate, kept, seed, stress, partners, scale }: UmapSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number, number], null, null>> {
  const { step } = await tools.sharedLoops(kernelUrl("./umap.wasm", import.meta.url), memory);
  const graph = [at.starts, at.ids, at.weights, at.pulls, at.pushes] as const;
  return {
    async run([start, end, task]) {
      const places = [at.before, at.now, at.velocities, rows, d, start, end] as const;
      const how = [at.sums + 4 * d * task, draws, number, rate, kept, seed] as const;
      step!(...places, ...graph, ...how, stress, partners, at.partnerIds, at.lengths, scale);
      return null;
    },
    finish: () => null,
  };
}
