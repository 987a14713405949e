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
    /** For the correlation of radii: the table of v, and what `radiusSlopes` gives, rows x 2. */
    readonly curve: number;
    readonly slopes: number;
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
  /** Whether rows also go where the correlation of radii rises, and the power of the curve. */
  readonly spreads: boolean;
  readonly b: number;
}

/** A task is a range of rows, which are moved, and its own number. */
export async function open(
  setup: UmapSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number, number], null, null>> {
  const { memory, at, rows, d, draws, number, rate, kept, seed } = setup;
  const { stress, partners, scale, spreads, b } = setup;
  const { step } = await tools.sharedLoops(kernelUrl("./umap.wasm", import.meta.url), memory);
  const springs = [stress, partners, at.partnerIds, at.lengths, scale] as const;
  const density = [spreads ? at.slopes : 0, at.curve, b] as const;
  const graph = [at.starts, at.ids, at.weights, at.pulls, at.pushes] as const;
  return {
    async run([start, end, task]) {
      const places = [at.before, at.now, at.velocities, rows, d, start, end] as const;
      const how = [at.sums + 4 * d * task, draws, number, rate, kept, seed] as const;
      step!(...places, ...graph, ...how, ...springs, ...density);
      return null;
    },
    finish: () => null,
  };
}
