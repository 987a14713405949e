import { readFile } from "node:fs/promises";

/** The part of the WebAssembly API that we use (the type library of browsers has it, Node's does not). */
interface WebAssemblyApi {
  compile(bytes: Uint8Array): Promise<object>;
  instantiate(module: object, imports: object): Promise<{ exports: Record<string, unknown> }>;
  Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
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
  let module = modules.get(url);
  if (!module) {
    module = readFile(new URL(url)).then((bytes) => api.compile(bytes));
    modules.set(url, module);
  }
  const { exports } = await api.instantiate(await module, { env: { memory } });
  return { memory: memory.buffer, functions: exports as NativeLoops["functions"] };
}
