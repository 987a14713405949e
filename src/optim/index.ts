export * from "./descent.ts";
export * from "./isotonic.ts";
export * from "./lbfgs.ts";
export * from "./minimise.ts";
export * from "./schedule.ts";
