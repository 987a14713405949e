import { sharedFloat64, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { addLevel, type Evaluated, emptyLevels, type MinimiseOptions, minimise } from "../optim/index.ts";
import { type Knots, knotsOf } from "./knots.ts";
import { type FitOptions, throwIfCut } from "./linear-map.ts";
import type { OrderLevels, OrderLevelsSetup } from "./order-levels.kernel.ts";
import { orderPairs, orderRanges } from "./order-pairs.ts";
import type { OrderPullSetup } from "./order-pull.kernel.ts";

/** Places whose distances keep the order of lengths. */
export interface OrderFit {
  /** n x d, at the scale of the lengths: the sums of the squares of both are equal. */
  readonly at: Float64Array;
  readonly stress: number;
  readonly startStress: number;
  readonly steps: number;
  readonly converged: boolean;
  /** From lengths to what distances should be. */
  readonly knots: Knots;
}

/** Parts that the positions are worked on in, whatever the number of threads: the order of sums does not depend on it. */
const PARTS = 8;

/**
 * Non-metric scaling: minimises Kruskal's first stress, S = sqrt(sum (distance - f(length))^2 / sum distance^2), over places and over all ascending f, so that of the lengths only their order
 * counts; equal lengths may have different f (his primary approach to ties). The best f for given places is the isotonic regression of distances on lengths; S^2 with that f is
 * a function of the places alone, with derivative 2 / sum distance^2 times the sum of ((1 - S^2) distance - f) d(distance) (Kruskal 1964b), which L-BFGS gets. It does not depend on scale, so nothing shrinks, and never rises.
 *
 * Cost: N pairs are sorted once; each step goes over them twice, in order of length, and pools levels of each part, then of all.
 * Memory: 12 N bytes beside the lengths, 20 N more while they are sorted, and up to 24 N where no levels are pooled.
 *
 * @param lengths n x partners: those of the pairs of each place with the ones that follow it, around the end
 * @param start n x d
 */
export async function fitOrder(
  lengths: Float32Array,
  start: Float64Array,
  { partners, d, engine, signal, ...how }: OrderOptions,
): Promise<OrderFit> {
  const ordered = orderPairs(lengths, partners);
  const n = start.length / d;
  const setup: OrderLevelsSetup = { ...ordered, places: sharedFloat64(n * d), n, d };
  const cut = { ...(signal && { signal }), ...(how.stop && { stop: how.stop }) };
  const { evaluate, disparities } = openStress(setup, { engine, ...cut });
  const found = await minimise(evaluate, start, how);
  // The last place that was looked at need not be the one that was taken.
  const { squares } = await disparities(found.at);
  let total = 0;
  for (let p = 0; p < lengths.length; p++) total += lengths[p]! ** 2;
  const scale = squares > 0 && total > 0 ? Math.sqrt(total / squares) : 1;
  const { x, y } = knotsOf(setup);
  return {
    at: found.at.map((value) => value * scale),
    stress: Math.sqrt(found.loss),
    startStress: Math.sqrt(found.first),
    steps: found.steps,
    converged: found.converged,
    knots: { x, y: y.map((value) => value * scale) },
  };
}

export interface OrderOptions extends MinimiseOptions, Pick<Watch, "signal"> {
  readonly partners: number;
  readonly d: number;
  readonly engine: EngineInfo;
}

/** The squared stress of places and its gradient; and disparities alone, with the sums that both are made of. */
function openStress(setup: OrderLevelsSetup, options: Pick<FitOptions, "engine" | "signal" | "stop">) {
  const tasks = orderRanges(setup, PARTS);
  const work = { engine: options.engine, tasks, stage: "fitting" };
  const disparities = async (at: Float64Array) => {
    throwIfCut(options);
    setup.places.set(at);
    const { results } = await runBlocks<readonly [number, number], OrderLevels, null>({
      ...work,
      kernel: kernelUrl("./order-levels.kernel.js", import.meta.url),
      setup,
    });
    const squares = results.reduce((sum, part) => sum + part.squares, 0);
    return { squares, explained: poolParts(tasks, results, setup.disparities) };
  };
  const evaluate = async (at: Float64Array): Promise<Evaluated> => {
    const { squares, explained } = await disparities(at);
    const gradient = new Float64Array(at.length);
    if (squares === 0) return { loss: 0, gradient };
    // Disparities are at right angles to what they leave of the distances.
    const loss = Math.max(0, 1 - explained / squares);
    const { results } = await runBlocks<readonly [number, number], Float64Array, null>({
      ...work,
      kernel: kernelUrl("./order-pull.kernel.js", import.meta.url),
      setup: { ...setup, kept: 1 - loss } satisfies OrderPullSetup,
    });
    for (const part of results)
      for (let k = 0; k < gradient.length; k++) gradient[k]! += (2 * part[k]!) / squares;
    return { loss, gradient };
  };
  return { evaluate, disparities };
}

/** Pools the levels of all parts, writes the level of each position, and gives the sum of their squares. */
function poolParts(
  ranges: readonly (readonly [number, number])[],
  parts: readonly OrderLevels[],
  disparities: Float32Array,
): number {
  const levels = emptyLevels(parts.reduce((sum, { ends }) => sum + ends.length, 0));
  parts.forEach(({ ends, sums }, part) => {
    for (let b = 0; b < ends.length; b++) addLevel(levels, ranges[part]![0] + ends[b]!, sums[b]!);
  });
  let squares = 0;
  for (let level = 0, at = 0; level < levels.count; level++) {
    const end = levels.ends[level]!;
    const mean = levels.sums[level]! / (end - at);
    squares += levels.sums[level]! * mean;
    for (; at < end; at++) disparities[at] = mean;
  }
  return squares;
}
