import type { Matrix } from "../base/index.ts";
import { type ApproximateOptions, follow, planSearch, type Recall, type SearchPlan } from "./approximate.ts";
import { type NearestResult, nearestNeighbors } from "./exact.ts";

/** Whether all nearest neighbours are wanted, most of them, or what is sooner done. */
export const SEARCHES = ["auto", "exact", "approximate"] as const;
export type NeighborSearch = (typeof SEARCHES)[number];

export interface NeighborsOptions extends ApproximateOptions {
  /** Default auto: approximate where that is measured to be sooner done. */
  readonly neighbors?: NeighborSearch;
}

export interface NeighborsResult extends NearestResult {
  /** Null: exact. */
  readonly recall: Recall | null;
  readonly plan: SearchPlan | null;
}

/** Fewer rows are searched exactly: approximate search is sooner done from some 10,000 to 20,000 rows on (bench/approximate.mjs). */
const FEWEST_ROWS = 20_000;

/** A plan that measures more of all pairs than this saves too little time to miss neighbours for. */
const MOST_SHARE = 0.6;

/**
 * The k nearest neighbours of every row within one set: exact for few rows, and where cells do not help; else approximate, with its recall.
 *
 * @param points n x d
 * @throws as `approximateNeighbors`
 */
export async function neighborsOf(points: Matrix, options: NeighborsOptions = {}): Promise<NeighborsResult> {
  const { neighbors = "auto" } = options;
  const exact = async () => ({
    ...(await nearestNeighbors(points, points, options)),
    recall: null,
    plan: null,
  });
  if (neighbors === "exact" || (neighbors === "auto" && points.rows < FEWEST_ROWS)) return exact();
  const search = await planSearch(points, options);
  if (neighbors === "auto" && search.plan.share > MOST_SHARE) return exact();
  return follow(search, options);
}
