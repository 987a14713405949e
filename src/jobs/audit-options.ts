import * as common from "./common.ts";
import { list, text, type Values } from "./define.ts";

/** The options of job `audit`; other jobs that audit start from their defaults. */
export const AUDIT_OPTIONS = {
  metric: common.metric,
  latentMetric: common.latentMetric,
  nNeighbors: common.nNeighbors,
  graphNeighbors: common.graphNeighbors,
  sample: common.sample,
  exact: common.exact,
  baseline: common.baseline,
  achievable: common.achievable,
  holdout: common.holdout,
  seed: common.seed,
  rows: common.rows,
  labels: common.labels,
  id: common.id,
  ids: list({
    group: common.GROUPS.data,
    about:
      "ids of rows, for files without a column of them: a file with one per row, for all inputs, or one file for each input in their order",
    placeholder: "FILE",
  }),
  vector: common.vector,
  latentVector: {
    ...common.vector,
    about: "the same for LATENT, where its name differs",
    otherwise: "as --vector",
  },
  imageSize: common.imageSize,
  imageMode: common.imageMode,
  pairs: text({
    group: common.GROUPS.judgement,
    about:
      "judge latents by a table of pairs and how similar they are: columns a, b, similarity, or named behind the file, and a fourth of groups",
    placeholder: "FILE[:A,B,SIMILARITY]",
  }),
  triplets: text({
    group: common.GROUPS.judgement,
    about:
      "judge latents by a table of triplets: columns anchor, nearer, farther, or named behind the file, and a fourth of groups",
    placeholder: "FILE[:ANCHOR,NEARER,FARTHER]",
  }),
  store: {
    ...common.store,
    about: `audit the search of a store in place of files: its recall against its own exact search, and its latency; ${common.store.about}`,
  },
  queries: text({
    group: common.GROUPS.store,
    about: "vectors to ask the store for, in place of items of its own: any file that audit reads",
    placeholder: "FILE",
    otherwise: "--sample items of the store, 400 where nothing is said, each left out of its own hits",
  }),
  where: list({
    group: common.GROUPS.store,
    about:
      "only items that it holds for: year>=1990, kind=film, kind in film,series; all hold where there are several",
    placeholder: "CONDITION",
  }),
  text: common.texts,
  imageShape: { ...common.imageShape, needs: "documents" as const },
  failUnder: list({
    group: common.GROUPS.gate,
    about: "fail when a score where more is better is under its limit: trustworthiness=0.95",
    placeholder: "NAME=VALUE",
  }),
  failOver: list({
    group: common.GROUPS.gate,
    about: "fail when a score where less is better (stretch, stress) is over its limit: stretch=3",
    placeholder: "NAME=VALUE",
  }),
  points: common.points,
  force: { ...common.force, about: "overwrite the file of --points when it exists" },
  threads: common.threads,
  provider: common.provider,
};

/** The values of job `audit`. */
export type AuditValues = Values<typeof AUDIT_OPTIONS>;

/** What an audit does when nothing is said. */
export const AUDIT_DEFAULTS = Object.fromEntries(
  Object.entries(AUDIT_OPTIONS).map(([name, spec]) => [name, spec.default]),
) as AuditValues;
