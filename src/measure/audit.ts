import {
  checkSameRows,
  type Matrix,
  type Rng,
  rng,
  sampleWithoutReplacement,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineOptions, findEngine } from "../engine/index.ts";
import { type Metric, makeSpace, type Space } from "../neighbors/index.ts";
import { checkScores, checkSize, checkSpread, chooseLayout, classesOf } from "./audit-checks.ts";
import { scored } from "./classes.ts";
import { type Classes, findClusters } from "./clusters.ts";
import { type CompareOptions, type Comparison, compare, type Evidence } from "./compare.ts";
import type { Audit, Score, ScoreName, Scores } from "./result.ts";
import { SCORES } from "./scores/index.ts";
import { witnessesOf } from "./witnesses.ts";

/** Another latent of the same original that scores are compared with, under euclidean distance. */
export interface BaselineLatent {
  readonly name: string;
  readonly latent: Matrix;
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
  readonly latent: Matrix;
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
  /** Class of each row, for the scores of classes: any names. Without, they are about clusters found in the original by k-means. */
  readonly labels?: readonly string[] | null;
  /** What to call the inputs in errors. Default "the original" and "the latent". */
  readonly names?: readonly [string, string];
}

/**
 * How far a latent space is from an isometry of the original.
 *
 * Exact up to 10,000 rows; above, 2,000 anchors are compared with all rows and every score carries a 95 % interval.
 * Cost: m n (d_x + d_z) multiplications, twice (m = n / 2 when exact), and O(m k + n) memory beyond the data.
 *
 * @param original n x D, row i is the same item as row i of `latent`
 * @param latent n x d
 * @throws row-count-mismatch; too-few-rows (n < 3); bad-option (k, sample, unknown score); non-finite;
 *   zero-vector under cosine; bad-value when all distances of a space are 0; aborted
 *
 * @example
 * const { scores } = await audit(matrix(points, 1000, 64), matrix(map, 1000, 2), { nNeighbors: 10 });
 * console.log(scores.trustworthiness.value, scores.stretch.value);
 */
export async function audit(original: Matrix, latent: Matrix, options: AuditOptions = {}): Promise<Audit> {
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
  original: Matrix,
  latents: readonly NamedLatent[],
  options: SharedOptions = {},
): Promise<readonly Audit[]> {
  const { metric = "euclidean", nNeighbors = 15, seed = 0 } = options;
  const name = options.original?.name ?? "the original";
  for (const { latent, name: other } of latents) checkSameRows(original, latent, [name, other]);
  checkSize(original.rows, nNeighbors, name);
  const wanted = checkScores(options.scores);
  const random = rng(seed);
  const layout = chooseLayout(original.rows, options, (m) =>
    sampleWithoutReplacement(random.split("anchors"), original.rows, m),
  );
  const engine = await findEngine(options);
  const duplicates = options.original?.duplicates ?? null;
  const x = await makeSpace(original, metric, { engine, name, duplicates });
  const wants = new Set<Evidence>(wanted.flatMap((score) => SCORES[score]!.needs));
  const labelled = options.labels ? classesOf(options.labels, original.rows) : null;
  const means = { engine, watch: options };
  const classes = wants.has("classes")
    ? (labelled ?? (await findClusters(x, random.split("clusters"), means)))
    : null;
  const how: CompareOptions = {
    ...{ layout, k: nNeighbors, wants, rng: random, ...means },
    classes: classes?.rows ?? null,
  };
  const measured = new Map<BaselineLatent, Scores>();
  const audits: Audit[] = [];
  for (const each of latents) {
    const comparison = await compareLatent(x, each, how);
    checkSpread(comparison, [name, each.name]);
    const { baseline, latent, metric: latentMetric = "euclidean" } = each;
    if (baseline && !measured.has(baseline)) {
      measured.set(baseline, await baselineScores(x, baseline, how, wanted));
    }
    const own = scoresOf(comparison, wanted, random);
    const scores = baseline ? withBaseline(own, baseline.name, measured.get(baseline)!) : own;
    audits.push({
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
      classes: classes && { from: classes.from, count: classes.count },
      scores,
      witnesses: witnessesOf(comparison, scores.stretch?.scale.median ?? null),
      warnings: classWarnings(classes),
    });
  }
  return deepFreeze(audits);
}

/** Says why there are no scores of classes. */
function classWarnings(classes: Classes | null): Warning[] {
  if (!classes || scored(classes.count, classes.rows.length)) return [];
  const all = classes.count === 1 ? "all rows are of one class" : "every row is a class of its own";
  return [{ code: "no-classes", message: `no scores of classes: ${all} (${classes.from})` }];
}

async function compareLatent(x: Space, each: NamedLatent, how: CompareOptions): Promise<Comparison> {
  const { name, latent, metric = "euclidean", duplicates = null } = each;
  const z = await makeSpace(latent, metric, { engine: how.engine, name, duplicates });
  return compare(x, z, how);
}

function scoresOf(comparison: Comparison, names: readonly ScoreName[], random: Rng): Scores {
  const known = names.flatMap((name) => {
    const score = SCORES[name]!.of(comparison, random);
    return score ? [[name, score] as const] : [];
  });
  return Object.fromEntries(known);
}

/** The scores of a baseline, by the same anchors; its stages are told apart. */
async function baselineScores(
  x: Space,
  { name, latent }: BaselineLatent,
  how: CompareOptions,
  names: readonly ScoreName[],
): Promise<Scores> {
  checkSameRows(x, latent, ["the original", name]);
  const { onProgress, signal } = how.watch;
  const watch: Watch = {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: `baseline: ${p.stage}` }) }),
  };
  return scoresOf(await compareLatent(x, { name, latent }, { ...how, watch }), names, how.rng);
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
