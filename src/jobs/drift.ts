import type { Drift } from "../align/drift.ts";
import { deepFreeze, IsometerError, rng, sampleWithoutReplacement, type Watch } from "../base/index.ts";
import type { Audit } from "../measure/index.ts";
import {
  DRIFT_SCORE_NAMES,
  type DriftResult,
  type DriftScoreName,
  driftReport,
  lessDriftIsBetter,
  type NextCommand,
  type PointsRecord,
} from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { AUDIT_DEFAULTS, AUDIT_OPTIONS } from "./audit-options.ts";
import { commandLine } from "./command-line.ts";
import * as common from "./common.ts";
import { defineJob, type JobContext, list, type Values } from "./define.ts";
import { type DriftInputs, readDriftInputs } from "./drift-inputs.ts";
import { leaveDriftPage, writeDriftPage } from "./drift-page.ts";
import { nameRegions, witnessesOf, writeDriftPoints } from "./drift-points.ts";
import { engineWarnings } from "./engine-warning.ts";
import { checkLimits, type Limit, parseLimits } from "./gates.ts";
import { wantsPage } from "./page.ts";
import { checkPoints } from "./points.ts";
import { defined, secondsSince } from "./result.ts";
import { AUDIT_STAGES, overall, type Stage } from "./stages.ts";

const OPTIONS = {
  metric: {
    ...common.keptMetric,
    group: common.GROUPS.measure,
    about: "distance in both spaces; give cosine for vectors that are searched by cosine",
  },
  nNeighbors: { ...common.nNeighbors, default: 10 },
  sample: {
    ...common.sample,
    otherwise: "every row up to 10,000 rows, 2,000 anchors beyond, fewer from 500,000 on",
  },
  exact: {
    ...common.exact,
    about: "look at every row, however many there are: time grows with rows squared",
  },
  seed: common.seed,
  rows: common.rows,
  id: {
    ...common.id,
    about: "column that holds row ids in both; rows are then joined by id instead of by order",
  },
  ids: AUDIT_OPTIONS.ids,
  vector: common.vector,
  failUnder: list({
    group: common.GROUPS.gate,
    about:
      "fail when a score where more is better (linearCka, distanceSpearman, neighborRecall) is under its limit: neighborRecall=0.8",
    placeholder: "NAME=VALUE",
  }),
  failOver: list({
    group: common.GROUPS.gate,
    about:
      "fail when a score where less is better (moved, movement, shift, procrustes) is over its limit: moved=0.01",
    placeholder: "NAME=VALUE",
  }),
  points: {
    ...common.points,
    about:
      "write a table with a line per row (per anchor when sampled): movement, overlap, neighbours lost and gained; its ending chooses the format: .parquet, .csv, .tsv, .jsonl, .arrow, .npy",
  },
  force: { ...common.force, about: "overwrite the file of --points when it exists" },
  threads: common.threads,
  provider: common.provider,
};

/** The values of job `drift`. */
export type DriftValues = Values<typeof OPTIONS>;

/** What moved between two versions of a space. */
export const drift = defineJob({
  name: "drift",
  about: "what moved between two versions of one space",
  details: [
    "OLD and NEW hold the same items, joined by --id or row by row: two checkpoints of an encoder, last month's vectors and today's. Widths may differ.",
    "A row moved if its distances to its neighbours changed: 0 as before, 1 as far as chance would put it, from 0.5 on it left. A region that moved as a whole did not drift, nor did a space " +
      "that was turned, shifted or scaled.",
    "Beside it: linear CKA, RSA (distanceSpearman), Procrustes, and mutual neighbours (neighborRecall), as an audit has them.",
  ],
  inputs: {
    old: { about: "the space as it was: any file that audit reads" },
    new: { about: "the space as it is: the same items" },
  },
  options: OPTIONS,
  examples: [
    {
      command: "isometer drift old.parquet new.parquet --id doc --metric cosine",
      about: "which documents moved when the encoder changed?",
    },
    {
      command: "isometer drift old.npy new.npy --fail-over moved=0.01 --fail-under neighborRecall=0.8",
      about: "in continuous integration: exit status 3 when too much moved",
    },
    {
      command: "isometer drift old.npy new.npy --points moved.csv --html drift.html",
      about: "row by row as a table, and a page with maps",
    },
  ],
  run: (ctx, inputs, options): Promise<DriftResult> => run(ctx, [inputs.old, inputs.new], options),
  report: driftReport,
  documents: {
    html: {
      about: "the same with a histogram and maps as one HTML file that needs no network",
      write: writeDriftPage,
    },
  },
});

/** The scores that an audit gives. */
const AUDITED = ["linearCka", "distanceSpearman", "procrustes", "neighborRecall"] as const;

const STAGES: readonly Stage[] = [
  ...AUDIT_STAGES.filter(({ stage }) => !["all ranks", "classes", "groups", "clusters"].includes(stage)),
  { stage: "regions", says: "finding regions", share: 0.03 },
  { stage: "neighbours", says: "comparing neighbours", share: 0.3 },
  { stage: "movement", says: "looking at rows", share: 0.1 },
  { stage: "fitting", says: "drawing maps", share: 0.05 },
  { stage: "writing points", says: "writing points", share: 0.02 },
];

async function run(
  ctx: JobContext,
  paths: readonly [string, string],
  options: DriftValues,
): Promise<DriftResult> {
  const started = ctx.clock();
  const limits = await checked(ctx, options);
  const watch = overall(ctx.watch, STAGES);
  const read = await readDriftInputs(watch, paths, options);
  try {
    const { audit, found, groups } = await measure(watch, read, options);
    const { points } = found;
    const written: PointsRecord | null =
      options.points === undefined
        ? null
        : await writeDriftPoints(options.points, points, groups, read, watch);
    const { linearCka, distanceSpearman, procrustes, neighborRecall } = audit.scores;
    const { shift, ...moved } = found.scores;
    const scores: DriftResult["scores"] = {
      ...defined({ linearCka, distanceSpearman, procrustes, neighborRecall }),
      ...moved,
      ...(shift && { shift }),
    };
    const { DRIFT_LEVELS } = await import("../align/drift.ts");
    const result: DriftResult = deepFreeze({
      schema: "isometer/drift/1" as const,
      job: "drift" as const,
      isometer: ctx.version,
      engine: found.engine,
      inputs: read.records,
      rows: found.rows,
      joined: read.joined,
      options: resolved(found, options),
      scale: found.scale,
      chance: found.chance,
      scores,
      quantiles: { levels: [...DRIFT_LEVELS], ...found.quantiles },
      regions: nameRegions(found.regions, read),
      unmatched: read.unmatched,
      points: written,
      witnesses: witnessesOf(points, groups, read),
      warnings: [...read.warnings, ...engineWarnings(found.engine), ...audit.warnings],
      gates: checkLimits(limits, scores),
      next: nextCommands(found, scores, paths, options, limits),
      seconds: secondsSince(ctx.clock, started),
    });
    if (wantsPage(ctx)) await leaveDriftPage(ctx, read, found, options, watch);
    return result;
  } finally {
    await read.close();
  }
}

/** Refuses before the work what would fail after it. */
async function checked(ctx: JobContext, options: DriftValues): Promise<readonly Limit<DriftScoreName>[]> {
  if (options.exact && options.sample !== undefined) {
    throw new IsometerError("bad-option", "--sample and --exact exclude each other", {
      hint: "--exact uses every row; --sample N draws N anchors.",
    });
  }
  const { failUnder, failOver, points, force } = options;
  const limits = parseLimits(failUnder, failOver, DRIFT_SCORE_NAMES, lessDriftIsBetter);
  await checkPoints(ctx, { ...AUDIT_DEFAULTS, points, force }, 1);
  return limits;
}

interface Measured {
  readonly audit: Audit;
  readonly found: Drift;
  readonly groups: Int32Array;
}

/** The scores of an audit, regions of the old space, and how far each row moved; all by the same anchors. */
async function measure(watch: Watch, read: DriftInputs, options: DriftValues): Promise<Measured> {
  watch.onProgress?.({ stage: "preparing", done: 0, total: 1 });
  const { metric, nNeighbors, sample, exact, seed, threads, provider } = options;
  const { old, now } = read;
  const { auditAll } = await import("../measure/index.ts");
  try {
    const means = defined({ metric, nNeighbors, sample, exact, seed, threads, provider });
    const latent = { name: now.name, latent: now.points, metric, duplicates: now.duplicates };
    const [audit] = await auditAll(old.points, [latent], {
      ...means,
      ...watch,
      original: { name: old.name, duplicates: old.duplicates },
      scores: AUDITED,
    });
    const { engine, options: used } = audit!;
    const { findClusters } = await import("../measure/clusters.ts");
    const { makeSpace } = await import("../neighbors/index.ts");
    const space = await makeSpace(old.points, metric, { engine, name: old.name });
    const random = rng(seed);
    const { rows: groups } = await findClusters(space, random.split("regions"), {
      engine,
      watch,
      stage: "regions",
    });
    const rooms = await import("../align/drift.ts");
    const found = await rooms.drift(old.points, now.points, {
      ...means,
      ...watch,
      groups,
      names: [old.name, now.name],
      // Those of the audit.
      anchors:
        used.sample === "exact"
          ? null
          : sampleWithoutReplacement(random.split("anchors"), audit!.rows, used.sample),
    });
    return { audit: audit!, found, groups };
  } catch (error) {
    throw asFlag(error, OPTIONS);
  }
}

function resolved({ options: used }: Drift, options: DriftValues): DriftResult["options"] {
  const { rows = null, id = null, ids, vector = null, points = null } = options;
  return { ...used, rows, id, ids, vector, points };
}

/** What to type next, at most three commands. */
function nextCommands(
  { options: { sample } }: Drift,
  { moved, neighborRecall }: DriftResult["scores"],
  paths: readonly [string, string],
  options: DriftValues,
  limits: readonly Limit<DriftScoreName>[],
): NextCommand[] {
  const again = (more: Readonly<Record<string, unknown>>) =>
    commandLine({ name: "drift", options: OPTIONS }, paths, {
      ...options,
      points: undefined,
      force: false,
      ...more,
    });
  const next: NextCommand[] = [];
  if (sample !== "exact") {
    next.push({ command: again({ sample: undefined, exact: true }), why: "every row: no sampling error" });
  }
  if (options.points === undefined) {
    next.push({ command: again({ points: "moved.csv" }), why: "how far each row moved, as a table" });
  }
  if (limits.length === 0) {
    const over = Math.ceil(moved!.interval[1] * 100) / 100;
    const under = Math.floor(neighborRecall!.interval[0] * 20) / 20;
    next.push({
      command: again({ failOver: [`moved=${over}`], failUnder: [`neighborRecall=${under}`] }),
      why: "gates for continuous integration: exit status 3 beyond what was found now",
    });
  }
  return next;
}
