import { checkSameRows, type Points, rng, sampleWithoutReplacement, type Watch } from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import { type Metric, makeSpace, type Space } from "../neighbors/index.ts";
import { checkScores, checkSize, checkSpread, chooseLayout, classesOf } from "./audit-checks.ts";
import { type CompareOptions, type Comparison, compareAll, type Evidence } from "./compare.ts";
import { groupsOf, holdoutsOf } from "./holdout.ts";
import { POINTS_NEED, type PointColumns, pointsOf } from "./points.ts";
import type { Audit, Score, ScoreName, Scores } from "./result.ts";
import { SCORES, scoresOf } from "./scores/index.ts";
import { witnessesOf } from "./witnesses.ts";

/** Another latent of the same original that scores are compared with, under euclidean distance. */
export interface BaselineLatent {
  readonly name: string;
  readonly latent: Points;
}

/** Options of an audit of several latents: those that belong to one latent are in `NamedLatent`. */
export type SharedOptions = Omit<AuditOptions, "latentMetric" | "duplicates" | "baseline" | "names"> & {
  /** What to call the original in errors, and the index of the first equal row of each row. */
  readonly original?: { readonly name?: string; readonly duplicates?: Int32Array | null };
};

/** One of several latents of the same original. */
export interface NamedLatent {
  readonly name: string;
  /** n x d */
  readonly latent: Points;
  /** Default euclidean. */
  readonly metric?: Metric;
  readonly duplicates?: Int32Array | null;
  /** The same object may stand for several latents: it is then measured once. */
  readonly baseline?: BaselineLatent;
}

export interface AuditOptions extends EngineOptions, Watch {
  /** Distance in the original. Default euclidean. */
  readonly metric?: Metric;
  /** Distance in the latent. Default euclidean. */
  readonly latentMetric?: Metric;
  /** k of the neighbourhood scores: at least 1, below n / 2. Default 15. */
  readonly nNeighbors?: number;
  /** Number of anchors: rows drawn at random and compared with all rows. Default 2,000 above 10,000 rows. */
  readonly sample?: number;
  /** Look at every pair, however many rows. */
  readonly exact?: boolean;
  /** Seed of everything drawn. Default 0. */
  readonly seed?: number;
  /** Which scores. Default all. */
  readonly scores?: readonly ScoreName[];
  /** Index of the first equal row of each row, in the original and in the latent: spares work where many rows repeat. */
  readonly duplicates?: { readonly original?: Int32Array | null; readonly latent?: Int32Array | null };
  /**
   * Another latent of the same original that every score is compared with, under euclidean distance; usually `pca` and `project` to as
   * many dimensions, the linear map that keeps the most variance. The command line gives that. Costs as much again.
   */
  readonly baseline?: BaselineLatent;
  /** Class of each row, for the scores of classes: any names. */
  readonly labels?: readonly string[] | null;
  /** Gather what is known of single rows: see `Audit.points`. Default false. */
  readonly points?: boolean;
  /** Numbers of rows that the map never saw, at least 20 and all but 20 at most: see `Audit.holdout`. Costs two sampled audits more. */
  readonly holdout?: ArrayLike<number> | null;
  /** What to call the inputs in errors. Default "the original" and "the latent". */
  readonly names?: readonly [string, string];
}

/**
 * How far a latent space is from an isometry of the original.
 *
 * Exact up to 10,000 rows; above, 2,000 anchors (1e9 pairs at most) are compared with all rows and every score carries a 95 % interval.
 * Cost: m n (d_x + d_z) multiplications, twice (m = n / 2 when exact), and O(m k + n) memory beyond the data.
 *
 * @param original n x D, row i is the same item as row i of `latent`
 * @param latent n x d
 * @throws row-count-mismatch; too-few-rows (n < 3); bad-option (k, sample, unknown score, holdout); non-finite;
 *   zero-vector under cosine; bad-value when all distances of a space are 0; aborted
 *
 * @example
 * const { scores } = await audit(matrix(points, 1000, 64), matrix(map, 1000, 2), { nNeighbors: 10 });
 * console.log(scores.trustworthiness.value, scores.stretch.value);
 */
export async function audit(original: Points, latent: Points, options: AuditOptions = {}): Promise<Audit> {
  const { latentMetric, duplicates, baseline, names, ...shared } = options;
  const one: NamedLatent = {
    name: names?.[1] ?? "the latent",
    latent,
    ...(latentMetric && { metric: latentMetric }),
    duplicates: duplicates?.latent ?? null,
    ...(baseline && { baseline }),
  };
  const [first] = await auditAll(original, [one], {
    ...shared,
    original: { name: names?.[0] ?? "the original", duplicates: duplicates?.original ?? null },
  });
  return first!;
}

/**
 * Audits several latents of one original, by the same anchors. What is known of the original is found once.
 *
 * @throws as `audit` does
 */
export async function auditAll(
  original: Points,
  latents: readonly NamedLatent[],
  options: SharedOptions = {},
): Promise<readonly Audit[]> {
  const { metric = "euclidean", nNeighbors = 15, seed = 0 } = options;
  const name = options.original?.name ?? "the original";
  for (const each of latents) checkSameRows(original, each.latent, [name, each.name]);
  checkSize(original.rows, nNeighbors, name);
  const wanted = checkScores(options.scores);
  const groups = options.holdout ? groupsOf(options.holdout, original.rows) : null;
  const random = rng(seed);
  const layout = chooseLayout(original.rows, options, (m) =>
    sampleWithoutReplacement(random.split("anchors"), original.rows, m),
  );
  const engine = await findEngine(options);
  const duplicates = options.original?.duplicates ?? null;
  const x = await makeSpace(original, metric, { engine, name, duplicates });
  const needs = wanted.flatMap((score) => SCORES[score]!.needs);
  const wants = new Set<Evidence>(options.points ? [...needs, ...POINTS_NEED] : needs);
  const classes = options.labels ? classesOf(options.labels, original.rows) : null;
  const how: CompareOptions = { layout, k: nNeighbors, wants, engine, rng: random, watch: options, classes };
  const baselines = [...new Set(latents.flatMap(({ baseline }) => baseline ?? []))];
  for (const each of baselines) checkSameRows(original, each.latent, [name, each.name]);
  const zs = await spacesOf([...latents, ...baselines], engine);
  const comparisons = await compareAll(x, zs, how);
  latents.forEach((each, l) => {
    checkSpread(comparisons[l]!, [name, each.name]);
  });
  const scored = comparisons.map((comparison) => scoresOf(comparison, wanted, random));
  const points = options.points ? await pointsOfAll(comparisons.slice(0, latents.length), how) : [];
  const own = zs.slice(0, latents.length);
  const holdouts = groups && (await holdoutsOf(x, own, how, { ...options, groups, scores: wanted }));
  return deepFreeze(
    latents.map(({ latent, metric: latentMetric = "euclidean", baseline }, l): Audit => {
      const level = baseline && scored[latents.length + baselines.indexOf(baseline)]!;
      const scores = level ? withBaseline(scored[l]!, baseline.name, level) : scored[l]!;
      return {
        rows: original.rows,
        cols: [original.cols, latent.cols],
        options: {
          metric,
          latentMetric,
          nNeighbors,
          sample: layout.kind === "all" ? "exact" : layout.slots,
          seed,
          scores: wanted,
          baseline: baseline?.name ?? null,
        },
        engine,
        scores,
        witnesses: witnessesOf(comparisons[l]!, scores.stretch?.scale.median ?? null),
        warnings: [],
        ...(points[l] && { points: points[l] }),
        ...(holdouts && { holdout: holdouts[l]! }),
      };
    }),
  );
}

async function spacesOf(
  latents: readonly (NamedLatent | BaselineLatent)[],
  engine: EngineInfo,
): Promise<Space[]> {
  const spaces: Space[] = [];
  for (const each of latents) {
    const { name, latent, metric = "euclidean", duplicates = null } = each as NamedLatent;
    spaces.push(await makeSpace(latent, metric, { engine, name, duplicates }));
  }
  return spaces;
}

async function pointsOfAll(comparisons: readonly Comparison[], how: CompareOptions): Promise<PointColumns[]> {
  const points: PointColumns[] = [];
  for (const comparison of comparisons) points.push(await pointsOf(comparison, how));
  return points;
}

function withBaseline(own: Scores, name: string, baseline: Scores): Scores {
  const entries = Object.entries(own) as [ScoreName, Score][];
  return Object.fromEntries(
    entries.map(([key, score]) => {
      const value = baseline[key]?.value;
      return [key, { ...score, baseline: value === undefined ? null : { name, value } }];
    }),
  );
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
