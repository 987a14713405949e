export * from "./lbfgs.ts";
export * from "./minimise.ts";
