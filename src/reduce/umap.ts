import { checkInteger, checkNumber, type Points } from "../base/index.ts";
import { heldMatrix } from "../engine/index.ts";
import type { NearestResult } from "../neighbors/index.ts";
import type { Fit } from "./fit.ts";
import { either, memberships, pruned, symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";
import type { FitOptions } from "./linear-map.ts";
import { neighborFit } from "./neighbor-map.ts";
import { fewerNeighbors, neighborsFor, recallOf } from "./neighbors-for.ts";
import { drawSprings } from "./springs.ts";
import { type Start, startAt } from "./start.ts";
import { curveFor } from "./umap-curve.ts";
import { radiusScores } from "./umap-density.ts";
import { layOut } from "./umap-layout.ts";

export interface UmapOptions extends FitOptions {
  /** k, the row itself not counted (umap-learn counts it). Default 15. */
  readonly nNeighbors?: number;
  /** How near rows may lie, beside the width 1 of neighbourhoods. Default .1. */
  readonly minDist?: number;
  /** Default: 500 steps up to 10,000 rows, 200 beyond. */
  readonly steps?: number;
  readonly init?: Start;
  /** Classes of the rows: edges between different ones weigh less. */
  readonly labels?: readonly string[] | null;
  /** 0: UMAP; 1: nothing but stress over sampled pairs. Default 0. */
  readonly stressWeight?: number;
  /** What a correlation 1 of local radii counts beside the loss per edge; 0: UMAP, 2: densMAP. Default 0. */
  readonly densityWeight?: number;
  /** The share of the steps, the last ones, that look at radii. Default .3. */
  readonly densityShare?: number;
}

/** Root mean square of each coordinate at the start: one group far away takes not all the room. */
const SIZE = 5;

/** Beyond it correlation would count for everything. */
const MOST_DENSITY = 100;

/** Edges between classes weigh exp(-this) times less. */
const CLASSES_APART = 5;

/**
 * UMAP: places whose nearest-neighbour graph is that of the data (McInnes, Healy & Melville 2018). Neighbours are exact or nearly so (`details.neighborRecall`), memberships and curve those of the paper; the
 * layout is found by steps over all rows at once: all edges pull, sampled rows push, momentum and the weight of a row make the step. So the same seed gives the same places on
 * any number of threads, and the loss is a little lower than that of one edge after another (docs/decisions/0022).
 *
 * With `stressWeight` w the force on a row is (1 - w) of that and w of the stress over 32 to 128 sampled pairs, at the scale that suits it: far apart then means something too.
 *
 * With `densityWeight` w it is densMAP (Narayan, Berger & Cho 2021; theirs is 2): the last steps lower loss - w C, C the correlation of local radii, those of the data against those of the
 * layout (umap-density.ts), so that what is dense stays dense, at some cost to the neighbourhoods. `details.radiusCorrelation` is that of the result, where radii of the data vary; with
 * `densityShare` 0 that of plain UMAP.
 *
 * Cost: the neighbours (n^2 D / 2), then steps of n k; those that look at radii take two to three times as long. Memory linear in n. New rows are placed by their neighbours; rows that were fitted do not move.
 *
 * @throws bad-option for numbers out of range, and for a spectral start of a graph in parts
 */
export async function fitUmap(given: Points, nComponents: number, options: UmapOptions): Promise<Fit> {
  const { minDist = 0.1, unitRows, init = "pca", labels = null } = options;
  const { stressWeight = 0, densityWeight = 0, densityShare = 0.3 } = options;
  const points = heldMatrix(given);
  const n = points.rows;
  const steps = options.steps ?? (n <= 10_000 ? 500 : 200);
  const { nNeighbors = 15 } = options;
  const k = Math.min(nNeighbors, n - 1);
  checkInteger("nNeighbors", k, 1);
  checkInteger("steps", steps, 1);
  checkNumber("minDist", minDist, 0, 1);
  checkNumber("stressWeight", stressWeight, 0, 1);
  checkNumber("densityWeight", densityWeight, 0, MOST_DENSITY);
  checkNumber("densityShare", densityShare, 0, 1);
  const metric = unitRows ? "cosine" : "euclidean";
  const found = await neighborsFor(points, k, options);
  const graph = graphFor(found, labels, steps);
  const places = await startAt(points, nComponents, { ...options, init, size: SIZE, even: true, graph });
  const springs = stressWeight > 0 ? await drawSprings(points, options) : null;
  const scores = densityWeight > 0 ? radiusScores(found, graph) : null;
  const density = scores && { scores, weight: densityWeight, share: densityShare };
  const curve = curveFor(minDist, 1);
  const { codes, loss, done, correlation } = await layOut(graph, places, curve, {
    ...options,
    steps,
    springs,
    stressWeight,
    density,
  });
  return neighborFit({
    map: { points, codes, metric, nNeighbors: k, placing: { kind: "curve", ...curve } },
    converged: done === steps,
    iterations: done,
    objective: { name: "loss per edge", value: loss },
    details: {
      edges: graph.ids.length / 2,
      ...(correlation !== null && { radiusCorrelation: correlation }),
      ...recallOf(found),
    },
    warnings: fewerNeighbors(nNeighbors, k),
  });
}

/** The graph without edges that would not be drawn once in so many steps of one edge after another (the authors' code): they weigh next to nothing. */
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
