import { type Change, dot, lbfgsDirection, remember } from "./lbfgs.ts";

/** A loss and its gradient at a place. */
export interface Evaluated {
  readonly loss: number;
  /** Under a constraint: the part of it along which places may move. */
  readonly gradient: Float64Array;
  /** Where both are, if a constraint moved the place there first. */
  readonly at?: Float64Array;
}

export interface Minimised {
  readonly at: Float64Array;
  readonly loss: number;
  /** The loss of the start. */
  readonly first: number;
  readonly steps: number;
  readonly converged: boolean;
  /** What was learned of the second derivatives: for another loss that is nearly the same. */
  readonly memory: readonly Change[];
}

export interface MinimiseOptions {
  readonly maxSteps: number;
  /** Ends when `window` (10) steps lower the loss by less than this share of it. */
  readonly tolerance: number;
  readonly window?: number;
  /** Default: nothing is known. */
  readonly memory?: readonly Change[];
  /** Told after every step. */
  readonly onStep?: (step: number, loss: number, at: Float64Array) => void;
  /** Asks it to end after the present step. */
  readonly stop?: AbortSignal | undefined;
}

/** Halvings of a step, after which none helps. */
const HALVINGS = 20;

/**
 * L-BFGS with backtracking (Armijo): the loss never rises. The first step moves the place by a tenth of its size. It has converged, too, where no part of a step helps.
 *
 * A constraint is kept by `evaluate`: it brings a place onto it, says where that is, and gives the gradient along it (Absil, Mahony & Sepulchre 2008, chapter 4).
 */
export async function minimise(
  evaluate: (at: Float64Array) => Promise<Evaluated>,
  start: Float64Array,
  { maxSteps, tolerance, window = 10, memory: known = [], onStep, stop }: MinimiseOptions,
): Promise<Minimised> {
  const memory = [...known];
  let now = await evaluate(start);
  let at = now.at ?? start;
  const first = now.loss;
  const losses = [first];
  let step = 0;
  while (step < maxSteps && !stop?.aborted) {
    step++;
    const size = sizeOf(memory, at, now.gradient);
    const direction = lbfgsDirection(now.gradient, memory, (v) => v.map((value) => value * size));
    const next = await along(evaluate, at, direction, now);
    if (!next) return { at, loss: now.loss, first, steps: step, converged: true, memory };
    remember(
      memory,
      next.at.map((value, k) => value - at[k]!),
      next.gradient.map((value, k) => value - now.gradient[k]!),
    );
    at = next.at;
    now = next;
    losses.push(now.loss);
    onStep?.(step, now.loss, at);
    const before = losses.at(-1 - window);
    if (before !== undefined && before - now.loss <= tolerance * before)
      return { at, loss: now.loss, first, steps: step, converged: true, memory };
  }
  return { at, loss: now.loss, first, steps: step, converged: false, memory };
}

/** What the inverse of the second derivatives is taken for: the last step against the change of the gradient. */
function sizeOf(memory: readonly Change[], at: Float64Array, gradient: Float64Array): number {
  const last = memory.at(-1);
  if (last) return last.product / dot(last.change, last.change);
  return (0.1 * Math.sqrt(dot(at, at) || 1)) / Math.sqrt(dot(gradient, gradient) || 1);
}

async function along(
  evaluate: (at: Float64Array) => Promise<Evaluated>,
  at: Float64Array,
  direction: Float64Array,
  now: Evaluated,
) {
  const slope = dot(direction, now.gradient);
  let share = 1;
  for (let halving = 0; halving < HALVINGS; halving++, share /= 2) {
    const there = at.map((value, k) => value + share * direction[k]!);
    const found = await evaluate(there);
    if (found.loss <= now.loss + 1e-4 * share * slope && found.loss < now.loss)
      return { ...found, at: found.at ?? there };
  }
  return null;
}
