import {
  checkFinite,
  checkInteger,
  checkSameRows,
  deepFreeze,
  gatherRows,
  IsometerError,
  type Matrix,
  nearestName,
  permutation,
  type Rows,
  rng,
  throwIfAborted,
  type Watch,
} from "../../base/index.ts";
import { type EngineOptions, findEngine } from "../../engine/index.ts";
import { type Algebra, openAlgebra } from "../../linalg/index.ts";
import { STRAIGHT_METRICS, type StraightMetric } from "../../neighbors/index.ts";
import { type Calibration, conformalPValues } from "./conformal.ts";
import {
  DETECTOR_NAMES,
  type DetectorMethodName,
  DISTANCES_OF,
  type DistanceOf,
  MEMBER_NAMES,
  type MemberSpec,
} from "./methods.ts";
import {
  fitModel,
  type Given,
  type Means,
  type Model,
  type ModelOptions,
  openModel,
  type Sample,
} from "./model.ts";
import { fitScaling, type Scaling, scaled } from "./scaling.ts";

/** Which normal rows calibrate: some set apart, all by turns, or none. */
export const CALIBRATION_KINDS = ["split", "cross", "none"] as const;
export type CalibrationKind = (typeof CALIBRATION_KINDS)[number];

/** Fewer normal rows than this are calibrated by turns: half of them would be too few for either use. */
export const FEW_ROWS = 1000;
const LEAST_ROWS = 4;

export interface DetectorOptions extends EngineOptions, Watch {
  /** Default knn. */
  readonly method?: DetectorMethodName;
  /** Of knn and lof; under cosine all methods look at rows of length 1. Default euclidean. */
  readonly metric?: StraightMetric;
  /** k of knn, lof and stretch. Default 5, 20 and 10, or one less than the rows. */
  readonly nNeighbors?: number;
  /** knn: the mean of the k distances or the k-th. Default mean. */
  readonly distanceOf?: DistanceOf;
  /** Divide every column by its standard deviation among the normal rows. Default false: the distances of the space as they are. */
  readonly standardize?: boolean;
  /** reconstruction: how many principal components. Default: as few as have `variance`. */
  readonly nComponents?: number;
  /** reconstruction: share of the variance, default 0.9. */
  readonly variance?: number;
  /** ensemble: default knn with k / 5, k and 4 k neighbours, and mahalanobis. */
  readonly members?: readonly MemberSpec[];
  /** Numbers that the caller has made for each normal row, larger for stranger ones: for `given`, and members of an ensemble besides. */
  readonly given?: Given;
  /** Names of those that are `given` and strange on either side of the usual: their distance from the median of the rows that are fitted counts. Default none. */
  readonly twoSided?: readonly string[];
  /** stretch: what the normal rows are codes of, n x D. */
  readonly originals?: Matrix;
  /** Default split, from 1000 rows on; below it cross. */
  readonly calibration?: CalibrationKind;
  /** cross: default 10. */
  readonly folds?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** What was learnt from normal rows. Plain data: `packDetector` makes JSON of it. */
export interface Detector {
  readonly method: DetectorMethodName;
  readonly metric: StraightMetric;
  readonly seed: number;
  /** Dimensions of the rows that it scores. */
  readonly cols: number;
  readonly scaling: Scaling;
  readonly model: Model;
  /** Which of the normal rows it was fitted to. */
  readonly fitted: Int32Array;
  /** Null where none was asked for: then there are scores, and neither p-values nor a threshold. */
  readonly calibration: Calibration | null;
}

/** How rows are scored. */
export interface ScoreOptions extends EngineOptions, Watch {
  /** What the detector was `given` for normal rows, for these. */
  readonly given?: Given;
  /** stretch: what these rows are codes of. */
  readonly originals?: Matrix;
}

/**
 * Fits a detector to rows that are normal, and calibrates it on normal rows that it was not fitted to.
 *
 * Cost by method (n rows fitted, d dimensions): knn n d, lof n^2 d / 2, mahalanobis and reconstruction 2 n d^2, ensemble all of its members and n^2 d / 2 for knn; `cross` the same for every fold.
 *
 * @param normal n x d
 * @throws too-few-rows; non-finite; zero-vector under cosine; bad-option; bad-value where a method cannot do with the rows (see each)
 */
export async function fitDetector(normal: Matrix, options: DetectorOptions = {}): Promise<Detector> {
  const { rows } = normal;
  const settings = settingsOf(normal, options);
  const { calibration: kind, seed } = settings;
  const order = permutation(rng(seed).split("calibration"), rows);
  const all = Int32Array.from({ length: rows }, (_, i) => i);
  const fitted = kind === "split" ? order.slice(0, Math.ceil(rows / 2)).sort() : all;
  return withMeans(options, async (means) => {
    const whole: RowData = { points: normal, given: settings.given, originals: options.originals ?? null };
    checkData(whole);
    const { scaling, model } = await fitTo(whole, fitted, settings, means);
    let scores: Float64Array | null = null;
    if (kind === "split") {
      const held = order.slice(fitted.length).sort();
      scores = await scoresOf({ scaling, model }, partOf(whole, held), means);
    } else if (kind === "cross") scores = await crossScores(whole, order, settings, means);
    const calibration = scores && kind !== "none" ? { kind, scores: scores.sort() } : null;
    const { method, metric } = settings;
    return deepFreeze({ method, metric, seed, cols: normal.cols, scaling, model, fitted, calibration });
  });
}

/** The score of each row, larger for stranger ones. Cost: knn and lof m n d. @throws bad-value another width; non-finite; bad-option what was given for normal rows is missing */
export async function scoreRows(
  detector: Detector,
  points: Matrix,
  { given = {}, originals, ...options }: ScoreOptions = {},
): Promise<Float64Array> {
  return withMeans(options, async (means) => {
    const scoring = await openModel(detector.model, means);
    return scoring(sampleOf(detector, { points, given, originals: originals ?? null }), means);
  });
}

/** Scores of one block of a stream. */
export interface ScoredBlock {
  /** Number of the first row. */
  readonly start: number;
  readonly scores: Float64Array;
  /** Null where the detector was not calibrated. */
  readonly pValues: Float64Array | null;
}

/** A detector that was made ready: its normal rows are prepared once, for as many blocks as come. */
export interface Scorer {
  score(
    points: Matrix,
    known?: Pick<ScoreOptions, "given" | "originals">,
  ): Promise<Omit<ScoredBlock, "start">>;
  close(): Promise<void>;
}

/** Opens a detector for many calls. It is closed by who opened it. */
export async function openScorer(detector: Detector, options: EngineOptions & Watch = {}): Promise<Scorer> {
  const { means, close } = await openMeans(options);
  const scoring = await openModel(detector.model, means);
  const watch = options.signal ? { signal: options.signal } : {};
  const { calibration } = detector;
  return {
    async score(points, { given = {}, originals = null as Matrix | null } = {}) {
      const scores = await scoring(sampleOf(detector, { points, given, originals }), watch);
      return { scores, pValues: calibration && conformalPValues(calibration, scores) };
    },
    close,
  };
}

/** `scoreRows` and p-values, block by block: no more than a block is held. Of detectors that need neither originals nor numbers that are given; `openScorer` takes these. */
export async function* scoreStream(
  detector: Detector,
  rows: Rows,
  options: EngineOptions & Watch = {},
): AsyncGenerator<ScoredBlock> {
  const { score, close } = await openScorer(detector, options);
  try {
    let done = 0;
    for await (const { start, matrix } of rows.blocks()) {
      throwIfAborted(options.signal);
      yield { start, ...(await score(matrix)) };
      done += matrix.rows;
      options.onProgress?.({ stage: "scoring", done, total: rows.rows });
    }
  } finally {
    await close();
  }
}

/** Rows with all that may be known of them. */
interface RowData {
  readonly points: Matrix;
  readonly given: Given;
  readonly originals: Matrix | null;
}

/** Rows as a detector sees them. @throws non-finite; row-count-mismatch; bad-value */
export function sampleOf({ scaling, cols }: Pick<Detector, "scaling" | "cols">, data: RowData): Sample {
  checkData(data);
  const { points, given, originals } = data;
  return { rows: scaled(points, scaling, cols), given, originals };
}

type Settings = ModelOptions & {
  readonly standardize: boolean;
  readonly calibration: CalibrationKind;
  readonly folds: number;
  readonly given: Given;
  readonly seed: number;
};

/** @throws bad-option, too-few-rows, row-count-mismatch */
function settingsOf({ rows }: Matrix, options: DetectorOptions): Settings {
  if (rows < LEAST_ROWS) {
    throw new IsometerError("too-few-rows", `a detector needs ${LEAST_ROWS} normal rows, got ${rows}`, {
      needed: `${LEAST_ROWS} rows`,
      got: `${rows} rows`,
    });
  }
  const { method = "knn", metric = "euclidean", distanceOf = "mean", given = {} } = options;
  const { calibration = rows < FEW_ROWS ? "cross" : "split", folds = Math.min(10, rows) } = options;
  const members = options.members ?? null;
  checkOneOf("method", method, DETECTOR_NAMES);
  checkOneOf("metric", metric, STRAIGHT_METRICS);
  checkOneOf("distanceOf", distanceOf, DISTANCES_OF);
  checkOneOf("calibration", calibration, CALIBRATION_KINDS);
  for (const member of members ?? [])
    checkOneOf("a member", typeof member === "string" ? member : member.method, MEMBER_NAMES);
  checkInteger("folds", folds, 2, rows);
  for (const name of options.twoSided ?? []) checkOneOf("a name in twoSided", name, Object.keys(given));
  if (method === "ensemble" && members?.length === 0 && Object.keys(given).length === 0) {
    throw new IsometerError("bad-option", "an ensemble needs members", { needed: MEMBER_NAMES.join(", ") });
  }
  return {
    method,
    metric,
    nNeighbors: options.nNeighbors,
    distanceOf,
    nComponents: options.nComponents,
    variance: options.variance,
    members,
    twoSided: options.twoSided ?? [],
    standardize: options.standardize ?? false,
    calibration,
    folds,
    given,
    seed: options.seed ?? 0,
  };
}

/** @throws bad-option */
function checkOneOf(what: string, value: string, known: readonly string[]): void {
  if (known.includes(value)) return;
  const near = nearestName(value, known);
  throw new IsometerError("bad-option", `${what} must be one of ${known.join(", ")}, got ${value}`, {
    needed: known.join(", "),
    got: value,
    ...(near && { hint: `Did you mean ${near}?` }),
  });
}

function checkData({ points, given, originals }: RowData): void {
  checkFinite(points, "points");
  if (originals) {
    checkSameRows(points, originals, ["points", "originals"]);
    checkFinite(originals, "originals");
  }
  for (const [name, column] of Object.entries(given)) {
    if (column.length !== points.rows) {
      throw new IsometerError(
        "row-count-mismatch",
        `${name} has ${column.length} numbers for ${points.rows} rows`,
        { needed: `${points.rows} numbers`, got: `${column.length} numbers` },
      );
    }
    for (let i = 0; i < points.rows; i++) {
      if (!Number.isFinite(column[i]!)) {
        throw new IsometerError("non-finite", `${name} has no finite number for row ${i}`);
      }
    }
  }
}

async function fitTo(normal: RowData, ids: Int32Array, settings: Settings, means: Means) {
  const part = partOf(normal, ids);
  const { points } = part;
  const scaling = fitScaling(points, settings.metric, settings.standardize);
  const sample = sampleOf({ scaling, cols: points.cols }, part);
  const { model } = await fitModel(sample, settings, means);
  return { scaling, model };
}

async function scoresOf(
  { scaling, model }: Pick<Detector, "scaling" | "model">,
  data: RowData,
  means: Means,
): Promise<Float64Array> {
  const scoring = await openModel(model, means);
  return scoring(sampleOf({ scaling, cols: data.points.cols }, data), means);
}

/** Of every normal row, by a detector fitted to the rows of other folds. */
async function crossScores(normal: RowData, order: Int32Array, settings: Settings, means: Means) {
  const scores = new Float64Array(order.length);
  for (let fold = 0; fold < settings.folds; fold++) {
    throwIfAborted(means.signal);
    const held = order.filter((_, at) => at % settings.folds === fold).sort();
    const others = order.filter((_, at) => at % settings.folds !== fold).sort();
    const fitted = await fitTo(normal, others, settings, means);
    const own = await scoresOf(fitted, partOf(normal, held), means);
    held.forEach((i, at) => {
      scores[i] = own[at]!;
    });
  }
  return scores;
}

function partOf({ points, given, originals }: RowData, ids: Int32Array): RowData {
  const part = Object.entries(given).map(([name, column]) => [
    name,
    Float64Array.from(ids, (i) => column[i]!),
  ]);
  return {
    points: gatherRows(points, ids),
    given: Object.fromEntries(part),
    originals: originals && gatherRows(originals, ids),
  };
}

async function openMeans({ provider, threads, onProgress, signal }: EngineOptions & Watch) {
  const engine = await findEngine({ ...(provider && { provider }), ...(threads && { threads }) });
  const algebra: Algebra = openAlgebra(engine);
  const means: Means = { engine, algebra, ...(onProgress && { onProgress }), ...(signal && { signal }) };
  return { means, close: () => algebra.close() };
}

/** Opens what fits and scores need, and closes it. */
export async function withMeans<T>(
  options: EngineOptions & Watch,
  work: (means: Means) => Promise<T>,
): Promise<T> {
  throwIfAborted(options.signal);
  const { means, close } = await openMeans(options);
  try {
    return await work(means);
  } finally {
    await close();
  }
}
