import {
  gatherRows,
  IsometerError,
  type Matrix,
  type Points,
  ranges,
  rng,
  sharedFloat64,
} from "../base/index.ts";
import { gatherPoints, kernelUrl, runBlocks } from "../engine/index.ts";
import { principalComponents, project } from "../linalg/index.ts";
import { type Evaluated, minimise } from "../optim/index.ts";
import type { Fit } from "./fit.ts";
import type { Knots } from "./knots.ts";
import { landmarkModel } from "./landmark-model.ts";
import { type FitOptions, quiet, throwIfCut } from "./linear-map.ts";
import { fitOrder } from "./nonmetric.ts";
import type { PairGradient, PairGradientSetup, PairWeights } from "./pair-gradient.kernel.ts";
import { pairLengths } from "./pair-lengths.ts";
import { drawPairRows, type PairRows } from "./pair-rows.ts";

/** Lengths of so many pairs are held. */
const MOST_PAIRS = 2 ** 22;

/** Each row has at least so many partners per dimension: fewer would fit themselves. */
const PARTNERS_PER_DIMENSION = 16;

/** Steps over the pairs that are held; and then over all pairs, which are measured anew in each, up to so many rows. */
const HELD = { maxSteps: 500, tolerance: 1e-4 };
const ALL = { maxSteps: 50, tolerance: 2e-4, window: 1 };
const ALL_ROWS = 20_000;

/** Rows that new ones are placed by. */
const LANDMARKS = 1000;

export interface MdsOptions extends FitOptions {
  /** What the square of a pair counts. Default: all alike. */
  readonly weights?: PairWeights;
  /** Only the order of the lengths is to be kept. Default false. */
  readonly nonMetric?: boolean;
}

/**
 * Metric multidimensional scaling: places whose distances are those of the rows, sqrt(sum (distance - length)^2 / sum length^2) being least (Kruskal 1964); with inverse weights Sammon's map, sum (distance - length)^2 / length over sum length (Sammon 1969), which cares more for
 * near pairs. By L-BFGS from PCA: over as many pairs as
 * are held, each row and those that follow it in a random order, and from there over all pairs, up to 20,000 rows. Few pairs fit a little too well: `details.pairs` says how many
 * the last steps looked at. New rows are placed by their distances to 1,000 landmarks, which do not move.
 *
 * Non-metric: places whose distances have the order of the lengths of the pairs that are held, as nearly as can be (`fitOrder`; Kruskal 1964; Borg & Groenen 2005, chapter 9).
 * New rows: lengths to landmarks go through the ascending function that was found, at 64 knots.
 *
 * Cost: 20 to 100 steps of 2^22 pairs; up to 20,000 rows some 3 to 30 steps of n^2 D / 2 multiplications. Memory: a copy of the rows, and 16 MB of lengths; nothing quadratic. Non-metric: 20 to 200 steps of
 * 2^22 pairs, each some 5 times as long; 70 to 150 MB beside the copy.
 *
 * @throws bad-option for non-metric scaling with inverse weights: these are made of the lengths
 */
export async function fitMds(points: Points, nComponents: number, options: MdsOptions): Promise<Fit> {
  const { seed, unitRows, weights = "equal", nonMetric = false } = options;
  if (nonMetric && weights !== "equal") {
    throw new IsometerError("bad-option", "non-metric scaling weights all pairs alike", {
      needed: "weights: equal",
      got: weights,
      hint: "Leave the weights out, or keep the lengths themselves.",
    });
  }
  const map = await principalComponents(points, nComponents, quiet(options));
  const start = await project(points, map, quiet(options));
  const rowsOfPairs = drawPairRows(points, map.mean, { unitRows, random: rng(seed).split("mds") });
  const { order } = rowsOfPairs;
  const places = ordered(start, order);
  const found = await (nonMetric ? orderKept : lengthsKept)(rowsOfPairs, places, nComponents, options);
  const codes = back(found.at, order, nComponents);
  const marks = order.slice(0, Math.min(points.rows, LANDMARKS));
  const { converged, iterations, objective, knots } = found;
  return {
    map: { inputs: points.cols, outputs: nComponents },
    codes,
    converged,
    iterations,
    objective,
    details: { pairs: found.pairs, startStress: found.startStress, landmarks: marks.length },
    save: (metadata) =>
      landmarkModel(gatherPoints(points, marks), gatherRows(codes, marks), {
        unitRows,
        centre: map.mean,
        weights,
        through: knots,
        metadata,
      }),
    place: null,
  };
}

/** Places, n x d in the order of the pairs, and how they were found. */
interface Found extends Pick<Fit, "converged" | "iterations" | "objective"> {
  readonly at: Float64Array;
  readonly pairs: number;
  readonly startStress: number;
  readonly knots: Knots | null;
}

/** @param before steps that were made over other pairs */
const telling =
  ({ onProgress, onPlaces, weights = "equal" }: MdsOptions, order: Int32Array, before = 0) =>
  (step: number, loss: number, at: Float64Array) => {
    const objective = weights === "equal" ? Math.sqrt(loss) : loss;
    onProgress?.({ stage: "fitting", done: step, total: HELD.maxSteps, objective });
    onPlaces?.(() => back(at, order, at.length / order.length).data, before + step);
  };

async function lengthsKept(
  rowsOfPairs: PairRows,
  start: Float64Array,
  d: number,
  options: MdsOptions,
): Promise<Found> {
  const { weights = "equal", stop } = options;
  const { order } = rowsOfPairs;
  const n = order.length;
  const [partners, all] = [partnersOf(n, d), allPartners(n)];
  const lengths = await pairLengths(rowsOfPairs, partners, options);
  const few = evaluation({ ...rowsOfPairs, partners, lengths, weights }, d, options);
  const first = await minimise(few, start, { ...HELD, onStep: telling(options, order), stop });
  const whole = partners < all && n <= ALL_ROWS;
  const every = evaluation({ ...rowsOfPairs, partners: all, lengths: null, weights }, d, options);
  const last = whole
    ? await minimise(every, first.at, {
        ...ALL,
        memory: first.memory,
        onStep: telling(options, order, first.steps),
        stop,
      })
    : first;
  return {
    at: last.at,
    converged: first.converged && last.converged,
    iterations: first.steps + (whole ? last.steps : 0),
    objective:
      weights === "equal"
        ? { name: "stress", value: Math.sqrt(last.loss) }
        : { name: "Sammon's stress", value: last.loss },
    pairs: n * (whole ? all : partners),
    startStress: weights === "equal" ? Math.sqrt(first.first) : first.first,
    knots: null,
  };
}

async function orderKept(
  rowsOfPairs: PairRows,
  start: Float64Array,
  d: number,
  options: MdsOptions,
): Promise<Found> {
  const { engine, signal, stop } = options;
  const partners = partnersOf(rowsOfPairs.order.length, d);
  const lengths = await pairLengths(rowsOfPairs, partners, options);
  const onStep = telling(options, rowsOfPairs.order);
  const how = { ...HELD, onStep, stop, ...(signal && { signal }) };
  const found = await fitOrder(lengths, start, { ...how, partners, d, engine });
  return {
    at: found.at,
    converged: found.converged,
    iterations: found.steps,
    objective: { name: "non-metric stress", value: found.stress },
    pairs: lengths.length,
    startStress: found.startStress,
    knots: found.knots,
  };
}

/** The stress over pairs, as a share of their squared lengths, and its gradient. */
function evaluation(
  pairs: Omit<PairGradientSetup, "places" | "d">,
  d: number,
  options: FitOptions,
): (at: Float64Array) => Promise<Evaluated> {
  const n = pairs.order.length;
  const setup: PairGradientSetup = { ...pairs, places: sharedFloat64(n * d), d };
  const tasks = ranges(n, Math.max(64, Math.ceil(n / 8)));
  return async (at) => {
    throwIfCut(options);
    setup.places.set(at);
    const { results } = await runBlocks<readonly [number, number], PairGradient, null>({
      engine: options.engine,
      kernel: kernelUrl("./pair-gradient.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
    const total = results.reduce((sum, part) => sum + part.total, 0) || 1;
    const gradient = new Float64Array(at.length);
    let loss = 0;
    for (const part of results) {
      loss += part.loss / total;
      for (let k = 0; k < gradient.length; k++) gradient[k]! += part.gradient[k]! / total;
    }
    return { loss, gradient };
  };
}

/** All pairs, each once, are as many steps as half of the rows; of an even number of rows the last step has them twice, and is left. */
function allPartners(n: number): number {
  return Math.max(1, Math.floor((n - 1) / 2));
}

function partnersOf(n: number, d: number): number {
  return Math.min(allPartners(n), Math.max(PARTNERS_PER_DIMENSION * d, Math.floor(MOST_PAIRS / n)));
}

function ordered({ data, cols }: Matrix, order: Int32Array): Float64Array {
  const out = new Float64Array(order.length * cols);
  order.forEach((row, place) => {
    for (let k = 0; k < cols; k++) out[place * cols + k] = data[row * cols + k]!;
  });
  return out;
}

function back(at: Float64Array, order: Int32Array, cols: number): Matrix {
  const data = new Float32Array(at.length);
  order.forEach((row, place) => {
    for (let k = 0; k < cols; k++) data[row * cols + k] = at[place * cols + k]!;
  });
  return { data, rows: order.length, cols };
}
