export { allLengths } from "./all-pairs.ts";
export {
  type ApproximateOptions,
  type ApproximateResult,
  approximateNeighbors,
  type Recall,
  type SearchPlan,
} from "./approximate.ts";
export { type NearestOptions, type NearestResult, nearestNeighbors } from "./exact.ts";
export { exactOrder } from "./exact-order.ts";
export * from "./find.ts";
export * from "./geodesics.ts";
export { type Components, componentsOf, type Graph, graphOf } from "./graph.ts";
export { findCentroids } from "./k-means.ts";
export * from "./layout.ts";
export * from "./metric.ts";
export * from "./nearest.ts";
export * from "./neighbors-of.ts";
export * from "./panel.ts";
export * from "./ranks.ts";
export type { Neighbors } from "./refine.ts";
export { openSearched, type Searched } from "./searched.ts";
export * from "./space.ts";
export { type LengthTable, MOST_LENGTHS, measuresAnyPair } from "./table.ts";
export * from "./tiles.ts";
