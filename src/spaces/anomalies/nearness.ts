import { checkInteger, type Matrix, mean, type Watch } from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { nearestNeighbors, openSearched, type Searched, type StraightMetric } from "../../neighbors/index.ts";
import type { DistanceOf } from "./methods.ts";
import type { Fitted } from "./model.ts";

/** Distance to the nearest normal rows (Ramaswamy, Rastogi & Shim 2000: the k-th; Angiulli & Pizzuti 2002: all k). */
export interface KnnModel {
  readonly method: "knn";
  /** The normal rows, scaled: n x d. */
  readonly rows: Matrix;
  readonly metric: StraightMetric;
  readonly nNeighbors: number;
  readonly distanceOf: DistanceOf;
}

/** Local outlier factor (Breunig, Kriegel, Ng & Sander 2000), the normal rows being the only neighbours. */
export interface LofModel {
  readonly method: "lof";
  /** The normal rows, scaled: n x d. */
  readonly rows: Matrix;
  readonly metric: StraightMetric;
  readonly nNeighbors: number;
  /** Distance of each normal row to its k-th neighbour. */
  readonly reach: Float64Array;
  /** Local reachability density of each normal row. */
  readonly density: Float64Array;
}

/** What a search is told. */
export interface Search extends Watch {
  readonly engine: EngineInfo;
}

/** Added to mean reach distances: rows with k copies have a density (scikit-learn's number). */
const SMALLEST_REACH = 1e-10;

/** Cost O(n d); n^2 d / 2 for the scores that normal rows have among the others. @throws bad-option k outside [1, n - 1]; zero-vector */
export async function fitKnn(
  rows: Matrix,
  options: Pick<KnnModel, "metric" | "nNeighbors" | "distanceOf">,
  search: Search,
): Promise<Fitted<KnnModel>> {
  const { metric, nNeighbors, distanceOf } = options;
  checkInteger("nNeighbors", nNeighbors, 1, rows.rows - 1);
  const model: KnnModel = { method: "knn", rows, metric, nNeighbors, distanceOf };
  // Rows that cannot be searched are refused now, and not when the first row is scored.
  await openNormal(model, search);
  const own = async () => {
    const { distances } = await nearestNeighbors(rows, rows, searchOptions(options, search));
    return distanceScores(distances, nNeighbors, distanceOf);
  };
  return { model, own };
}

/** Cost n^2 d / 2. @throws bad-option k outside [1, n - 1]; zero-vector */
export async function fitLof(
  rows: Matrix,
  options: Pick<LofModel, "metric" | "nNeighbors">,
  search: Search,
): Promise<Fitted<LofModel>> {
  const { metric, nNeighbors: k } = options;
  const { ids, distances } = await nearestNeighbors(rows, rows, searchOptions(options, search));
  const reach = Float64Array.from({ length: rows.rows }, (_, i) => distances[i * k + k - 1]!);
  const density = densities(ids, distances, reach, k);
  return {
    model: { method: "lof", rows, metric, nNeighbors: k, reach, density },
    own: async () => factors(ids, density, density, k),
  };
}

/** The normal rows of a model, made ready to be searched. */
export function openNormal(
  { rows, metric }: Pick<KnnModel, "rows" | "metric">,
  { engine }: Search,
): Promise<Searched> {
  return openSearched(rows, { metric, engine, name: "normal rows" });
}

export async function knnScores(
  { nNeighbors, distanceOf }: KnnModel,
  searched: Searched,
  points: Matrix,
  watch: Watch,
): Promise<Float64Array> {
  const { distances } = await searched.nearest(points, nNeighbors, watch);
  return distanceScores(distances, nNeighbors, distanceOf);
}

export async function lofScores(
  { nNeighbors: k, reach, density }: LofModel,
  searched: Searched,
  points: Matrix,
  watch: Watch,
): Promise<Float64Array> {
  const { ids, distances } = await searched.nearest(points, k, watch);
  return factors(ids, densities(ids, distances, reach, k), density, k);
}

export const searchOptions = (
  { metric, nNeighbors }: Pick<LofModel, "metric" | "nNeighbors">,
  { engine, ...watch }: Search,
) => ({ ...watch, metric, nNeighbors, threads: engine.threads, provider: engine.provider });

function distanceScores(distances: Float64Array, k: number, distanceOf: DistanceOf): Float64Array {
  return Float64Array.from({ length: distances.length / k }, (_, i) =>
    distanceOf === "kth" ? distances[i * k + k - 1]! : mean(distances.subarray(i * k, (i + 1) * k)),
  );
}

/** lrd(p) = 1 / mean over the k nearest o of max(d(p, o), reach(o)) (definition 6). */
function densities(ids: Int32Array, distances: Float64Array, reach: Float64Array, k: number): Float64Array {
  return Float64Array.from({ length: ids.length / k }, (_, i) => {
    let sum = 0;
    for (let at = i * k; at < (i + 1) * k; at++) sum += Math.max(distances[at]!, reach[ids[at]!]!);
    return 1 / (sum / k + SMALLEST_REACH);
  });
}

/** LOF(p) = mean over the k nearest o of lrd(o) / lrd(p) (definition 7). */
function factors(ids: Int32Array, own: Float64Array, normal: Float64Array, k: number): Float64Array {
  return own.map((density, i) => {
    let sum = 0;
    for (let at = i * k; at < (i + 1) * k; at++) sum += normal[ids[at]!]!;
    return sum / k / density;
  });
}
