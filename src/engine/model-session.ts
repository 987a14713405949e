import { IsometerError } from "../base/index.ts";
import { type Tensor, typeOf } from "../graph/index.ts";
import type { EngineInfo } from "./info.ts";
import { loadOrt, NAMES } from "./runtime.ts";

/** A model as somebody else wrote it, run as it is. */
export interface ModelToRun {
  /** What it is called in messages. */
  readonly name: string;
  readonly path: string;
  readonly bytes: Uint8Array;
  /** Files beside it that its tensors lie in, as it names them. They have been looked at: all lie in its folder. */
  readonly tensors: readonly string[];
  /** All bytes of one of them. */
  readonly read: (location: string) => Promise<Uint8Array>;
}

/** Numbers that a model gave. */
export interface Given {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** A session of a model whose outputs have sizes that only running tells. */
export interface ModelSession {
  /** One output. @throws unsupported-model where the model cannot compute it, or not in float32 */
  run(feeds: Readonly<Record<string, Tensor>>, output: string): Promise<Given>;
  close(): Promise<void>;
}

/** Opens a model on all threads of the engine: one run at a time is expected. @throws unsupported-model */
export async function openModelSession(model: ModelToRun, engine: EngineInfo): Promise<ModelSession> {
  const ort = await loadOrt(engine.name);
  ort.env.logLevel = "error";
  const isWeb = engine.name === "onnxruntime-web";
  if (ort.env.wasm) ort.env.wasm.numThreads = 1;
  const options = {
    executionProviders: [isWeb ? "wasm" : engine.provider],
    intraOpNumThreads: engine.threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  } as const;
  const { InferenceSession } = ort;
  // Native code reads tensors beside the model itself; WebAssembly has no files.
  const session = await refusing(model.name, async () => {
    if (model.tensors.length === 0) return InferenceSession.create(model.bytes, options);
    if (!isWeb) return InferenceSession.create(model.path, options);
    const externalData = await Promise.all(
      model.tensors.map(async (path) => ({ path, data: await model.read(path) })),
    );
    return InferenceSession.create(model.bytes, { ...options, externalData });
  });
  return {
    close: () => session.release(),
    async run(feeds, output) {
      const given = Object.fromEntries(
        Object.entries(feeds).map(([k, t]) => [k, new ort.Tensor(NAMES[typeOf(t.data)], t.data, t.dims)]),
      );
      const result = (await refusing(model.name, () => session.run(given, [output])))[output]!;
      if (result.type === "float16")
        return { data: floatsOf(result.data as ArrayBufferView), dims: result.dims };
      if (result.type !== "float32") {
        throw new IsometerError("unsupported-model", `${model.name} gives ${output} in ${result.type}`, {
          needed: "float32 or float16",
          hint: "Use the model in fp32, or export it with float32 outputs.",
        });
      }
      const { dims } = result;
      const data = Float32Array.from(result.data as Float32Array);
      result.dispose();
      return { data, dims };
    },
  };
}

/** Half precision (IEEE 754 binary16), whose array differs between versions of Node, as floats. */
function floatsOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Float32Array {
  const bits = new Uint16Array(buffer, byteOffset, byteLength / 2);
  return Float32Array.from(bits, (half) => {
    const [exponent, fraction] = [(half >> 10) & 31, half & 1023];
    const size =
      exponent === 0
        ? fraction * 2 ** -24
        : exponent === 31
          ? fraction === 0
            ? Number.POSITIVE_INFINITY
            : Number.NaN
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return half >= 32768 ? -size : size;
  });
}

/** The engine's complaint in one line. */
async function refusing<T>(name: string, step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split("\n")[0]! : "no reason was given";
    throw new IsometerError("unsupported-model", `${name} cannot be run: ${why.slice(0, 300)}`, {
      hint: "Check that it is a whole ONNX model that ONNX Runtime knows.",
      cause,
    });
  }
}
