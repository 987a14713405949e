import { type Kernel, type KernelTools, kernelUrl, type LoopMemory } from "../engine/index.ts";

/** Set-up of the forces: `at` says where arrays lie in shared memory, in bytes. */
export interface TsneSetup {
  readonly memory: LoopMemory;
  readonly at: {
    readonly places: number;
    readonly starts: number;
    readonly ids: number;
    readonly weights: number;
    readonly pulls: number;
    readonly pushes: number;
    readonly keys: number;
    readonly order: number;
    readonly sorted: number;
    readonly counts: number;
    readonly nodes: number;
    readonly scratch: number;
    /** Springs, rows x partners, and what they do. */
    readonly partnerIds: number;
    readonly lengths: number;
    readonly stretches: number;
  };
  readonly rows: number;
}

/** The square that has all places. */
export interface Square {
  readonly left: number;
  readonly low: number;
  readonly side: number;
}

export type TsneTask =
  | { readonly kind: "tree"; readonly square: Square }
  | { readonly kind: "pull"; readonly start: number; readonly end: number }
  | {
      readonly kind: "stretch";
      readonly start: number;
      readonly end: number;
      readonly partners: number;
      readonly scale: number;
    }
  | {
      readonly kind: "push";
      readonly start: number;
      readonly end: number;
      readonly nodes: number;
      readonly theta: number;
      /** Its place among the tasks that push. */
      readonly own: number;
    };

/** Numbers of scratch for each task that pushes. */
export const SCRATCH = 3 * 512 + 10 * 8;

/** A tree gives the number of its nodes, a push its part of the sum over pairs, the others nothing. */
export async function open(
  { memory, at, rows }: TsneSetup,
  tools: KernelTools,
): Promise<Kernel<TsneTask, number, null>> {
  const { build, pull, push, stretch } = await tools.sharedLoops(
    kernelUrl("./barnes-hut.wasm", import.meta.url),
    memory,
  );
  return {
    async run(task) {
      if (task.kind === "tree") {
        const { left, low, side } = task.square;
        return build!(at.places, rows, left, low, side, at.keys, at.order, at.sorted, at.counts, at.nodes);
      }
      const { start, end } = task;
      if (task.kind === "pull") {
        pull!(at.places, start, end, at.starts, at.ids, at.weights, at.pulls);
        return 0;
      }
      if (task.kind === "stretch") {
        const { partners, scale } = task;
        stretch!(at.places, start, end, partners, at.partnerIds, at.lengths, scale, at.stretches);
        return 0;
      }
      const scratch = at.scratch + 4 * SCRATCH * task.own;
      return push!(at.sorted, at.order, at.nodes, task.nodes, start, end, task.theta, scratch, at.pushes);
    },
    finish: () => null,
  };
}
