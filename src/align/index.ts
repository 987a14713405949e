export { type Aligned, align } from "./align.ts";
export { type AlignMap, applyMap, saveMap } from "./map.ts";
export * from "./method-table.ts";
export * from "./result.ts";
export type { AlignOptions } from "./work.ts";
