import {
  IsometerError,
  type Matrix,
  mean,
  meanInterval,
  type Points,
  permutation,
  type Rng,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, gatherPoints } from "../../engine/index.ts";
import { openSearched } from "../../neighbors/index.ts";
import type { HalfRecall, MeasuredShare } from "./result.ts";

/** Candidates that a second look takes, times k. */
export const RESCORED = 4;

/** Queries when nobody says how many: at most a quarter of the rows; of few rows 200, for 73 that choose are the fewest that can show .95 for sure, or half. */
const QUERIES = 1000;
const FEW_QUERIES = 200;
const FEWEST_QUERIES = 8;

/** Which rows are queries, the choosing ones first, and which are fitted to. */
export interface Roles {
  readonly queries: Int32Array;
  readonly choosing: number;
  readonly training: Int32Array;
}

/** Deals rows out at random. @throws too-few-rows */
export function dealRows(
  rows: number,
  { holdout, mostTraining, random }: { holdout: number | undefined; mostTraining: number; random: Rng },
): Roles {
  const usual = Math.min(QUERIES, Math.max(rows / 4, Math.min(FEW_QUERIES, rows / 2)));
  const count = holdout === undefined ? Math.floor(usual) : Math.round(rows * holdout);
  if (count < FEWEST_QUERIES || rows - count < 2) {
    throw new IsometerError("too-few-rows", `${rows} rows leave ${count} of them as queries`, {
      needed: `${FEWEST_QUERIES} queries or more, and rows to fit to`,
    });
  }
  const order = permutation(random, rows);
  return {
    queries: order.slice(0, count),
    choosing: count >> 1,
    training: order.slice(count, count + mostTraining),
  };
}

/** For each query the rows that count as found: its k nearest, and what is as near as the last of them. */
export interface Truth {
  readonly k: number;
  readonly width: number;
  readonly near: readonly ReadonlySet<number>[];
}

/** Lengths that differ by less are equal: rotated rows and float32 products leave as much. */
const TIED = 1e-6;

/** The nearest rows of each query in the original, but itself. @throws bad-option k; non-finite; zero-vector */
export async function findTruth(
  points: Points,
  { queries }: Roles,
  {
    k,
    metric,
    engine,
    ...watch
  }: Watch & { readonly k: number; readonly metric: "euclidean" | "cosine"; readonly engine: EngineInfo },
): Promise<Truth> {
  const width = Math.min(RESCORED * k, points.rows - 1);
  const searched = await openSearched(points, { metric, engine, name: "rows" });
  const found = await searched.nearest(gatherPoints(points, queries), width + 1, watch);
  const near = Array.from(queries, (own, q) => {
    const places = others(found.ids, q, width + 1, own);
    const last = found.distances[places[k - 1]!]! * (1 + TIED);
    return new Set(places.filter((at) => found.distances[at]! <= last).map((at) => found.ids[at]!));
  });
  return { k, width, near };
}

/** Places of what query `q` found, without itself: one fewer than were sought. */
function others(ids: Int32Array, q: number, sought: number, own: number): number[] {
  const places: number[] = [];
  for (let at = q * sought; at < (q + 1) * sought; at++) if (ids[at] !== own) places.push(at);
  return places.slice(0, sought - 1);
}

/** Recall of each query at compressed rows, at once and after a second look at `width` of them. */
export interface Recalls {
  readonly recall: Float64Array;
  readonly rescored: Float64Array;
}

/** Seeks the queries, in full precision, among compressed rows. */
export async function recallAt(
  codes: Matrix,
  asked: Matrix,
  { queries }: Roles,
  { k, width, near }: Truth,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<Recalls> {
  const searched = await openSearched(codes, { metric: "euclidean", engine, name: "compressed rows" });
  const { ids } = await searched.nearest(asked, width + 1, watch);
  const recall = new Float64Array(queries.length);
  const rescored = new Float64Array(queries.length);
  queries.forEach((own, q) => {
    const places = others(ids, q, width + 1, own);
    const hits = (count: number) =>
      places.slice(0, count).reduce((sum, at) => sum + (near[q]!.has(ids[at]!) ? 1 : 0), 0);
    recall[q] = hits(k) / k;
    rescored[q] = Math.min(k, hits(width)) / k;
  });
  return { recall, rescored };
}

/** Recall over the first queries, which choose, and over the others, which report. */
export function halves({ recall, rescored }: Recalls, choosing: number): [HalfRecall, HalfRecall] {
  const of = (start: number, end?: number): HalfRecall => ({
    recall: shareOf(recall.subarray(start, end)),
    rescored: shareOf(rescored.subarray(start, end)),
  });
  return [of(0, choosing), of(choosing)];
}

/** Queries to come are not among the rows: the interval is that of a draw from many. */
const shareOf = (values: Float64Array): MeasuredShare => ({
  value: mean(values),
  interval: meanInterval(values, Number.POSITIVE_INFINITY, [0, 1]),
});
