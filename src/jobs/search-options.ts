import { IsometerError } from "../base/index.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import * as common from "./common.ts";
import { choice, list, number, text, type Values } from "./define.ts";

/** The options of job `search`. */
export const SEARCH_OPTIONS = {
  like: list({
    group: common.GROUPS.method,
    about: "rows to seek the like of: ids where SPACE has ids, else row numbers counted from 0",
    placeholder: "ROW",
  }),
  queries: text({
    group: common.GROUPS.method,
    about: "vectors to seek the like of, as wide as those of SPACE: any file that audit reads",
    placeholder: "FILE",
  }),
  nNeighbors: { ...common.nNeighbors, about: "hits for each query", default: 10 },
  minTrust: number({
    group: common.GROUPS.method,
    about: "leave out hits that are less sure to be true than this, 0 to 1; needs --original",
    placeholder: "P",
    min: 0,
    max: 1,
  }),
  metric: choice({
    group: common.GROUPS.measure,
    about: "distance between vectors; cosine is 1 - cos",
    placeholder: "NAME",
    choices: ["euclidean", "cosine"],
    otherwise: "cosine",
  }),
  original: text({
    group: common.GROUPS.measure,
    about: "what the vectors of SPACE were made from, the same rows: says how far each hit can be trusted",
    placeholder: "FILE",
  }),
  originalMetric: {
    ...common.keptMetric,
    group: common.GROUPS.measure,
    about: "distance between originals",
    default: "euclidean" as const,
  },
  seed: common.seed,
  rows: common.rows,
  id: common.id,
  ids: AUDIT_OPTIONS.ids,
  vector: common.vector,
  threads: common.threads,
  provider: common.provider,
};

/** The values of job `search`. */
export type SearchValues = Values<typeof SEARCH_OPTIONS>;

/** Refuses what goes with nothing that was given. @throws bad-option */
export function checkSearchOptions({ like, queries, minTrust, original }: SearchValues): void {
  if (like.length === 0 && queries === undefined) {
    throw new IsometerError("bad-option", "nothing is sought", {
      hint: "Give --like ROW, or --queries FILE.",
    });
  }
  if (minTrust !== undefined && original === undefined) {
    throw new IsometerError("bad-option", "--min-trust needs --original: without it no trust is known", {
      got: String(minTrust),
      hint: "Give the data that the vectors were made from, or leave --min-trust out.",
    });
  }
}
