export * from "./fit.ts";
export { fitIsomap, type IsomapOptions } from "./isomap.ts";
export { fitIsometricLinear } from "./isometric-linear.ts";
export { fitLda } from "./lda.ts";
export * from "./linear-map.ts";
export * from "./mde.ts";
export { fitMds, type MdsOptions } from "./mds.ts";
export { type NeighborMap, placeRows, readNeighborMap } from "./neighbor-map.ts";
export { fitPacmap, type PacmapOptions } from "./pacmap.ts";
export { fitPca } from "./pca.ts";
export { fitRandom, RANDOM_KINDS, type RandomKind } from "./random.ts";
export {
  FITTERS,
  type MethodOptions,
  type Reduced,
  type ReduceMethod,
  type ReduceOptions,
  reduce,
} from "./reduce.ts";
export * from "./smacof.ts";
export { STARTS, type Start } from "./start.ts";
export { fitTruncate } from "./truncate.ts";
export { fitTsne, type TsneOptions } from "./tsne.ts";
export { fitUmap, type UmapOptions } from "./umap.ts";
