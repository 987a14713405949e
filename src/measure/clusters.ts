import {
  permutation,
  type Rng,
  ranges,
  sampleWithoutReplacement,
  sharedInt32,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Space } from "../neighbors/index.ts";
import type { CentroidsSetup } from "./centroids.kernel.ts";
import type { ClassRecord } from "./result.ts";

/** The class of each row, numbered from 0 without gaps, and where the classes came from. */
export interface Classes extends ClassRecord {
  readonly rows: Int32Array;
}

/** Clusters are found among at most this many rows, and seeded among at most so many of them. */
const CLUSTERED_ROWS = 5_000;
const SEEDING_ROWS = 1_000;

/** The most clusters looked for. */
const CLUSTERS = 10;

const ITERATIONS = 50;

/** How to run over rows. */
interface Means {
  readonly engine: EngineInfo;
  readonly watch: Watch;
}

/**
 * Clusters of a space by k-means: k-means++ seeds (Arthur & Vassilvitskii 2007), then Lloyd's steps until nothing moves, at most 50.
 * k = min(10, sqrt(n / 2)), rounded down. Euclidean between points as the metric places them: directions under cosine.
 *
 * Above 5,000 rows as many are drawn to find the centroids; then every row goes to the nearest. Cost: 5,000 k d multiplications a step, and n k d.
 */
export async function findClusters(space: Space, random: Rng, means: Means): Promise<Classes> {
  const { rows } = space;
  const drawn = sampleWithoutReplacement(random, rows, Math.min(rows, CLUSTERED_ROWS));
  const k = Math.max(1, Math.min(CLUSTERS, Math.floor(Math.sqrt(rows / 2))));
  const out = sharedInt32(rows).fill(-1);
  let centroids = seeds(space, drawn, k, random);
  for (let step = 0; step < ITERATIONS; step++) {
    const [changed] = await overRows(
      { space, index: drawn, work: { kind: "assign", centroids, out } },
      means,
    );
    if (changed === 0) break;
    centroids = await centroidsOf(space, drawn, out, means, centroids);
  }
  await overRows({ space, index: null, work: { kind: "assign", centroids, out } }, means);
  return { ...numbered(out), from: "k-means of the original" };
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

/** Numbers that wait to be added. */
const WAITING = 2 ** 23;

/** Runs over rows on all threads. Tasks are few and their results are added in order: the same bits on any number of threads. */
export async function overRows(setup: CentroidsSetup, { engine, watch }: Means): Promise<Float64Array> {
  const { index, space, work } = setup;
  const rows = index ? index.length : space.rows;
  const size = work.kind === "sum" ? work.count : work.centroids.length / space.cols;
  const width = work.kind === "sum" ? size * space.cols : work.kind === "win" ? size * size : 1;
  const tasks = Math.max(2, Math.min(16, Math.floor(WAITING / width)));
  const { results } = await runBlocks<readonly [number, number], Float64Array, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./centroids.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.max(256, Math.ceil(rows / tasks))),
    stage: "classes",
  });
  const sum = new Float64Array(width);
  for (const part of results) for (let i = 0; i < width; i++) sum[i]! += part[i]!;
  return sum;
}

/** k-means++: each next seed is drawn in proportion to the squared distance from those before. Fewer where all points are taken. */
function seeds(space: Space, drawn: Int32Array, k: number, random: Rng): Float64Array {
  const { cols } = space;
  const step = Math.ceil(drawn.length / SEEDING_ROWS);
  const rows = drawn.filter((_, at) => at % step === 0);
  const points = pointsOf(space, rows);
  const nearest = new Float64Array(rows.length).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [random.integer(rows.length)];
  for (;;) {
    const last = chosen.at(-1)! * cols;
    let total = 0;
    for (let i = 0; i < rows.length; i++) {
      let order = 0;
      for (let c = 0; c < cols; c++) order += (points[i * cols + c]! - points[last + c]!) ** 2;
      nearest[i] = Math.min(nearest[i]!, order);
      total += nearest[i]!;
    }
    if (chosen.length === k || !(total > 0)) break;
    let left = random.uniform() * total;
    let next = 0;
    // Rounding may leave something over at the end: a row at distance 0 is never taken.
    for (let i = 0; i < rows.length && left >= 0; i++) {
      if (nearest[i]! === 0) continue;
      next = i;
      left -= nearest[i]!;
    }
    chosen.push(next);
  }
  const found = new Float64Array(chosen.length * cols);
  chosen.forEach((row, c) => {
    found.set(points.subarray(row * cols, (row + 1) * cols), c * cols);
  });
  return found;
}

/** Some points, in scaled units around the centre. */
function pointsOf({ data, cols, scales, centre }: Space, rows: Int32Array): Float32Array {
  const points = new Float32Array(rows.length * cols);
  for (let r = 0, p = 0; r < rows.length; r++) {
    const i = rows[r]!;
    for (let k = 0; k < cols; k++) points[p++] = data[i * cols + k]! * scales[i]! - centre[k]!;
  }
  return points;
}
