import {
  checkInteger,
  checkNumber,
  IsometerError,
  type Matrix,
  type Points,
  ranges,
  throwIfAborted,
} from "../base/index.ts";
import { heldMatrix, kernelUrl, runBlocks } from "../engine/index.ts";
import { affinities } from "./affinities.ts";
import type { Fit } from "./fit.ts";
import { symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";
import type { FitOptions } from "./linear-map.ts";
import { type LoopArrays, loopArrays } from "./loop-arrays.ts";
import { neighborFit } from "./neighbor-map.ts";
import { type Start, startAt } from "./start.ts";
import { SCRATCH, type Square, type TsneSetup, type TsneTask } from "./tsne.kernel.ts";
import { neighborsFor } from "./umap.ts";

export interface TsneOptions extends FitOptions {
  /** How many neighbours count for a row, softly. Default 30. */
  readonly perplexity?: number;
  /** Default 750, the first third of them exaggerated. */
  readonly steps?: number;
  /** Default 12. */
  readonly exaggeration?: number;
  readonly start?: Start;
}

/** Neighbours for each of perplexity. */
const NEIGHBORS = 3;

/** Ranges of rows and of places that one thread works on at a time. Places do not depend on it. */
const RANGES = 16;

/** A node of the tree counts as one place where its side is below this times its distance. */
const THETA = Number(process.env.THETA ?? 0.5);

const MOMENTUM = 0.8;
const LEAST_GAIN = 0.01;
const MOST_STEP = 5;

/** The size of the start: so small that nothing pushes. */
const SIZE = 1e-4;

/** New rows are placed by so many. */
const PLACED_BY = 15;

/** The loss is looked at so many times, in so many rows. */
const LOOKS = 20;
const LOOKED_AT = 2000;

/**
 * t-SNE: places where neighbours are as likely as in the data, KL(P | Q) being least (van der Maaten & Hinton 2008), P from the 3 x perplexity exact nearest neighbours. By gradient
 * descent with momentum and gains from the principal components (Kobak & Berens 2019; learning rate n over the exaggeration, Belkina et al. 2019), pushes by a tree (Barnes & Hut
 * 1986; van der Maaten 2014) that groups of 8 rows go through together.
 *
 * Cost: the neighbours (n^2 D / 2), then steps of n (3 perplexity + log n). Memory linear in n. New rows are placed by their neighbours; rows that were fitted do not move.
 *
 * @throws bad-option for another number of dimensions than 2, and for numbers out of range
 */
export async function fitTsne(given: Points, nComponents: number, options: TsneOptions): Promise<Fit> {
  const { perplexity = 30, steps = 750, exaggeration = 12, start = "pca", unitRows } = options;
  if (nComponents !== 2) {
    throw new IsometerError("bad-option", `t-SNE is to 2 dimensions, not to ${nComponents}`, {
      hint: "For more dimensions take umap, or mds.",
    });
  }
  const points = heldMatrix(given);
  const n = points.rows;
  checkNumber("perplexity", perplexity, 1, 1e6);
  checkNumber("exaggeration", exaggeration, 1, 1e6);
  checkInteger("steps", steps, 1);
  const k = Math.min(n - 1, Math.max(1, Math.floor(NEIGHBORS * perplexity)));
  const found = await neighborsFor(points, k, options);
  const graph = normalised(symmetricGraph(found, affinities(found, Math.min(perplexity, k)), halfOf));
  const places = await startAt(points, 2, { ...options, start, size: SIZE, graph });
  const { codes, loss, done } = await descend(graph, places, { ...options, steps, exaggeration });
  const metric = unitRows ? "cosine" : "euclidean";
  const nNeighbors = Math.min(PLACED_BY, k);
  return neighborFit({
    map: { points, codes, metric, nNeighbors, placing: { kind: "curve", a: 1, b: 1 } },
    converged: done === steps,
    iterations: done,
    objective: { name: "Kullback-Leibler divergence", value: loss },
    details: { neighbors: k },
  });
}

const halfOf = (one: number, other: number) => (one + other) / 2;

/** Weights that sum to 1. */
function normalised({ starts, ids, weights }: WeightedGraph): WeightedGraph {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { starts, ids, weights: weights.map((weight) => weight / (total || 1)) };
}

async function descend(
  graph: WeightedGraph,
  start: Matrix,
  options: FitOptions & { readonly steps: number; readonly exaggeration: number },
) {
  const { engine, steps, exaggeration, stop, signal, onProgress } = options;
  const n = start.rows;
  const arrays = arraysFor(graph, start);
  const places = arrays.floats("places");
  const [pulls, pushes] = [arrays.floats("pulls"), arrays.floats("pushes")];
  const motion = { velocity: new Float32Array(2 * n), gains: new Float32Array(2 * n).fill(1) };
  const early = Math.round(steps / 3);
  let done = 0;
  let sum = 1;
  for (; done < steps && !stop?.aborted; done++) {
    throwIfAborted(signal);
    // The first step after the exaggeration starts from rest.
    if (done === early) motion.velocity.fill(0);
    if (done === early) motion.gains.fill(1);
    const factor = done < early ? exaggeration : 1;
    sum = await forces(arrays, n, engine);
    move(places, { pulls, pushes, factor, sum, rate: n / factor }, motion);
    const looks = onProgress && done % Math.ceil(steps / LOOKS) === 0;
    const objective = looks ? divergence(graph, places, sum, Math.ceil(n / LOOKED_AT)) : undefined;
    onProgress?.({
      stage: "fitting",
      done: done + 1,
      total: steps,
      ...(objective !== undefined && { objective }),
    });
  }
  sum = await forces(arrays, n, engine);
  const codes: Matrix = { data: places.slice(), rows: n, cols: 2 };
  return { codes, loss: divergence(graph, places, sum, 1), done };
}

type ArrayName = keyof TsneSetup["at"];

function arraysFor(graph: WeightedGraph, start: Matrix): LoopArrays<ArrayName> {
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
  });
  arrays.floats("places").set(start.data);
  arrays.ints("starts").set(graph.starts);
  arrays.ints("ids").set(graph.ids);
  arrays.floats("weights").set(graph.weights);
  return arrays;
}

/** Fills in pulls and pushes, and returns the sum over pairs of different rows that pushes are to be divided by. */
async function forces({ memory, at }: LoopArrays<ArrayName>, n: number, engine: FitOptions["engine"]) {
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
  const [nodes] = (await run([tree, ...pulled])).results;
  const pushed = ranges(n, step).map(
    ([start, end], own): TsneTask => ({ kind: "push", start, end, nodes: nodes!, theta: THETA, own }),
  );
  const { results } = await run(pushed);
  // Each row has met itself.
  return results.reduce((all, part) => all + part, 0) - n;
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

interface Forces {
  readonly pulls: Float32Array;
  readonly pushes: Float32Array;
  readonly factor: number;
  readonly sum: number;
  readonly rate: number;
}

/** One step: a coordinate that goes on as before gains speed, one that turns loses it (Jacobs 1988). The mean stays at 0. */
function move(
  places: Float32Array,
  { pulls, pushes, factor, sum, rate }: Forces,
  { velocity, gains }: { readonly velocity: Float32Array; readonly gains: Float32Array },
): void {
  const inverse = 1 / sum;
  let [x, y] = [0, 0];
  for (let at = 0; at < places.length; at++) {
    const force = 4 * (factor * pulls[at]! + pushes[at]! * inverse);
    const gain = force * velocity[at]! > 0 ? gains[at]! + 0.2 : gains[at]! * 0.8;
    gains[at] = gain > LEAST_GAIN ? gain : LEAST_GAIN;
    velocity[at] = MOMENTUM * velocity[at]! + rate * gains[at]! * force;
  }
  for (let at = 0; at < places.length; at += 2) {
    const [dx, dy] = [velocity[at]!, velocity[at + 1]!];
    const length = Math.sqrt(dx * dx + dy * dy);
    const share = length > MOST_STEP ? MOST_STEP / length : 1;
    velocity[at] = dx * share;
    velocity[at + 1] = dy * share;
    places[at]! += velocity[at]!;
    places[at + 1]! += velocity[at + 1]!;
    x += places[at]!;
    y += places[at + 1]!;
  }
  const n = places.length / 2;
  for (let at = 0; at < places.length; at += 2) {
    places[at]! -= x / n;
    places[at + 1]! -= y / n;
  }
}

/** KL(P | Q) from every `stride`-th row, as a share of their weight. */
function divergence(
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
