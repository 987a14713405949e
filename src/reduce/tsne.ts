import {
  checkInteger,
  checkNumber,
  IsometerError,
  type Matrix,
  type Points,
  throwIfAborted,
} from "../base/index.ts";
import { heldMatrix } from "../engine/index.ts";
import { affinities } from "./affinities.ts";
import type { Fit } from "./fit.ts";
import { symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";
import type { FitOptions } from "./linear-map.ts";
import { neighborFit } from "./neighbor-map.ts";
import { fewerNeighbors, neighborsFor, recallOf } from "./neighbors-for.ts";
import { drawSprings, type Springs } from "./springs.ts";
import { type Start, startAt } from "./start.ts";
import { divergence, tsneArrays, tsneForces } from "./tsne-forces.ts";

export interface TsneOptions extends FitOptions {
  /** How many neighbours count for a row, softly. Default 30. */
  readonly perplexity?: number;
  /** Default 750, the first third of them exaggerated. */
  readonly steps?: number;
  /** Default 12. */
  readonly exaggeration?: number;
  readonly init?: Start;
  /** 0: t-SNE; more: so much of the force is that of the stress over sampled pairs. Default 0. */
  readonly stressWeight?: number;
}

/** Neighbours for each of perplexity. */
const NEIGHBORS = 3;

/** A node of the tree counts as one place where its side is below this times its distance. */
const THETA = 0.5;

/** What a spring does to a place beside its n-th part of the gradient: at a weight of one half both move a layout of the usual size about as far. */
const SPRING = 0.05;

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
  const {
    perplexity = 30,
    steps = 750,
    exaggeration = 12,
    init = "pca",
    stressWeight = 0,
    unitRows,
  } = options;
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
  checkNumber("stressWeight", stressWeight, 0, 1);
  const asked = Math.max(1, Math.floor(NEIGHBORS * perplexity));
  const k = Math.min(n - 1, asked);
  const found = await neighborsFor(points, k, options);
  const graph = normalised(symmetricGraph(found, affinities(found, Math.min(perplexity, k)), halfOf));
  const places = await startAt(points, 2, { ...options, init, size: SIZE, graph });
  const springs = stressWeight > 0 ? await drawSprings(points, options) : null;
  const own = { ...options, steps, exaggeration, springs, stressWeight };
  const { codes, loss, done } = await descend(graph, places, own);
  const metric = unitRows ? "cosine" : "euclidean";
  const nNeighbors = Math.min(PLACED_BY, k);
  return neighborFit({
    map: { points, codes, metric, nNeighbors, placing: { kind: "curve", a: 1, b: 1 } },
    converged: done === steps,
    iterations: done,
    objective: { name: "Kullback-Leibler divergence", value: loss },
    details: { neighbors: k, ...recallOf(found) },
    warnings: fewerNeighbors(asked, k),
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
  options: FitOptions & {
    readonly steps: number;
    readonly exaggeration: number;
    readonly springs: Springs | null;
    readonly stressWeight: number;
  },
) {
  const { engine, steps, exaggeration, springs, stressWeight, stop, signal, onProgress, onPlaces } = options;
  const n = start.rows;
  const arrays = tsneArrays(graph, start, springs);
  const how = { engine, theta: THETA, springs };
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
    sum = await tsneForces(arrays, n, how);
    const stretches = springs && arrays.floats("stretches");
    move(places, { pulls, pushes, stretches, stressWeight, factor, sum, rate: n / factor }, motion);
    const looks = onProgress && done % Math.ceil(steps / LOOKS) === 0;
    const objective = looks ? divergence(graph, places, sum, Math.ceil(n / LOOKED_AT)) : undefined;
    onProgress?.({
      stage: "fitting",
      done: done + 1,
      total: steps,
      ...(objective !== undefined && { objective }),
    });
    onPlaces?.(() => places.slice(), done + 1);
  }
  sum = await tsneForces(arrays, n, how);
  const codes: Matrix = { data: places.slice(), rows: n, cols: 2 };
  return { codes, loss: divergence(graph, places, sum, 1), done };
}

interface Forces {
  readonly pulls: Float32Array;
  readonly pushes: Float32Array;
  readonly stretches: Float32Array | null;
  readonly stressWeight: number;
  readonly factor: number;
  readonly sum: number;
  readonly rate: number;
}

/** One step: a coordinate that goes on as before gains speed, one that turns loses it (Jacobs 1988). The mean stays at 0. */
function move(
  places: Float32Array,
  { pulls, pushes, stretches, stressWeight, factor, sum, rate }: Forces,
  { velocity, gains }: { readonly velocity: Float32Array; readonly gains: Float32Array },
): void {
  const inverse = 1 / sum;
  const spring = (stressWeight * SPRING) / (places.length / 2);
  let [x, y] = [0, 0];
  for (let at = 0; at < places.length; at++) {
    const own = 4 * (factor * pulls[at]! + pushes[at]! * inverse);
    const force = stretches ? (1 - stressWeight) * own + spring * stretches[at]! : own;
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
