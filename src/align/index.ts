export { type Aligned, align } from "./align.ts";
export { type AlignMap, applyMap, saveMap } from "./map.ts";
export { type AlignMethod, type AlignMethodName, METHODS } from "./methods.ts";
export * from "./result.ts";
export { type AlignOptions, USUAL_METHODS } from "./work.ts";
