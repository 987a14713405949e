import { readFile } from "node:fs/promises";

/** The part of the WebAssembly API that we use (the type library of browsers has it, Node's does not). */
interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: Record<string, unknown> }>;
  Memory: new (size: {
    initial: number;
    maximum: number;
    shared?: boolean;
  }) => { readonly buffer: ArrayBufferLike };
}

/** Memory that the loops of several workers run on at once. */
export interface LoopMemory {
  readonly buffer: SharedArrayBuffer;
}

const api = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;

const PAGE = 65536;

/** Functions over one block of memory, in WebAssembly. Arguments are numbers and byte offsets. */
export interface NativeLoops {
  readonly memory: ArrayBuffer;
  readonly functions: Readonly<Record<string, (...args: number[]) => number>>;
}

/** The start of a module's memory is left to its own constants. */
const OWN_BYTES = 1024;

/** Lays out the memory of a module: `take` gives the byte offset of so many 4-byte elements, aligned to 16 bytes. */
export function planLoops(): { take(elements: number): number; bytes(): number } {
  let bytes = OWN_BYTES;
  return {
    take(elements) {
      const at = bytes;
      bytes += 4 * ((elements + 3) & ~3);
      return at;
    },
    bytes: () => bytes,
  };
}

/** Compiled modules by address. Kept: one compiled anew starts with slow code, until it has run for a while. */
const modules = new Map<string, Promise<object>>();

/** Loads a built .wasm module with `bytes` of memory of its own. Ready-made loops for what an ONNX graph cannot say. */
export async function openLoops(url: string, bytes: number): Promise<NativeLoops> {
  const pages = Math.ceil(bytes / PAGE);
  const memory = new api.Memory({ initial: pages, maximum: pages });
  return { memory: memory.buffer as ArrayBuffer, functions: await functionsOf(url, memory) };
}

/** So much memory for loops that share it. It goes to workers with the set-up of a job. */
export function sharedLoopMemory(bytes: number): LoopMemory {
  const pages = Math.ceil(bytes / PAGE);
  return new api.Memory({ initial: pages, maximum: pages, shared: true }) as LoopMemory;
}

/** Loads a module over memory that is shared: it must be built with --sharedMemory. */
export async function openSharedLoops(url: string, memory: LoopMemory): Promise<NativeLoops["functions"]> {
  return functionsOf(url, memory);
}

async function functionsOf(url: string, memory: object): Promise<NativeLoops["functions"]> {
  let module = modules.get(url);
  if (!module) {
    module = readFile(new URL(url)).then((bytes) => api.compile(bytes));
    modules.set(url, module);
  }
  const { exports } = await api.instantiate(await module, { env: { memory } });
  return exports as NativeLoops["functions"];
}
