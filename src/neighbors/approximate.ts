import {
  type Interval,
  IsometerError,
  mean,
  meanInterval,
  type Points,
  type Rng,
  rng,
  sampleWithoutReplacement,
  sharedInt32,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, findEngine } from "../engine/index.ts";
import { type Cells, makeCells } from "./cells.ts";
import { checkNearest, lengthsOf, type NearestOptions, type NearestResult } from "./exact.ts";
import { findNearest } from "./find.ts";
import { type JoinedCells, joinCells, searchCells } from "./joined-cells.ts";
import type { Neighbors } from "./refine.ts";
import { makeSpace, type Space } from "./space.ts";

export interface ApproximateOptions extends NearestOptions {
  /** Default 0. The same seed gives the same bytes, on any number of threads. */
  readonly seed?: number;
  /** Share of the nearest neighbours to be found, above 0, at most 1. Default .97. */
  readonly targetRecall?: number;
}

/** Share of the nearest neighbours that were found. Measured, not promised. */
export interface Recall {
  /**
   * Mean over sampled rows of the share of their k places that hold a row no farther than their true k-th neighbour, which exact
   * search among all rows finds. So copies of a row count alike.
   */
  readonly value: number;
  /** 95 % for the mean over all rows (Wilson 1927, with the spread between the sampled rows). */
  readonly interval: Interval;
  /** Rows sampled. */
  readonly rows: number;
}

/** What was searched: the rows parted into cells, each cell joined with its nearest. */
export interface SearchPlan {
  readonly cells: number;
  /** Cells that each is joined with, itself among them; it may be joined with more from the other side. */
  readonly probes: number;
  /** Pairs of rows that are measured, of all there are. */
  readonly share: number;
}

export interface ApproximateResult extends NearestResult {
  readonly recall: Recall;
  readonly plan: SearchPlan;
}

/** Rows that the plan is drawn from, and other rows that tell how well it did: for them all rows are searched. */
const SAMPLED = { plan: 256, recall: 512 } as const;

/** The plan finds more than is wanted of its own rows: a quarter of what may be missed is kept for all others. */
const MISSED = 0.75;

/**
 * The k nearest neighbours of every row within one set, most of them: about `targetRecall`, and it says how many.
 *
 * Rows are parted into cells, and each cell is searched against its nearest cells, by the products of exact search; distances are exact, in
 * float64, for the rows that are found. How many cells is seen from the true neighbours of 256 rows; how many neighbours were found, from
 * those of 512 others. Where neighbours have nothing to do with cells (one round cloud of many dimensions) that comes to nearly all pairs.
 *
 * Cost: 2 n^1.5 d multiplications for cells, 768 n d for samples, and `plan.share` of those of exact search. O(n k) memory beyond the data.
 *
 * @param points n x d
 * @throws bad-option k outside [1, n - 1], targetRecall outside (0, 1]; non-finite; zero-vector under cosine
 */
export async function approximateNeighbors(
  points: Points,
  options: ApproximateOptions = {},
): Promise<ApproximateResult> {
  return follow(await planSearch(points, options), options);
}

/** A search that is planned but not carried out. */
export interface PlannedSearch {
  readonly k: number;
  readonly space: Space;
  readonly engine: EngineInfo;
  readonly cells: Cells;
  readonly joined: JoinedCells;
  readonly plan: SearchPlan;
  /** For the rows that will tell how well it did. */
  readonly random: Rng;
}

/** Makes cells, samples rows, and draws the plan. @throws as `approximateNeighbors` */
export async function planSearch(points: Points, options: ApproximateOptions): Promise<PlannedSearch> {
  const { nNeighbors: k = 15, metric = "euclidean", seed = 0, targetRecall = 0.97 } = options;
  checkNearest(metric, k, points.rows - 1);
  checkTarget(targetRecall);
  const engine = await findEngine(options);
  const space = await makeSpace(points, metric, { engine, name: "points" });
  const random = rng(seed).split("approximate");
  const cells = await makeCells(space, { random: random.split("cells"), engine, watch: options });
  const sample = { space, k, count: SAMPLED.plan, random: random.split("plan") };
  const probes = probesFor(cells, await sampleRows(sample, engine, options), 1 - MISSED * (1 - targetRecall));
  const joined = joinCells(cells, probes, k);
  const plan = { cells: cells.count, probes, share: joined.share };
  return { k, space, engine, cells, joined, plan, random: random.split("recall") };
}

/** Carries out a planned search, and measures its recall. */
export async function follow(search: PlannedSearch, watch: Watch): Promise<ApproximateResult> {
  const { k, space, engine, cells, joined, plan, random } = search;
  const { ids, orders } = await searchCells(space, cells, joined.pairs, k, engine, watch);
  const judged = await sampleRows({ space, k, count: SAMPLED.recall, random }, engine, watch);
  const recall = recallOf(judged, orders, space.rows);
  return { k, ids, distances: lengthsOf(orders, space), engine, recall, plan };
}

/** Some rows and their true neighbours, a slot for each. */
interface SampledRows {
  readonly rows: Int32Array;
  readonly truth: Neighbors;
}

interface Sample {
  readonly space: Space;
  readonly k: number;
  /** Rows to draw; all where there are fewer. */
  readonly count: number;
  readonly random: Rng;
}

async function sampleRows(
  { space, k, count, random }: Sample,
  engine: EngineInfo,
  watch: Watch,
): Promise<SampledRows> {
  const { rows } = space;
  const index = sharedInt32(Math.min(rows, count));
  index.set(sampleWithoutReplacement(random, rows, index.length));
  const layout = { kind: "anchors", rows, slots: index.length, index } as const;
  const places = { slots: space, searched: space, layout, selfless: true };
  return { rows: index, truth: await findNearest(places, k, engine, named("sampling", watch)) };
}

function checkTarget(targetRecall: number): void {
  if (targetRecall > 0 && targetRecall <= 1) return;
  throw new IsometerError("bad-option", `targetRecall must be above 0 and at most 1, got ${targetRecall}`);
}

/** Progress of work by another name. */
function named(stage: string, { onProgress, ...watch }: Watch): Watch {
  return onProgress ? { ...watch, onProgress: (progress) => onProgress({ ...progress, stage }) } : watch;
}

/** The fewest cells to join each with, so that at least `share` of the neighbours of some rows lie in them. */
function probesFor({ count, of, near }: Cells, { rows, truth }: SampledRows, share: number): number {
  const { k, ids, orders } = truth;
  const rankOf = (cell: number, other: number) =>
    near.subarray(cell * count, (cell + 1) * count).indexOf(other);
  const found = new Int32Array(count);
  ids.forEach((id, p) => {
    const [a, b] = [of[rows[Math.floor(p / k)]!]!, of[id]!];
    // Of equal rows, which may be spread over pieces of a cell, each piece has enough.
    const rank = orders[p] === 0 ? 0 : Math.min(rankOf(a, b), rankOf(b, a));
    found[rank]!++;
  });
  let probes = 0;
  for (let sum = 0; probes < count && sum < share * ids.length; probes++) sum += found[probes]!;
  return probes;
}

function recallOf({ rows, truth }: SampledRows, orders: Float64Array, population: number): Recall {
  const { k } = truth;
  const shares = Float64Array.from(rows, (row, slot) => {
    const farthest = truth.orders[(slot + 1) * k - 1]!;
    let found = 0;
    while (found < k && orders[row * k + found]! <= farthest) found++;
    return found / k;
  });
  return { value: mean(shares), interval: meanInterval(shares, population, [0, 1]), rows: rows.length };
}
