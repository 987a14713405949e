import { type LoopMemory, planLoops, sharedLoopMemory } from "../engine/index.ts";

/** Arrays side by side in memory that the loops of all workers run on. */
export interface LoopArrays<Name extends string> {
  readonly memory: LoopMemory;
  /** Where each starts, in bytes. */
  readonly at: Readonly<Record<Name, number>>;
  floats(name: Name): Float32Array<SharedArrayBuffer>;
  ints(name: Name): Int32Array<SharedArrayBuffer>;
}

/** Takes memory for arrays of so many numbers of 4 bytes each. */
export function loopArrays<Name extends string>(lengths: Readonly<Record<Name, number>>): LoopArrays<Name> {
  const { take, bytes } = planLoops();
  const at = {} as Record<Name, number>;
  for (const name of Object.keys(lengths) as Name[]) at[name] = take(lengths[name]);
  const memory = sharedLoopMemory(bytes());
  return {
    memory,
    at,
    floats: (name) => new Float32Array(memory.buffer, at[name], lengths[name]),
    ints: (name) => new Int32Array(memory.buffer, at[name], lengths[name]),
  };
}
