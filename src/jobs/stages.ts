import type { Progress, Watch } from "../base/index.ts";

/** A part of a job: the stage that is told, what a person calls it, and its usual share of the work. */
export interface Stage {
  readonly stage: string;
  readonly says: string;
  readonly share: number;
  /** It runs beside the others, until the next that does not: it moves the progress on, under their names. */
  readonly beside?: true;
}

/** The parts of an audit in order. Shares are between those measured of 10,000 and of a million rows; stages may repeat. */
export const AUDIT_STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.04 },
  { stage: "checking", says: "checking rows", share: 0.01 },
  { stage: "preparing", says: "preparing", share: 0.02 },
  { stage: "pass 1 of 2", says: "finding neighbours", share: 0.22 },
  { stage: "refining", says: "checking neighbours", share: 0.02 },
  { stage: "measuring", says: "checking neighbours", share: 0.01 },
  { stage: "pass 2 of 2", says: "ranking distances", share: 0.22 },
  { stage: "largest distances", says: "finding largest distances", share: 0.08 },
  { stage: "all ranks", says: "ranking all rows", share: 0.23 },
  { stage: "shapes of neighbourhoods", says: "comparing neighbourhoods", share: 0.02, beside: true },
  { stage: "clusters", says: "finding clusters", share: 0.02, beside: true },
  { stage: "second moments", says: "comparing shapes", share: 0.04, beside: true },
  { stage: "landmarks", says: "measuring landmarks", share: 0.02, beside: true },
  { stage: "classes", says: "comparing classes", share: 0.03, beside: true },
  { stage: "groups", says: "comparing groups", share: 0.01, beside: true },
  { stage: "shape", says: "comparing shapes", share: 0.01 },
];

/**
 * The parts of an audit with its references: PCA is fitted once the data are read, SMACOF of landmarks beside it and compared beside the passes.
 * Geodesics come before the passes.
 */
export function auditStages(options: {
  readonly baseline: string;
  readonly achievable: string;
  readonly metric: string;
  readonly latentMetric: string;
  readonly points: string | undefined;
  readonly holdout: string | undefined;
}): readonly Stage[] {
  const smacof = options.achievable !== "none";
  const geodesic = options.metric === "geodesic" || options.latentMetric === "geodesic";
  const stages: readonly Stage[] = [
    ...AUDIT_STAGES.slice(0, 3),
    ...(smacof ? [{ stage: "scaling", says: "fitting SMACOF", share: 0.02, beside: true } as const] : []),
    ...(options.baseline === "none" ? [] : [{ stage: "fitting", says: "fitting PCA", share: 0.08 }]),
    ...AUDIT_STAGES.slice(3, -1),
    ...(smacof
      ? [{ stage: "achievable", says: "comparing with SMACOF", share: 0.06, beside: true } as const]
      : []),
    ...AUDIT_STAGES.slice(-1),
    ...(options.holdout === undefined
      ? []
      : [...group("held out", "rows held out"), ...group("seen", "rows seen")]),
    ...(options.points === undefined
      ? []
      : [
          { stage: "points", says: "looking at points", share: 0.1 },
          { stage: "writing points", says: "writing points", share: 0.02 },
        ]),
  ];
  return geodesic ? withGeodesics(stages) : stages;
}

/** The passes over a group of rows. */
function group(name: string, says: string): Stage[] {
  return AUDIT_STAGES.slice(3).map((part) => ({
    stage: `${name}: ${part.stage}`,
    says: `${says}: ${part.says}`,
    share: part.share * 0.6,
  }));
}

/** The same where geodesics are found first. Shares are those of a Swiss roll of 10,000 rows; of more rows the graph takes most of the time. */
export function withGeodesics(stages: readonly Stage[]): readonly Stage[] {
  const before = stages.findIndex(({ stage }) => stage === "pass 1 of 2");
  const geodesics: readonly Stage[] = [
    { stage: "graph", says: "joining neighbours", share: 0.4 },
    { stage: "geodesics", says: "finding geodesics", share: 0.5 },
  ];
  return [...stages.slice(0, before), ...geodesics, ...stages.slice(before)];
}

/** The parts of a fit. */
export const FIT_STAGES: readonly Stage[] = [
  { stage: "neighbours", says: "finding neighbours", share: 0.2 },
  { stage: "fitting", says: "fitting", share: 0.4 },
  { stage: "values", says: "mapping", share: 0.1 },
];

/** `done` and `total` of an overall progress are in thousandths of the job. */
const WHOLE = 1000;

/**
 * A watch that tells of one job from 0 to 1000 instead of its stages one by one, and never goes back. A stage that is not listed
 * keeps its name and stands still. Where a stage tells what it minimises, its steps and that are the detail.
 */
export function overall(watch: Watch, stages: readonly Stage[]): Watch {
  const { onProgress } = watch;
  if (!onProgress) return watch;
  const whole = stages.reduce((sum, { share }) => sum + share, 0);
  const parts = stages.map(() => 0);
  let current = -1;
  let furthest = 0;
  let steps = { stage: "", detail: "" };
  const told = ({ stage, done, total, objective }: Progress) => {
    if (objective !== undefined) {
      steps = { stage, detail: `step ${done} of ${total}, ${Number(objective.toPrecision(4))}` };
    }
    const at = stages.findIndex((known) => known.stage === stage);
    if (at >= 0 && total > 0) parts[at] = Math.max(parts[at]!, Math.min(1, done / total));
    if (at >= 0 && !stages[at]!.beside) current = Math.max(current, at);
    // What comes before the current stage has ended, or was not needed.
    const reached = stages.reduce((sum, { share }, i) => sum + share * (i < current ? 1 : parts[i]!), 0);
    furthest = Math.max(furthest, Math.floor(WHOLE * (reached / whole)));
    const shown = at >= 0 && stages[at]!.beside && current >= 0 ? current : at;
    const detail = steps.stage === stage && steps.detail;
    onProgress({
      stage: stages[shown]?.says ?? stage,
      done: furthest,
      total: WHOLE,
      ...(detail && { detail }),
    });
  };
  return { ...watch, onProgress: told };
}

/** The watch of part `index` (from 0) of `count` equal parts, each told under its name. */
export function part(watch: Watch, name: string, index: number, count: number): Watch {
  const { onProgress } = watch;
  if (!onProgress) return watch;
  const told = ({ stage, done, total, detail }: Progress) =>
    onProgress({
      stage: `${name}: ${stage}`,
      done: index * total + done,
      total: count * total,
      ...(detail && { detail }),
    });
  return { ...watch, onProgress: told };
}

/** The watches of what takes the first `share` of a job, and of what comes after it: told as one. */
export function split(watch: Watch, share: number): readonly [first: Watch, rest: Watch] {
  const { onProgress } = watch;
  if (!onProgress) return [watch, watch];
  const from = (start: number, size: number): Watch => ({
    ...watch,
    onProgress: ({ done, total, ...told }) => {
      const reached = total > 0 ? Math.min(1, done / total) : 0;
      onProgress({ ...told, done: Math.floor(WHOLE * (start + size * reached)), total: WHOLE });
    },
  });
  return [from(0, share), from(share, 1 - share)];
}
