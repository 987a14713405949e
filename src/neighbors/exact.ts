import { checkInteger, IsometerError, type Matrix, type Watch } from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import { codesMayPay, findCoded } from "./coded.ts";
import { findNearest } from "./find.ts";
import type { Layout } from "./layout.ts";
import { isSquared, STRAIGHT_METRICS, type StraightMetric } from "./metric.ts";
import type { Neighbors } from "./refine.ts";
import { isSound, lengthOf, makeSpace, type Space } from "./space.ts";
import { DIRECT_COLS } from "./tiles.ts";

export interface NearestOptions extends EngineOptions, Watch {
  /** k, default 15. */
  readonly nNeighbors?: number;
  /** Default euclidean. */
  readonly metric?: StraightMetric;
}

/** The k nearest rows of each query, nearest first; equal distances go by row number. */
export interface NearestResult {
  readonly k: number;
  /** `queries x k` row numbers. */
  readonly ids: Int32Array;
  /** `queries x k` distances in the units of the data (cosine: chords sqrt(2 - 2 cos)). */
  readonly distances: Float64Array;
  readonly engine: EngineInfo;
}

/**
 * The exact k nearest neighbours of every query among the rows of `searched`.
 *
 * Candidates come from float32 products over centred blocks, the winners are measured again in float64
 * and proven complete, so the answer is exact far from the origin and among duplicates. Give the same matrix
 * twice (or leave `searched` out) for the neighbours within one set: then a row is not its own neighbour.
 *
 * Cost: m n d multiplications (half of it within one set), O(m k) memory beyond the data.
 *
 * @param queries m x d
 * @param searched n x d, default `queries`
 * @throws bad-option k outside [1, n - 1] (n for another set); non-finite; bad-value different widths
 */
export async function nearestNeighbors(
  queries: Matrix,
  searched: Matrix = queries,
  options: NearestOptions = {},
): Promise<NearestResult> {
  const { nNeighbors: k = 15, metric = "euclidean" } = options;
  const selfless = queries === searched;
  checkNearest(metric, k, selfless ? searched.rows - 1 : searched.rows);
  if (queries.cols !== searched.cols) {
    throw new IsometerError(
      "bad-value",
      `queries have ${queries.cols} dimensions, the searched rows ${searched.cols}`,
    );
  }
  const engine = await findEngine(options);
  const search = async (later: boolean) => {
    const space = await makeSpace(searched, metric, { engine, name: "searched", later });
    const slots = selfless
      ? space
      : await makeSpace(queries, metric, { engine, name: "queries", like: space, later });
    const found = await nearestIn(slots, space, k, engine, options);
    // Queries must be numbers; how large they are does not matter.
    if (later) isSound(slots, "queries");
    return { space, found };
  };
  // Products note the norms as they go; where they do not fit after all, the search is repeated with norms first.
  const later = isSquared(metric) && searched.cols > DIRECT_COLS;
  let { space, found } = await search(later);
  if (later && !isSound(space, "searched")) ({ space, found } = await search(false));
  // Copies: what callers get is theirs, and not on shared memory.
  return { k, ids: found.ids.slice(), distances: lengthsOf(found.orders, space), engine };
}

/** The k nearest of all points of `slots` in a space, which may be the same. */
export function nearestIn(
  slots: Space,
  searched: Space,
  k: number,
  engine: EngineInfo,
  watch: Watch,
): Promise<Neighbors> {
  const selfless = slots === searched;
  const { rows } = searched;
  const layout: Layout = selfless
    ? { kind: "all", rows }
    : { kind: "anchors", rows, slots: slots.rows, index: null };
  const find = !selfless && codesMayPay(slots, searched, k, engine) ? findCoded : findNearest;
  return find({ slots, searched, layout, selfless }, k, engine, watch);
}

/** @throws bad-option */
export function checkNearest(metric: StraightMetric, k: number, most: number): void {
  if (!STRAIGHT_METRICS.includes(metric)) {
    throw new IsometerError(
      "bad-option",
      `metric must be one of ${STRAIGHT_METRICS.join(", ")}, got ${metric}`,
    );
  }
  checkInteger("nNeighbors", k, 1, most);
}

/** The lengths of orders, in the units of the data. */
export function lengthsOf(orders: Float64Array, space: Space): Float64Array {
  return new Float64Array(orders.length).map((_, at) => lengthOf(orders[at]!, space));
}
