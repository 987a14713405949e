import { IsometerError, type Matrix, type Points, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { checkNearest, lengthsOf, nearestIn } from "./exact.ts";
import type { StraightMetric } from "./metric.ts";
import { makeSpace } from "./space.ts";

/** What queries found: k row numbers each, nearest first, and distances in the units of the data. */
export interface FoundRows {
  /** `queries x k` */
  readonly ids: Int32Array;
  readonly distances: Float64Array;
}

/** Rows made ready once, to be searched time and again: they lie in memory, or in their file. */
export interface Searched {
  readonly rows: number;
  /**
   * `nearestNeighbors` of queries among these rows.
   *
   * @throws bad-option k outside [1, n]; non-finite; zero-vector; bad-value another width
   */
  nearest(queries: Matrix, k: number, watch?: Watch): Promise<FoundRows>;
}

/** Makes n x d rows ready: one pass over them. @throws non-finite, zero-vector */
export async function openSearched(
  points: Points,
  {
    metric,
    engine,
    name,
  }: { readonly metric: StraightMetric; readonly engine: EngineInfo; readonly name: string },
): Promise<Searched> {
  const space = await makeSpace(points, metric, { engine, name });
  return {
    rows: space.rows,
    async nearest(queries, k, watch = {}) {
      checkNearest(metric, k, space.rows);
      if (queries.cols !== space.cols) {
        throw new IsometerError(
          "bad-value",
          `queries have ${queries.cols} dimensions, the searched rows ${space.cols}`,
        );
      }
      const slots = await makeSpace(queries, metric, { engine, name: "queries", like: space });
      const { ids, orders } = await nearestIn(slots, space, k, engine, watch);
      return { ids: ids.slice(), distances: lengthsOf(orders, space) };
    },
  };
}
