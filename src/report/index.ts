export { alignReport } from "./align.ts";
export { alignMatrixReport, matrixHow } from "./align-matrix.ts";
export * from "./align-matrix-result.ts";
export { clusterWords, matrixHeadline } from "./align-matrix-words.ts";
export * from "./align-result.ts";
export { type AlignUnpairedResult, alignUnpairedReport } from "./align-unpaired.ts";
export { anomaliesReport } from "./anomalies.ts";
export type { AnomaliesResult, Strange } from "./anomalies-result.ts";
export { clusterReport } from "./cluster.ts";
export type { ClusterResult, FoundCluster, LooseMember } from "./cluster-result.ts";
export { verdictWords } from "./cluster-words.ts";
export * from "./compare.ts";
export * from "./compare-documents.ts";
export * from "./conformance.ts";
export * from "./demo.ts";
export { driftReport } from "./drift.ts";
export * from "./drift-result.ts";
export * from "./drift-words.ts";
export { encodeReport } from "./encode.ts";
export type { EncodeResult, EncoderRecord } from "./encode-result.ts";
export { evaluateReport } from "./evaluate.ts";
export type { EvaluatedSystem, EvaluateResult, NamesOf } from "./evaluate-result.ts";
export { geometryReport } from "./geometry.ts";
export * from "./geometry-result.ts";
export * from "./geometry-words.ts";
export * from "./holdout.ts";
export * from "./info.ts";
export * from "./ingest.ts";
export {
  judgedWords,
  judgementReport,
  mainScore,
  rankJudged,
} from "./judgement.ts";
export * from "./judgement-documents.ts";
export * from "./junit.ts";
export { limitsReport } from "./limits.ts";
export type { LimitsResult } from "./limits-result.ts";
export * from "./make.ts";
export * from "./markdown.ts";
export { morphReport } from "./morph.ts";
export type { MorphFrame, MorphResult } from "./morph-result.ts";
export * from "./numbers.ts";
export * from "./project.ts";
export * from "./project-result.ts";
export * from "./ranking.ts";
export { recommendReport } from "./recommend.ts";
export type {
  RecommendedItem,
  RecommendedList,
  RecommenderScore,
  RecommendResult,
} from "./recommend-result.ts";
export * from "./recommendation.ts";
export { applyReport, compareReport, reduceReport } from "./reduce.ts";
export * from "./reduce-result.ts";
export * from "./result.ts";
export * from "./rules.ts";
export * from "./score-table.ts";
export { searchReport } from "./search.ts";
export type {
  RerankRecord,
  SearchAnswer,
  SearchHit,
  SearchHow,
  SearchResult,
  StoreRecall,
} from "./search-result.ts";
export * from "./shape-table.ts";
export { storeAuditJunit, storeAuditMarkdown, storeAuditReport } from "./store-audit.ts";
export type { StoreAuditResult } from "./store-audit-result.ts";
export { tooFewFor } from "./store-audit-words.ts";
export * from "./stretch-plot.ts";
export * from "./terminal.ts";
export * from "./text.ts";
export { trainReport } from "./train.ts";
export * from "./train-findings.ts";
export * from "./train-result.ts";
export * from "./verdict.ts";
export * from "./witness-table.ts";
