import { availableParallelism } from "node:os";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-common";
import { IsometerError } from "../base/index.ts";
import { type ElementType, type Tensor, typeOf } from "../graph/index.ts";
import { type EngineInfo, type EngineOptions, PROVIDERS, type Provider } from "./info.ts";
import { checkProvider } from "./provider.ts";

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

/** In order of preference: native code, then WebAssembly. */
const ENGINES: readonly EngineInfo["name"][] = ["onnxruntime-node", "onnxruntime-web"];

/** ONNX Runtime's names of the types of elements. */
export const NAMES = {
  float: "float32",
  double: "float64",
  uint8: "uint8",
  int8: "int8",
  int32: "int32",
  int64: "int64",
  bool: "bool",
} as const satisfies Record<ElementType, string>;

/** A compiled graph. Ownership of sessions stays in the engine: callers see arrays. */
export interface Session {
  /** Runs once. Inputs are not copied; results are written into `outputs`, whose dims must be those of the result. */
  run(feeds: Readonly<Record<string, Tensor>>, outputs: Readonly<Record<string, Tensor>>): Promise<void>;
  /** The same for what is run many times: the arrays are read and written at each run. */
  bind(
    feeds: Readonly<Record<string, Tensor>>,
    outputs: Readonly<Record<string, Tensor>>,
  ): () => Promise<void>;
  /** Frees the engine's memory. */
  close(): Promise<void>;
}

/**
 * Finds the engine of this machine: onnxruntime-node, else onnxruntime-web (WebAssembly).
 *
 * Threads and provider: by option, else by ISOMETER_THREADS and ISOMETER_PROVIDER, else
 * the cores that this process may use (at most 256) and cpu. ISOMETER_ENGINE names one of the two packages and allows no other.
 *
 * @throws bad-option for an unknown engine, provider or thread count, and for a provider that does not run here;
 *   engine-failed when no package loads
 */
export async function findEngine(options: EngineOptions = {}): Promise<EngineInfo> {
  const provider = chooseProvider(options.provider ?? process.env.ISOMETER_PROVIDER ?? "cpu");
  const threads = chooseThreads(options.threads ?? process.env.ISOMETER_THREADS ?? usableCores());
  const { name, version } = await firstThatLoads(chooseNames(process.env.ISOMETER_ENGINE));
  const engine: EngineInfo = { name, version, provider, threads };
  await checkProvider(engine);
  return engine;
}

async function firstThatLoads(
  names: readonly EngineInfo["name"][],
): Promise<Pick<EngineInfo, "name" | "version">> {
  const causes: unknown[] = [];
  for (const name of names) {
    try {
      return { name, version: versionOf(await loadOrt(name), name) };
    } catch (cause) {
      causes.push(cause);
    }
  }
  throw new IsometerError("engine-failed", `${names.join(" and ")} could not be loaded`, {
    hint: `Install one of them: npm install ${names.join(" or ")}.`,
    cause: causes[0],
  });
}

function chooseNames(asked: string | undefined): readonly EngineInfo["name"][] {
  if (asked === undefined || asked === "") return ENGINES;
  const name = ENGINES.find((known) => known === asked);
  if (name) return [name];
  throw new IsometerError("bad-option", `ISOMETER_ENGINE must be ${ENGINES.join(" or ")}, got ${asked}`);
}

function chooseProvider(name: string): Provider {
  if ((PROVIDERS as readonly string[]).includes(name)) return name as Provider;
  throw new IsometerError("bad-option", `provider must be one of ${PROVIDERS.join(", ")}, got ${name}`);
}

const MOST_THREADS = 256;

/** Not all that the machine has: threads of a session that share a core spend its time on waiting for each other. */
const usableCores = (): number => Math.min(MOST_THREADS, availableParallelism());

function chooseThreads(asked: number | string): number {
  const threads = Number(asked);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS) return threads;
  throw new IsometerError(
    "bad-option",
    `threads must be an integer between 1 and ${MOST_THREADS}, got ${asked}`,
  );
}

function versionOf(ort: Ort, name: EngineInfo["name"]): string {
  const { node, web, common } = ort.env.versions;
  return (name === "onnxruntime-node" ? node : web) ?? common ?? "unknown";
}

/**
 * Loads the engine. ONNX Runtime 1.30 for Linux reports its use to its makers over the network unless this variable says
 * no before it loads (and leaves a log in the temporary folder); nobody who measures their data here has agreed to that.
 * Someone who sets the variable themselves keeps their setting.
 */
export async function loadOrt(name: EngineInfo["name"]): Promise<Ort> {
  process.env.ORT_DISABLE_TELEMETRY ??= "1";
  const module =
    name === "onnxruntime-node" ? await import("onnxruntime-node") : await import("onnxruntime-web");
  return ((module as { default?: unknown }).default ?? module) as Ort;
}

/**
 * Compiles an ONNX model, for one thread unless told otherwise. Sessions of several threads spin while they wait and
 * slow each other; work is spread over block workers instead, each with a session of its own. What has to be done one
 * after the other, as steps of training, has one session for all threads.
 */
export async function openSession(model: Uint8Array, engine: EngineInfo, threads = 1): Promise<Session> {
  const ort = await loadOrt(engine.name);
  ort.env.logLevel = "error";
  if (ort.env.wasm) ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [engine.name === "onnxruntime-web" ? "wasm" : engine.provider],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  });
  const wrap = (tensors: Readonly<Record<string, Tensor>>) =>
    Object.fromEntries(
      Object.entries(tensors).map(([k, t]) => [k, new ort.Tensor(NAMES[typeOf(t.data)], t.data, t.dims)]),
    );
  const bind: Session["bind"] = (feeds, outputs) => {
    const [given, wanted] = [wrap(feeds), wrap(outputs)];
    if (engine.name === "onnxruntime-node") return async () => void (await session.run(given, wanted));
    // WebAssembly computes in its own memory, and leaves tensors that it is handed for outputs as they are.
    return async () => {
      const computed = await session.run(given, Object.keys(outputs));
      for (const [name, { data }] of Object.entries(outputs)) {
        (data as Float32Array).set(computed[name]!.data as Float32Array);
        computed[name]!.dispose();
      }
    };
  };
  return { close: () => session.release(), run: (feeds, outputs) => bind(feeds, outputs)(), bind };
}
