import { type Kernel, type KernelTools, kernelUrl, type LoopMemory } from "../engine/index.ts";

/** Set-up of a look at the radii of a layout: `at` says where arrays lie in shared memory, in bytes. */
export interface RadiiSetup {
  readonly memory: LoopMemory;
  readonly at: {
    /** Places: rows x d. */
    readonly before: number;
    readonly starts: number;
    readonly ids: number;
    /** Table of v (force-table.ts). */
    readonly curve: number;
    /** What `radiusMoments` takes: rows x 2. */
    readonly radii: number;
  };
  readonly d: number;
}

/** A task is a range of rows. */
export async function open(
  { memory, at, d }: RadiiSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number, number], null, null>> {
  const { radii } = await tools.sharedLoops(kernelUrl("./umap.wasm", import.meta.url), memory);
  return {
    async run([start, end]) {
      radii!(at.before, d, start, end, at.starts, at.ids, at.curve, at.radii);
      return null;
    },
    finish: () => null,
  };
}
