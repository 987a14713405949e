import { type Matrix, ranges } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";
import { type LoopArrays, loopArrays } from "./loop-arrays.ts";
import { type Springs, scaleOf } from "./springs.ts";
import { SCRATCH, type Square, type TsneSetup, type TsneTask } from "./tsne.kernel.ts";

/** Ranges of rows and of places that one thread works on at a time. Forces do not depend on it. */
const RANGES = 16;

type ArrayName = keyof TsneSetup["at"];
export type TsneArrays = LoopArrays<ArrayName>;

/** Memory for the forces of a graph (weights of sum 1) on places, n x 2. */
export function tsneArrays(graph: WeightedGraph, start: Matrix, springs: Springs | null = null): TsneArrays {
  const n = start.rows;
  const edges = graph.ids.length;
  const arrays = loopArrays<ArrayName>({
    places: 2 * n,
    starts: n + 1,
    ids: edges,
    weights: edges,
    pulls: 2 * n,
    pushes: 2 * n,
    keys: 2 * n,
    order: 2 * n,
    sorted: 2 * n,
    counts: 256,
    nodes: 2 * n * 8,
    scratch: RANGES * SCRATCH,
    partnerIds: springs?.ids.length ?? 0,
    lengths: springs?.lengths.length ?? 0,
    stretches: springs ? 2 * n : 0,
  });
  arrays.floats("places").set(start.data);
  arrays.ints("starts").set(graph.starts);
  arrays.ints("ids").set(graph.ids);
  arrays.floats("weights").set(graph.weights);
  if (springs) {
    arrays.ints("partnerIds").set(springs.ids);
    arrays.floats("lengths").set(springs.lengths);
  }
  return arrays;
}

/**
 * Fills in pulls, sum_j p_ij q_ij (y_j - y_i) with q = 1 / (1 + |y_i - y_j|^2), and pushes, sum_j q_ij^2 (y_i - y_j), and returns the sum of q over pairs of different rows, both ways, which
 * pushes are to be divided by; with springs what they do too. A node of the tree counts as one place where its side is below `theta` times its distance.
 */
export async function tsneForces(
  { memory, at }: TsneArrays,
  n: number,
  { engine, theta, springs = null }: ForceOptions,
): Promise<number> {
  const setup: TsneSetup = { memory, at, rows: n };
  const places = new Float32Array(memory.buffer, at.places, 2 * n);
  const step = Math.max(8, 8 * Math.ceil(n / RANGES / 8));
  const run = (tasks: readonly TsneTask[]) =>
    runBlocks<TsneTask, number, null>({
      engine,
      kernel: kernelUrl("./tsne.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
  const tree: TsneTask = { kind: "tree", square: squareOf(places) };
  const pulled = ranges(n, step).map(([start, end]): TsneTask => ({ kind: "pull", start, end }));
  const [nodes] = (await run([tree, ...pulled, ...stretched(springs, places, step)])).results;
  const pushed = ranges(n, step).map(
    ([start, end], own): TsneTask => ({ kind: "push", start, end, nodes: nodes!, theta, own }),
  );
  const { results } = await run(pushed);
  // Each row has met itself.
  return results.reduce((all, part) => all + part, 0) - n;
}

interface ForceOptions {
  readonly engine: EngineInfo;
  readonly theta: number;
  readonly springs?: Springs | null;
}

function stretched(springs: Springs | null, places: Float32Array, step: number): TsneTask[] {
  if (!springs) return [];
  const { partners } = springs;
  const scale = scaleOf(springs, places, 2);
  return ranges(places.length / 2, step).map(([start, end]) => ({
    kind: "stretch",
    start,
    end,
    partners,
    scale,
  }));
}

function squareOf(places: Float32Array): Square {
  let [left, right, low, high] = [places[0]!, places[0]!, places[1]!, places[1]!];
  for (let at = 0; at < places.length; at += 2) {
    const [x, y] = [places[at]!, places[at + 1]!];
    if (x < left) left = x;
    else if (x > right) right = x;
    if (y < low) low = y;
    else if (y > high) high = y;
  }
  // A little more, so that rounding keeps the last place inside.
  return { left, low, side: Math.max(right - left, high - low) * 1.00001 || 1 };
}

/** KL(P | Q) from every `stride`-th row, as a share of their weight. */
export function divergence(
  { starts, ids, weights }: WeightedGraph,
  places: Float32Array,
  sum: number,
  stride: number,
): number {
  let [total, weight] = [0, 0];
  for (let i = 0; i + 1 < starts.length; i += stride) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const p = weights[at]!;
      if (p === 0) continue;
      const j = ids[at]!;
      const square = (places[2 * i]! - places[2 * j]!) ** 2 + (places[2 * i + 1]! - places[2 * j + 1]!) ** 2;
      total += p * Math.log(p * (1 + square));
      weight += p;
    }
  }
  return total / (weight || 1) + Math.log(Math.max(sum, Number.MIN_VALUE));
}
