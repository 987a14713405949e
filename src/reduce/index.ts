export * from "./fit.ts";
export { fitIsometricLinear } from "./isometric-linear.ts";
export { fitLda } from "./lda.ts";
export * from "./linear-map.ts";
export { fitMds } from "./mds.ts";
export { fitPca } from "./pca.ts";
export { fitRandom, RANDOM_KINDS, type RandomKind } from "./random.ts";
export * from "./smacof.ts";
export { fitTruncate } from "./truncate.ts";
