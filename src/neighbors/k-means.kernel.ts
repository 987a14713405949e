import { type Rng, rng, sampleWithoutReplacement } from "../base/index.ts";
import type { Kernel, KernelTools } from "../engine/index.ts";
import { layCentroids, openPoints, productModel } from "./centroid-products.ts";
import type { Space } from "./space.ts";

export interface KMeansSetup {
  readonly space: Space;
  readonly k: number;
}

/** Rows to part, and the seed of what is drawn. */
export interface KMeansTask {
  readonly rows: Int32Array;
  readonly seed: number;
}

/** Clusters of some rows. Fewer than k where there are fewer different rows. */
export interface KMeansResult {
  /** `clusters x cols` */
  readonly centroids: Float64Array;
  /** Sum of the squared distances of the rows to their centroids, less that to the centre: it compares runs of the same rows. */
  readonly spread: number;
}

const ITERATIONS = 50;

/** Fewer than one row in so many moving ends it. */
const STILL = 1_000;

/** Seeds are drawn among at most so many rows. */
const SEEDING_ROWS = 1_000;

/** Points of some rows, each with a 1 behind. */
interface Points {
  readonly data: Float32Array;
  readonly count: number;
  readonly cols: number;
}

/** A task is one run of k-means: greedy k-means++ seeds, then Lloyd's steps until fewer than one row in a thousand moves, at most 50. */
export async function open(
  { space, k }: KMeansSetup,
  tools: KernelTools,
): Promise<Kernel<KMeansTask, KMeansResult, null>> {
  const { cols } = space;
  const session = await tools.session(productModel(cols));
  const lay = openPoints(space);
  return {
    async run({ rows, seed }) {
      const points = { data: new Float32Array(rows.length * (cols + 1)), count: rows.length, cols };
      rows.forEach((row, r) => {
        lay(row, points.data, r * (cols + 1));
      });
      const clusters = new Int32Array(rows.length).fill(-1);
      let centroids = seeds(points, k, rng(seed));
      let spread = 0;
      for (let step = 0; step < ITERATIONS; step++) {
        const count = centroids.length / cols;
        const orders = { data: new Float32Array(rows.length * count), dims: [rows.length, count] };
        const feeds = {
          rows: { data: points.data, dims: [rows.length, cols + 1] },
          c: { data: layCentroids(centroids, cols), dims: [count, cols + 1] },
        };
        await session.run(feeds, { orders });
        spread = spreadOf(orders.data, count);
        if (assign(orders.data, count, clusters) <= rows.length / STILL) break;
        centroids = meansOf(points, clusters, centroids);
      }
      return { centroids, spread };
    },
    finish: () => null,
  };
}

/** The sum of the least of each row of orders. */
function spreadOf(orders: Float32Array, count: number): number {
  let sum = 0;
  for (let from = 0; from < orders.length; from += count) {
    sum += orders.subarray(from, from + count).reduce((least, order) => Math.min(least, order));
  }
  return sum;
}

/** Writes the nearest clusters, of equal ones the smallest; gives how many rows got another than they had. */
function assign(orders: Float32Array, count: number, clusters: Int32Array): number {
  let changed = 0;
  for (let r = 0; r < clusters.length; r++) {
    let best = 0;
    for (let c = 1; c < count; c++) if (orders[r * count + c]! < orders[r * count + best]!) best = c;
    if (clusters[r] !== best) changed++;
    clusters[r] = best;
  }
  return changed;
}

/** The mean of each cluster; that of an empty one stays where it was. */
function meansOf({ data, cols }: Points, clusters: Int32Array, before: Float64Array): Float64Array {
  const sums = new Float64Array(before.length);
  const sizes = new Float64Array(before.length / cols);
  clusters.forEach((c, r) => {
    const [to, from] = [c * cols, r * (cols + 1)];
    for (let k = 0; k < cols; k++) sums[to + k]! += data[from + k]!;
    sizes[c]!++;
  });
  return sums.map((sum, p) => {
    const size = sizes[Math.floor(p / cols)]!;
    return size > 0 ? sum / size : before[p]!;
  });
}

/**
 * Greedy k-means++: of 2 + ln k rows drawn in proportion to the squared distance from the seeds so far, the one that leaves least of it
 * (after Arthur & Vassilvitskii 2007). Fewer seeds where all points are taken.
 */
function seeds(points: Points, k: number, random: Rng): Float64Array {
  const { data, cols } = points;
  // Drawn, not taken evenly: rows often come in turns.
  const some = sampleWithoutReplacement(random, points.count, Math.min(points.count, SEEDING_ROWS));
  const tries = 2 + Math.floor(Math.log(k));
  const chosen = [some[random.integer(some.length)]!];
  const none = new Float64Array(some.length).fill(Number.POSITIVE_INFINITY);
  let nearest = nearer(points, some, chosen[0]!, none);
  while (chosen.length < k && nearest.total > 0) {
    const from = nearest;
    const candidates = Array.from(
      { length: tries },
      () => some[drawInProportion(from.orders, from.total, random)]!,
    );
    const left = candidates.map((row) => nearer(points, some, row, from.orders));
    const best = left.reduce((a, { total }, c) => (total < left[a]!.total ? c : a), 0);
    chosen.push(candidates[best]!);
    nearest = left[best]!;
  }
  return Float64Array.from(
    chosen.flatMap((row) => Array.from(data.subarray(row * (cols + 1), row * (cols + 1) + cols))),
  );
}

/** The squared distance of some points to the nearest seed once there is one more, and their sum. */
function nearer({ data, cols }: Points, some: Int32Array, seed: number, before: Float64Array) {
  const orders = before.slice();
  const from = seed * (cols + 1);
  let total = 0;
  for (let i = 0; i < some.length; i++) {
    const at = some[i]! * (cols + 1);
    let order = 0;
    for (let c = 0; c < cols; c++) {
      const offset = data[at + c]! - data[from + c]!;
      order += offset * offset;
    }
    if (order < orders[i]!) orders[i] = order;
    total += orders[i]!;
  }
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
