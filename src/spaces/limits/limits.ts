import {
  checkInteger,
  checkNumber,
  deepFreeze,
  IsometerError,
  type Points,
  rng,
  sampleWithoutReplacement,
  sharedFloat32,
  toShared,
  type Warning,
  type Watch,
} from "../../base/index.ts";
import { type EngineOptions, findEngine, gatherPoints } from "../../engine/index.ts";
import { PCA_COLS } from "../../linalg/index.ts";
import { QUANTIZED_BITS, type QuantizedBits } from "../../reduce/quantize/index.ts";
import { type CellWork, scoreCells } from "./cells.ts";
import { frontierOf, smallestEnough } from "./choose.ts";
import { fitComponents, reducedRows } from "./maps.ts";
import { dealRows, findTruth } from "./queries.ts";
import { type CompressionLimits, LIMIT_METHODS, type LimitCell, type LimitMethod } from "./result.ts";

export interface LimitsOptions extends Watch, EngineOptions {
  /** Share of the k nearest that has to be found, above 0, to 1. Default .95. */
  readonly target?: number;
  readonly metric?: "euclidean" | "cosine";
  /** k, default 10. */
  readonly nNeighbors?: number;
  /** Dimensions that are tried, 1..D; default `dimensionLadder(D)`. */
  readonly dims?: readonly number[];
  /** Bits of a number that are tried; default all of `QUANTIZED_BITS`. */
  readonly bits?: readonly number[];
  /** Share of rows that are queries, above 0, below 1; default 1,000 rows; at most a quarter, or 200, or half. */
  readonly holdout?: number;
  readonly seed?: number;
}

/** Rows that are searched at most, and numbers that are held at most of the original: beyond, a sample is. */
const MOST_ROWS = 200_000;
const MOST_VALUES = 2 ** 27;
/** Components of rows that are too wide for a covariance matrix: more take longer than all else. */
const WIDE_COMPONENTS = 256;
/** Numbers that are held of the rows that maps and levels are fitted to. */
const FITTED_VALUES = 2 ** 25;

/**
 * How few dimensions and bits keep the nearest neighbours? A grid of linear maps to fewer dimensions, PCA and plain truncation, times bits per number; each cell is scored by
 * recall@k of held-out queries in full precision among compressed rows (asymmetric distance, as in Jegou et al. 2011), against the exact neighbours in the original.
 *
 * One half of the queries chooses among the cells, the other half says what was chosen: the smallest of many that clear a target by their own figures is too good there.
 *
 * Cost: for each cell the exact k nearest of q queries among n rows, q n d multiplications. Memory 3 n D numbers.
 *
 * @param points n x D
 * @throws bad-option; too-few-rows; non-finite; zero-vector under cosine; aborted
 */
export async function compressionLimits(
  points: Points,
  options: LimitsOptions = {},
): Promise<CompressionLimits> {
  const { target = 0.95, metric = "euclidean", nNeighbors: k = 10, holdout, seed = 0, signal } = options;
  const { rows, cols } = points;
  const dims = checkDims(options.dims ?? dimensionLadder(cols), cols);
  const bits = checkBits(options.bits ?? QUANTIZED_BITS);
  checkTarget(target, holdout);
  const engine = await findEngine(options);
  const random = rng(seed).split("limits");
  const watch = signal ? { signal } : {};
  const searched = sampled(points, random);
  checkInteger("nNeighbors", k, 1, Math.max(1, searched.rows - 2));
  const mostTraining = Math.max(2, Math.floor(FITTED_VALUES / cols));
  const roles = dealRows(searched.rows, { holdout, mostTraining, random: random.split("queries") });
  options.onProgress?.({ stage: "exact neighbours", done: 0, total: 1 });
  const truth = await findTruth(searched, roles, { k, metric, engine, ...watch });
  options.onProgress?.({ stage: "fitting", done: 0, total: 1 });
  const { training } = roles;
  const plan = planOf(dims, cols, training.length);
  const most = plan.reduce(
    (sum, { method, dims: d }) => Math.max(sum, method === "pca" && d < cols ? d : 1),
    1,
  );
  const fitted = await fitComponents(searched, training, most, { metric, engine, seed, ...watch });
  const buffer = sharedFloat32(searched.rows * Math.max(...dims));
  const work: CellWork = { points: searched, roles, truth, fitted, metric, bits, buffer, engine, watch };
  const cells: LimitCell[] = [];
  const total = plan.reduce((sum, own) => sum + own.dims, 0);
  let done = 0;
  for (const { method, dims: d } of plan) {
    options.onProgress?.({ stage: "compressing", done, total, detail: `${method} to ${d}` });
    const reduced = await reducedRows(searched, method, d, fitted, { metric, engine, random, ...watch });
    cells.push(...(await scoreCells(method, reduced, work)));
    done += d;
  }
  const originalBytes = 4 * cols;
  return deepFreeze({
    target,
    k,
    metric,
    rows,
    cols,
    originalBytes,
    searched: searched.rows,
    queries: { choosing: roles.choosing, reporting: roles.queries.length - roles.choosing },
    fitted: training.length,
    null: k / (searched.rows - 1),
    cells,
    frontier: frontierOf(cells, "recall"),
    rescoredFrontier: frontierOf(cells, "rescored"),
    chosen: smallestEnough(cells, target, "recall", originalBytes),
    rescored: smallestEnough(cells, target, "rescored", originalBytes),
    seed,
    engine,
    warnings: warningsOf(searched.rows, rows, fitted.converged),
  });
}

/** 1, 2, 3, 4, 6, 8, 12, ... and all; from about a 64th of all on, for fewer are of no use, and none that spares less than a tenth. */
export function dimensionLadder(cols: number): number[] {
  const first = 2 ** Math.max(0, Math.floor(Math.log2(cols / 64)));
  const steps: number[] = [];
  for (let power = first; power < cols; power *= 2) {
    steps.push(power);
    if (power > 1) steps.push(power * 1.5);
  }
  return [...steps.filter((own) => own <= 0.9 * cols), cols];
}

/** What is tried: PCA has no more components than rows that it is fitted to leave directions. */
function planOf(
  dims: readonly number[],
  cols: number,
  training: number,
): { readonly method: LimitMethod; readonly dims: number }[] {
  const most = Math.min(training - 1, cols <= PCA_COLS ? cols : WIDE_COMPONENTS);
  return LIMIT_METHODS.flatMap((method) =>
    dims.filter((d) => method === "truncate" || d <= most || d === cols).map((d) => ({ method, dims: d })),
  );
}

/** All rows, or as many at random as can be held, where workers can read them. */
function sampled(points: Points, random: ReturnType<typeof rng>): Points {
  const most = Math.min(MOST_ROWS, Math.floor(MOST_VALUES / points.cols));
  if (points.rows <= most) return "stored" in points ? points : toShared(points);
  return toShared(gatherPoints(points, sampleWithoutReplacement(random.split("rows"), points.rows, most)));
}

function warningsOf(searched: number, rows: number, converged: boolean): Warning[] {
  const warnings: Warning[] = [];
  if (searched < rows) {
    const message = `${searched.toLocaleString("en")} of ${rows.toLocaleString("en")} rows were searched: among all of them neighbours lie closer together, and recall is lower`;
    warnings.push({ code: "points-sampled", message });
  }
  if (!converged) warnings.push({ code: "no-convergence", message: "principal components had not settled" });
  return warnings;
}

/** @throws bad-option */
function checkTarget(target: number, holdout: number | undefined): void {
  if (!(target > 0 && target <= 1)) {
    throw new IsometerError("bad-option", `target is a share of neighbours, got ${target}`, {
      needed: "above 0, to 1",
    });
  }
  if (holdout !== undefined) checkNumber("holdout", holdout, 0, 0.9);
}

/** Ascending, each once. @throws bad-option */
function checkDims(dims: readonly number[], cols: number): number[] {
  for (const own of dims) checkInteger("dims", own, 1, cols);
  if (dims.length > 0) return [...new Set(dims)].sort((a, b) => a - b);
  throw new IsometerError("bad-option", "dims names no dimensions to try");
}

/** Descending, each once. @throws bad-option */
function checkBits(bits: readonly number[]): QuantizedBits[] {
  const known = QUANTIZED_BITS.filter((own) => bits.includes(own));
  if (known.length > 0 && bits.every((own) => QUANTIZED_BITS.includes(own as QuantizedBits))) return known;
  throw new IsometerError(
    "bad-option",
    `bits must be of ${QUANTIZED_BITS.join(", ")}, got ${bits.join(", ")}`,
  );
}
