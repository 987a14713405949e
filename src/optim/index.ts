export * from "./isotonic.ts";
export * from "./lbfgs.ts";
export * from "./minimise.ts";
