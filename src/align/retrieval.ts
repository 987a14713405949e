import { gatherRows, type Matrix, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Algebra } from "../linalg/index.ts";
import { nearestNeighbors, type StraightMetric } from "../neighbors/index.ts";
import { type AlignSearch, hubnessCorrected } from "./csls.ts";
import { mapRows } from "./map.ts";
import type { Fitted } from "./methods.ts";

/** What queries found, one number for each. */
export interface Retrieved {
  /** Share of the k nearest rows of the query's own vector in the second space that the mapped query finds among its k nearest, itself left out on both sides. */
  readonly recall: Float64Array;
  /** Is the nearest row of all its own? 1 or 0. */
  readonly top1: Float64Array;
  /** 1 / the place of its own row; 0 beyond `PLACES`. */
  readonly reciprocalRank: Float64Array;
}

/** Places that are looked at for a query's own row. */
export const PLACES = 100;

export interface SearchOptions extends Watch {
  readonly engine: EngineInfo;
  readonly algebra: Algebra;
  readonly metric: StraightMetric;
  /** k */
  readonly nNeighbors: number;
  /** How mapped queries are sought. What they should find are the nearest rows either way. Default nearest. */
  readonly search?: AlignSearch;
}

/** Queries of one space, sought in another where they are rows themselves. */
export interface Target {
  /** What is searched. */
  readonly rows: Matrix;
  /** For each query its own row there. */
  readonly own: Int32Array;
  /** `queries x k`: the rows that should be found. */
  readonly truth: Int32Array;
  readonly k: number;
}

/** The truth for some rows of the second space: their k nearest in it. Cost q n d. */
export async function openTarget(rows: Matrix, own: Int32Array, options: SearchOptions): Promise<Target> {
  const k = Math.min(options.nNeighbors, rows.rows - 1);
  const plain = { ...options, search: "nearest" } as const;
  const truth = await nearestOthers(gatherRows(rows, own), { rows, own, k }, plain, 0);
  return { rows, own, truth: truth.ids, k };
}

/** What mapped queries find. */
export async function retrieve(queries: Matrix, target: Target, options: SearchOptions): Promise<Retrieved> {
  const found = await nearestOthers(queries, target, options, PLACES);
  return {
    recall: recallOf(found.ids, target),
    top1: Float64Array.from(found.places, (place) => (place === 1 ? 1 : 0)),
    reciprocalRank: Float64Array.from(found.places, (place) => (place > 0 ? 1 / place : 0)),
  };
}

/** The recall alone: fewer places are looked at. */
export async function recallAmong(
  queries: Matrix,
  target: Target,
  options: SearchOptions,
): Promise<Float64Array> {
  return recallOf((await nearestOthers(queries, target, options, 0)).ids, target);
}

/** The recall of queries, once a method has mapped them. */
export async function recallFitted(
  { from, to }: Fitted,
  queries: Matrix,
  target: Target,
  options: SearchOptions,
): Promise<Float64Array> {
  const rows = to ? await mapRows(to, target.rows, options) : target.rows;
  return recallAmong(await mapRows(from, queries, options), { ...target, rows }, options);
}

/** Share of the rows that should be found among those that were. */
function recallOf(found: Int32Array, { k, own, truth }: Target): Float64Array {
  return Float64Array.from(own, (_, q) => {
    const wanted = new Set(truth.subarray(q * k, (q + 1) * k));
    let kept = 0;
    for (let p = q * k; p < (q + 1) * k; p++) if (wanted.has(found[p]!)) kept++;
    return kept / k;
  });
}

/** The k nearest rows of each query but its own, and the place of its own: 0 beyond those looked at. */
async function nearestOthers(
  given: Matrix,
  { rows: searched, own, k }: Pick<Target, "rows" | "own" | "k">,
  { engine, metric: usual, signal, search = "nearest" }: SearchOptions,
  looked: number,
) {
  const watch = { engine, ...(signal && { signal }) };
  const { queries, rows } =
    search === "csls" ? await hubnessCorrected(given, searched, watch) : { queries: given, rows: searched };
  const metric = search === "csls" ? "euclidean" : usual;
  const width = Math.min(rows.rows, Math.max(k + 1, looked));
  const options = { nNeighbors: width, metric, threads: engine.threads, ...(signal && { signal }) };
  const found = await nearestNeighbors(queries, rows, options);
  const ids = new Int32Array(queries.rows * k);
  const places = new Int32Array(queries.rows);
  for (let q = 0; q < queries.rows; q++) {
    for (let p = 0, at = 0; p < width; p++) {
      const id = found.ids[q * width + p]!;
      if (id === own[q]) places[q] = p + 1;
      else if (at < k) ids[q * k + at++] = id;
    }
  }
  return { ids, places };
}

/** What queries that a method has mapped find in the second space, as it is or as the method maps it. */
export async function retrieveMapped(
  { to }: Fitted,
  mapped: Matrix,
  target: Target,
  options: SearchOptions,
): Promise<Retrieved> {
  const rows = to ? await mapRows(to, target.rows, options) : target.rows;
  return retrieve(mapped, { ...target, rows }, options);
}

/** What queries find, once a method has mapped them. */
export async function scoreFitted(
  fitted: Fitted,
  queries: Matrix,
  target: Target,
  options: SearchOptions,
): Promise<Retrieved> {
  const mapped = await mapRows(fitted.from, queries, options);
  return retrieveMapped(fitted, mapped, target, options);
}
