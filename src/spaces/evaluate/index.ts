export {
  compareRetrieval,
  type Documents,
  type EvaluateOptions,
  type Evaluation,
  evaluateRankings,
  type Judgements,
  type QueryScores,
  type Rankings,
  type RetrievalDifference,
  type RetrievalScore,
} from "./evaluate.ts";
export {
  expectedScores,
  GAINS,
  type Gain,
  type Grades,
  RETRIEVAL_MEASURES,
  type RetrievalMeasure,
  type RetrievalScores,
  scoreRanking,
} from "./measures.ts";
