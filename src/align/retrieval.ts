import { type Matrix, type Points, stackRows, type Watch } from "../base/index.ts";
import { type EngineInfo, gatherPoints, heldMatrix } from "../engine/index.ts";
import type { Algebra } from "../linalg/index.ts";
import { openSearched, type Searched, type StraightMetric } from "../neighbors/index.ts";
import { type AlignSearch, hubnessCorrected } from "./csls.ts";
import { mapPoints } from "./map.ts";
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
export const PLACES = 10;

export interface SearchOptions extends Watch {
  readonly engine: EngineInfo;
  readonly algebra: Algebra;
  readonly metric: StraightMetric;
  /** k */
  readonly nNeighbors: number;
  /** How mapped queries are sought. What they should find are the nearest rows either way. Default nearest. */
  readonly search?: AlignSearch;
}

/** Rows that are searched. */
export interface Index {
  readonly rows: Points;
  readonly searched: Searched;
}

/** Queries of one space, sought in another where they are rows themselves. */
export interface Target {
  /** What is searched. */
  readonly index: Index;
  /** For each query its own row there. */
  readonly own: Int32Array;
  /** `queries x k`: the rows that should be found. */
  readonly truth: Int32Array;
  readonly k: number;
}

/** Makes rows ready for searching. */
export async function openIndex(rows: Points, { metric, engine }: SearchOptions): Promise<Index> {
  return { rows, searched: await openSearched(rows, { metric, engine, name: "searched" }) };
}

/** The truth for some rows of the second space: their k nearest in it. Cost q n d. */
export async function openTarget(index: Index, own: Int32Array, options: SearchOptions): Promise<Target> {
  const k = Math.min(options.nNeighbors, index.rows.rows - 1);
  const plain = { ...options, search: "nearest" } as const;
  const truth = await nearestOthers(gatherPoints(index.rows, own), { index, own, k }, plain, 0);
  return { index, own, truth: truth.ids, k };
}

/** Some of the queries alone, by place. */
export function someOf(target: Target, places: Int32Array): Target {
  const { own, truth, k } = target;
  const rows = Int32Array.from({ length: places.length * k }, (_, at) => {
    return truth[places[Math.floor(at / k)]! * k + (at % k)]!;
  });
  return { ...target, own: places.map((place) => own[place]!), truth: rows };
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
  { index, own, k }: Pick<Target, "index" | "own" | "k">,
  options: SearchOptions,
  looked: number,
) {
  const { signal, search = "nearest" } = options;
  const watch = signal ? { signal } : {};
  const { queries, searched } =
    search === "csls" ? await withoutHubs(given, index, options) : { queries: given, ...index };
  const width = Math.min(searched.rows, Math.max(k + 1, looked));
  const found = await searched.nearest(queries, width, watch);
  const ids = new Int32Array(queries.rows * k);
  const places = new Int32Array(queries.rows);
  for (let q = 0; q < queries.rows; q++) {
    for (let p = 0, at = 0; p < width; p++) {
      const id = found.ids[q * width + p]!;
      if (id === own[q]) places[q] = p < looked ? p + 1 : 0;
      else if (at < k) ids[q * k + at++] = id;
    }
  }
  return { ids, places };
}

/** Queries and rows whose euclidean neighbours are those of CSLS. All rows are held. */
async function withoutHubs(
  given: Matrix,
  { rows }: Index,
  options: SearchOptions,
): Promise<{ readonly queries: Matrix; readonly searched: Searched }> {
  const { engine, signal } = options;
  const corrected = await hubnessCorrected(given, heldMatrix(rows), { engine, ...(signal && { signal }) });
  const { searched } = await openIndex(corrected.rows, { ...options, metric: "euclidean" });
  return { queries: corrected.queries, searched };
}

/** Queries that a method has mapped, and what they should find. */
export interface Trip {
  readonly fitted: Fitted;
  /** Where the method puts them. */
  readonly queries: Matrix;
  readonly target: Target;
}

/** Queries that are sought at once. */
const AT_ONCE = 4096;

/**
 * What queries of several methods find, trip by trip, in the second space as it is or as the method maps it. Those that search the same rows are sought at once: the rows are read once for all.
 *
 * @param onFound told after each trip
 */
export async function retrieveEach(
  trips: readonly Trip[],
  options: SearchOptions,
  onFound: () => void = () => {},
): Promise<Retrieved[]> {
  const found: Retrieved[] = [];
  for (let at = 0; at < trips.length; ) {
    const together = sharedFrom(trips, at, options);
    const target = await targetOf(together, options);
    const all = await retrieve(stackRows(together.map(({ queries }) => queries)), target, options);
    let row = 0;
    for (const { queries } of together) {
      const own = [row, row + queries.rows] as const;
      row += queries.rows;
      found.push({
        recall: all.recall.slice(...own),
        top1: all.top1.slice(...own),
        reciprocalRank: all.reciprocalRank.slice(...own),
      });
      onFound();
    }
    at += together.length;
  }
  return found;
}

/** Trips from one on that can be searched at once: hubs depend on who else searches. */
function sharedFrom(
  trips: readonly Trip[],
  at: number,
  { search = "nearest" }: SearchOptions,
): readonly Trip[] {
  const first = trips[at]!;
  let [end, count] = [at + 1, first.queries.rows];
  if (first.fitted.to || search === "csls") return [first];
  for (; end < trips.length; end++) {
    const { fitted, queries, target } = trips[end]!;
    count += queries.rows;
    if (fitted.to || target.index !== first.target.index || count > AT_ONCE) break;
  }
  return trips.slice(at, end);
}

/** What all queries of some trips should find, in rows that a method has mapped too where it maps them. */
async function targetOf(trips: readonly Trip[], options: SearchOptions): Promise<Target> {
  const [{ fitted, target }] = trips as readonly [Trip];
  if (fitted.to) {
    return {
      ...target,
      index: await openIndex(await mapPoints(fitted.to, target.index.rows, options), options),
    };
  }
  const size = trips.reduce((sum, { target: { own } }) => sum + own.length, 0);
  const [own, truth] = [new Int32Array(size), new Int32Array(size * target.k)];
  let at = 0;
  for (const each of trips) {
    own.set(each.target.own, at);
    truth.set(each.target.truth, at * target.k);
    at += each.target.own.length;
  }
  return { ...target, own, truth };
}
