import {
  checkInteger,
  IsometerError,
  type Points,
  sharedInt32,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import {
  type Layout,
  type Metric,
  makeGeodesicSpace,
  makeSpace,
  type Space,
  slotRow,
  slotsOf,
} from "../neighbors/index.ts";

/** k of the graph that geodesics run in, unless told otherwise. */
const GRAPH_NEIGHBORS = 10;

/** What preparing a space takes beside its points. */
export interface Preparation {
  readonly metric: Metric;
  readonly name: string;
  readonly duplicates: Int32Array | null;
  readonly layout: Layout;
  /** Null unless one of the spaces has geodesics. */
  readonly graphNeighbors: number | null;
  readonly engine: EngineInfo;
  readonly watch: Watch;
}

/** A space, and what is to be said of it. */
export interface Prepared {
  readonly space: Space;
  readonly warnings: readonly Warning[];
}

/** Prepares points for the distances of a metric. Geodesics are found from the slots of the layout, so every pair of a sweep is known. */
export async function prepare(points: Points, how: Preparation): Promise<Prepared> {
  const { metric, layout } = how;
  if (metric !== "geodesic") return { space: await makeSpace(points, metric, how), warnings: [] };
  const sources = sharedInt32(slotsOf(layout)).map((_, slot) => slotRow(layout, slot));
  return makeGeodesicSpace(points, { ...how, sources, neighbors: how.graphNeighbors! });
}

/** k of the graph, or null where no metric needs one. @throws bad-option when it is given without need, or out of range */
export function chooseGraphNeighbors(
  asked: number | undefined,
  rows: number,
  metrics: readonly Metric[],
): number | null {
  if (metrics.includes("geodesic")) {
    const k = asked ?? Math.min(GRAPH_NEIGHBORS, rows - 1);
    checkInteger("graphNeighbors", k, 1, rows - 1);
    return k;
  }
  if (asked === undefined) return null;
  throw new IsometerError("bad-option", "graphNeighbors must come with metric or latentMetric geodesic", {
    hint: "Add --metric geodesic, --latent-metric geodesic or both; or leave --graph-neighbors out.",
  });
}
