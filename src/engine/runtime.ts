import { cpus } from "node:os";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { IsometerError } from "../base/index.ts";
import type { Tensor } from "../graph/index.ts";
import { type EngineInfo, type EngineOptions, PROVIDERS, type Provider } from "./info.ts";

/** The part of ONNX Runtime's JavaScript API that we use; onnxruntime-node and onnxruntime-web both have it. */
interface Ort {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof OrtTensor;
  readonly env: {
    versions: Record<string, string | undefined>;
    logLevel?: string;
    wasm?: { numThreads?: number };
  };
}

/** A compiled graph. Ownership of sessions stays in the engine: callers see arrays. */
export interface Session {
  /** Runs once. Inputs are not copied; results are written into `outputs`, whose dims must be those of the result. */
  run(feeds: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Promise<void>;
  /** Frees the engine's memory. */
  close(): Promise<void>;
}

/**
 * Finds the engine of this machine: onnxruntime-node, else onnxruntime-web (WebAssembly).
 *
 * Threads and provider: by option, else by ISOMETER_THREADS and ISOMETER_PROVIDER, else
 * all cores and cpu. ISOMETER_ENGINE=onnxruntime-web asks for WebAssembly outright.
 *
 * @throws bad-option for an unknown provider or thread count; engine-failed when neither package loads
 */
export async function findEngine(options: EngineOptions = {}): Promise<EngineInfo> {
  const provider = chooseProvider(options.provider ?? process.env.ISOMETER_PROVIDER ?? "cpu");
  const threads = chooseThreads(options.threads ?? process.env.ISOMETER_THREADS ?? cpus().length);
  if (process.env.ISOMETER_ENGINE !== "onnxruntime-web") {
    const node = await loadOrt("onnxruntime-node").catch(() => undefined);
    if (node) return { name: "onnxruntime-node", version: versionOf(node, "node"), provider, threads };
  }
  try {
    const web = await loadOrt("onnxruntime-web");
    return { name: "onnxruntime-web", version: versionOf(web, "web"), provider: "cpu", threads };
  } catch (cause) {
    throw new IsometerError("engine-failed", "neither onnxruntime-node nor onnxruntime-web could be loaded", {
      hint: "Install one of them: npm install onnxruntime-node (or onnxruntime-web).",
      cause,
    });
  }
}

function chooseProvider(name: string): Provider {
  if ((PROVIDERS as readonly string[]).includes(name)) return name as Provider;
  throw new IsometerError("bad-option", `provider must be one of ${PROVIDERS.join(", ")}, got ${name}`);
}

function chooseThreads(asked: number | string): number {
  const threads = Number(asked);
  if (Number.isInteger(threads) && threads >= 1 && threads <= 256) return threads;
  throw new IsometerError("bad-option", `threads must be an integer between 1 and 256, got ${asked}`);
}

function versionOf(ort: Ort, flavour: "node" | "web"): string {
  return ort.env.versions[flavour] ?? ort.env.versions.common ?? "unknown";
}

async function loadOrt(name: EngineInfo["name"]): Promise<Ort> {
  const module =
    name === "onnxruntime-node" ? await import("onnxruntime-node") : await import("onnxruntime-web");
  return ((module as { default?: unknown }).default ?? module) as Ort;
}

/**
 * Compiles an ONNX model for one thread. Sessions of several threads spin while they wait and
 * slow each other; work is spread over block workers instead, each with a session of its own.
 */
export async function openSession(model: Uint8Array, engine: EngineInfo): Promise<Session> {
  const ort = await loadOrt(engine.name);
  ort.env.logLevel = "error";
  if (ort.env.wasm) ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [engine.name === "onnxruntime-web" ? "wasm" : engine.provider],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  });
  const wrap = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(
      Object.entries(tensors).map(([k, t]) => [k, new ort.Tensor("float32", t.data, t.dims)]),
    );
  return {
    close: () => session.release(),
    async run(feeds, outputs) {
      const fetched = await session.run(wrap(feeds), wrap(outputs));
      for (const [name, tensor] of Object.entries(outputs)) {
        const data = fetched[name]!.data as Float32Array;
        // WebAssembly computes in its own memory; the native binding writes in place.
        if (data.buffer !== tensor.data.buffer) tensor.data.set(data);
      }
    },
  };
}
