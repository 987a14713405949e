export { type BlockJob, runBlocks } from "./blocks.ts";
export { type EngineInfo, type EngineOptions, PROVIDERS, type Provider } from "./info.ts";
export { type Kernel, type KernelModule, type KernelTools, kernelUrl } from "./kernel.ts";
export { type Given, type ModelSession, type ModelToRun, openModelSession } from "./model-session.ts";
export { type ModelSource, type Network, openNetwork, readBatch } from "./network.ts";
export { evaluate } from "./reference.ts";
export {
  copyRows,
  gatherPoints,
  heldMatrix,
  openPlaces,
  openRows,
  type RowPlaces,
  type RowReader,
  scanRows,
} from "./rows.ts";
export { findEngine, openSession, type Session } from "./runtime.ts";
export { valuesAt } from "./values.ts";
export { type LoopMemory, type NativeLoops, planLoops, sharedLoopMemory } from "./wasm.ts";
