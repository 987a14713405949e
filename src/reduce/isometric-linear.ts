import { type Points, pointRows, rng, sharedFloat32 } from "../base/index.ts";
import { kernelUrl, openPlaces, runBlocks } from "../engine/index.ts";
import { principalComponents, shiftTo, toUnitRows } from "../linalg/index.ts";
import { minimise } from "../optim/index.ts";
import { type FitOptions, type LinearFit, quiet, throwIfCut } from "./linear-map.ts";
import type { PairStress, PairStressSetup } from "./pair-stress.kernel.ts";

/** Numbers of the differences that are held, and pairs at most and at least. */
const DIFFERENCES = 2 ** 24;
const MOST_PAIRS = 40_000;
const LEAST_PAIRS = 4096;

/** Pairs in a task. */
const BLOCK = 2048;

const MOST_STEPS = 200;

/** Share of the squared stress that ten steps have to save. */
const TOLERANCE = 1e-3;

/**
 * The linear map of least stress over random pairs, sqrt(sum (|W'v| - |v|)^2 / sum |v|^2): distances of the codes are to be those of the rows, not as long as they
 * can be kept by a projection, as PCA's are, but right in the mean. By L-BFGS from PCA; the stress has several minima, so this is a local one.
 *
 * Cost: 4 pairs D d for each of 20 to 200 steps, pairs = 2^24 / D within 4,096 and 40,000; 4 pairs D bytes.
 */
export async function fitIsometricLinear(
  points: Points,
  nComponents: number,
  options: FitOptions,
): Promise<LinearFit> {
  const { cols } = points;
  const { engine, seed, unitRows, stop, onProgress } = options;
  const { mean, components } = await principalComponents(points, nComponents, quiet(options));
  const start = new Float64Array(cols * nComponents);
  for (let k = 0; k < nComponents; k++)
    for (let a = 0; a < cols; a++) start[a * nComponents + k] = components[k * cols + a]!;
  const { differences, lengths, pairs } = drawn(points, seed, unitRows);
  const weights = sharedFloat32(cols * nComponents);
  const setup: PairStressSetup = {
    differences,
    lengths,
    weights,
    inputs: cols,
    outputs: nComponents,
    block: BLOCK,
  };
  const total = lengths.reduce((sum, length) => sum + length * length, 0) || 1;
  const evaluate = async (at: Float64Array) => {
    throwIfCut(options);
    weights.set(at);
    const { results } = await runBlocks<number, PairStress, null>({
      engine,
      kernel: kernelUrl("./pair-stress.kernel.js", import.meta.url),
      setup,
      tasks: Array.from({ length: pairs / BLOCK }, (_, t) => t * BLOCK),
      stage: "fitting",
    });
    const gradient = new Float64Array(at.length);
    let loss = 0;
    for (const part of results) {
      loss += part.loss / total;
      for (let k = 0; k < gradient.length; k++) gradient[k]! += part.gradient[k]! / total;
    }
    return { loss, gradient };
  };
  const found = await minimise(evaluate, start, {
    maxSteps: MOST_STEPS,
    tolerance: TOLERANCE,
    stop,
    onStep: (step, loss) =>
      onProgress?.({ stage: "fitting", done: step, total: MOST_STEPS, objective: Math.sqrt(loss) }),
  });
  const fitted = Float32Array.from(found.at);
  const map = {
    inputs: cols,
    outputs: nComponents,
    weights: fitted,
    shift: shiftTo(mean, fitted, nComponents),
    unitRows,
    unitCodes: false,
  };
  return {
    map,
    converged: found.converged,
    iterations: found.steps,
    objective: { name: "stress over pairs", value: Math.sqrt(found.loss) },
    details: { pairs, startStress: Math.sqrt(found.first) },
  };
}

/** Differences of random pairs of rows. */
function drawn(points: Points, seed: number, unitRows: boolean) {
  const { rows, cols } = points;
  const wanted = Math.max(LEAST_PAIRS, Math.min(MOST_PAIRS, Math.floor(DIFFERENCES / cols)));
  const pairs = Math.ceil(wanted / BLOCK) * BLOCK;
  const random = rng(seed).split("pairs");
  const { values, place } = openPlaces(pointRows(points));
  const differences = sharedFloat32(pairs * cols);
  const lengths = sharedFloat32(pairs);
  const rowAt = (i: number) => {
    const own = values.slice(place(i), place(i) + cols);
    if (unitRows) toUnitRows(own, cols);
    return own;
  };
  for (let p = 0; p < pairs; p++) {
    const i = random.integer(rows);
    const other = random.integer(Math.max(1, rows - 1));
    const a = rowAt(i);
    const b = rowAt(other < i ? other : Math.min(rows - 1, other + 1));
    let square = 0;
    for (let k = 0; k < cols; k++) {
      const value = a[k]! - b[k]!;
      differences[p * cols + k] = value;
      square += value * value;
    }
    lengths[p] = Math.sqrt(square);
  }
  return { differences, lengths, pairs };
}
