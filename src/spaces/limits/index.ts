export { frontierOf, smallestEnough } from "./choose.ts";
export { compressionLimits, dimensionLadder, type LimitsOptions } from "./limits.ts";
export * from "./result.ts";
