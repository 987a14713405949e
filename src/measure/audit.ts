import {
  checkSameRows,
  deepFreeze,
  IsometerError,
  type Points,
  rng,
  sampleWithoutReplacement,
  type Warning,
} from "../base/index.ts";
import { type EngineInfo, findEngine } from "../engine/index.ts";
import type { Metric, Space, StraightMetric } from "../neighbors/index.ts";
import {
  checkCovariance,
  checkScores,
  checkSize,
  checkSpread,
  chooseLayout,
  classesOf,
} from "./audit-checks.ts";
import { scored } from "./classes.ts";
import { type Classes, findClusters } from "./clusters.ts";
import type { CompareOptions, Comparison, Evidence, Known } from "./compare.ts";
import { type Groups, groupsOf, holdoutsOf } from "./holdout.ts";
import type { AuditOptions, NamedLatent, SharedOptions } from "./options.ts";
import { pictureOf } from "./picture.ts";
import { POINTS_NEED, pointsOf } from "./points.ts";
import { chooseGraphNeighbors, type Prepared, prepare } from "./prepare.ts";
import {
  achievableScores,
  type BaselineLatent,
  type Reached,
  withAchievable,
  withBaseline,
} from "./references.ts";
import type { Audit, ScoreName, Scores, SpaceShape } from "./result.ts";
import { evidenceFor } from "./scores/index.ts";
import { type Scored, scoreAll } from "./scoring.ts";
import { shapeOf } from "./shape/index.ts";
import { witnessesOf } from "./witnesses.ts";

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
  original: Points,
  latents: readonly NamedLatent[],
  options: SharedOptions = {},
): Promise<readonly Audit[]> {
  const run = await setUp(original, latents, options);
  const { x, zs, how, wanted } = run;
  const spaces = zs.map(({ space }) => space);
  // Side by side: each has parts that run on one thread.
  const [scored, classes, reached] = await Promise.all([
    scoreAll(x.space, spaces, wanted, how, (swept, l) => {
      if (l < latents.length) checkSpread(swept, [run.name, latents[l]!.name]);
    }),
    run.classes,
    reachedBy(run),
  ]);
  const comparisons = scored.map(({ comparison }) => comparison);
  const scores = withReferences(run, scored, reached);
  const shapes = await shapesOf(comparisons, how);
  const holdouts = run.groups && (await holdoutsOfAll(run, run.groups, options));
  const audits: Audit[] = [];
  for (const [l, { latent, metric = "euclidean", baseline, achievable }] of latents.entries()) {
    const comparison = comparisons[l]!;
    const scale = scores[l]!.stretch?.scale.median ?? null;
    const picture = options.picture && (await pictureOf(comparison, scale, how, how.rng.split("picture")));
    const points = options.points && (await pointsOf(comparison, how));
    audits.push({
      rows: original.rows,
      cols: [original.cols, latent.cols],
      options: {
        ...run.resolved,
        latentMetric: metric,
        scores: wanted,
        baseline: baseline?.name ?? null,
        achievable: achievable?.name ?? null,
      },
      engine: run.engine,
      classes: classes && { from: classes.from, count: classes.count },
      scores: scores[l]!,
      shape: {
        original: shapes.get(x.space)!,
        latent: shapes.get(zs[l]!.space)!,
        baseline: baseline ? shapes.get(zs[run.baselineAt(baseline)]!.space)! : null,
      },
      witnesses: witnessesOf(comparison, scale),
      warnings: [
        ...x.warnings,
        ...zs[l]!.warnings,
        ...leftOut(run, l, scores[l]!),
        ...classWarnings(classes),
      ],
      ...(picture && { picture }),
      ...(points && { points }),
      ...(holdouts && { holdout: holdouts[l]! }),
    });
  }
  return deepFreeze(audits);
}

/** Says which scores geodesics do not allow. */
function leftOut({ metric, latents, wanted }: Run, l: number, scores: Scores): Warning[] {
  if (metric !== "geodesic" && latents[l]!.metric !== "geodesic") return [];
  const missing = wanted.filter((name) => !scores[name]);
  if (missing.length === 0) return [];
  return [{ code: "scores-left-out", message: `not measured with geodesics: ${missing.join(", ")}` }];
}

/** Says why there are no scores of classes. */
function classWarnings(classes: Classes | null): Warning[] {
  if (!classes || scored(classes.count, classes.rows.length)) return [];
  const all = classes.count === 1 ? "all rows are of one class" : "every row is a class of its own";
  return [{ code: "no-classes", message: `no scores of classes: ${all} (${classes.from})` }];
}

function holdoutsOfAll({ x, zs, latents, how, wanted }: Run, groups: Groups, options: SharedOptions) {
  const own = zs.slice(0, latents.length).map(({ space }) => space);
  const { sample, exact } = options;
  return holdoutsOf(x.space, own, how, { sample, exact, groups, scores: wanted });
}

/** What an audit goes by. */
interface Run {
  readonly original: Points;
  readonly name: string;
  readonly latents: readonly NamedLatent[];
  readonly wanted: readonly ScoreName[];
  readonly engine: EngineInfo;
  readonly x: Prepared;
  /** The latents, then their baselines, each once. */
  readonly zs: readonly Prepared[];
  baselineAt(baseline: BaselineLatent): number;
  readonly how: CompareOptions;
  readonly metric: Metric;
  readonly groups: Groups | null;
  readonly classes: Classes | Promise<Classes> | null;
  readonly resolved: Pick<Audit["options"], "metric" | "nNeighbors" | "graphNeighbors" | "sample" | "seed">;
}

/** Checks what was asked for, draws the anchors and prepares all spaces. */
async function setUp(
  original: Points,
  latents: readonly NamedLatent[],
  options: SharedOptions,
): Promise<Run> {
  const { metric = "euclidean", nNeighbors = 15, seed = 0 } = options;
  const name = options.original?.name ?? "the original";
  for (const each of latents) checkSameRows(original, each.latent, [name, each.name]);
  checkSize(original.rows, nNeighbors, name);
  const wanted = checkScores(options.scores);
  const groups = options.holdout ? groupsOf(options.holdout, original.rows) : null;
  const random = rng(seed);
  const metrics = [metric, ...latents.map((each) => each.metric ?? "euclidean")];
  if (groups && metrics.includes("geodesic")) {
    throw new IsometerError(
      "bad-option",
      "holdout must come without geodesics: only those of one set of anchors are held",
      {
        hint: "Leave one of the two out.",
      },
    );
  }
  const graphNeighbors = chooseGraphNeighbors(options.graphNeighbors, original.rows, metrics);
  const layout = chooseLayout(original.rows, options, graphNeighbors !== null, (m) =>
    sampleWithoutReplacement(random.split("anchors"), original.rows, m),
  );
  const engine = await findEngine(options);
  const labelled = options.labels ? classesOf(options.labels, original.rows) : null;
  const common = { layout, graphNeighbors, engine, watch: options };
  const duplicates = options.original?.duplicates ?? null;
  const covariance = checkCovariance(options.original?.covariance ?? null, original.cols);
  const x = await prepare(original, { ...common, metric, name, duplicates });
  const baselines = [...new Set(latents.flatMap(({ baseline }) => baseline ?? []))];
  const zs: Prepared[] = [];
  for (const each of [...latents, ...baselines]) {
    checkSameRows(original, each.latent, [name, each.name]);
    const { metric: own = "euclidean", duplicates: twins = null } = each as NamedLatent;
    zs.push(await prepare(each.latent, { ...common, metric: own, name: each.name, duplicates: twins }));
  }
  const needs = evidenceFor(wanted);
  const wants = new Set<Evidence>([...needs, "spectra", ...(options.points ? POINTS_NEED : [])]);
  const sample = layout.kind === "all" ? "exact" : layout.slots;
  const means = { engine, watch: options };
  const classes = needs.has("classes")
    ? (labelled ??
      awaitedLater(findClusters(x.space, random.split("clusters"), { ...means, stage: "clusters" })))
    : null;
  const base = { layout, k: nNeighbors, wants, rng: random, ...means };
  const classRows = classes instanceof Promise ? awaitedLater(classes.then(rowsOf)) : (classes?.rows ?? null);
  return {
    original,
    name,
    latents,
    wanted,
    engine,
    x,
    zs,
    baselineAt: (baseline) => latents.length + baselines.indexOf(baseline),
    how: {
      ...base,
      classes: classRows,
      known: { of: x.space, covariance, lengths: knownLengths(latents, metric) },
    },
    classes,
    metric,
    groups,
    resolved: { metric, nNeighbors, graphNeighbors, sample, seed },
  };
}

const rowsOf = ({ rows }: Classes) => rows;

/** Lengths in the original that came with a map of some rows. */
function knownLengths(latents: readonly NamedLatent[], metric: Metric): Known["lengths"] {
  const map = latents.find(({ achievable }) => achievable?.lengths)?.achievable;
  return map?.lengths && metric !== "geodesic" ? { rows: map.rows, lengths: map.lengths } : null;
}

/** Work that runs beside other work: whoever awaits it hears of its failure, and nobody where the other work failed first. */
function awaitedLater<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}

/** What the maps that show what is achievable reach, and the latents on the same rows. */
async function reachedBy({
  original,
  latents,
  wanted,
  how,
  metric,
}: Run): Promise<ReadonlyMap<NamedLatent, Reached>> {
  const found = new Map<NamedLatent, Reached>();
  // Of geodesics, lengths among a few rows alone are others.
  if (metric === "geodesic") return found;
  for (const map of new Set(latents.flatMap(({ achievable }) => achievable ?? []))) {
    const together = latents.filter((each) => each.achievable === map && each.metric !== "geodesic");
    const straight: StraightMetric = metric;
    const reached = await achievableScores(original, straight, map, together, wanted, how);
    together.forEach((each, t) => {
      found.set(each, reached[t]!);
    });
  }
  return found;
}

/** The scores of each latent, with those of its references beside them. */
function withReferences(
  run: Run,
  scored: readonly Scored[],
  reached: ReadonlyMap<NamedLatent, Reached>,
): readonly Scores[] {
  const own = scored.map(({ scores }) => scores);
  return run.latents.map((each, l) => {
    const { baseline, achievable } = each;
    const beside = baseline ? withBaseline(own[l]!, baseline.name, own[run.baselineAt(baseline)]!) : own[l]!;
    const there = reached.get(each);
    return achievable && there ? withAchievable(beside, achievable, there) : beside;
  });
}

/** The shape of every space, each found once. */
async function shapesOf(
  comparisons: readonly Comparison[],
  { engine, rng: random, watch }: CompareOptions,
): Promise<ReadonlyMap<Space, SpaceShape>> {
  const shapes = new Map<Space, SpaceShape>();
  for (const comparison of comparisons) {
    for (const side of ["x", "z"] as const) {
      const space = comparison.spaces[side];
      if (shapes.has(space)) continue;
      shapes.set(space, await shapeOf(comparison, side, { ...watch, engine, rng: random }));
    }
  }
  return shapes;
}
