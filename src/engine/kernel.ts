import type { Session } from "./runtime.ts";
import type { LoopMemory, NativeLoops } from "./wasm.ts";

/**
 * A kernel: a module with a hot loop, imported by block workers. It exports `open`, which is
 * called once per worker and job with the job's set-up (plain data; big arrays on shared memory).
 */
export interface KernelModule<Setup, Task, Result, State> {
  open(setup: Setup, tools: KernelTools): Promise<Kernel<Task, Result, State>>;
}

/** `run` maps a task to its result; what it gathers over tasks leaves the worker by `finish`, to be merged. */
export interface Kernel<Task, Result, State> {
  run(task: Task): Promise<Result>;
  finish(): State | Promise<State>;
}

/** What the engine offers inside a worker. */
export interface KernelTools {
  /** A session for an ONNX model, compiled once per worker and kept. One thread, unless this worker is the only one of its job. */
  session(model: Uint8Array, threads?: number): Promise<Session>;
  /** A one-thread session of the kernel's own, to be closed by it. */
  ownSession(model: Uint8Array): Promise<Session>;
  /** A WebAssembly module built beside the kernel, with memory of its own. */
  loops(url: string, bytes: number): Promise<NativeLoops>;
  /** The functions of one over memory that workers share. */
  sharedLoops(url: string, memory: LoopMemory): Promise<NativeLoops["functions"]>;
  /** An array that the worker keeps for the next job once it is given back: fresh memory has to be mapped and cleared. Holds anything. */
  borrow(length: number): Float32Array;
  giveBack(array: Float32Array): void;
}

/**
 * The address of a kernel's built JavaScript: `name` beside the module at `from` (its import.meta.url).
 * Workers run built code, so an address under src/ (tests) is turned into the one under dist/.
 */
export function kernelUrl(name: string, from: string): string {
  const url = new URL(name, from).href;
  return from.endsWith(".ts") ? url.replace(/\/src\/(?!.*\/src\/)/, "/dist/") : url;
}
