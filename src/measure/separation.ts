import type { Rng } from "../base/index.ts";
import type { Space } from "../neighbors/index.ts";
import { SPREAD, SPREAD_WIDTH } from "./centroids.kernel.ts";
import { centroidsOf, kMeans, overRows } from "./clusters.ts";
import type { CompareOptions } from "./compare.ts";
import type { Classing } from "./silhouette.kernel.ts";

/** How far classes lie apart in one space, from their centroids. */
export interface Separation {
  /**
   * For each pair of classes a < b, in order: the share of their rows that are nearer to the centroid of their own class
   * than to that of the other.
   */
  readonly pairs: Float64Array;
  /** Share of rows that are nearest to the centroid of their own class. */
  readonly consistency: number;
  readonly daviesBouldin: number;
  readonly calinskiHarabasz: number;
}

/** Looks at classes from their centroids. Cost: n C multiplications per dimension. */
export async function separationIn(
  space: Space,
  { classes, sizes }: Classing,
  { engine, watch }: CompareOptions,
): Promise<Separation> {
  const count = sizes.length;
  const means = { engine, watch, stage: "classes" };
  const centroids = await centroidsOf(space, { classes, sizes }, means);
  const found = await overRows({ space, work: { kind: "win", centroids, classes } }, means);
  const spread = (c: number, what: keyof typeof SPREAD) =>
    found[count * count + c * SPREAD_WIDTH + SPREAD[what]]!;
  const sum = (what: keyof typeof SPREAD) => sizes.reduce((total, _, c) => total + spread(c, what), 0);
  const radii = Float64Array.from(sizes, (size, c) => spread(c, "distances") / size);
  return {
    pairs: pairShares(found, sizes),
    consistency: sum("nearest") / classes.length,
    daviesBouldin: daviesBouldin(centroids, radii),
    calinskiHarabasz: between(centroids, sizes) / (count - 1) / (sum("squares") / (classes.length - count)),
  };
}

function pairShares(wins: Float64Array, sizes: Int32Array): Float64Array {
  const count = sizes.length;
  const shares: number[] = [];
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) {
      shares.push(1 - (wins[a * count + b]! + wins[b * count + a]!) / (sizes[a]! + sizes[b]!));
    }
  }
  return Float64Array.from(shares);
}

function daviesBouldin(centroids: Float64Array, radii: Float64Array): number {
  const count = radii.length;
  const cols = centroids.length / count;
  let sum = 0;
  for (let a = 0; a < count; a++) {
    let worst = 0;
    for (let b = 0; b < count; b++) {
      if (a === b) continue;
      let square = 0;
      for (let k = 0; k < cols; k++) square += (centroids[a * cols + k]! - centroids[b * cols + k]!) ** 2;
      worst =
        square > 0 ? Math.max(worst, (radii[a]! + radii[b]!) / Math.sqrt(square)) : Number.POSITIVE_INFINITY;
    }
    sum += worst;
  }
  return sum / count;
}

/** Squared distances of the centroids from the mean of all rows, each as often as its class has rows. */
function between(centroids: Float64Array, sizes: Int32Array): number {
  const cols = centroids.length / sizes.length;
  const rows = sizes.reduce((total, size) => total + size, 0);
  let sum = 0;
  for (let k = 0; k < cols; k++) {
    const at = (c: number) => centroids[c * cols + k]!;
    const middle = sizes.reduce((total, size, c) => total + size * at(c), 0) / rows;
    sum += sizes.reduce((total, size, c) => total + size * (at(c) - middle) ** 2, 0);
  }
  return sum;
}

/** Runs of k-means, of which the best counts: from random seeds one alone is often poor. */
const RUNS = 4;

/** Adjusted Rand index of the classes and of as many clusters of a space. Cost: that of k-means. */
export async function agreementIn(
  space: Space,
  { classes, sizes }: Classing,
  random: Rng,
  { engine, watch }: CompareOptions,
): Promise<number> {
  const means = { engine, watch, stage: "classes" };
  return adjustedRand(classes, await kMeans(space, sizes.length, RUNS, random, means));
}

/** Pairs of rows that are together in both partitions, less those expected, over the most there can be less those expected. 1 where both are the same. */
export function adjustedRand(a: Int32Array, b: Int32Array): number {
  const pairs = (counts: Iterable<number>) => {
    let sum = 0;
    for (const count of counts) sum += (count * (count - 1)) / 2;
    return sum;
  };
  const both = new Map<number, number>();
  const [ofA, ofB] = [new Map<number, number>(), new Map<number, number>()];
  const width = b.reduce((most, part) => Math.max(most, part), 0) + 1;
  const more = (counts: Map<number, number>, key: number) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (let i = 0; i < a.length; i++) {
    more(ofA, a[i]!);
    more(ofB, b[i]!);
    more(both, a[i]! * width + b[i]!);
  }
  const [inA, inB, together] = [pairs(ofA.values()), pairs(ofB.values()), pairs(both.values())];
  const expected = (inA * inB) / pairs([a.length]);
  const most = (inA + inB) / 2;
  return most === expected ? 1 : (together - expected) / (most - expected);
}
