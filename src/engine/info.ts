/** Where the dense work of an engine runs. */
export type Provider = "cpu" | "cuda" | "webgpu" | "coreml" | "dml";

export const PROVIDERS: readonly Provider[] = ["cpu", "cuda", "webgpu", "coreml", "dml"];

/** What computed a result: part of every result. */
export interface EngineInfo {
  readonly name: "onnxruntime-node" | "onnxruntime-web";
  readonly version: string;
  readonly provider: Provider;
  readonly threads: number;
}

/** Chosen by option, else by ISOMETER_PROVIDER and ISOMETER_THREADS, else cpu and all cores that the process may use. */
export interface EngineOptions {
  readonly provider?: Provider;
  readonly threads?: number;
}
