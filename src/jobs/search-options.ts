import { IsometerError } from "../base/index.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import * as common from "./common.ts";
import { choice, flag, integer, list, number, text, type Values } from "./define.ts";
import { checkEncoderOptions, ENCODER_OPTIONS } from "./encode-options.ts";
import { checkEncoded } from "./encode-queries.ts";

/** The options of job `search`. */
export const SEARCH_OPTIONS = {
  like: list({
    group: common.GROUPS.method,
    about: "rows to seek the like of: ids where SPACE has ids, else row numbers counted from 0",
    placeholder: "ROW",
  }),
  queries: text({
    group: common.GROUPS.method,
    about:
      "vectors to seek the like of, as wide as those of SPACE, or what --encoder takes: any file that audit reads",
    placeholder: "FILE",
  }),
  text: list({
    group: common.GROUPS.method,
    about: "texts to seek the like of; needs --encoder",
    placeholder: "TEXT",
    prose: true,
  }),
  image: list({
    group: common.GROUPS.method,
    about: "images to seek the like of; needs --encoder",
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
  rerank: integer({
    group: common.GROUPS.method,
    about:
      "put so many candidates of SPACE in order by their distance in --original, and take the hits from there",
    placeholder: "N",
    min: 1,
  }),
  originalQueries: text({
    group: common.GROUPS.method,
    about: "for --rerank: --queries in the space of --original, row by row",
    placeholder: "FILE",
  }),
  where: list({
    group: common.GROUPS.data,
    about:
      "only rows that it holds for, by the other columns of a table or the fields of a store: year>=1990, kind=film, kind in film,series; all hold where there are several",
    placeholder: "CONDITION",
    prose: true,
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
    about: "what queries tell the index of a store, such as nprobes=20",
    placeholder: "NAME=VALUE",
  }),
  mapVersion: text({
    group: common.GROUPS.data,
    about: "the map that queries went through: a store refuses another than its own",
    placeholder: "TEXT",
  }),
  original: text({
    group: common.GROUPS.measure,
    about: "what the vectors of SPACE were made from, the same rows: says how far each hit can be trusted",
    placeholder: "FILE",
  }),
  originalMetric: choice({
    group: common.GROUPS.measure,
    about: "distance between originals",
    placeholder: "NAME",
    choices: ["euclidean", "cosine"],
    default: "euclidean",
  }),
  ...ENCODER_OPTIONS,
  map: text({
    group: common.GROUPS.encoder,
    about: "the map that vectors of the encoder go through then, such as reduce wrote",
    placeholder: "FILE.onnx",
  }),
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
export function checkSearchOptions(options: SearchValues): void {
  const { like, queries, text, image, minTrust, original, rerank, originalQueries, nNeighbors } = options;
  checkEncoderOptions(options);
  checkEncoded(options);
  if (like.length + text.length + image.length === 0 && queries === undefined) {
    throw new IsometerError("bad-option", "nothing is sought", {
      hint: "Give --like ROW, --queries FILE, or --text or --image with --encoder.",
    });
  }
  if (minTrust !== undefined && original === undefined) {
    throw new IsometerError("bad-option", "--min-trust needs --original: without it no trust is known", {
      got: String(minTrust),
      hint: "Give the data that the vectors were made from, or leave --min-trust out.",
    });
  }
  if (rerank !== undefined && original === undefined) {
    throw new IsometerError("bad-option", "--rerank needs --original: candidates are put in order by it", {
      got: String(rerank),
      hint: "Give the data that the vectors were made from, or leave --rerank out.",
    });
  }
  if (rerank !== undefined && rerank < nNeighbors) {
    throw new IsometerError("bad-option", `--rerank ${rerank} is fewer than the ${nNeighbors} hits`, {
      got: String(rerank),
      needed: `${nNeighbors} or more`,
      hint: `Candidates that are put in order are usually ten times as many as hits: --rerank ${10 * nNeighbors}.`,
    });
  }
  // What an encoder is given is known before its map.
  const needs = rerank !== undefined && queries !== undefined && options.encoder === undefined;
  if (needs === (originalQueries !== undefined)) return;
  throw originalQueries === undefined
    ? new IsometerError("bad-option", "--rerank needs --queries in the space of --original too", {
        hint: "Give --original-queries FILE: row i is row i of --queries.",
      })
    : new IsometerError("bad-option", "--original-queries is for --rerank with --queries", {
        got: originalQueries,
        hint: "Give both, or leave it out.",
      });
}

/** Refuses what is for stores. @throws bad-option */
export function checkFileOptions({ tune, mapVersion }: SearchValues): void {
  const [name, got] = tune.length > 0 ? ["--tune", tune[0]!] : ["--map-version", mapVersion];
  if (got === undefined) return;
  throw new IsometerError("bad-option", `${name} is for stores, SPACE is a file`, {
    got,
    hint: `Leave ${name} out.`,
  });
}
