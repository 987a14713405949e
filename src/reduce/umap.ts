import {
  checkInteger,
  checkNumber,
  type Matrix,
  type Points,
  ranges,
  rng,
  throwIfAborted,
} from "../base/index.ts";
import { heldMatrix, kernelUrl, runBlocks } from "../engine/index.ts";
import { type NearestResult, nearestNeighbors } from "../neighbors/index.ts";
import type { Fit } from "./fit.ts";
import { TABLE_LENGTH, tabulate } from "./force-table.ts";
import { either, memberships, pruned, symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";
import type { FitOptions } from "./linear-map.ts";
import { loopArrays } from "./loop-arrays.ts";
import { neighborFit } from "./neighbor-map.ts";
import { drawSprings, type Springs, scaleOf } from "./springs.ts";
import { type Start, startAt } from "./start.ts";
import type { UmapSetup } from "./umap.kernel.ts";
import { type Curve, curveFor } from "./umap-curve.ts";
import { sampledLoss } from "./umap-loss.ts";

export interface UmapOptions extends FitOptions {
  /** k, the row itself not counted (umap-learn counts it). Default 15. */
  readonly nNeighbors?: number;
  /** How near rows may lie, in units of `spread`. Default .1. */
  readonly minDist?: number;
  /** Default: 500 steps up to 10,000 rows, 200 beyond. */
  readonly steps?: number;
  readonly start?: Start;
  /** Classes of the rows: edges between different ones weigh less. */
  readonly labels?: readonly string[] | null;
  /** 0: UMAP; 1: nothing but stress over sampled pairs. Default 0. */
  readonly stressWeight?: number;
}

/** Ranges of rows that are moved at a time by one thread each. Places do not depend on it. */
const RANGES = 16;

/** Rows that push, for each edge of weight 1. */
const DRAWS = 5;

/** A step goes so many times the force at first, less and less to none: (1 - t)^2. */
const RATE = 6;
const KEPT = 0.9;

/** Root mean square of each coordinate at the start: one group far away takes not all the room. */
const SIZE = 5;

/** Edges between classes weigh exp(-this) times less. */
const CLASSES_APART = 5;

/** The loss is looked at so many times. */
const LOOKS = 20;

/**
 * UMAP: places whose nearest-neighbour graph is that of the data (McInnes, Healy & Melville 2018). Neighbours are exact, memberships and curve those of the paper; the
 * layout is found by steps over all rows at once: all edges pull, sampled rows push, momentum and the weight of a row make the step. So the same seed gives the same places on
 * any number of threads, and the loss is a little lower than that of one edge after another (docs/decisions/0022).
 *
 * With `stressWeight` w the force on a row is (1 - w) of that and w of the stress over 32 to 128 sampled pairs, at the scale that suits it: far apart then means something too.
 *
 * Cost: the neighbours (n^2 D / 2), then steps of n k. Memory linear in n. New rows are placed by their neighbours; rows that were fitted do not move.
 *
 * @throws bad-option for numbers out of range, and for a spectral start of a graph in parts
 */
export async function fitUmap(given: Points, nComponents: number, options: UmapOptions): Promise<Fit> {
  const { minDist = 0.1, unitRows, start = "pca", labels = null, stressWeight = 0 } = options;
  const points = heldMatrix(given);
  const n = points.rows;
  const steps = options.steps ?? (n <= 10_000 ? 500 : 200);
  const k = Math.min(options.nNeighbors ?? 15, n - 1);
  checkInteger("nNeighbors", k, 1);
  checkInteger("steps", steps, 1);
  checkNumber("minDist", minDist, 0, 1);
  checkNumber("stressWeight", stressWeight, 0, 1);
  const metric = unitRows ? "cosine" : "euclidean";
  const found = await neighborsFor(points, k, options);
  const graph = graphFor(found, labels, steps);
  const places = await startAt(points, nComponents, { ...options, start, size: SIZE, even: true, graph });
  const springs = stressWeight > 0 ? await drawSprings(points, options) : null;
  const curve = curveFor(minDist, 1);
  const { codes, loss, done } = await layOut(graph, places, curve, {
    ...options,
    steps,
    springs,
    stressWeight,
  });
  return neighborFit({
    map: { points, codes, metric, nNeighbors: k, placing: { kind: "curve", ...curve } },
    converged: done === steps,
    iterations: done,
    objective: { name: "loss per edge", value: loss },
    details: { edges: graph.ids.length / 2 },
  });
}

/** The k nearest others of every row. */
export function neighborsFor(points: Matrix, k: number, options: FitOptions): Promise<NearestResult> {
  const { unitRows, engine, onProgress, signal } = options;
  return nearestNeighbors(points, points, {
    nNeighbors: k,
    metric: unitRows ? "cosine" : "euclidean",
    threads: engine.threads,
    ...(onProgress && { onProgress: (progress) => progress.stage === "neighbours" && onProgress(progress) }),
    ...(signal && { signal }),
  });
}

/** The graph whose edges are drawn at least once in so many steps. */
function graphFor(found: NearestResult, labels: readonly string[] | null, steps: number): WeightedGraph {
  const whole = symmetricGraph(found, memberships(found), either);
  const graph = labels ? apartByClass(whole, labels) : whole;
  const heaviest = graph.weights.reduce((most, weight) => Math.max(most, weight), 0);
  return pruned(graph, heaviest / steps);
}

/** Edges between classes weigh less; then each row has an edge of weight 1 again, and either end may hold one. */
function apartByClass({ starts, ids, weights }: WeightedGraph, labels: readonly string[]): WeightedGraph {
  const own = weights.slice();
  const heaviest = new Float32Array(starts.length - 1);
  for (let i = 0; i < heaviest.length; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      if (labels[i] !== labels[ids[at]!]) own[at]! *= Math.exp(-CLASSES_APART);
      heaviest[i] = Math.max(heaviest[i]!, own[at]!);
    }
  }
  for (let i = 0; i < heaviest.length; i++) {
    for (let at = starts[i]!; at < starts[i + 1]!; at++) {
      const weight = own[at]!;
      own[at] = weight > 0 ? either(weight / heaviest[i]!, weight / heaviest[ids[at]!]!) : 0;
    }
  }
  return { starts, ids, weights: own };
}

interface LayoutOptions extends FitOptions {
  readonly steps: number;
  readonly springs: Springs | null;
  readonly stressWeight: number;
}

/** Steps over all rows, by all threads. */
async function layOut(graph: WeightedGraph, start: Matrix, curve: Curve, options: LayoutOptions) {
  const { engine, steps, springs, stressWeight, stop, signal, onProgress } = options;
  const { rows, cols: d } = start;
  const arrays = arraysFor(graph, start, curve, springs);
  const [before, now] = [arrays.floats("before"), arrays.floats("now")];
  const tasks = ranges(rows, Math.ceil(rows / RANGES)).map(([from, to], task) => [from, to, task] as const);
  const lossNow = () => sampledLoss(graph, before, d, curve, DRAWS, rng(options.seed).split("loss"));
  let done = 0;
  for (; done < steps && !stop?.aborted; done++) {
    throwIfAborted(signal);
    const setup: UmapSetup = {
      memory: arrays.memory,
      at: arrays.at,
      rows,
      d,
      draws: DRAWS,
      number: done,
      rate: RATE * (1 - done / steps) ** 2,
      kept: KEPT,
      seed: options.seed,
      stress: stressWeight,
      partners: springs?.partners ?? 0,
      scale: springs ? scaleOf(springs, before, d) : 0,
    };
    await runBlocks<readonly [number, number, number], null, null>({
      engine,
      kernel: kernelUrl("./umap.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
    before.set(now);
    const looks = onProgress && done % Math.ceil(steps / LOOKS) === 0;
    onProgress?.({ stage: "fitting", done: done + 1, total: steps, ...(looks && { objective: lossNow() }) });
  }
  return { codes: { data: before.slice(), rows, cols: d }, loss: lossNow(), done };
}

function arraysFor(graph: WeightedGraph, start: Matrix, { a, b }: Curve, springs: Springs | null) {
  const { rows, cols: d } = start;
  const edges = graph.ids.length;
  const arrays = loopArrays({
    before: rows * d,
    now: rows * d,
    velocities: rows * d,
    sums: RANGES * d,
    starts: rows + 1,
    ids: edges,
    weights: edges,
    pulls: TABLE_LENGTH,
    pushes: TABLE_LENGTH,
    partnerIds: springs?.ids.length ?? 0,
    lengths: springs?.lengths.length ?? 0,
  });
  arrays.floats("before").set(start.data);
  arrays.ints("starts").set(graph.starts);
  arrays.ints("ids").set(graph.ids);
  arrays.floats("weights").set(graph.weights);
  // The derivatives of -ln(v) and of -ln(1 - v) by the squared distance, twice; v = 1 / (1 + a s^b). Near 0 a push is bounded, as in the authors' code.
  tabulate((s) => (-2 * a * b * s ** (b - 1)) / (1 + a * s ** b), arrays.floats("pulls"));
  tabulate((s) => (2 * b) / ((0.001 + s) * (1 + a * s ** b)), arrays.floats("pushes"));
  if (springs) {
    arrays.ints("partnerIds").set(springs.ids);
    arrays.floats("lengths").set(springs.lengths);
  }
  return arrays;
}
