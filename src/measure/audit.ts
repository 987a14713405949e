import {
  checkInteger,
  checkSameRows,
  IsometerError,
  type Matrix,
  nearestName,
  type Rng,
  rng,
  sampleWithoutReplacement,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineOptions, findEngine } from "../engine/index.ts";
import { type Layout, type Metric, makeSpace, type Space } from "../neighbors/index.ts";
import { type CompareOptions, type Comparison, compare, type Evidence } from "./compare.ts";
import { MOMENTS } from "./pairs.ts";
import type { Audit, Score, ScoreName, Scores } from "./result.ts";
import { totalMoments } from "./scores/distance.ts";
import { SCORE_NAMES, SCORES } from "./scores/index.ts";
import { witnessesOf } from "./witnesses.ts";

/** Up to this many rows every pair is looked at unless a sample is asked for. */
export const EXACT_ROWS = 10_000;

/** Anchors drawn by default from more rows than that. */
export const DEFAULT_ANCHORS = 2_000;

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
  readonly baseline?: { readonly name: string; readonly latent: Matrix };
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
  const names = options.names ?? ["the original", "the latent"];
  const { metric = "euclidean", latentMetric = "euclidean", nNeighbors = 15, seed = 0 } = options;
  checkSameRows(original, latent, names);
  checkSize(original.rows, nNeighbors, names[0]);
  const wanted = checkScores(options.scores);
  const random = rng(seed);
  const layout = chooseLayout(original.rows, options, (m) =>
    sampleWithoutReplacement(random.split("anchors"), original.rows, m),
  );
  const engine = await findEngine(options);
  const { duplicates } = options;
  const x = await makeSpace(original, metric, {
    engine,
    name: names[0],
    duplicates: duplicates?.original ?? null,
  });
  const z = await makeSpace(latent, latentMetric, {
    engine,
    name: names[1],
    duplicates: duplicates?.latent ?? null,
  });
  const wants = new Set<Evidence>(wanted.flatMap((name) => SCORES[name].needs));
  const how = { layout, k: nNeighbors, wants, engine, rng: random };
  const comparison = await compare(x, z, { ...how, watch: options });
  checkSpread(comparison, names);
  const own = scoresOf(comparison, wanted, random);
  const { baseline } = options;
  const scores = baseline
    ? withBaseline(own, baseline.name, await baselineScores(x, baseline, how, wanted, options))
    : own;
  const warnings: Warning[] = [];
  return deepFreeze({
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
    witnesses: witnessesOf(comparison, scores.stretch?.scale.median ?? null),
    warnings,
  });
}

function scoresOf(comparison: Comparison, names: readonly ScoreName[], random: Rng): Scores {
  return Object.fromEntries(names.map((name) => [name, SCORES[name].of(comparison, random)]));
}

/** The scores of a baseline, by the same anchors; its stages are told apart. */
async function baselineScores(
  x: Space,
  { name, latent }: NonNullable<AuditOptions["baseline"]>,
  how: Omit<CompareOptions, "watch">,
  names: readonly ScoreName[],
  { onProgress, signal }: Watch,
): Promise<Scores> {
  if (latent.rows !== x.rows) checkSameRows(x, latent, ["the original", name]);
  const watch: Watch = {
    ...(signal && { signal }),
    ...(onProgress && { onProgress: (p) => onProgress({ ...p, stage: `baseline: ${p.stage}` }) }),
  };
  const z = await makeSpace(latent, "euclidean", { engine: how.engine, name });
  return scoresOf(await compare(x, z, { ...how, watch }), names, how.rng);
}

function withBaseline(own: Scores, name: string, baseline: Scores): Scores {
  const entries = Object.entries(own) as [ScoreName, Score][];
  return Object.fromEntries(
    entries.map(([key, score]) => [key, { ...score, baseline: { name, value: baseline[key]!.value } }]),
  );
}

function checkSize(rows: number, k: number, name: string): void {
  if (rows < 3) {
    throw new IsometerError(
      "too-few-rows",
      `${name} has ${rows} row${rows === 1 ? "" : "s"}: at least 3 are needed`,
      {
        needed: "3 rows",
        got: String(rows),
        hint: "One row has no neighbours and two have one distance: nothing can be compared.",
      },
    );
  }
  const largest = Math.ceil(rows / 2) - 1;
  if (Number.isInteger(k) && k > largest) {
    throw new IsometerError(
      "bad-option",
      `nNeighbors must be below half the number of rows (${rows}), got ${k}`,
      {
        needed: `at most ${largest}`,
        got: String(k),
        hint: `Use --n-neighbors ${largest} or less: trustworthiness is not defined beyond.`,
      },
    );
  }
  checkInteger("nNeighbors", k, 1);
}

function checkScores(asked: readonly ScoreName[] | undefined): readonly ScoreName[] {
  for (const name of asked ?? []) {
    if (SCORE_NAMES.includes(name)) continue;
    const near = nearestName(name, SCORE_NAMES);
    throw new IsometerError("bad-option", `there is no score called ${name}`, {
      hint: near ? `Did you mean ${near}?` : `Scores are ${SCORE_NAMES.join(", ")}.`,
    });
  }
  return asked ?? SCORE_NAMES;
}

function chooseLayout(rows: number, options: AuditOptions, draw: (count: number) => Int32Array): Layout {
  const { sample, exact } = options;
  if (sample !== undefined && exact) {
    throw new IsometerError("bad-option", "sample and exact exclude each other", {
      hint: "Leave one of them out.",
    });
  }
  if (sample !== undefined) checkInteger("sample", sample, 2, rows);
  const anchors = sample ?? (exact || rows <= EXACT_ROWS ? rows : DEFAULT_ANCHORS);
  if (anchors >= rows) return { kind: "all", rows };
  return { kind: "anchors", rows, slots: anchors, index: draw(anchors) };
}

/** A space whose rows are all equal has no distances to compare. */
function checkSpread({ pairs }: Comparison, names: readonly [string, string]): void {
  if (!pairs) return;
  const moments = totalMoments(pairs);
  [MOMENTS.dxdx, MOMENTS.dzdz].forEach((moment, side) => {
    if (moments[moment]! > 0) return;
    throw new IsometerError("bad-value", `all rows of ${names[side]} are the same: it has no distances`, {
      hint: "The encoder may have collapsed, or the wrong column was read: look at it with isometer info.",
    });
  });
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !ArrayBuffer.isView(value)) {
    Object.values(value).forEach(deepFreeze);
    Object.freeze(value);
  }
  return value;
}
