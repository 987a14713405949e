export { makeSpace, type Space } from "../../neighbors/index.ts";
export { breathe } from "./breathe.ts";
export { type DimensionAdvice, type DimensionStep, suggestDimension } from "./dimension.ts";
export { type EllipsesOptions, type PictureEllipses, pictureEllipses } from "./ellipses.ts";
export { STRAIGHT_METRICS, type StraightMetric } from "./metrics.ts";
export { lengthsFrom } from "./orders.ts";
export { type PairInSpace, type PairStory, pairStory } from "./pair-story.ts";
export {
  bestScale,
  type LengthPairs,
  lengthPairs,
  type PairsOptions,
  type StretchQuantiles,
  stretchOf,
} from "./pairs.ts";
export { type Positions, positionsOf } from "./positions.ts";
export { type RowNeighbor, type RowNeighbors, rowNeighbors } from "./row-neighbors.ts";
export { type RowMean, type RowsTrust, type RowsTrustOptions, rowsTrust } from "./selection.ts";
