import {
  checkSameRows,
  type Matrix,
  rng,
  sampleWithoutReplacement,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineOptions, findEngine } from "../engine/index.ts";
import { type Metric, makeSpace } from "../neighbors/index.ts";
import { checkScores, checkSize, checkSpread, chooseLayout, classesOf } from "./audit-checks.ts";
import type { CompareOptions } from "./compare.ts";
import {
  type AchievableMap,
  type BaselineLatent,
  compareLatent,
  evidenceFor,
  type NamedLatent,
  openReferences,
  scoresOf,
} from "./references.ts";
import type { Audit, ScoreName } from "./result.ts";
import { witnessesOf } from "./witnesses.ts";

/** Options of an audit of several latents: those that belong to one latent are in `NamedLatent`. */
export type SharedOptions = Omit<
  AuditOptions,
  "latentMetric" | "duplicates" | "baseline" | "achievable" | "names"
> & {
  /** What to call the original in errors, and the index of the first equal row of each row. */
  readonly original?: { readonly name?: string; readonly duplicates?: Int32Array | null };
};

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
  /** A map of some rows that shows what is achievable there; usually by SMACOF. The command line gives that. */
  readonly achievable?: AchievableMap;
  /** Class of each row, for the scores of classes: any names. */
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
  const { latentMetric, duplicates, baseline, achievable, names, ...shared } = options;
  const one: NamedLatent = {
    name: names?.[1] ?? "the latent",
    latent,
    ...(latentMetric && { metric: latentMetric }),
    duplicates: duplicates?.latent ?? null,
    ...(baseline && { baseline }),
    ...(achievable && { achievable }),
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
  const classes = options.labels ? classesOf(options.labels, original.rows) : null;
  const wants = evidenceFor(wanted);
  const how: CompareOptions = { layout, k: nNeighbors, wants, engine, rng: random, watch: options, classes };
  const besides = openReferences(original, x, wanted, how);
  const audits: Audit[] = [];
  for (const each of latents) {
    const comparison = await compareLatent(x, each, how);
    checkSpread(comparison, [name, each.name]);
    const { baseline, achievable, latent, metric: latentMetric = "euclidean" } = each;
    const scores = await besides(scoresOf(comparison, wanted, random), each);
    const warnings: Warning[] = [];
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
        achievable: achievable?.name ?? null,
      },
      engine,
      scores,
      witnesses: witnessesOf(comparison, scores.stretch?.scale.median ?? null),
      warnings,
    });
  }
  return deepFreeze(audits);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
