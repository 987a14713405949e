import * as common from "./common.ts";
import { list, type Values } from "./define.ts";

/** The options of job `audit`; other jobs that audit start from their defaults. */
export const AUDIT_OPTIONS = {
  metric: common.metric,
  latentMetric: common.latentMetric,
  nNeighbors: common.nNeighbors,
  sample: common.sample,
  exact: common.exact,
  baseline: common.baseline,
  holdout: common.holdout,
  seed: common.seed,
  rows: common.rows,
  labels: common.labels,
  id: common.id,
  vector: common.vector,
  latentVector: {
    ...common.vector,
    about: "the same for LATENT, where its name differs",
    otherwise: "as --vector",
  },
  imageSize: common.imageSize,
  imageMode: common.imageMode,
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
