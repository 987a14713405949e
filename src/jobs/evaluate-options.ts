import { IsometerError } from "../base/index.ts";
import { GAINS } from "../spaces/evaluate/measures.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import * as common from "./common.ts";
import { choice, flag, integer, list, number, text, type Values } from "./define.ts";

/** The options of job `evaluate`. */
export const EVALUATE_OPTIONS = {
  queries: list({
    group: common.GROUPS.method,
    about:
      "vectors of the queries, as wide as those of SPACE; once for all, or once for each space in their order",
    placeholder: "FILE",
  }),
  qrels: text({
    group: common.GROUPS.method,
    about:
      "which documents are relevant to which query: TREC's four columns, a table of query, doc and score (csv, tsv, jsonl, parquet), or a folder as BEIR has it; other columns: judged.csv:question,page,grade",
    placeholder: "FILE",
  }),
  compare: list({
    group: common.GROUPS.method,
    about: "other spaces, stores or runs that are scored by the same judgements",
    placeholder: "SPACE",
  }),
  baseline: text({
    group: common.GROUPS.method,
    about: "the space, store or run that differences are from",
    placeholder: "SPACE",
    otherwise: "SPACE itself",
  }),
  nNeighbors: {
    ...common.nNeighbors,
    about: "k: places of a ranking that count in nDCG, recall, precision and MRR",
    default: 10,
  },
  depth: integer({
    group: common.GROUPS.measure,
    about: "places that are filled, which is what map counts to",
    placeholder: "N",
    min: 1,
    otherwise: "1,000; k where the index of a store answers",
  }),
  gain: choice({
    group: common.GROUPS.measure,
    about: "what a grade is worth in nDCG: the grade itself, as in trec_eval, or 2^grade - 1",
    placeholder: "NAME",
    choices: GAINS,
    default: "linear",
  }),
  relevant: number({
    group: common.GROUPS.measure,
    about: "the least grade that is relevant to the other measures",
    placeholder: "GRADE",
    min: 1e-9,
    default: 1,
  }),
  metric: choice({
    group: common.GROUPS.measure,
    about: "distance between vectors; cosine is 1 - cos",
    placeholder: "NAME",
    choices: ["euclidean", "cosine"],
    otherwise: "cosine; in a store its own",
  }),
  exact: flag({
    group: common.GROUPS.measure,
    about: "compare with every vector of a store, its index left aside; files are always searched so",
  }),
  tune: list({
    group: common.GROUPS.measure,
    about: "what queries tell the indexes of stores, such as nprobes=20",
    placeholder: "NAME=VALUE",
  }),
  complete: flag({
    group: common.GROUPS.measure,
    about: "count judged queries that were not asked as 0, as trec_eval -c; else they are left out",
  }),
  leaveOutOwn: flag({
    group: common.GROUPS.measure,
    about: "leave a document out that has the id of its query, as BEIR does",
  }),
  id: { ...common.id, about: "column that holds the ids of documents" },
  ids: {
    ...AUDIT_OPTIONS.ids,
    about: "file with the id of each document, one per row: once for all spaces, or once for each",
  },
  queryId: text({
    group: common.GROUPS.data,
    about: "column of --queries that holds the ids of queries",
    placeholder: "COLUMN",
    otherwise: "that of --id, where the file has it",
  }),
  queryIds: list({
    group: common.GROUPS.data,
    about: "file with the id of each query, one per row: once for all, or once for each file of queries",
    placeholder: "FILE",
  }),
  vector: common.vector,
  failUnder: list({
    group: common.GROUPS.gate,
    about: "fail when a measure of SPACE (ndcg, recall, precision, mrr, map) is under its limit: ndcg=0.4",
    placeholder: "NAME=VALUE",
  }),
  points: {
    ...common.points,
    about:
      "write a table with a line per query and space: relevant documents, those judged among the first k, every measure; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  },
  force: { ...common.force, about: "overwrite the file of --points when it exists" },
  threads: common.threads,
  provider: common.provider,
};

/** The values of job `evaluate`. */
export type EvaluateValues = Values<typeof EVALUATE_OPTIONS>;

/** The file of judgements. @throws bad-option without one, and for ids of queries from two places */
export function neededQrels({ qrels, queryId, queryIds }: EvaluateValues): string {
  if (queryId !== undefined && queryIds.length > 0) {
    throw new IsometerError("bad-option", "--query-id and --query-ids exclude each other", {
      hint: "Ids of queries are in a column of the file of queries, or in a file of their own.",
    });
  }
  if (qrels !== undefined) return qrels;
  throw new IsometerError(
    "bad-option",
    "evaluate needs judgements: which documents are relevant to which query",
    {
      hint: "Give --qrels FILE: a table of query, doc and score.",
    },
  );
}

/** The one of each space: one for all, or one for each. @throws bad-option */
export function oneForEach<T>(
  flag: string,
  values: readonly T[],
  spaces: number,
): readonly (T | undefined)[] {
  if (values.length <= 1) return new Array<T | undefined>(spaces).fill(values[0]);
  if (values.length === spaces) return values;
  throw new IsometerError("bad-option", `--${flag} is given ${values.length} times for ${spaces} spaces`, {
    hint: "Give it once for all, or once for each space in their order: SPACE, --compare, --baseline; runs take none.",
  });
}
