import type { Kernel, KernelTools } from "../../engine/index.ts";
import { type Change, dot, lbfgsDirection, remember } from "../../optim/index.ts";
import type { PathPlan } from "./path-plan.ts";

export interface PathsSetup {
  readonly plan: PathPlan;
  /** Ends of the paths in the space of inputs, pairs x 2 x inputs. */
  readonly ends: Float32Array;
  /** The inverse of the mean metric along each straight line, pairs x inputs x inputs. */
  readonly inverses: Float64Array;
}

/** What is known of a path, lengths in the space of outputs. */
export interface PathFound {
  readonly straight: number;
  readonly shortest: number;
  readonly chord: number;
  /** Longest over shortest step of the straight line. */
  readonly pace: number;
  /** Radians by which the image of the straight line turns. */
  readonly turning: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/** Steps towards the shortest way at most. */
const MOST_STEPS = 100;

/** The energy that a step could still save, as a share of it. */
const CLOSE = 1e-3;

/** A step that was halved more often leads nowhere. */
const SHORTEST = 2 ** -12;

/** A task is a range of pairs, no more than one run takes. */
export async function open(
  { plan, ends, inverses }: PathsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], readonly PathFound[], null>> {
  const look = await openLook(plan, tools);
  return {
    async run([start, end]) {
      const own = Array.from({ length: end - start }, (_, p) => straightPath(ends, start + p, plan));
      const straight = await look(own);
      const walks = own.map((path, p) => startWalk(path, straight[p]!, start + p));
      for (let step = 0; step < MOST_STEPS && walks.some((walk) => !walk.ended); step++) {
        const tried = await look(walks.map((walk) => triedBy(walk, plan, inverses)));
        for (const [p, walk] of walks.entries()) decide(walk, tried[p]!);
      }
      return walks.map(({ length, converged, iterations }, p) => {
        const facts = straightFacts(straight[p]!);
        return { ...facts, shortest: Math.min(length, facts.straight), converged, iterations };
      });
    },
    finish: () => null,
  };
}

/** What is seen of a path: lengths of the steps of its image, and half the gradient of its energy. */
interface Seen {
  readonly lengths: Float64Array;
  readonly energy: number;
  readonly chord: number;
  /** Inner products of consecutive steps. */
  readonly products: Float32Array;
  readonly gradient: Float64Array;
}

/** Looks at as many paths at once as one run takes, or fewer. */
async function openLook(
  { model, inputs, segments, paths, x }: PathPlan,
  tools: KernelTools,
): Promise<(own: readonly Float64Array[]) => Promise<Seen[]>> {
  const points = segments + 1;
  const size = points * inputs;
  const session = await tools.session(model);
  const fed = new Float32Array(paths * size);
  const squares = { data: new Float32Array(paths * points), dims: [paths, points] };
  const products = { data: new Float32Array(paths * (segments - 1)), dims: [paths, segments - 1] };
  const gradient = { data: new Float32Array(paths * size), dims: [paths, points, inputs] };
  return async (own) => {
    for (let p = 0; p < paths; p++) fed.set(own[Math.min(p, own.length - 1)]!, p * size);
    const data = x.isDouble ? Float64Array.from(fed) : fed;
    await session.run({ [x.name]: { data, dims: x.dims } }, { squares, products, gradient });
    return own.map((_, p) => {
      const steps = squares.data.subarray(p * points, p * points + segments);
      return {
        lengths: Float64Array.from(steps, Math.sqrt),
        energy: steps.reduce((a, b) => a + b, 0),
        chord: Math.sqrt(squares.data[p * points + segments]!),
        products: products.data.slice(p * (segments - 1), (p + 1) * (segments - 1)),
        gradient: Float64Array.from(gradient.data.subarray(p * size, (p + 1) * size)),
      };
    });
  };
}

/** A path on its way to the shortest. */
interface Walk {
  readonly pair: number;
  path: Float64Array;
  energy: number;
  length: number;
  gradient: Float64Array;
  /** Steps that were taken, and how the gradient changed by each: the latest. */
  readonly memory: Change[];
  /** The direction that is tried, and how much of it. */
  direction: Float64Array | null;
  share: number;
  tried: Float64Array;
  iterations: number;
  converged: boolean;
  ended: boolean;
}

function startWalk(path: Float64Array, { energy, lengths, gradient }: Seen, pair: number): Walk {
  return {
    pair,
    path,
    energy,
    length: sum(lengths),
    gradient,
    memory: [],
    direction: null,
    share: 1,
    tried: path,
    iterations: 0,
    converged: false,
    ended: energy === 0,
  };
}

/** The path that is to be looked at next, some way down. */
function triedBy(walk: Walk, plan: PathPlan, inverses: Float64Array): Float64Array {
  if (walk.ended) return walk.tried;
  if (!walk.direction) {
    walk.direction = directionOf(walk, plan, inverses);
    // The gradient is half of that of the energy: a step of Newton's would save as much.
    walk.converged = -dot(walk.gradient, walk.direction) <= CLOSE * walk.energy;
    walk.ended = walk.converged;
  }
  walk.tried = walk.path.map((value, k) => value + walk.share * walk.direction![k]!);
  return walk.tried;
}

/**
 * That of L-BFGS, starting from the inverse of what the second derivatives would be if the metric were the same all along: what the metric does beside that is learned from the
 * steps.
 */
function directionOf(
  { pair, gradient, memory }: Walk,
  { inputs, segments }: PathPlan,
  inverses: Float64Array,
): Float64Array {
  const inverse = inverses.subarray(pair * inputs * inputs, (pair + 1) * inputs * inputs);
  return lbfgsDirection(gradient, memory, (v) => solved(v, inverse, segments, inputs));
}

/** Goes there if that is shorter, else tries half of the way; where no part of the way helps, what was learned is forgotten once. */
function decide(walk: Walk, { energy, lengths, gradient }: Seen): void {
  if (walk.ended) return;
  walk.iterations++;
  if (energy < walk.energy) {
    const step = walk.tried.map((value, k) => value - walk.path[k]!);
    const change = gradient.map((value, k) => value - walk.gradient[k]!);
    remember(walk.memory, step, change);
    walk.path = walk.tried;
    walk.energy = energy;
    walk.length = sum(lengths);
    walk.gradient = gradient;
    walk.direction = null;
    walk.share = 1;
    return;
  }
  walk.share /= 2;
  if (walk.share >= SHORTEST) return;
  walk.ended = walk.memory.length === 0;
  walk.memory.length = 0;
  walk.direction = null;
  walk.share = 1;
}

/** (L x M)^-1 of a gradient, where L has 2 on its diagonal and -1 beside it, over the inner points, and M is the metric. */
function solved(
  gradient: Float64Array,
  inverse: Float64Array,
  segments: number,
  inputs: number,
): Float64Array {
  const inner = segments - 1;
  const out = new Float64Array(gradient.length);
  for (let t = 1; t <= inner; t++) {
    for (let a = 0; a < inputs; a++) {
      let value = 0;
      for (let b = 0; b < inputs; b++) value += inverse[a * inputs + b]! * gradient[t * inputs + b]!;
      out[t * inputs + a] = value;
    }
  }
  // Elimination down the points and back: pivots (t + 1) / t.
  for (let t = 2; t <= inner; t++) {
    for (let a = 0; a < inputs; a++) out[t * inputs + a]! += (out[(t - 1) * inputs + a]! * (t - 1)) / t;
  }
  for (let t = inner; t >= 1; t--) {
    for (let a = 0; a < inputs; a++) {
      const after = t === inner ? 0 : out[(t + 1) * inputs + a]!;
      out[t * inputs + a] = ((out[t * inputs + a]! + after) * t) / (t + 1);
    }
  }
  return out;
}

function straightPath(ends: Float32Array, pair: number, { segments, inputs }: PathPlan): Float64Array {
  const points = segments + 1;
  const path = new Float64Array(points * inputs);
  for (let t = 0; t < points; t++) {
    const share = t / (points - 1);
    for (let a = 0; a < inputs; a++) {
      const [from, to] = [ends[pair * 2 * inputs + a]!, ends[(pair * 2 + 1) * inputs + a]!];
      path[t * inputs + a] = from + share * (to - from);
    }
  }
  return path;
}

function straightFacts({ lengths, products, chord }: Seen) {
  let turning = 0;
  for (let t = 0; t < products.length; t++) {
    const cosine = products[t]! / (lengths[t]! * lengths[t + 1]!);
    if (cosine < 1) turning += Math.acos(Math.max(-1, cosine));
  }
  return { straight: sum(lengths), chord, pace: Math.max(...lengths) / Math.min(...lengths), turning };
}

function sum(values: Float64Array): number {
  return values.reduce((all, value) => all + value, 0);
}
