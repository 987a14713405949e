import {
  gatherRows,
  type Matrix,
  type Points,
  ranges,
  rng,
  sharedFloat64,
  throwIfAborted,
} from "../base/index.ts";
import { gatherPoints, kernelUrl, runBlocks } from "../engine/index.ts";
import { principalComponents, project } from "../linalg/index.ts";
import { type Evaluated, minimise } from "../optim/index.ts";
import type { Fit } from "./fit.ts";
import { landmarkModel } from "./landmark-model.ts";
import type { FitOptions } from "./linear-map.ts";
import type { PairGradient, PairGradientSetup, PairWeights } from "./pair-gradient.kernel.ts";
import { pairLengths } from "./pair-lengths.ts";
import { drawPairRows } from "./pair-rows.ts";

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

/**
 * Metric multidimensional scaling: places whose distances are those of the rows, sqrt(sum (distance - length)^2 / sum length^2) being least (Kruskal 1964); with inverse weights Sammon's map, sum (distance - length)^2 / length over sum length (Sammon 1969), which cares more for
 * near pairs. By L-BFGS from PCA: over as many pairs as
 * are held, each row and those that follow it in a random order, and from there over all pairs, up to 20,000 rows. Few pairs fit a little too well: `details.pairs` says how many
 * the last steps looked at. New rows are placed by their distances to 1,000 landmarks, which do not move.
 *
 * Cost: 20 to 100 steps of 2^22 pairs; up to 20,000 rows some 3 to 30 steps of n^2 D / 2 multiplications. Memory: a copy of the rows, and 16 MB of lengths; nothing quadratic.
 */
export async function fitMds(
  points: Points,
  nComponents: number,
  options: FitOptions & { readonly weights?: PairWeights },
): Promise<Fit> {
  const { rows: n, cols } = points;
  const { seed, onProgress, unitRows, stop, weights = "equal" } = options;
  const map = await principalComponents(points, nComponents, options);
  const start = await project(points, map, options);
  const rowsOfPairs = drawPairRows(points, map.mean, { unitRows, random: rng(seed).split("mds") });
  const { order } = rowsOfPairs;
  const partners = partnersOf(n, nComponents);
  const lengths = await pairLengths(rowsOfPairs, partners, options);
  const all = Math.max(1, Math.floor((n - 1) / 2));
  const tell = (step: number) => onProgress?.({ stage: "fitting", done: step, total: HELD.maxSteps });
  const few = evaluation({ ...rowsOfPairs, partners, lengths, weights }, nComponents, options);
  const first = await minimise(few, ordered(start, order), { ...HELD, onStep: tell, stop });
  const whole = partners < all && n <= ALL_ROWS;
  const every = evaluation({ ...rowsOfPairs, partners: all, lengths: null, weights }, nComponents, options);
  const last = whole
    ? await minimise(every, first.at, { ...ALL, memory: first.memory, onStep: tell, stop })
    : first;
  const codes = back(last.at, order, nComponents);
  const marks = order.slice(0, Math.min(n, LANDMARKS));
  return {
    map: { inputs: cols, outputs: nComponents },
    codes,
    converged: first.converged && last.converged,
    iterations: first.steps + (whole ? last.steps : 0),
    objective:
      weights === "equal"
        ? { name: "stress", value: Math.sqrt(last.loss) }
        : { name: "Sammon's stress", value: last.loss },
    details: {
      pairs: n * (whole ? all : partners),
      startStress: weights === "equal" ? Math.sqrt(first.first) : first.first,
      landmarks: marks.length,
    },
    save: (metadata) =>
      landmarkModel(gatherPoints(points, marks), gatherRows(codes, marks), {
        unitRows,
        centre: map.mean,
        weights,
        metadata,
      }),
    place: null,
  };
}

/** The stress over pairs, as a share of their squared lengths, and its gradient. */
function evaluation(
  pairs: Omit<PairGradientSetup, "places" | "d">,
  d: number,
  { engine, signal }: FitOptions,
): (at: Float64Array) => Promise<Evaluated> {
  const n = pairs.order.length;
  const setup: PairGradientSetup = { ...pairs, places: sharedFloat64(n * d), d };
  const tasks = ranges(n, Math.max(64, Math.ceil(n / 8)));
  return async (at) => {
    throwIfAborted(signal);
    setup.places.set(at);
    const { results } = await runBlocks<readonly [number, number], PairGradient, null>({
      engine,
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
function partnersOf(n: number, d: number): number {
  const all = Math.max(1, Math.floor((n - 1) / 2));
  return Math.min(all, Math.max(PARTNERS_PER_DIMENSION * d, Math.floor(MOST_PAIRS / n)));
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
