import { type Matrix, ranges, sharedFloat64 } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { dot, type Evaluated, minimise } from "../optim/index.ts";
import type { Constraint } from "./constraints.ts";
import { type FitOptions, throwIfCut } from "./linear-map.ts";
import type { MdeSetup, Term } from "./mde.kernel.ts";

/** Pairs, what they lose by their distances, and where places may be (Agrawal, Ali & Boyd 2021, section 2.1). */
export interface DistortionProblem {
  readonly terms: readonly Term[];
  readonly constraint: Constraint;
}

export interface Embedding {
  /** n x d, float64. */
  readonly places: Float64Array;
  /** The average over pairs. */
  readonly distortion: number;
  /** The length of its gradient along the constraint. */
  readonly residual: number;
  readonly converged: boolean;
  readonly iterations: number;
}

export interface EmbedOptions
  extends Pick<FitOptions, "engine" | "signal" | "stop" | "onProgress" | "onPlaces"> {
  readonly maxSteps: number;
  /** As `minimise` has it. */
  readonly tolerance: number;
}

/** Ranges of rows that one thread sees at a time. Places do not depend on it. */
const RANGES = 16;

/** Pairs of all terms, each once. */
export function pairsOf(terms: readonly Term[]): number {
  return terms.reduce((sum, { ids }) => sum + ids.length / 2, 0);
}

/** Lowers the average distortion from a start, which is first moved into the constraint, by L-BFGS. Cost of a step: the pairs, from both ends. */
export async function embed(
  start: Matrix,
  problem: DistortionProblem,
  options: EmbedOptions,
): Promise<Embedding> {
  const { stop, onProgress, onPlaces, maxSteps, tolerance } = options;
  const evaluate = evaluation(problem, start.rows, start.cols, options);
  const found = await minimise(evaluate, Float64Array.from(start.data), {
    maxSteps,
    tolerance,
    stop,
    onStep(step, objective, at) {
      onProgress?.({ stage: "fitting", done: step, total: maxSteps, objective });
      onPlaces?.(() => Float32Array.from(at), step);
    },
  });
  const { gradient } = await evaluate(found.at);
  return {
    places: found.at,
    distortion: found.loss,
    residual: Math.sqrt(dot(gradient, gradient)),
    converged: found.converged,
    iterations: found.steps,
  };
}

/** The average distortion, and its gradient along the constraint, where the constraint takes a place. */
export function evaluation(
  { terms, constraint }: DistortionProblem,
  rows: number,
  d: number,
  options: Pick<FitOptions, "engine" | "signal" | "stop">,
): (at: Float64Array) => Promise<Evaluated> {
  const pairs = pairsOf(terms) || 1;
  const setup: MdeSetup = { terms, places: sharedFloat64(rows * d), gradient: sharedFloat64(rows * d), d };
  const tasks = ranges(rows, Math.max(16, Math.ceil(rows / RANGES)));
  return async (raw) => {
    throwIfCut(options);
    const at = constraint.retract(raw, d);
    setup.places.set(at);
    const { results } = await runBlocks<readonly [number, number], number, null>({
      engine: options.engine,
      kernel: kernelUrl("./mde.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
    const whole = Float64Array.from(setup.gradient, (value) => value / pairs);
    const loss = results.reduce((sum, part) => sum + part, 0) / pairs;
    return { loss, gradient: constraint.project(whole, at, d), at };
  };
}
