import {
  permutation,
  type Rng,
  ranges,
  sampleWithoutReplacement,
  sharedInt32,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, openPlaces, runBlocks } from "../engine/index.ts";
import type { Space } from "../neighbors/index.ts";
import { type CentroidsSetup, SPREAD_WIDTH } from "./centroids.kernel.ts";
import type { ClassRecord } from "./result.ts";

/** The class of each row, numbered from 0 without gaps, and where the classes came from. */
export interface Classes extends ClassRecord {
  readonly rows: Int32Array;
}

/** Clusters are found among at most this many rows, or this many for each cluster if that is more; and seeded among at most so many of them. */
const CLUSTERED_ROWS = 2_000;
const ROWS_PER_CLUSTER = 20;
const SEEDING_ROWS = 1_000;

/** The most clusters looked for. */
const CLUSTERS = 10;

const ITERATIONS = 50;

/** Fewer than one row in so many moving ends it. */
const STILL = 1_000;

/** How to run over rows, and what the work is called in progress. */
interface Means {
  readonly engine: EngineInfo;
  readonly watch: Watch;
  readonly stage: string;
}

/** Clusters of a space, for want of classes: `kMeans` with k = min(10, sqrt(n / 2)), rounded down. */
export async function findClusters(space: Space, random: Rng, means: Means): Promise<Classes> {
  const k = Math.max(1, Math.min(CLUSTERS, Math.floor(Math.sqrt(space.rows / 2))));
  return { ...(await kMeans(space, k, random, means)), from: "k-means of the original" };
}

/**
 * k-means: greedy k-means++ seeds, then Lloyd's steps until fewer than one row in a thousand moves, at most 50. Euclidean between points as the metric
 * places them: directions under cosine. Fewer than k clusters where there are fewer different rows.
 *
 * Above 2,000 rows (20 k if that is more) as many are drawn to find the centroids; then every row goes to the nearest. Cost: 2,000 k d multiplications
 * a step, and n k d.
 */
export async function kMeans(
  space: Space,
  k: number,
  random: Rng,
  means: Means,
): Promise<Pick<Classes, "rows" | "count">> {
  const { rows } = space;
  const most = Math.max(CLUSTERED_ROWS, ROWS_PER_CLUSTER * k);
  const drawn = sampleWithoutReplacement(random, rows, Math.min(rows, most));
  const out = sharedInt32(rows).fill(-1);
  let centroids = seeds(space, drawn, k, random);
  for (let step = 0; step < ITERATIONS; step++) {
    const [changed] = await overRows(
      { space, index: drawn, work: { kind: "assign", centroids, out } },
      means,
    );
    if (changed! <= drawn.length / STILL) break;
    centroids = await centroidsOf(space, drawn, out, means, centroids);
  }
  await overRows({ space, index: null, work: { kind: "assign", centroids, out } }, means);
  return numbered(out);
}

/** The classes that are in use, numbered from 0 in the order of their numbers. */
function numbered(classes: Int32Array): Pick<Classes, "rows" | "count"> {
  const used = [...new Set(classes)].sort((a, b) => a - b);
  const numbers = new Map(used.map((number, at) => [number, at]));
  const rows = sharedInt32(classes.length);
  for (let i = 0; i < rows.length; i++) rows[i] = numbers.get(classes[i]!)!;
  return { rows, count: used.length };
}

/** The class of each row in a random order: the same sizes, nothing to do with the rows. */
export function shuffledClasses({ rows }: Pick<Classes, "rows">, random: Rng): Int32Array {
  const order = permutation(random, rows.length);
  const shuffled = sharedInt32(rows.length);
  for (let i = 0; i < rows.length; i++) shuffled[i] = rows[order[i]!]!;
  return shuffled;
}

/** Mean point of each class, `classes x cols`, in scaled units around the space's centre; that of an empty class is `otherwise`. */
export async function centroidsOf(
  space: Space,
  index: Int32Array | null,
  classes: Int32Array,
  means: Means,
  otherwise: Float64Array,
): Promise<Float64Array> {
  const { cols } = space;
  const count = otherwise.length / cols;
  const sums = await overRows({ space, index, work: { kind: "sum", classes, count } }, means);
  const sizes = new Float64Array(count);
  for (let at = 0; at < (index ?? classes).length; at++) sizes[classes[index ? index[at]! : at]!]!++;
  return sums.map((sum, p) => {
    const size = sizes[Math.floor(p / cols)]!;
    return size > 0 ? sum / size : otherwise[p]!;
  });
}

/** Numbers that one task gives. */
function widthOf({ kind }: CentroidsSetup["work"], count: number, cols: number): number {
  if (kind === "assign") return 1;
  return count * (kind === "sum" ? cols : count + SPREAD_WIDTH);
}

/** Numbers that wait to be added. */
const WAITING = 2 ** 23;

/** Runs over rows on all threads. Tasks are few and their results are added in order: the same bits on any number of threads. */
export async function overRows(
  setup: CentroidsSetup,
  { engine, watch, stage }: Means,
): Promise<Float64Array> {
  const { index, space, work } = setup;
  const rows = index ? index.length : space.rows;
  const size = work.kind === "sum" ? work.count : work.centroids.length / space.cols;
  const width = widthOf(work, size, space.cols);
  const tasks = Math.max(2, Math.min(16, Math.floor(WAITING / width)));
  const { results } = await runBlocks<readonly [number, number], Float64Array, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./centroids.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.max(256, Math.ceil(rows / tasks))),
    stage,
  });
  const sum = new Float64Array(width);
  for (const part of results) for (let i = 0; i < width; i++) sum[i]! += part[i]!;
  return sum;
}

/**
 * Greedy k-means++: of 2 + ln k rows drawn in proportion to the squared distance from the seeds so far, the one that leaves least of it
 * (after Arthur & Vassilvitskii 2007). Fewer seeds where all points are taken.
 */
function seeds(space: Space, drawn: Int32Array, k: number, random: Rng): Float64Array {
  const { cols } = space;
  // Drawn, not taken evenly: rows often come in turns.
  const some = sampleWithoutReplacement(random, drawn.length, Math.min(drawn.length, SEEDING_ROWS));
  const points = pointsOf(
    space,
    some.map((at) => drawn[at]!),
  );
  const count = points.length / cols;
  const pick = (row: number) => points.subarray(row * cols, (row + 1) * cols);
  const tries = 2 + Math.floor(Math.log(k));
  const chosen = [random.integer(count)];
  let nearest = nearer(points, pick(chosen[0]!), new Float64Array(count).fill(Number.POSITIVE_INFINITY));
  while (chosen.length < k && nearest.total > 0) {
    const from = nearest;
    const candidates = Array.from({ length: tries }, () => drawInProportion(from.orders, from.total, random));
    const left = candidates.map((row) => nearer(points, pick(row), from.orders));
    const best = left.reduce((a, { total }, c) => (total < left[a]!.total ? c : a), 0);
    chosen.push(candidates[best]!);
    nearest = left[best]!;
  }
  return Float64Array.from(chosen.flatMap((row) => Array.from(pick(row))));
}

/** The squared distance of each point to the nearest seed once there is one more, and their sum. */
function nearer(points: Float32Array, seed: Float32Array, before: Float64Array) {
  const cols = seed.length;
  let total = 0;
  const orders = before.map((least, i) => {
    let order = 0;
    for (let c = 0, p = i * cols; c < cols; c++, p++) order += (points[p]! - seed[c]!) ** 2;
    const now = Math.min(least, order);
    total += now;
    return now;
  });
  return { orders, total };
}

/** An index drawn in proportion to its weight. */
function drawInProportion(weights: Float64Array, total: number, random: Rng): number {
  let left = random.uniform() * total;
  let at = 0;
  // Rounding may leave something over at the end: what weighs nothing is never drawn.
  for (let i = 0; i < weights.length && left >= 0; i++) {
    if (weights[i] === 0) continue;
    at = i;
    left -= weights[i]!;
  }
  return at;
}

/** Some points, in scaled units around the centre. */
function pointsOf(space: Space, rows: Int32Array): Float32Array {
  const { cols, scales, centre } = space;
  const { values, place } = openPlaces(space);
  const points = new Float32Array(rows.length * cols);
  for (let r = 0, p = 0; r < rows.length; r++) {
    const i = rows[r]!;
    const q = place(i);
    for (let k = 0; k < cols; k++) points[p++] = values[q + k]! * scales[i]! - centre[k]!;
  }
  return points;
}
