export { type DistanceAgreement, type ItemAgreement, itemAgreement } from "./agreement.ts";
export { type AlsModel, type AlsOptions, fitAls } from "./als.ts";
export {
  type Comparison,
  compareEvaluations,
  type EvaluateOptions,
  type Evaluation,
  evaluateRecommender,
  type UserScore,
} from "./evaluate.ts";
export {
  type Events,
  type Interactions,
  interactionsFrom,
  type SparseRows,
  splitByTime,
  type TimeSplit,
} from "./interactions.ts";
export {
  type Reason,
  type Recommendation,
  type Recommendations,
  type RecommendOptions,
  recommend,
} from "./recommend.ts";
export {
  alsRecommender,
  itemKnn,
  popularityRecommender,
  type Recommender,
  vectorRecommender,
} from "./recommenders.ts";
export {
  type FactorItems,
  type ItemSpace,
  itemsFromVectors,
  type Popularity,
  type Taste,
  tasteOf,
  type VectorItems,
} from "./taste.ts";
