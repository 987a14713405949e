import type { Warning } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";

/** The slower engine is never used without a word. */
export function engineWarnings({ name }: EngineInfo): Warning[] {
  if (name !== "onnxruntime-web") return [];
  const message =
    "computed by onnxruntime-web (WebAssembly), several times slower than onnxruntime-node; where that is missing: " +
    "npm install --ignore-scripts onnxruntime-node";
  return [{ code: "engine-fallback", message }];
}
