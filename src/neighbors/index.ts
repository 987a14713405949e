export * from "./exact.ts";
export * from "./layout.ts";
export * from "./metric.ts";
export * from "./nearest.ts";
export * from "./panel.ts";
export * from "./ranks.ts";
export type { Neighbors } from "./refine.ts";
export * from "./space.ts";
export * from "./tiles.ts";
