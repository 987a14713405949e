import {
  checkInteger,
  checkNumber,
  gatherRows,
  IsometerError,
  type Matrix,
  type Points,
  permutation,
  rng,
  sharedFloat32,
  sharedInt32,
} from "../base/index.ts";
import { heldMatrix } from "../engine/index.ts";
import { principalComponents } from "../linalg/index.ts";
import { type Constraint, centred, standardised } from "./constraints.ts";
import { dissimilarPairs } from "./dissimilar-pairs.ts";
import { type Embedding, embed, pairsOf } from "./distortion-problem.ts";
import type { DistortionName } from "./distortions.ts";
import type { Fit } from "./fit.ts";
import { symmetricGraph, type WeightedGraph } from "./fuzzy-graph.ts";
import { incidence } from "./incidence.ts";
import { type LandmarkWeights, landmarkModel } from "./landmark-model.ts";
import { type FitOptions, quiet } from "./linear-map.ts";
import type { Term } from "./mde.kernel.ts";
import { neighborFit } from "./neighbor-map.ts";
import { fewerNeighbors, neighborsFor, recallOf } from "./neighbors-for.ts";
import { drawSprings, scaleOf } from "./springs.ts";
import { NO_GRAPH, type Start, startAt } from "./start.ts";

/** What an embedding is to preserve. */
export const MDE_RECIPES = ["neighbours", "distances"] as const;
export type MdeRecipe = (typeof MDE_RECIPES)[number];

/** Where neighbours are embedded: around 0, or there with coordinates of variance 1 that are uncorrelated. */
export const MDE_CONSTRAINTS = ["standardised", "centred"] as const;
export type MdeConstraint = (typeof MDE_CONSTRAINTS)[number];

/** What a pair loses by its distance and that in the original. */
export const MDE_LOSSES = ["absolute", "squared", "relative"] as const;
export type MdeLoss = (typeof MDE_LOSSES)[number];

export interface MdeOptions extends FitOptions {
  /** Default: neighbours. */
  readonly recipe?: MdeRecipe;
  /** At most. Default 500. */
  readonly steps?: number;
  readonly init?: Start;
  /** Neighbours: of each row. Default 15; of few rows at most half. */
  readonly nNeighbors?: number;
  /** Neighbours: pairs that push, for each that pulls. Default 1. */
  readonly repulsion?: number;
  /** Neighbours. Default: centred. */
  readonly constraint?: MdeConstraint;
  /** Distances. Default: absolute. */
  readonly loss?: MdeLoss;
}

/** It ends where 10 steps lower the distortion by less than this share. */
const TOLERANCE = 1e-4;

/** Distances of about so many pairs are looked at, and of each row at least so many per dimension. */
const MOST_PAIRS = 2 ** 21;
const PARTNERS_PER_DIMENSION = 16;

/** Rows that new ones are placed by where distances are preserved. */
const LANDMARKS = 1000;

/**
 * Minimum-distortion embedding (Agrawal, Ali & Boyd 2021): places whose average distortion over pairs is least, by L-BFGS along a constraint.
 *
 * Neighbours: pairs of the graph of nearest neighbours pull with w ln(1 + d^1.5), w being 2 where both list each other, else 1; as many others, drawn, push with -ln(1 - exp(-d)). New rows are placed
 * by their neighbours. Distances: pairs, all of them or drawn, lose |d - length|, its square, or that over length^2, around 0. New rows are placed by their distances to 1,000 landmarks.
 * Rows that were fitted do not move.
 *
 * Cost: neighbours n^2 D / 2, then steps of 4 n k; distances 2^21 D, then steps of 2^22. Memory linear in n.
 *
 * @throws bad-option for numbers out of range, no fewer dimensions than rows where standardised, and a spectral start of a graph in parts
 */
export async function fitMde(given: Points, nComponents: number, options: MdeOptions): Promise<Fit> {
  const { recipe = "neighbours", steps = 500 } = options;
  checkInteger("steps", steps, 1);
  const points = heldMatrix(given);
  const own = { ...options, maxSteps: steps, tolerance: TOLERANCE };
  return recipe === "neighbours"
    ? preserveNeighbors(points, nComponents, own)
    : preserveDistances(points, nComponents, own);
}

type Settings = MdeOptions & { readonly maxSteps: number; readonly tolerance: number };

async function preserveNeighbors(points: Matrix, d: number, options: Settings): Promise<Fit> {
  const { nNeighbors = 15, repulsion = 1, constraint = "centred", init = "pca", seed } = options;
  const n = points.rows;
  checkInteger("nNeighbors", nNeighbors, 1);
  checkNumber("repulsion", repulsion, 0, 100);
  if (constraint === "standardised" && d >= n) {
    throw new IsometerError("bad-option", `${n} rows have no ${d} coordinates that are uncorrelated`, {
      needed: `fewer dimensions than rows (${n})`,
      got: String(d),
      hint: "Ask for fewer dimensions, or for the constraint centred.",
    });
  }
  // Of few rows half are neighbours at most: all others would pull, and nothing would push.
  const k = Math.min(nNeighbors, Math.max(1, Math.floor((n - 1) / 2)));
  const found = await neighborsFor(points, k, options);
  const graph = symmetricGraph(found, new Float32Array(n * k).fill(1), (one, other) => one + other);
  const places = await startAt(points, d, { ...options, init, size: 1, even: true, graph });
  const pushed = dissimilarPairs(graph, (repulsion * graph.ids.length) / 2, rng(seed).split("dissimilar"));
  const { starts, ids } = incidence(n, [pushed]);
  const pushes = { starts, ids, weights: new Float32Array(ids.length).fill(1) };
  const terms = [termOf("log1p", graph), termOf("log", pushes)];
  const embedding = await embed(places, { terms, constraint: CONSTRAINTS[constraint] }, options);
  const { codes, how } = outcome(embedding, terms, d);
  const metric = options.unitRows ? "cosine" : "euclidean";
  return neighborFit({
    map: { points, codes, metric, nNeighbors: k, placing: { kind: "curve", a: 1, b: 0.75 } },
    ...how,
    details: { ...how.details, ...recallOf(found) },
    warnings: fewerNeighbors(nNeighbors, k),
  });
}

const CONSTRAINTS: Readonly<Record<MdeConstraint, Constraint>> = { standardised, centred };

async function preserveDistances(points: Matrix, d: number, options: Settings): Promise<Fit> {
  const { loss = "absolute", init = "pca", unitRows, seed } = options;
  const n = points.rows;
  if (init === "spectral") {
    throw new IsometerError("bad-option", "distances have no graph to start from", {
      hint: "Start from pca, or from random places.",
    });
  }
  const eachSide = Math.max(PARTNERS_PER_DIMENSION * d, Math.floor(MOST_PAIRS / n));
  const springs = await drawSprings(points, options, eachSide);
  const { partners, ids, lengths } = springs;
  const starts = Int32Array.from({ length: n + 1 }, (_, i) => i * partners);
  const terms = [termOf(loss, { starts, ids, weights: lengths })];
  const places = await startAt(points, d, { ...options, init, size: 1, graph: NO_GRAPH });
  // Places at the scale of the lengths.
  const scale = scaleOf(springs, places.data, d);
  const scaled = { ...places, data: places.data.map((value) => (scale > 0 ? value / scale : 0)) };
  const embedding = await embed(scaled, { terms, constraint: centred }, options);
  const { codes, how } = outcome(embedding, terms, d);
  const marks = permutation(rng(seed).split("landmarks"), n).slice(0, LANDMARKS);
  const { mean } = await principalComponents(points, 1, quiet(options));
  return {
    ...how,
    map: { inputs: points.cols, outputs: d },
    codes,
    save: (metadata) =>
      landmarkModel(gatherRows(points, marks), gatherRows(codes, marks), {
        unitRows,
        centre: mean,
        weights: LANDMARK_WEIGHTS[loss],
        metadata,
      }),
    place: null,
  };
}

/** New rows lose what fitted ones do, but for relative: there one over the length is near enough to one over its square. */
const LANDMARK_WEIGHTS: Readonly<Record<MdeLoss, LandmarkWeights>> = {
  absolute: "absolute",
  squared: "equal",
  relative: "inverse",
};

/** Edges and what they lose, on shared memory. */
function termOf(distortion: DistortionName, { starts, ids, weights }: WeightedGraph): Term {
  const shared = {
    starts: sharedInt32(starts.length),
    ids: sharedInt32(ids.length),
    values: sharedFloat32(weights.length),
  };
  shared.starts.set(starts);
  shared.ids.set(ids);
  shared.values.set(weights);
  return { distortion, ...shared };
}

/** What a fit says of an embedding. */
function outcome(
  { places, distortion, residual, converged, iterations }: Embedding,
  terms: readonly Term[],
  d: number,
) {
  const codes: Matrix = { data: Float32Array.from(places), rows: places.length / d, cols: d };
  const objective = { name: "average distortion", value: distortion };
  return { codes, how: { converged, iterations, objective, details: { edges: pairsOf(terms), residual } } };
}
