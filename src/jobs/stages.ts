import type { Progress, Watch } from "../base/index.ts";

/** A part of a job: the stage that is told, what a person calls it, and its usual share of the work. */
export interface Stage {
  readonly stage: string;
  readonly says: string;
  readonly share: number;
}

/** The parts of an audit in order. Shares were measured on MNIST (70,000 x 784 and 2); stages may repeat. */
export const AUDIT_STAGES: readonly Stage[] = [
  { stage: "reading", says: "reading", share: 0.04 },
  { stage: "checking", says: "checking rows", share: 0.01 },
  { stage: "preparing", says: "preparing", share: 0.02 },
  { stage: "pass 1 of 2", says: "finding neighbours", share: 0.4 },
  { stage: "refining", says: "checking neighbours", share: 0.02 },
  { stage: "measuring", says: "checking neighbours", share: 0.01 },
  { stage: "pass 2 of 2", says: "ranking distances", share: 0.36 },
  { stage: "largest distances", says: "ranking distances", share: 0.01 },
  { stage: "second moments", says: "comparing shapes", share: 0.03 },
  { stage: "landmarks", says: "measuring landmarks", share: 0.03 },
  { stage: "classes", says: "comparing classes", share: 0.04 },
  { stage: "groups", says: "comparing groups", share: 0.02 },
  { stage: "shape", says: "comparing shapes", share: 0.01 },
];

/**
 * The parts of an audit with its references: PCA is fitted once the data are read, SMACOF of landmarks after it and compared last. Geodesics come
 * before the passes.
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
  const stages = [
    ...AUDIT_STAGES.slice(0, 3),
    ...(options.baseline === "none" ? [] : [{ stage: "fitting", says: "fitting PCA", share: 0.06 }]),
    ...(smacof ? [{ stage: "scaling", says: "fitting SMACOF", share: 0.06 }] : []),
    ...AUDIT_STAGES.slice(3),
    ...(smacof ? [{ stage: "achievable", says: "comparing with SMACOF", share: 0.04 }] : []),
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

/** `done` and `total` of an overall progress are in thousandths of the job. */
const WHOLE = 1000;

/**
 * A watch that tells of one job from 0 to 1000 instead of its stages one by one, and never goes back. A stage that is not listed
 * keeps its name and stands still.
 */
export function overall(watch: Watch, stages: readonly Stage[]): Watch {
  const { onProgress } = watch;
  if (!onProgress) return watch;
  const whole = stages.reduce((sum, { share }) => sum + share, 0);
  let furthest = 0;
  const told = ({ stage, done, total }: Progress) => {
    const at = stages.findIndex((known) => known.stage === stage);
    const before = stages.slice(0, Math.max(0, at)).reduce((sum, { share }) => sum + share, 0);
    const within = at < 0 || total <= 0 ? 0 : stages[at]!.share * Math.min(1, done / total);
    furthest = Math.max(furthest, Math.floor((WHOLE * (before + within)) / whole));
    onProgress({ stage: stages[at]?.says ?? stage, done: furthest, total: WHOLE });
  };
  return { ...watch, onProgress: told };
}

/** The watch of part `index` (from 0) of `count` equal parts, each told under its name. */
export function part(watch: Watch, name: string, index: number, count: number): Watch {
  const { onProgress } = watch;
  if (!onProgress) return watch;
  const told = ({ stage, done, total }: Progress) =>
    onProgress({ stage: `${name}: ${stage}`, done: index * total + done, total: count * total });
  return { ...watch, onProgress: told };
}
