export { type Aligned, align } from "./align.ts";
export { type GapFound, type GapOptions, modalityGap } from "./gap.ts";
export * from "./gap-result.ts";
export { type AlignMap, applyMap, saveMap } from "./map.ts";
export * from "./method-table.ts";
export * from "./result.ts";
export { alignUnpaired, type Unpaired, type UnpairedOptions } from "./unsupervised.ts";
export type { AlignOptions } from "./work.ts";
