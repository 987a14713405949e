import {
  checkInteger,
  checkNumber,
  deepFreeze,
  type Interval,
  IsometerError,
  mean,
  meanInterval,
} from "../../base/index.ts";
import {
  expectedScores,
  type Gain,
  type Grades,
  type MeasureOptions,
  RETRIEVAL_MEASURES,
  type RetrievalMeasure,
  type RetrievalScores,
  relevantCount,
  scoreRanking,
} from "./measures.ts";

/** Grades by query and document. */
export type Judgements = ReadonlyMap<string, Grades>;

/** Documents of each query that was asked, best first. */
export type Rankings = ReadonlyMap<string, readonly string[]>;

export interface EvaluateOptions {
  /** k: places of a ranking that count; map counts all that are there. Default 10. */
  readonly nNeighbors?: number;
  /** The least grade that is relevant. Default 1. */
  readonly relevant?: number;
  /** What a grade is worth in nDCG. Default linear, as in trec_eval. */
  readonly gain?: Gain;
  /** Judged queries that were not asked count as 0, as with trec_eval -c. Default false: they are left out. */
  readonly complete?: boolean;
  /** All documents that could be found: what chance is computed for. Default: those of each ranking. */
  readonly documents?: Documents;
}

/** A collection of documents. */
export interface Documents {
  readonly size: number;
  has(name: string): boolean;
}

/** A measure over queries. */
export interface RetrievalScore {
  readonly value: number;
  /** 95 % over queries. */
  readonly interval: Interval;
  /** Expected where documents are shuffled. */
  readonly null: number;
  /** Queries. */
  readonly n: number;
}

/** One query. */
export interface QueryScores {
  readonly query: string;
  readonly scores: RetrievalScores;
  /** Relevant documents that were judged. */
  readonly relevant: number;
  /** Of the first k of its ranking, those that were judged. */
  readonly judged: number;
}

/** How rankings do against judgements. Frozen plain data. */
export interface Evaluation {
  readonly nNeighbors: number;
  readonly relevant: number;
  readonly gain: Gain;
  readonly scores: Readonly<Record<RetrievalMeasure, RetrievalScore>>;
  /** Share of the first k that somebody judged: where it is low, a miss may be an unjudged hit. */
  readonly judged: { readonly value: number; readonly interval: Interval };
  /** In the order of the judgements. */
  readonly queries: readonly QueryScores[];
  /** Queries that were asked and have no judgements: left out, as by trec_eval. */
  readonly unjudged: readonly string[];
  /** Judged queries that were not asked. */
  readonly unasked: readonly string[];
  /** Queries of which nothing that was judged is relevant: their scores are 0, as in trec_eval. */
  readonly hopeless: readonly string[];
}

/**
 * Scores rankings by judgements (qrels), as trec_eval does: means over the queries that were asked and judged. The null is the expected score once documents are shuffled.
 *
 * Cost: for q queries of r places and j judgements each, q (r + j log j).
 *
 * @throws bad-option, duplicate-id, bad-value where no query is both asked and judged
 * @example
 * const { scores } = evaluateRankings(new Map([["q1", ["d3", "d1"]]]), new Map([["q1", new Map([["d1", 1]])]]));
 * scores.mrr.value; // 0.5
 */
export function evaluateRankings(
  rankings: Rankings,
  judgements: Judgements,
  options: EvaluateOptions = {},
): Evaluation {
  const { nNeighbors = 10, relevant = 1, gain = "linear", complete = false, documents } = options;
  checkInteger("nNeighbors", nNeighbors, 1);
  checkNumber("relevant", relevant, Number.MIN_VALUE, Number.MAX_VALUE);
  const how: MeasureOptions = { nNeighbors, relevant, gain };
  const asked = [...judgements.keys()].filter((query) => rankings.has(query));
  const unasked = [...judgements.keys()].filter((query) => !rankings.has(query));
  const unjudged = [...rankings.keys()].filter((query) => !judgements.has(query));
  if (asked.length === 0) throw nothingToScore(rankings, judgements);
  const counted = complete ? [...judgements.keys()] : asked;
  const queries = counted.map((query): QueryScores & { readonly chance: RetrievalScores } => {
    const [ranking, grades] = [rankings.get(query) ?? [], judgements.get(query)!];
    return {
      query,
      scores: scoreRanking(ranking, grades, how),
      chance: chanceOf(ranking, grades, documents, how),
      relevant: relevantCount(grades, how),
      judged: ranking.slice(0, nNeighbors).filter((document) => grades.has(document)).length,
    };
  });
  const scoreOf = (measure: RetrievalMeasure): RetrievalScore => ({
    ...meanShare(queries.map(({ scores }) => scores[measure])),
    null: mean(queries.map(({ chance }) => chance[measure])),
    n: queries.length,
  });
  const scores = Object.fromEntries(RETRIEVAL_MEASURES.map((name) => [name, scoreOf(name)]));
  return deepFreeze({
    ...how,
    scores: scores as Record<RetrievalMeasure, RetrievalScore>,
    judged: meanShare(queries.map(({ judged }) => judged / nNeighbors)),
    queries: queries.map(({ chance: _, ...own }) => own),
    unjudged,
    unasked,
    hopeless: queries.filter((own) => own.relevant === 0).map(({ query }) => query),
  });
}

function chanceOf(
  ranking: readonly string[],
  grades: Grades,
  documents: Documents | undefined,
  how: MeasureOptions,
): RetrievalScores {
  const among: Documents = documents ?? new Set(ranking);
  const present = new Map([...grades].filter(([document]) => among.has(document)));
  return expectedScores(grades, { documents: among.size, depth: ranking.length, present }, how);
}

function meanShare(values: readonly number[]): { readonly value: number; readonly interval: Interval } {
  return { value: mean(values), interval: meanInterval(values, Number.POSITIVE_INFINITY, [0, 1]) };
}

function nothingToScore(rankings: Rankings, judgements: Judgements): IsometerError {
  const first = (names: Iterable<string>) => [...names].slice(0, 3).map((name) => JSON.stringify(name));
  return new IsometerError("bad-value", "no query was both asked and judged", {
    got: `${first(rankings.keys()).join(", ")} against ${first(judgements.keys()).join(", ")}`,
    needed: "the same ids of queries in both",
    hint: "Ids are compared letter by letter.",
  });
}

/** The difference of a measure between two rankings of the same queries, query by query. */
export interface RetrievalDifference {
  /** The first less the second. */
  readonly value: number;
  /** 95 % over queries, paired. */
  readonly interval: Interval;
  /** Queries that both have. */
  readonly n: number;
}

/**
 * How much more one evaluation has than another, over the queries of both. The interval is that of the mean of paired differences.
 *
 * @throws bad-value where they share no query
 */
export function compareRetrieval(
  one: Evaluation,
  other: Evaluation,
): Readonly<Record<RetrievalMeasure, RetrievalDifference>> {
  const theirs = new Map(other.queries.map((own) => [own.query, own.scores]));
  const both = one.queries.filter(({ query }) => theirs.has(query));
  if (both.length === 0)
    throw new IsometerError("bad-value", "the two evaluations have no query in common", {
      hint: "Score both by the same judgements.",
    });
  const of = (measure: RetrievalMeasure): RetrievalDifference => {
    const values = both.map(({ query, scores }) => scores[measure] - theirs.get(query)![measure]);
    return {
      value: mean(values),
      interval: meanInterval(values, Number.POSITIVE_INFINITY, [-1, 1]),
      n: both.length,
    };
  };
  const all = Object.fromEntries(RETRIEVAL_MEASURES.map((name) => [name, of(name)]));
  return deepFreeze(all as Record<RetrievalMeasure, RetrievalDifference>);
}
