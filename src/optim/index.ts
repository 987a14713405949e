export * from "./lbfgs.ts";
