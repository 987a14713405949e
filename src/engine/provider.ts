import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { IsometerError } from "../base/index.ts";
import type { EngineInfo, Provider } from "./info.ts";
import { kernelUrl } from "./kernel.ts";

/** What each provider needs on a machine, besides a build of ONNX Runtime that has it. */
const NEEDS: Readonly<Record<Provider, string>> = {
  cpu: "nothing",
  cuda: "an NVIDIA GPU with CUDA and cuDNN, and the CUDA files that onnxruntime-node's install script downloads",
  webgpu: "a graphics adapter with a Vulkan, Metal or Direct3D 12 driver",
  coreml: "macOS",
  dml: "Windows with Direct3D 12",
};

/** The longest that a provider may take to start and multiply two numbers. */
const LIMIT_MS = 60_000;

const tried = new Map<string, Promise<void>>();

/**
 * Makes sure that a provider computes on this machine. Nothing else is put in its place.
 *
 * It is tried in a process of its own, once: libraries of graphics drivers print to stderr, and some end the process.
 *
 * @throws bad-option when the engine has no such provider or when it does not run here
 */
export async function checkProvider(engine: EngineInfo): Promise<void> {
  const { name, provider } = engine;
  if (provider === "cpu") return;
  if (name === "onnxruntime-web") {
    throw unavailable(engine, `onnxruntime-web computes on cpu only, got ${provider}`);
  }
  const key = `${name} ${provider}`;
  if (!tried.has(key)) tried.set(key, tryInProcess(engine));
  return tried.get(key);
}

function tryInProcess(engine: EngineInfo): Promise<void> {
  const probe = fileURLToPath(kernelUrl("./probe.js", import.meta.url));
  return new Promise((resolve, reject) => {
    const answered = (cause: Error | null) => {
      if (!cause) return resolve();
      reject(unavailable(engine, `provider ${engine.provider} does not run on this machine`, cause));
    };
    execFile(process.execPath, [probe, JSON.stringify(engine)], { timeout: LIMIT_MS }, answered);
  });
}

function unavailable({ name, provider }: EngineInfo, message: string, cause?: Error): IsometerError {
  const package_ = name === "onnxruntime-web" ? "onnxruntime-node (npm install onnxruntime-node) and " : "";
  return new IsometerError("bad-option", message, {
    needed: NEEDS[provider],
    got: provider,
    hint: `It needs ${package_}${NEEDS[provider]}. Without: --provider cpu.`,
    cause,
  });
}
